"""Billing events: facts reported by a source, and the work records they carry."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from invoicing.domain.canonical import fingerprint
from invoicing.domain.money import Money


class EventKind(StrEnum):
    """What kind of fact a source reports."""

    RETAINER_DUE = "retainer_due"
    DEAL_WON = "deal_won"
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
class WorkItem:
    """One record of a source that can be billed once: a fee, a deal's line, an hour."""

    source: str
    record_id: str
    description: str
    quantity: Decimal
    unit: str
    unit_price: Money
    tax_category: str


@dataclass(frozen=True, slots=True)
class BillingEvent:
    """A fact that may become an invoice, complete with the work it is about.

    ``subject`` names the thing owed inside the agreement (a period's start, a deal's id);
    ``agreement`` is empty when the source does not know our agreements.
    """

    source: str
    event_id: str
    kind: EventKind
    client: str
    agreement: str
    subject: str
    occurred_on: date
    work: tuple[WorkItem, ...]
    title: str = ""
