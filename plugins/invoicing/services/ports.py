"""What the use cases need from the world, as Protocols: clocks, sources, mail, print."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from invoicing.domain.book import Book
from invoicing.domain.dispatch import Delivery, Message, MessageKind
from invoicing.domain.events import BillingEvent, Hint
from invoicing.domain.issue import Invoice
from invoicing.domain.money import Money
from invoicing.domain.parties import Entity
from invoicing.domain.reconcile import Payment
from invoicing.domain.render import Page
from invoicing.domain.trail import Anchor
from invoicing.domain.work import Work
from invoicing.services.ledger_ports import Document, EventRow, Ledger, Receipt, UnitOfWork

__all__ = [
    "Clock",
    "Document",
    "EventRow",
    "FaultPoint",
    "LeaseClock",
    "Ledger",
    "Limits",
    "MailText",
    "Mailer",
    "Receipt",
    "Rendered",
    "Renderer",
    "RunIsOver",
    "SecondPlace",
    "Services",
    "Sources",
    "UnitOfWork",
    "no_faults",
]


class Clock(Protocol):
    """Business time: the day that decides about periods, dates and reminders."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""


class LeaseClock(Protocol):
    """The clock that leases are measured by: the database's own, never moved."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""


class Sources(Protocol):
    """The outside systems that report facts; asked again for each object by its id."""

    def fetch(self, hint: Hint) -> BillingEvent | Payment:
        """Return the object a hint is about. NotFoundError: gone. TransientError: not now."""

    def work_of(self, source: str, agreement: str, until: date) -> tuple[Work, ...]:
        """Return all work of an agreement up to ``until``; raises like `fetch`."""


class Mailer(Protocol):
    """The way out: one attempt, and the truth about it."""

    def send(self, message: Message) -> Delivery:
        """Hand over one message; never raises for what the other side does."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """The outcome of rendering one page: a document, or the reason there is none."""

    document: Document | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class MailText:
    """The words of a mail."""

    subject: str
    text: str
    html: str


class Renderer(Protocol):
    """Turns pages into PDF documents and invoices into mail texts."""

    def render(self, pages: Sequence[Page]) -> list[Rendered]:
        """Render each page; a page that cannot be rendered fails alone."""

    def mail(
        self, kind: MessageKind, invoice: Invoice, balance: Money, today: date | None = None
    ) -> MailText:
        """Write a mail about an invoice; ``today`` tells if it comes before the due date."""


class SecondPlace(Protocol):
    """Where the anchors of the trail are kept besides the ledger."""

    name: str

    def anchors(self) -> Mapping[date, set[str]]:
        """Return the hashes that stand here for each day; more than one is a contradiction."""

    def unreadable(self) -> Sequence[int]:
        """Return the numbers of the lines that are no anchors."""

    def keep(self, anchors: Sequence[Anchor]) -> None:
        """Append anchors so that they stay; TransientError when that is not possible now."""


RunIsOver = Callable[[str], bool]
FaultPoint = Callable[[str], None]


def no_faults(_name: str) -> None:
    """Do nothing: the fault point of every process that is not being tested."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Times that bind a sender: it must give up before its lease runs out."""

    lease_seconds: int = 600
    send_seconds: int = 120


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a use case may use; put together in one place, by `open_services`."""

    ledger: Ledger
    book: Book
    clock: Clock
    lease_clock: LeaseClock
    sources: Sources
    mailer: Mailer
    renderer: Renderer
    sender: str  # overrides the address of every entity of ours; usually empty
    limits: Limits = Limits()
    fault: FaultPoint = no_faults
    second_place: SecondPlace | None = None

    @contextmanager
    def write(self, step: str) -> Iterator[UnitOfWork]:
        """Open a unit of work that may change the ledger, with fault points around its commit."""
        with self.ledger.write() as work:
            yield work
            self.fault(f"{step}.before_commit")
        self.fault(f"{step}.committed")

    def sender_for(self, entity: Entity) -> str:
        """Return the address that an entity's mails come from."""
        return self.sender or entity.email
