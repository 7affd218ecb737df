"""Cycle: from what is due to numbered invoices of 8 lines, against a bare insert of the rows."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context

from bench.bare import copy_rows
from bench.figures import Cell, table
from bench.meters import Cost, peak_mib, server_cpu
from bench.month import LINES, month_end
from bench.town import BrokenError
from invoicing.domain.rules import Model
from invoicing.ledger.migrate import migrate
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services.decide import decide_events
from invoicing.services.draft import draft_obligations
from invoicing.services.issue import issue_parcel
from invoicing.services.parcels import plan_parcels
from invoicing.services.ports import Services
from invoicing.services.report import report_events
from invoicing.services.review import open_review
from sandbox.postgres import shared_cluster
from sandbox.town import say

ROUNDS = 3
STAGES = ("report", "decide", "draft", "plan", "review", "issue")
MODEL = Model.RETAINER


@dataclass
class Pass:
    """What one pass over all invoices took."""

    count: int
    stages: dict[str, Cost] = field(default_factory=lambda: {name: Cost() for name in STAGES})
    server: float = 0.0  # CPU seconds of PostgreSQL
    before: float = 0.0  # MiB with the company, and the most up to the end of the run
    peak: float = 0.0
    rows: int = 0
    bare: Cost = field(default_factory=Cost)

    @property
    def whole(self) -> Cost:
        """All stages together."""
        costs = self.stages.values()
        return Cost(sum(one.wall for one in costs), sum(one.cpu for one in costs))

    @property
    def cpu_ms(self) -> float:
        """Our CPU per invoice."""
        return 1000 * self.whole.cpu / self.count


def cycle(counts: Sequence[int], database: str, rounds: int = ROUNDS) -> None:
    """Print what the cycle costs for each count, stage by stage, and beside the bare insert."""
    found: list[Pass] = []
    for count in counts:
        passes = [_in_a_process_of_its_own(count, database) for _ in range(rounds)]
        found.append(sorted(passes, key=lambda one: one.cpu_ms)[rounds // 2])
    title = f"{database}, one process, invoices of {LINES} lines, median of {rounds}"
    table(f"Cycle on {title}", _HEADS, [_row(one, found[0]) for one in found])
    stages = [_stage_row(name, found) for name in STAGES]
    table("our CPU, ms per invoice", ("stage", *(f"n={one.count}" for one in found)), stages)
    table("Bare insert of the same rows", _BARE_HEADS, [_bare_row(one) for one in found])


_HEADS = (
    "invoices", "invoices/s", "CPU ms each", "server CPU ms each", "x the first", "MiB before",
    "MiB peak",
)  # fmt: skip
_BARE_HEADS = ("invoices", "rows each", "invoices/s", "CPU ms each", "ours x its wall", "x its CPU")


def _row(one: Pass, first: Pass) -> tuple[Cell, ...]:
    return (
        str(one.count), one.count / one.whole.wall, one.cpu_ms, 1000 * one.server / one.count,
        one.cpu_ms / first.cpu_ms, one.before, one.peak,
    )  # fmt: skip


def _stage_row(name: str, found: Sequence[Pass]) -> tuple[Cell, ...]:
    return name, *(1000 * one.stages[name].cpu / one.count for one in found)


def _bare_row(one: Pass) -> tuple[Cell, ...]:
    return (
        str(one.count), one.rows / one.count, one.count / one.bare.wall,
        1000 * one.bare.cpu / one.count, one.whole.wall / one.bare.wall,
        one.whole.cpu / one.bare.cpu,
    )  # fmt: skip


def _in_a_process_of_its_own(count: int, database: str) -> Pass:
    """Measure in a fresh process, whose memory nobody else used before."""
    with (
        two_ledgers(database) as (full, empty),
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
    ):
        data = shared_cluster().data if database == "postgresql" else ""
        measured = pool.submit(measure, count, full, empty, data).result()
    say(f"{database} {count}: {measured.cpu_ms:.2f} ms of CPU each")
    return measured


@contextmanager
def two_ledgers(database: str) -> Iterator[tuple[str, str]]:
    """Give two empty ledgers whose tables are up to date."""
    if database == "postgresql":
        cluster = shared_cluster()
        with cluster.database() as one, cluster.database() as other:
            yield _migrated(one), _migrated(other)
        return
    folder = tempfile.mkdtemp(prefix="invoicing-bench-")
    try:
        yield _migrated(f"sqlite:///{folder}/full.db"), _migrated(f"sqlite:///{folder}/bare.db")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _migrated(url: str) -> str:
    migrate(url)
    return url


def measure(count: int, full: str, empty: str, data: str) -> Pass:
    """Carry ``count`` invoices the whole way, then insert their rows bare."""
    ledger, measured = SqlLedger(full), Pass(count)
    s = month_end(ledger, count)
    warm_up(s)
    measured.before, used = peak_mib(), server_cpu(data)
    issued, run = 0, 0
    while new := carry(s, f"run-{run}", measured.stages):
        issued, run = issued + new, run + 1
    measured.server, measured.peak = server_cpu(data) - used, peak_mib()
    ledger.close()
    if issued != count:
        raise BrokenError(f"{issued} of {count} invoices were issued")
    measured.rows, measured.bare = copy_rows(full, empty)
    return measured


def warm_up(s: Services) -> None:
    """Open a connection before the clock starts."""
    with s.ledger.read() as work:
        work.invoices.recent(1)


def carry(s: Services, run_id: str, stages: dict[str, Cost]) -> int:
    """Do what one run of a billing DAG does up to the number; returns how many it issued."""
    with stages["report"].metered():
        report_events(s, MODEL)
    with stages["decide"].metered():
        decide_events(s, MODEL)
    with stages["draft"].metered():
        draft_obligations(s, MODEL)
    with stages["plan"].metered():
        parcels = plan_parcels(s, MODEL, run_id, _is_over)
    issued = 0
    for parcel in parcels:
        with stages["review"].metered():
            open_review(s, parcel)
        with stages["issue"].metered():
            issued += len(issue_parcel(s, parcel))
    return issued


def _is_over(_run_id: str) -> bool:
    return True
