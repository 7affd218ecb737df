"""Many processes issue at once, and many of their transactions are broken off after the number.

`python -m tests.concurrency.numbering` prints how many invoices a second that makes.
"""

import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from invoicing.domain.errors import TransientError
from invoicing.domain.parcels import ParcelItem
from invoicing.domain.review import SYSTEM, Answer, Approval
from invoicing.domain.states import DraftState
from invoicing.ledger.migrate import migrate
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services.faults import FaultError
from invoicing.services.issue import issue_drafts
from invoicing.services.ports import Services
from sandbox.postgres import missing, shared_cluster
from tests.support.builders import NOW, a_draft
from tests.support.services import open_house

PROCESSES, EACH, ABORTS = 16, 200, 0.2


@dataclass(frozen=True)
class Race:
    """What came of it."""

    issued: int
    aborted: int
    waited_in_vain: int
    seconds: float

    @property
    def rate(self) -> float:
        """Invoices a second, all processes together."""
        return self.issued / self.seconds


def approve_drafts(ledger: SqlLedger, count: int) -> list[ParcelItem]:
    """Put approved drafts into the ledger, ready to be issued."""
    house = open_house(ledger)
    config = house.s.book.config_hash
    drafts = [a_draft(f"D-{number}") for number in range(count)]
    with ledger.write() as work:
        for draft in drafts:
            assert work.drafts.add(draft, SYSTEM, config, DraftState.APPROVED)
            hashed = work.drafts.get([draft.id])[0].content_hash
            approval = Approval(draft.id, 1, hashed, Answer.APPROVE, SYSTEM, rule="for the race")
            work.reviews.decide(approval, NOW)
    return [ParcelItem(draft.id, 1) for draft in drafts]


def race(url: str, processes: int = PROCESSES, each: int = EACH) -> Race:
    """Let processes issue their shares of the drafts, one at a time, all at once."""
    ledger = SqlLedger(url)
    items = approve_drafts(ledger, processes * each)
    ledger.close()
    shares = [items[start::processes] for start in range(processes)]
    context = multiprocessing.get_context("fork")
    with context.Pool(processes) as pool:
        pool.map(_open, [url] * processes, chunksize=1)
        begun = time.perf_counter()
        counts = pool.map(partial(_issue, url), shares, chunksize=1)
        seconds = time.perf_counter() - begun
    return Race(len(items), sum(one for one, _ in counts), sum(two for _, two in counts), seconds)


def _open(url: str) -> None:
    SqlLedger(url).close()


def _issue(url: str, items: Sequence[ParcelItem]) -> tuple[int, int]:
    """Issue drafts until each is; return how many tries were broken off, and how many in vain."""
    chance, aborted, in_vain = random.Random(items[0].draft_id), 0, 0

    def fault(name: str) -> None:
        if name == "issue.numbered" and chance.random() < ABORTS:
            raise FaultError(name)

    ledger = SqlLedger(url)
    services, waiting = replace(_services(ledger), fault=fault), list(items)
    while waiting:
        try:
            assert issue_drafts(services, waiting[:1]) == [waiting[0].draft_id]
        except FaultError:
            aborted += 1
        except TransientError:
            in_vain += 1
        else:
            waiting.pop(0)
    ledger.close()
    return aborted, in_vain


def _services(ledger: SqlLedger) -> Services:
    while True:
        try:
            return open_house(ledger).s
        except TransientError:  # all the others write already
            continue


def main(each: int = EACH) -> int:
    """Print the rate on each kind of database."""
    with tempfile.TemporaryDirectory(prefix="numbering-") as folder:
        url = f"sqlite:///{folder}/ledger.db"
        migrate(url)
        _tell("sqlite", race(url, each=each))
    if missing():
        sys.stdout.write(f"postgresql: left out, {missing()}\n")
        return 0
    with shared_cluster().database() as url:
        migrate(url)
        _tell("postgresql", race(url, each=each))
    return 0


def _tell(name: str, done: Race) -> None:
    sys.stdout.write(
        f"{name}: {done.issued} invoices in {done.seconds:.1f} s, {done.rate:.0f}/s,"
        f" {done.aborted} tries broken off, {done.waited_in_vain} waited in vain\n"
    )


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
