"""Issues: invoices issued one at a time by many processes that want numbers of one series."""

from collections.abc import Sequence
from multiprocessing import get_context
from time import perf_counter
from typing import TYPE_CHECKING

from bench.cycle import MODEL, two_ledgers
from bench.figures import Cell, slow_end, table
from bench.month import LINES, month_end
from bench.town import BrokenError
from invoicing.domain.parcels import ParcelItem
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services.decide import decide_events
from invoicing.services.draft import draft_obligations
from invoicing.services.issue import issue_drafts
from invoicing.services.parcels import plan_parcels
from invoicing.services.report import report_events
from invoicing.services.review import open_review

if TYPE_CHECKING:
    from multiprocessing.queues import Queue
    from multiprocessing.synchronize import Barrier

PATIENCE = 600.0

# When one process began and ended, and how long each of its issues took.
Shift = tuple[float, float, list[float]]


def issues(count: int, database: str, processes: Sequence[int] = (1, 4, 16)) -> None:
    """Print how many single issues a second 1, 4 and 16 processes get through together."""
    table(
        f"Single issues on {database}, invoices of {LINES} lines, one transaction each",
        ("processes", "invoices", "issues/s", "median ms", "p95 ms"),
        [_measured(count, database, number) for number in processes],
    )


def _measured(count: int, database: str, processes: int) -> tuple[Cell, ...]:
    with two_ledgers(database) as (url, _):
        items = _approved(url, count)
        shifts = _work(url, [items[at::processes] for at in range(processes)])
        _check(url, count)
    began, ended = min(one[0] for one in shifts), max(one[1] for one in shifts)
    took = sorted(1000 * each for one in shifts for each in one[2])
    return str(processes), count, count / (ended - began), took[len(took) // 2], slow_end(took)


def _approved(url: str, count: int) -> list[ParcelItem]:
    """Carry drafts up to their approval, and return them."""
    ledger = SqlLedger(url)
    s = month_end(ledger, count)
    report_events(s, MODEL)
    decide_events(s, MODEL, count + 1)
    draft_obligations(s, MODEL, count + 1)  # at its limit it would leave the last one out
    parcels = plan_parcels(s, MODEL, "run", lambda _: True)
    for parcel in parcels:
        open_review(s, parcel)
    with ledger.read() as work:
        items = [item for parcel in parcels for item in work.parcels.get(parcel).items]
    ledger.close()
    return items


def _work(url: str, shares: Sequence[Sequence[ParcelItem]]) -> list[Shift]:
    """Let one process issue each share; all begin together."""
    context, count = get_context("spawn"), sum(map(len, shares))
    gate, answers = context.Barrier(len(shares)), context.Queue()
    workers = [
        context.Process(target=issue_share, args=(url, share, count, gate, answers))
        for share in shares
    ]
    for worker in workers:
        worker.start()
    shifts = [answers.get(timeout=PATIENCE) for _ in workers]
    for worker in workers:
        worker.join()
    return shifts


def issue_share(
    url: str, share: Sequence[ParcelItem], count: int, gate: "Barrier", answers: "Queue[Shift]"
) -> None:
    """Issue drafts one at a time; what one process of many does."""
    ledger = SqlLedger(url)
    s = month_end(ledger, count)
    took: list[float] = []
    gate.wait()
    began = perf_counter()
    for item in share:
        before = perf_counter()
        issue_drafts(s, [item])
        took.append(perf_counter() - before)
    answers.put((began, perf_counter(), took))
    ledger.close()


def _check(url: str, count: int) -> None:
    ledger = SqlLedger(url)
    with ledger.read() as work:
        numbers = sorted(one.sequence for one in work.invoices.recent(2 * count))
    ledger.close()
    if numbers != list(range(1, count + 1)):
        raise BrokenError(f"the numbers of {count} invoices have gaps or repeat")
