"""What the use cases need from the world, as Protocols: clocks, sources, mail, print."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from invoicing.domain.book import Book
from invoicing.domain.dispatch import Delivery, Message
from invoicing.domain.events import BillingEvent, Hint
from invoicing.domain.letters import Letter, Note
from invoicing.domain.mailed import Mail
from invoicing.domain.parties import Entity
from invoicing.domain.reconcile import Payment
from invoicing.domain.render import AnyPage, Archived, DocumentKind
from invoicing.domain.trail import Anchor
from invoicing.domain.work import Work
from invoicing.services.ledger_ports import (
    Document,
    EventRow,
    Ledger,
    MailPosition,
    Receipt,
    UnitOfWork,
)

__all__ = [
    "Clock",
    "Document",
    "EventRow",
    "FaultPoint",
    "Folder",
    "LeaseClock",
    "Ledger",
    "Limits",
    "MailPage",
    "MailPosition",
    "MailSession",
    "MailText",
    "Mailbox",
    "Mailer",
    "Receipt",
    "ReceivedMail",
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

    def listeners(self) -> Mapping[str, Collection[str]]:
        """Return the sources that want to be told of invoices, and for which of their objects."""

    def tell(self, source: str, object_id: str, note: Note) -> Delivery:
        """Tell a source about an invoice of one of its objects; never raises for what it does.

        Telling it twice does no harm: the note's key is the same.
        """


class MailSession(Protocol):
    """A way out that lasts for several messages; it belongs to one thread."""

    def wait(self) -> None:
        """Wait until the pace of the mail server allows a message; before its claim, not after."""

    def send(self, message: Message) -> Delivery:
        """Hand over one message; never raises for what the other side does."""


class Mailer(Protocol):
    """The way out: one attempt, and the truth about it."""

    @property
    def connections(self) -> int:
        """How many sessions may be open at once."""

    def session(self) -> AbstractContextManager[MailSession]:
        """Open a way out; it connects when the first message is handed over."""

    def send(self, message: Message) -> Delivery:
        """Hand over one message in a session of its own; never raises, as a session's `send`."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """The outcome of rendering one page: a document, or the reason there is none.

    ``files`` are the structured invoices that belong to it; ``note`` says which of them there are,
    and why one that could be expected is missing.
    """

    document: Document | None
    error: str = ""
    files: Mapping[DocumentKind, Document] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class MailText:
    """The words of a mail."""

    subject: str
    text: str
    html: str


class Renderer(Protocol):
    """Turns pages into PDF documents and letters into mail texts."""

    def render(self, pages: Sequence[AnyPage]) -> list[Rendered]:
        """Render each page; a page that cannot be rendered fails alone."""

    def mail(self, letter: Letter) -> MailText:
        """Write a mail, in the client's language or in ours where it goes to our own people."""


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A mail under the number that the mailbox gives it; nothing in it is trusted."""

    uid: int
    mail: Mail


@dataclass(frozen=True, slots=True)
class MailPage:
    """Some mails after a position, and the position to go on from."""

    position: MailPosition
    mails: tuple[ReceivedMail, ...]


class Mailbox(Protocol):
    """The mailbox that answers to our mails come to."""

    name: str

    def read(self, after: MailPosition | None, limit: int) -> MailPage:
        """Return the mails after a position, the oldest first; TransientError when not now."""

    def has_sent(self, message_id: str) -> bool | None:
        """Tell whether a mail of ours lies among the sent ones; None where nobody can know."""


class Folder(Protocol):
    """A folder that people and portals read copies of documents from."""

    def keep(self, copy: Archived) -> None:
        """Put the files there, whole or not at all; TransientError when that is not possible now.

        A file that is there with the same bytes stays; one with other bytes is a RefusedError.
        """


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
    mailbox: Mailbox | None = None
    archive: Folder | None = None
    portal: Folder | None = None
    pages: str = ""  # where Airflow's pages are, for links in mails to our own people

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
