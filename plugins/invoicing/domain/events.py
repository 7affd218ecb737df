"""Billing events: facts reported by a source, and the work records they carry."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from invoicing.domain.canonical import fingerprint
from invoicing.domain.discounts import Discount
from invoicing.domain.money import Money
from invoicing.domain.work import Work


class EventKind(StrEnum):
    """What kind of fact a source reports."""

    RETAINER_DUE = "retainer_due"
    DEAL_WON = "deal_won"
    DOCUMENT_SIGNED = "document_signed"
    CLIENT_ONBOARDED = "client_onboarded"
    MILESTONE_DONE = "milestone_done"
    PROJECT_PROGRESSED = "project_progressed"
    PROJECT_COMPLETED = "project_completed"
    CHANGE_APPROVED = "change_approved"
    HOURS_LOGGED = "hours_logged"
    ESTIMATE_ACCEPTED = "estimate_accepted"
    ONE_OFF_REQUESTED = "one_off_requested"
    PAYMENT_RECEIVED = "payment_received"


def event_key(source: str, event_id: str) -> str:
    """Name an event in the inbox and the trail: a source's event id, whatever it looks like."""
    return fingerprint([source, event_id])[:32]


@dataclass(frozen=True, slots=True)
class Hint:
    """A source says that something happened to one of its objects.

    A hint is not believed: the object is fetched again by its id before anything is decided.
    ``payload_hash`` tells a re-delivery from a changed message under the same event id.
    """

    source: str
    event_id: str
    kind: EventKind
    object_id: str
    payload_hash: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What one source says the whole is worth: a CRM's deal value, a signed contract's total."""

    source: str
    what: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Reference:
    """Something an invoice is linked to: a deal, project, sprint, statement of work, order."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class BillingEvent:
    """A fact that may become an invoice, complete with the work it is about.

    ``subject`` names the thing owed inside the agreement (a period's start, a deal's id, a
    milestone's key); ``agreement`` is empty when the source does not know our agreements.
    ``occurred_on`` is the day of the fact and the tax point. ``deal`` is the deal that a signed
    document or an estimate belongs to. ``progress`` is the percentage done so far. ``flags`` are
    words that ask for a review, such as ``disputed_scope``; ``category`` is the kind of project.
    ``reported_by`` is the login of a person who asked for it; that person is the draft's author.
    """

    source: str
    event_id: str
    kind: EventKind
    client: str
    agreement: str
    subject: str
    occurred_on: date
    work: tuple[Work, ...]
    title: str = ""
    deal: str = ""
    progress: Decimal | None = None
    claims: tuple[Claim, ...] = ()
    discounts: tuple[Discount, ...] = ()
    references: tuple[Reference, ...] = ()
    flags: tuple[str, ...] = ()
    category: str = ""
    reported_by: str = ""
