"""Groups of tables from the number on: invoices, messages, documents, reminders, payments."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from invoicing.domain.dispatch import Attempt, Delivery, OutboxRow
from invoicing.domain.follow_up import PlannedReminder
from invoicing.domain.issue import Invoice, SeriesKey
from invoicing.domain.money import Money
from invoicing.domain.reconcile import Allocation, OpenInvoice, Payment
from invoicing.domain.render import DocumentKind
from invoicing.domain.states import InvoiceState, OutboxState


class Invoices(Protocol):
    """Issued invoices: UNIQUE (series, number), content frozen by the database."""

    def add(self, invoices: Sequence[Invoice]) -> None:
        """Store issued invoices with their lines."""

    def get(self, invoice_ids: Collection[str]) -> list[Invoice]:
        """Return invoices that exist, in the order asked for."""

    def known(self, invoice_ids: Collection[str]) -> list[str]:
        """Return those of ``invoice_ids`` that are issued, in the order asked for."""

    def by_number(self, number: str) -> Invoice | None:
        """Return the invoice with this number, if any."""

    def numbered(self, number: str) -> Sequence[Invoice]:
        """Return the invoices with this number, one of each entity at most."""

    def recent(self, limit: int) -> list[Invoice]:
        """Return the invoices issued last."""

    def billed_clients(self, clients: Collection[str]) -> set[str]:
        """Return those of ``clients`` that have an issued invoice."""

    def gross_by_agreement(self, agreements: Collection[str]) -> dict[str, tuple[Money, ...]]:
        """Return what the issued invoices of each agreement came to, the oldest first."""

    def without_document(self, limit: int) -> list[str]:
        """Return ids of invoices, void ones too, whose document was not rendered yet."""

    def states(self, invoice_ids: Collection[str]) -> dict[str, InvoiceState]:
        """Return where each of these invoices stands."""

    def claim(self, invoice_ids: Collection[str]) -> dict[str, InvoiceState]:
        """Return where each stands, kept from everybody else who pays, sends or voids it."""

    def void(self, invoice_id: str) -> bool:
        """ISSUED -> VOID by compare-and-set; its closing credit note comes in the same commit."""

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
        """Return pending messages that may be tried now and whose document is there; none of a
        parked client. A credit note waits for its invoice, a notice that one left for its leaving.
        """

    def is_free(self, row: OutboxRow) -> bool:
        """Tell whether a message waits as ``row`` says, and keep it so until this ends."""

    def uncertain(self, since: datetime, limit: int) -> list[OutboxRow]:
        """Return mails of which nobody knows whether they arrived, tried after ``since``."""

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
        """Move a message that nobody is sending as was decided, by compare-and-set."""

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

    def put_all(
        self, kind: DocumentKind, documents: Mapping[tuple[str, int], Document]
    ) -> set[tuple[str, int]]:
        """Do the same for several, by subject and version; return those that had none."""

    def find(self, subject: str, version: int, kind: DocumentKind) -> Document | None:
        """Return the document of a subject, if it was made."""

    def of(self, subject: str, version: int) -> dict[DocumentKind, Document]:
        """Return all that was made of a version of a subject, by kind."""

    def to_archive(self, shown: Sequence[tuple[str, int]]) -> None:
        """Plan copies for the archive, by subject and version."""

    def unarchived(self, limit: int) -> list[tuple[str, int]]:
        """Return what has no copy in the archive yet, by subject and version."""

    def archived(self, subject: str, version: int, at: datetime) -> bool:
        """Note that a copy lies in the archive; False when that was noted before."""


QUEUED = "queued"  # the outcome of a reminder that went to the outbox


class Reminders(Protocol):
    """The reminder plan of each invoice, UNIQUE (invoice, step)."""

    def plan(self, invoice_id: str, reminders: Sequence[PlannedReminder]) -> None:
        """Store the plan of an invoice."""

    def plan_all(self, plans: Mapping[str, Sequence[PlannedReminder]]) -> None:
        """Store the plans of several invoices, by id."""

    def due(self, today: date, limit: int) -> list[tuple[str, PlannedReminder]]:
        """Return planned reminders whose day has come, with their invoice's id; none of a parked
        client, and of each client all that are due, however many."""

    def settle(self, invoice_id: str, step: str, outcome: str, at: datetime) -> bool:
        """Close a planned reminder once, as ``queued`` or with the reason it was dropped."""

    def carry(self, message: str, steps: Collection[tuple[str, str]]) -> None:
        """Note which message the queued reminders (invoice, step) went into."""

    def leave_out(self, message: str, invoice_id: str, outcome: str, at: datetime) -> bool:
        """Note why a message that goes out is not about an invoice after all."""

    def messages(self, invoice_id: str) -> list[str]:
        """Return the ids of the messages that reminders of an invoice went into."""

    def mailed_since(self, clients: Collection[str], since: datetime) -> dict[str, list[datetime]]:
        """Return when mails with reminders were queued for each client after ``since``; one about
        several invoices counts once."""

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
        """Return those with one of ``numbers``, void ones too; nobody else allocates to them, or
        voids them, until this ends."""

    def claim_rest(self, source: str, external_id: str) -> tuple[Payment, Money]:
        """Return a payment and what of it is placed nowhere, kept from everybody else who places
        it; NotFoundError if unknown."""

    def allocated(self, invoice_ids: Collection[str]) -> dict[str, Money]:
        """Return what payments settled of each invoice."""

    def balances(self, invoice_ids: Collection[str]) -> dict[str, Money]:
        """Return what is still owed on each invoice."""

    def of_invoice(self, invoice_id: str) -> list[tuple[Payment, Allocation]]:
        """Return the payments allocated to an invoice."""
