"""What the use cases need from the world, as Protocols: ledger, clocks, sources, mail, print."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from invoicing.domain.book import Book
from invoicing.domain.decide import Obligation, ObligationKey
from invoicing.domain.dispatch import Attempt, Delivery, Message, MessageKind, OutboxRow
from invoicing.domain.draft import Draft, DraftRecord
from invoicing.domain.events import BillingEvent, EventKind, Hint
from invoicing.domain.exceptions import Action, ExceptionEntry
from invoicing.domain.follow_up import PlannedReminder
from invoicing.domain.issue import Invoice, SeriesKey
from invoicing.domain.money import Money
from invoicing.domain.parcels import Parcel, ParcelItem
from invoicing.domain.parties import Entity
from invoicing.domain.reconcile import Allocation, OpenInvoice, Payment
from invoicing.domain.render import DocumentKind, Page
from invoicing.domain.review import Approval, ReviewRequest
from invoicing.domain.rules import Model
from invoicing.domain.states import DraftState, OutboxState
from invoicing.domain.trail import TrailEntry


class Clock(Protocol):
    """Business time: the day that decides about periods, dates and reminders."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""


class LeaseClock(Protocol):
    """The clock that leases are measured by: the database's own, never moved."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""


class Receipt(StrEnum):
    """What the inbox says to a hint or an event."""

    NEW = "new"
    KNOWN = "known"
    CHANGED = "changed"


class EventState(StrEnum):
    """Where an event stands: a hint is fetched, then decided; a fact comes complete."""

    HINTED = "hinted"
    READY = "ready"
    BILLED = "billed"
    MERGED = "merged"
    HELD = "held"
    IGNORED = "ignored"
    APPLIED = "applied"


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event of the inbox with its id; ``event`` or ``payment`` is set once it was fetched."""

    id: str
    hint: Hint
    state: EventState
    event: BillingEvent | None = None
    payment: Payment | None = None


class Inbox(Protocol):
    """Billing events, UNIQUE (source, event id)."""

    def add_hint(self, hint: Hint, at: datetime) -> tuple[str, Receipt]:
        """Store a hint and return its row id; the same id with another hash is CHANGED."""

    def add_events(self, events: Sequence[BillingEvent], at: datetime) -> list[str]:
        """Store complete events (state READY); return the ids of the new ones only."""

    def hinted(self, kind: EventKind, limit: int) -> list[EventRow]:
        """Return the oldest hints whose object was not fetched yet."""

    def ready(self, kind: EventKind, limit: int) -> list[EventRow]:
        """Claim the oldest undecided events for this unit of work (locked where rows can be)."""

    def get(self, row_id: str) -> EventRow:
        """Return one event; NotFoundError if unknown."""

    def fetched(self, row_id: str, fact: BillingEvent | Payment) -> bool:
        """Attach the fetched fact: HINTED -> READY by compare-and-set."""

    def settle(self, row_id: str, before: EventState, after: EventState, reason: str) -> bool:
        """Move an event on, with the reason; False when it was not in ``before``."""

    def newest_waiting(self, kind: EventKind) -> str:
        """Return a mark of the newest HINTED or READY event of ``kind``, or nothing (peek)."""


class ObligationState(StrEnum):
    """Where a thing owed stands."""

    OPEN = "open"
    DRAFTED = "drafted"
    HELD = "held"


class Obligations(Protocol):
    """Things owed, UNIQUE (entity, agreement, unit, revision)."""

    def owed(self, keys: Collection[ObligationKey]) -> dict[ObligationKey, Obligation]:
        """Return those of ``keys`` that are in the ledger already."""

    def add(self, obligations: Sequence[Obligation]) -> list[str]:
        """Store obligations; return the ids of the new ones only."""

    def open(self, model: Model, limit: int) -> list[Obligation]:
        """Return obligations that have no draft yet."""

    def of_draft(self, draft_id: str) -> list[Obligation]:
        """Return the obligations a draft covers."""

    def get(self, obligation_id: str) -> Obligation:
        """Return one obligation; NotFoundError if unknown."""

    def rewrite(self, obligation: Obligation) -> None:
        """Keep today's facts about a thing owed, read again on a person's word."""

    def move(
        self, ids: Sequence[str], before: ObligationState, after: ObligationState, draft_id: str
    ) -> list[str]:
        """Move obligations by compare-and-set and link their draft; return the ids moved."""


class Drafts(Protocol):
    """Drafts, their versions, and the source records they consume (UNIQUE source, record)."""

    def add(self, draft: Draft, author: str, config_hash: str, state: DraftState) -> bool:
        """Store version 1; False when the draft exists."""

    def add_version(self, draft: Draft, author: str, config_hash: str, before: DraftRecord) -> bool:
        """Store the next version and set the state to DRAFT, by compare-and-set on ``before``."""

    def get(self, draft_ids: Collection[str]) -> list[DraftRecord]:
        """Return the newest version of each draft that exists, in the order asked for."""

    def move(self, item: ParcelItem, before: DraftState, after: DraftState) -> bool:
        """Compare-and-set on (id, state, version)."""

    def claim_releasable(self, model: Model) -> None:
        """Keep the drafts that may go on from everybody else who plans, until this ends."""

    def releasable(self, model: Model) -> list[tuple[DraftRecord, Parcel | None]]:
        """Return drafts of a billing model in DRAFT, AWAITING_REVIEW or APPROVED, each with the
        parcel that holds this version, if any."""

    def consume(self, draft: Draft) -> list[tuple[str, str]]:
        """Bind the draft's source records to it; return (record, other draft) of those taken."""

    def in_state(self, state: DraftState, limit: int) -> list[DraftRecord]:
        """Return drafts in ``state``, newest first."""


class Parcels(Protocol):
    """Parcels and their items, UNIQUE (draft, version)."""

    def put(self, parcels: Sequence[Parcel]) -> None:
        """Store parcels; an item that is in an older parcel moves over to the new one."""

    def get(self, parcel_id: str) -> Parcel:
        """Return a parcel with its items; NotFoundError if unknown."""

    def let_go(self, item: ParcelItem) -> None:
        """Take an item out of its parcel, so that the next run may plan it."""

    def of_run(self, run_id: str) -> list[Parcel]:
        """Return the parcels of a run, for a task that is tried again."""


class Reviews(Protocol):
    """Questions to people and their answers, UNIQUE (draft, version) each."""

    def ask(self, request: ReviewRequest, at: datetime) -> ReviewRequest:
        """Store the question, or return the one that was asked before about this version."""

    def asked(self, draft_id: str, version: int) -> ReviewRequest | None:
        """Return the question about this version, if any."""

    def decide(self, approval: Approval, at: datetime) -> Approval:
        """Store a decision, or return the one that was made before about this version."""

    def decision(self, draft_id: str, version: int) -> Approval | None:
        """Return the decision about this version, if any."""

    def decisions(self, items: Collection[ParcelItem]) -> dict[str, Approval]:
        """Return decisions by draft id."""


class Invoices(Protocol):
    """Issued invoices: UNIQUE (series, number), content frozen by the database."""

    def add(self, invoices: Sequence[Invoice]) -> None:
        """Store issued invoices with their lines."""

    def get(self, invoice_ids: Collection[str]) -> list[Invoice]:
        """Return invoices that exist, in the order asked for."""

    def by_number(self, number: str) -> Invoice | None:
        """Return the invoice with this number, if any."""

    def recent(self, limit: int) -> list[Invoice]:
        """Return the invoices issued last."""

    def billed_clients(self, clients: Collection[str]) -> set[str]:
        """Return those of ``clients`` that have an issued invoice."""

    def without_document(self, limit: int) -> list[str]:
        """Return ids of issued invoices whose document was not rendered yet."""

    def take_numbers(self, key: SeriesKey, count: int) -> int:
        """Take the next ``count`` numbers of a series and return the first; locks its counter."""


class Outbox(Protocol):
    """Messages, UNIQUE (invoice, kind, step, channel)."""

    def add(self, rows: Sequence[OutboxRow]) -> list[str]:
        """Plan messages; return the ids of the new ones only."""

    def get(self, row_id: str) -> OutboxRow:
        """Return one message; NotFoundError if unknown."""

    def of_invoices(self, invoice_ids: Collection[str]) -> list[OutboxRow]:
        """Return all messages of these invoices."""

    def due(self, now: datetime, limit: int) -> list[OutboxRow]:
        """Return pending messages that may be tried now and whose document is there."""

    def claim(self, row: OutboxRow, owner: str, lease_until: datetime, now: datetime) -> bool:
        """PENDING -> SENDING by compare-and-set, with a new attempt; False when lost."""

    def finish(
        self,
        row_id: str,
        owner: str,
        after: OutboxState,
        delivery: Delivery,
        ended_at: datetime,
        not_before: datetime | None = None,
    ) -> bool:
        """SENDING -> ``after`` if ``owner`` still holds it; a late result is kept as evidence."""

    def expired(self, now: datetime) -> list[OutboxRow]:
        """Claim messages whose sender let the lease run out (locked where rows can be)."""

    def resolve(self, row_id: str, before: OutboxState, after: OutboxState) -> bool:
        """Move a FAILED or UNCERTAIN message as a person decided, by compare-and-set."""

    def attempts(self, invoice_id: str) -> list[Attempt]:
        """Return every attempt for the messages of an invoice, oldest first."""


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes that were produced once and are the truth from then on."""

    sha256: str
    media_type: str
    content: bytes
    renderer: str


class Documents(Protocol):
    """The archive: bytes by sha256, linked to what they show."""

    def put(self, subject: str, version: int, kind: DocumentKind, document: Document) -> bool:
        """Store and link a document; False when this subject has one of this kind and version."""

    def find(self, subject: str, version: int, kind: DocumentKind) -> Document | None:
        """Return the document of a subject, if it was made."""


class Reminders(Protocol):
    """The reminder plan of each invoice, UNIQUE (invoice, step)."""

    def plan(self, invoice_id: str, reminders: Sequence[PlannedReminder]) -> None:
        """Store the plan of an invoice."""

    def due(self, today: date, limit: int) -> list[tuple[str, PlannedReminder]]:
        """Return planned reminders whose day has come, with their invoice's id."""

    def settle(self, invoice_id: str, step: str, outcome: str, at: datetime) -> bool:
        """Close a planned reminder once, as ``queued`` or with the reason it was dropped."""

    def of_invoice(self, invoice_id: str) -> list[tuple[PlannedReminder, str]]:
        """Return the plan of an invoice with the outcome of each step (empty = still planned)."""


class Payments(Protocol):
    """Payments, UNIQUE (source, external id), and what they were allocated to."""

    def add(self, payment: Payment, at: datetime) -> bool:
        """Store a payment; False when it is known. RefusedError if it changed since."""

    def allocate(self, payment: Payment, allocation: Allocation, at: datetime) -> None:
        """Store an allocation, once per payment and invoice."""

    def open_invoices(self) -> list[OpenInvoice]:
        """Return issued invoices with what is still owed on them."""

    def claim_invoices(self, numbers: Collection[str]) -> list[OpenInvoice]:
        """Return those with one of ``numbers``; nobody else allocates to them until this ends."""

    def balances(self, invoice_ids: Collection[str]) -> dict[str, Money]:
        """Return what is still owed on each invoice."""

    def of_invoice(self, invoice_id: str) -> list[tuple[Payment, Allocation]]:
        """Return the payments allocated to an invoice."""


class Exceptions(Protocol):
    """The queue of what a person must look at; at most one open entry per (code, subject)."""

    def open(self, code: str, subject: str, cause: str, at: datetime) -> str:
        """Open an entry, or return the open one about the same."""

    def close(self, code: str, subject: str, by: str, decision: str, at: datetime) -> bool:
        """Close the open entry about this, if there is one."""

    def settle(self, action: Action, subject: str, by: str, at: datetime) -> None:
        """Close every open entry about ``subject`` that offered ``action``, now carried out."""

    def get(self, entry_id: str) -> ExceptionEntry:
        """Return one entry; NotFoundError if unknown."""

    def list_open(self, limit: int) -> list[ExceptionEntry]:
        """Return open entries, oldest first."""

    def of_subjects(self, subjects: Collection[str]) -> list[ExceptionEntry]:
        """Return all entries about these subjects, open and closed."""


class Trail(Protocol):
    """The append-only story of every subject."""

    def add(
        self, subject: str, action: str, at: datetime, detail: Mapping[str, str], actor: str = ...
    ) -> None:
        """Append an entry in the transaction of the fact; the actor is `system` unless told."""

    def of(self, subject: str) -> list[TrailEntry]:
        """Return the entries of a subject, oldest first."""


class Configs(Protocol):
    """Configurations that were active once, by hash."""

    def activate(self, config_hash: str, texts: Mapping[str, str], at: datetime) -> None:
        """Store a configuration and make it the active one; harmless when it is."""

    def active(self) -> Mapping[str, str] | None:
        """Return the texts of the active configuration, if there ever was one."""


class Audit(Protocol):
    """What the ledger says of itself, for checks that look at every row."""

    def repeated_keys(self) -> list[str]:
        """Name every value that breaks one of the four unique keys (none, if the guards hold)."""

    def gaps(self) -> list[str]:
        """Name every series whose numbers are not 1..n, or whose counter disagrees."""

    def each_invoice(self) -> Iterator[Invoice]:
        """Stream all issued invoices."""

    def each_trail(self) -> Iterator[list[TrailEntry]]:
        """Stream the trail, one subject at a time."""

    def unapproved(self) -> list[str]:
        """Name every invoice without an approval of exactly its version and content."""


class UnitOfWork(Protocol):
    """One transaction over all of the ledger."""

    inbox: Inbox
    obligations: Obligations
    drafts: Drafts
    parcels: Parcels
    reviews: Reviews
    invoices: Invoices
    outbox: Outbox
    documents: Documents
    reminders: Reminders
    payments: Payments
    exceptions: Exceptions
    trail: Trail
    configs: Configs
    audit: Audit


class Ledger(Protocol):
    """The source of truth. Leaving the context without an error commits; an error rolls back."""

    def write(self) -> AbstractContextManager[UnitOfWork]:
        """Open a unit of work that may change the ledger."""

    def read(self) -> AbstractContextManager[UnitOfWork]:
        """Open a unit of work that sees one consistent state and changes nothing."""


class Sources(Protocol):
    """The outside systems that report facts; asked again for each object by its id."""

    def fetch(self, hint: Hint) -> BillingEvent | Payment:
        """Return the object a hint is about. NotFoundError: gone. TransientError: not now."""


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

    def mail(self, kind: MessageKind, invoice: Invoice, balance: Money) -> MailText:
        """Write the mail that goes with an invoice, in the client's language."""


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

    def sender_for(self, entity: Entity) -> str:
        """Return the address that an entity's mails come from."""
        return self.sender or entity.email
