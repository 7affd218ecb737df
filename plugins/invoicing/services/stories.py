"""What the read models hold: the story of an invoice, an entry of the queue, a line of the list."""

from dataclasses import dataclass
from datetime import timedelta

from invoicing.domain.decide import Obligation
from invoicing.domain.dispatch import Attempt, OutboxRow
from invoicing.domain.draft import Draft, DraftRecord
from invoicing.domain.exceptions import Action, ExceptionEntry
from invoicing.domain.follow_up import PlannedReminder
from invoicing.domain.issue import Invoice
from invoicing.domain.money import Money
from invoicing.domain.reconcile import Allocation, Payment
from invoicing.domain.review import Approval, ReviewRequest
from invoicing.domain.states import MoneyState, OutboxState
from invoicing.domain.trail import TrailEntry
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


@dataclass(frozen=True, slots=True)
class ReminderStory:
    """A reminder of the plan and what became of it; an empty outcome is still planned."""

    reminder: PlannedReminder
    outcome: str


@dataclass(frozen=True, slots=True)
class PaymentStory:
    """A payment and the part of it that was placed on this invoice."""

    payment: Payment
    allocation: Allocation


@dataclass(frozen=True, slots=True)
class MoneyStory:
    """What is still owed on an invoice and since when it is late."""

    state: MoneyState
    balance: Money
    allocated: Money
    days_late: int


@dataclass(frozen=True, slots=True)
class TrailStory:
    """The entries about an invoice; ``broken_at`` names the first one that was tampered with."""

    entries: tuple[TrailEntry, ...]
    broken_at: int | None


@dataclass(frozen=True, slots=True)
class InvoiceStory:
    """Everything the ledger knows about one invoice, or about the draft it may become.

    ``content`` is what was issued, or the newest version of the draft while nothing is.
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
    messages: tuple[MessageStory, ...]
    reminders: tuple[ReminderStory, ...]
    payments: tuple[PaymentStory, ...]
    money: MoneyStory | None
    exceptions: tuple[ExceptionEntry, ...]
    trail: TrailStory


@dataclass(frozen=True, slots=True)
class QueueItem:
    """Something a person must look at: an exception, or a draft whose approval is awaited.

    ``exception_id`` is empty for a draft under review, which is answered in Airflow's own page.
    ``ref`` names the page of the invoice or draft it is about, if there is one.
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

    @property
    def is_review(self) -> bool:
        """Tell a draft under review from an exception."""
        return not self.exception_id


@dataclass(frozen=True, slots=True)
class OverviewRow:
    """An issued invoice in one line: what it is worth, what is open, how its mail stands."""

    invoice: Invoice
    money: MoneyStory
    dispatch: OutboxState | None


@dataclass(frozen=True, slots=True)
class NamedDocument:
    """A stored document under a file name that holds nothing a client wrote."""

    name: str
    document: Document
