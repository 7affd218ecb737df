"""Every behaviour of a mail server, met by the real sender over a real ledger: nothing goes twice.

In three modes: a first attempt, further attempts after it, and two processes that send at once.
"""

import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from hashlib import sha256

import pytest

from invoicing.adapters.mail import SmtpMailer
from invoicing.domain.book import Book
from invoicing.domain.bounds import SafetyBounds
from invoicing.domain.dispatch import Attempt, MessageKind, OutboxRow, Outcome
from invoicing.domain.render import AnyPage
from invoicing.domain.states import OutboxState
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services import dispatch, issue, render, review
from invoicing.services.ledger_ports import Document, Ledger
from invoicing.services.ports import Rendered
from tests.adapters.behaviours import CASES, SIZES, Behaviour
from tests.adapters.misbehaving_smtp import MisbehavingServer
from tests.support.ledgers import kind, ledger, migrated_database, migrated_file, url
from tests.support.services import House, PlainPrinter, a_book, open_house

__all__ = ["kind", "ledger", "migrated_database", "migrated_file", "url"]

# What a message is after one attempt with each outcome, and the exception a person then sees.
AFTER = {
    Outcome.ACCEPTED: (OutboxState.DONE, ""),
    Outcome.RETRY: (OutboxState.PENDING, ""),
    Outcome.FAILED: (OutboxState.FAILED, "send_failed"),
    Outcome.UNCERTAIN: (OutboxState.UNCERTAIN, "send_uncertain"),
}


@dataclass
class Press(PlainPrinter):
    """A printer whose documents are as big as a test needs them."""

    size: int = 0

    def render(self, pages: Sequence[AnyPage]) -> list[Rendered]:
        """Print each page, and then some."""
        return [Rendered(self._bigger(one.document)) for one in super().render(pages)]

    def _bigger(self, document: Document | None) -> Document | None:
        if document is None:
            return None
        content = document.content + b"\n\xff\x00" * (self.size // 3)
        return replace(document, sha256=sha256(content).hexdigest(), content=content)


def two_readers() -> Book:
    """A book whose client gets invoices under two addresses: one of them may be refused."""
    book = a_book()
    client = replace(book.clients["nordwind"], billing_cc=("einkauf@nordwind.example",))
    many = SafetyBounds(per_client_and_day=len(CASES))
    return replace(book, clients={**book.clients, client.key: client}, bounds=many)


def sender(house: House, server: MisbehavingServer, seconds: float) -> House:
    """Return the house with a real way to this server."""
    mailer = SmtpMailer(
        host="127.0.0.1", port=server.port, security="plain", deadline_seconds=seconds
    )
    return replace(house, s=replace(house.s, mailer=mailer))


def waiting_mail(house: House, deal: str, size: int) -> OutboxRow:
    """Carry a deal as far as its mail, which waits."""
    press = Press(size=size)
    own = replace(house, s=replace(house.s, renderer=press))
    own.win_deal(deal)
    (parcel,) = own.plan(f"run-{deal}")
    review.open_review(own.s, parcel)
    invoice_ids = issue.issue_parcel(own.s, parcel)
    render.render_parcel(own.s, parcel)
    with house.s.ledger.read() as work:
        rows = work.outbox.of_invoices(invoice_ids)
    return next(row for row in rows if row.kind is MessageKind.INVOICE)


Mode = Callable[[House, MisbehavingServer, str], None]


def fresh(house: House, _server: MisbehavingServer, _url: str) -> None:
    """Send once."""
    dispatch.dispatch_due(house.s)


def again(house: House, server: MisbehavingServer, _url: str) -> None:
    """Send, and go on for two days on which the server is well again."""
    dispatch.dispatch_due(house.s)
    server.faults = {}
    for _ in range(3):
        house.lease_clock.pass_by(hours=16)
        dispatch.dispatch_due(house.s)


def twin(house: House, _server: MisbehavingServer, url: str) -> None:
    """Send over two connections to the ledger that begin at the same moment."""
    start = threading.Barrier(2, timeout=60)
    other = SqlLedger(url)

    def send(its: Ledger) -> None:
        start.wait()
        dispatch.dispatch_due(replace(house.s, ledger=its))

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(send, (house.s.ledger, other)))
    other.close()


@pytest.mark.parametrize("mode", [fresh, again, twin], ids=lambda mode: mode.__name__)
def test_no_mail_goes_twice_whatever_the_server_does(
    url: str,
    ledger: SqlLedger,
    mode: Mode,
    capsys: pytest.CaptureFixture[str],
) -> None:
    house = open_house(ledger, two_readers())
    cases = CASES if url.startswith("sqlite") else _small(CASES)
    twice = wrong = 0
    for place, (behaviour, size) in enumerate(cases):
        row = waiting_mail(house, f"D-{place}", size)
        with MisbehavingServer(behaviour.faults) as server:
            mode(sender(house, server, 1 if behaviour.silent else 60), server, url)
            server.leave.set()
            server.wait_for_sessions()  # what is kept is kept by now
        twice += len(server.stored) > 1
        wrong += not _is_right(house, row, behaviour, len(server.stored), mode is again)
    with capsys.disabled():
        right = f"{len(cases) - wrong}/{len(cases)} right, {twice} sent twice"
        sys.stdout.write(f"\n{mode.__name__}: {right}\n")
    assert (wrong, twice) == (0, 0)


def _small(cases: tuple[tuple[Behaviour, int], ...]) -> tuple[tuple[Behaviour, int], ...]:
    """Leave the big mails out where each byte goes through a database server."""
    return tuple(case for case in cases if case[1] == SIZES["small"])


def _is_right(house: House, row: OutboxRow, behaviour: Behaviour, kept: int, later: bool) -> bool:
    """Tell whether the ledger says what became of a message, and a person sees what is due."""
    with house.s.ledger.read() as work:
        now = work.outbox.get(row.id)
        attempts: list[Attempt] = work.outbox.attempts(row.invoice_id)
        codes = [one.code for one in work.exceptions.of_subjects([row.id]) if not one.closed_at]
    outcome = Outcome(attempts[0].outcome)
    if outcome is not behaviour.outcome and not behaviour.silent:
        return False
    if outcome is Outcome.RETRY and later:
        outcome = Outcome.ACCEPTED
    state, code = AFTER[outcome]
    arrived = {Outcome.ACCEPTED: {1}, Outcome.UNCERTAIN: {0, 1}}.get(outcome, {0})
    return (now.state, codes) == (state, [code] if code else []) and kept in arrived
