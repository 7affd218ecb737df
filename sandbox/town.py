"""The town: everything that runs in the demo, joined and started on the demo's business day."""

import json
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from invoicing.ledger.clocks import move_clock
from invoicing.ledger.migrate import migrate
from invoicing.ledger.unit_of_work import SqlLedger
from sandbox.airflow_house import AirflowHouse, free_port, running
from sandbox.client import Sandbox, start_sandbox
from sandbox.company import MAILBOX
from sandbox.imap_sink import SENT, SERVER

BUSINESS_DAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SMALL_DEAL, BIG_DEAL, STRANGE_DEAL = "D-1001", "D-1002", "D-1003"
_USUAL_PORT = 8080
# The records that hear when their invoices are late or paid.
UPDATES = {"crm": ["clients", "deals"], "psa": ["projects", "agreements"]}


@dataclass(frozen=True)
class Town:
    """Everything that runs in the demo: Airflow with its ledger, and the company around it."""

    airflow: AirflowHouse
    sandbox: Sandbox
    ledger: SqlLedger
    events: list[str] = field(default_factory=list)


def say(text: str) -> None:
    """Tell the person in front of the screen."""
    print(text, flush=True)


@contextmanager
def town_in(folder: Path) -> Iterator[Town]:
    """Start company and Airflow in ``folder`` on the demo's business day."""
    home = folder / "house"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    url = f"sqlite:///{home}/ledger.db"
    migrate(url)
    ledger = SqlLedger(url)
    move_clock(ledger, BUSINESS_DAY, movable=True)
    port = _port()
    say("starting the company and Airflow (half a minute)")
    with start_sandbox(
        home / "sandbox", f"http://127.0.0.1:{port}", today=str(BUSINESS_DAY.date())
    ) as sandbox:
        peers = connections_to(sandbox)
        with running(home, ledger_url=url, connections=peers, port=port) as airflow:
            yield Town(airflow, sandbox, ledger)
    ledger.close()


def connections_to(sandbox: Sandbox) -> dict[str, str]:
    """Return the Airflow connections to the make-believe company."""
    mail = {
        "conn_type": "smtp",
        "host": sandbox.smtp_host,
        "port": sandbox.smtp_port,
        "extra": {"disable_ssl": True, "disable_tls": True},
    }
    mailbox = {
        "conn_type": "imap",
        "host": sandbox.smtp_host,
        "port": sandbox.imap_port,
        "login": sandbox.keys[MAILBOX]["user"],
        "password": sandbox.keys[MAILBOX]["password"],
        "extra": {
            "use_ssl": False,
            "disable_tls": True,
            "sent_folder": SENT,
            "authserv_id": SERVER,
        },
    }
    sources = {
        f"AIRFLOW_CONN_INVOICING_SOURCE_{name.upper()}": json.dumps(
            {
                "conn_type": "http",
                "host": base_url,
                "password": sandbox.keys[name]["token"],
                "extra": {
                    "webhook_secrets": [sandbox.keys[name]["secret"]],
                    "updates": UPDATES.get(name, []),
                },
            }
        )
        for name, base_url in sandbox.base_urls.items()
    }
    return {
        "AIRFLOW_CONN_INVOICING_SMTP": json.dumps(mail),
        "AIRFLOW_CONN_INVOICING_IMAP": json.dumps(mailbox),
        **sources,
    }


def _port() -> int:
    """Return Airflow's usual port, or a free one if somebody has it."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", _USUAL_PORT))
        except OSError:
            return free_port()
    return _USUAL_PORT
