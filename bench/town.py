"""The demo's town set up for measuring: on SQLite or PostgreSQL, with deals and config to suit."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path

from invoicing.config.settings import settings_from
from invoicing.ledger.clocks import move_clock
from invoicing.ledger.migrate import migrate
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services.verify import verify
from invoicing.wiring import open_services
from sandbox.airflow_house import free_port, running
from sandbox.airflow_setup import ROOT
from sandbox.client import start_sandbox
from sandbox.company import Company, Deal
from sandbox.postgres import missing, shared_cluster
from sandbox.town import BUSINESS_DAY, Town, connections_to, say

# Won deals of one client are billed and nothing else, so that no other mail comes between.
DEALS_ONLY = {
    "agreements.yaml": """
agreements:
  nordwind-projects:
    kind: frame
    client: nordwind
    entity: brightwater
    description: Projects
    starts_on: 2025-03-01
""",
    "rules.yaml": """
rules:
  - model: deal
    name: deal-onboarding
    part: onboarding
    events: [deal_won]
""",
}


class BrokenError(Exception):
    """What was measured did not work, so its figures mean nothing."""


@contextmanager
def measured_town(
    *, postgres: bool = False, deals: Sequence[Deal] = (), config: Mapping[str, str] | None = None
) -> Iterator[Town]:
    """Run Airflow and the company around it; ``config`` replaces files of config/ by name."""
    folder = Path(tempfile.mkdtemp(prefix="invoicing-bench-"))
    say(f"\nstarting Airflow and the company ({'PostgreSQL' if postgres else 'SQLite'})")
    try:
        with ExitStack() as stack:
            ledger_url, metadata_url = f"sqlite:///{folder}/ledger.db", ""
            if postgres:
                ledger_url, metadata_url = stack.enter_context(_two_databases())
            yield stack.enter_context(_town(folder, ledger_url, metadata_url, deals, config or {}))
    except BaseException:
        say(f"what was left behind for a look: {folder}")
        raise
    shutil.rmtree(folder)


def mails_taken(town: Town) -> int:
    """Count the mails without asking the server, which would slow down what is measured."""
    return len(list((town.airflow.home.parent / "sandbox" / "mails").glob("*.eml")))


def check_promises(town: Town) -> None:
    """Stop with an error if the ledger broke one of its promises or a run failed."""
    findings = verify(open_services(settings_from(_ours(town))))
    if findings:
        raise BrokenError(f"the ledger breaks a promise: {asdict(findings[0])}")
    failed = town.airflow.get("/dags/~/dagRuns", state="failed")["total_entries"]
    if failed:
        raise BrokenError(f"{failed} runs failed in Airflow")


def _ours(town: Town) -> dict[str, str]:
    return {name: text for name, text in town.airflow.env.items() if name.startswith("INVOICING_")}


@contextmanager
def _two_databases() -> Iterator[tuple[str, str]]:
    """Give the ledger and Airflow a database each, in a private cluster."""
    if missing():
        raise BrokenError(missing())
    cluster = shared_cluster()
    with cluster.database() as ledger, cluster.database() as metadata:
        yield ledger, metadata.replace("+psycopg:", "+psycopg2:")  # Airflow's usual driver


@contextmanager
def _town(
    folder: Path,
    ledger_url: str,
    metadata_url: str,
    deals: Sequence[Deal],
    config: Mapping[str, str],
) -> Iterator[Town]:
    migrate(ledger_url)
    ledger = SqlLedger(ledger_url)
    move_clock(ledger, BUSINESS_DAY, movable=True)
    _put_deals(folder / "sandbox", deals)
    port, today = free_port(), str(BUSINESS_DAY.date())
    home = folder / "house"
    home.mkdir()
    options = {"ledger_url": ledger_url, "metadata_url": metadata_url, "port": port}
    with (
        start_sandbox(folder / "sandbox", f"http://127.0.0.1:{port}", today=today) as sandbox,
        running(
            home,
            connections=connections_to(sandbox),
            source=_source(folder / "source", config),
            **options,
        ) as airflow,
    ):
        yield Town(airflow, sandbox, ledger)
    ledger.close()


def _put_deals(folder: Path, deals: Sequence[Deal]) -> None:
    folder.mkdir()
    company = Company.opened(folder)
    company.deals |= {deal.id: deal for deal in deals}
    company.save()


def _source(folder: Path, config: Mapping[str, str]) -> Path:
    """Lay the project out once more, with its own config/."""
    folder.mkdir()
    for name in ("dags", "plugins", "include"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "config", folder / "config")
    for name, text in config.items():
        (folder / "config" / name).write_text(text)
    return folder
