"""What the read models hold: the story of an invoice, an entry of the queue, a line of the list."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from invoicing.domain.decide import Obligation
from invoicing.domain.dispatch import About, Attempt, MessageKind, OutboxRow, Outcome
from invoicing.domain.draft import Draft, DraftRecord
from invoicing.domain.exceptions import Action, ExceptionEntry
from invoicing.domain.follow_up import PlannedReminder
from invoicing.domain.holds import InvoiceHold
from invoicing.domain.issue import Invoice
from invoicing.domain.money import Money, total
from invoicing.domain.parking import AgreementVersion, ClientVersion, Parked
from invoicing.domain.reconcile import Allocation, Payment, WriteOff
from invoicing.domain.render import DocumentKind
from invoicing.domain.review import Approval, ReviewRequest
from invoicing.domain.states import MoneyState, OutboxState
from invoicing.domain.trail import TrailEntry
from invoicing.services.ledger_ports import MailRecord
from invoicing.services.ledger_ports.corrected import CreditRecord
from invoicing.services.ledger_ports.queries import Settlement
from invoicing.services.ports import Document


@dataclass(frozen=True, slots=True)
class StepReview:
    """One link of a review: what was asked, and what was answered; a rule answers unasked."""

    step: str
    request: ReviewRequest | None
    decision: Approval | None


@dataclass(frozen=True, slots=True)
class VersionReview:
    """What was asked about one version of a draft, and what was decided, step by step."""

    version: int
    steps: tuple[StepReview, ...]

    @property
    def request(self) -> ReviewRequest | None:
        """The newest question."""
        return next((one.request for one in reversed(self.steps) if one.request), None)

    @property
    def decision(self) -> Approval | None:
        """The newest answer; None while the last step that was asked waits for one."""
        return self.steps[-1].decision


@dataclass(frozen=True, slots=True)
class MessageStory:
    """A message with every attempt to hand it over, oldest first."""

    message: OutboxRow
    attempts: tuple[Attempt, ...]

    @property
    def sent_at(self) -> datetime | None:
        """When the other side took it, if it did."""
        taken = (one.ended_at for one in self.attempts if one.outcome == Outcome.ACCEPTED)
        return next(taken, None)

    def carries(self, invoice_id: str, step: str) -> bool:
        """Tell whether this is the reminder of an invoice for a step of its plan."""
        row = self.message
        if row.kind not in {MessageKind.REMINDER, MessageKind.ESCALATION}:
            return False
        led = row.invoice_id == invoice_id and row.plain_step == step
        return led or About(invoice_id, step) in row.about


@dataclass(frozen=True, slots=True)
class ReminderStory:
    """A reminder of the plan and what became of it; an empty outcome is still planned.

    ``sent_at`` is when the mail that carried it was accepted.
    """

    reminder: PlannedReminder
    outcome: str
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PaymentStory:
    """A payment and the part of it that was placed on this invoice."""

    payment: Payment
    allocation: Allocation


@dataclass(frozen=True, slots=True)
class MoneyStory:
    """What is still owed on an invoice and since when it is late.

    ``balance`` is what was due less what was paid, credited and written off; below zero it is the
    client's.
    """

    state: MoneyState
    balance: Money
    settled: Settlement
    days_late: int
    is_void: bool = False

    @property
    def is_settled_otherwise(self) -> bool:
        """Tell whether something else than payments helped to settle the invoice."""
        nothing = Money.zero(self.balance.currency)
        others = (self.settled.credited, self.settled.written_off)
        return self.state is MoneyState.PAID and any(part != nothing for part in others)


@dataclass(frozen=True, slots=True)
class TrailStory:
    """The entries about an invoice; ``broken_at`` names the first one that was tampered with."""

    entries: tuple[TrailEntry, ...]
    broken_at: int | None


@dataclass(frozen=True, slots=True)
class InvoiceStory:
    """Everything the ledger knows about one invoice, or about the draft it may become.

    ``content`` is what was issued, or the newest version of the draft while nothing is;
    ``files`` are its structured invoices; ``open_holds`` are those that count today; ``mails`` came
    to us about it; the versions are those its configuration had.
    """

    id: str
    version: int
    content: Draft
    draft: DraftRecord | None
    invoice: Invoice | None
    obligations: tuple[Obligation, ...]
    reviews: tuple[VersionReview, ...]
    preview: str
    document: str
    files: tuple[DocumentKind, ...]
    messages: tuple[MessageStory, ...]
    reminders: tuple[ReminderStory, ...]
    payments: tuple[PaymentStory, ...]
    money: MoneyStory | None
    exceptions: tuple[ExceptionEntry, ...]
    trail: TrailStory
    credits: tuple[CreditRecord, ...] = ()
    write_offs: tuple[WriteOff, ...] = ()
    holds: tuple[InvoiceHold, ...] = ()
    open_holds: tuple[InvoiceHold, ...] = ()
    mails: tuple[MailRecord, ...] = ()
    parked: Parked | None = None
    client_version: ClientVersion | None = None
    agreement_versions: tuple[AgreementVersion, ...] = ()

    @property
    def is_void(self) -> bool:
        """Tell whether a closing credit note took the invoice back."""
        return self.money is not None and self.money.is_void


@dataclass(frozen=True, slots=True)
class QueueItem:
    """Something a person must look at: an exception, or a draft whose approval is awaited.

    ``exception_id`` is empty for a draft under review, which is answered in Airflow's own page.
    ``ref`` names the page of the invoice or draft it is about, if there is one. ``still_open`` is
    what is owed on an issued invoice, when that is not all of its ``amount``.
    """

    exception_id: str
    code: str
    owner: str
    cause: str
    age: timedelta
    actions: tuple[Action, ...]
    ref: str = ""
    label: str = ""
    client: str = ""
    amount: Money | None = None
    still_open: Money | None = None

    @property
    def is_review(self) -> bool:
        """Tell a draft under review from an exception."""
        return not self.exception_id


_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Page(Generic[_T]):
    """One page of a list, and how long the list is as a whole."""

    items: tuple[_T, ...]
    total: int
    number: int
    size: int

    @property
    def first(self) -> int:
        """The place of the first item in the whole list, from one on."""
        return (self.number - 1) * self.size + 1

    @property
    def last(self) -> int:
        """The place of the last item in the whole list."""
        return self.first + len(self.items) - 1

    @property
    def count(self) -> int:
        """How many pages there are; an empty list has one."""
        return pages(self.total, self.size)

    @property
    def more(self) -> int:
        """How many items of the list are not on this page."""
        return self.total - len(self.items)


def pages(total: int, size: int) -> int:
    """Return how many pages of ``size`` a list of ``total`` items fills, at least one."""
    return max(-(-total // size), 1)


@dataclass(frozen=True, slots=True)
class OpenKind:
    """How many exceptions of one kind are open, whose they are, and how old the oldest one is."""

    code: str
    owner: str
    count: int
    oldest: timedelta


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits for a person: drafts under review, and exceptions by who has to look."""

    reviews: Page[QueueItem]
    exceptions: dict[str, Page[QueueItem]]
    kinds: tuple[OpenKind, ...]


@dataclass(frozen=True, slots=True)
class OverviewRow:
    """An issued invoice in one line: what it is worth, what is open, how its mail stands."""

    invoice: Invoice
    money: MoneyStory
    dispatch: OutboxState | None


@dataclass(frozen=True, slots=True)
class OpenMoney:
    """What is owed to us in one currency, and how much of it is late by how many days.

    ``late`` has one amount for each of `AGES`: the days from which it counts.
    """

    owed: Money
    late: tuple[Money, ...]

    @property
    def by_age(self) -> tuple[Money, ...]:
        """What is not due yet, then what is late."""
        return (self.owed - total(self.late, self.owed.currency), *self.late)


AGES = (1, 31, 61, 91)  # days after the due date; money is chased by these


@dataclass(frozen=True, slots=True)
class Overview:
    """A page of invoices, and what is open on all of them, on this page or not."""

    rows: Page[OverviewRow]
    still_open: tuple[OpenMoney, ...]
    waiting_reviews: int
    open_exceptions: int
    client: str = ""


@dataclass(frozen=True, slots=True)
class NamedDocument:
    """A stored document under a file name that holds nothing a client wrote."""

    name: str
    document: Document
