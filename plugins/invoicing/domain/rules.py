"""Agreements and billing rules: what was promised to whom, and how it is billed."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from invoicing.domain.events import BillingEvent, EventKind
from invoicing.domain.money import Money


class Model(StrEnum):
    """A way of billing; each has its DAG."""

    RETAINER = "retainer"
    DEAL = "deal"


EVENT_OF_MODEL = {Model.RETAINER: EventKind.RETAINER_DUE, Model.DEAL: EventKind.DEAL_WON}


@dataclass(frozen=True, slots=True)
class Agreement:
    """What we agreed with a client.

    ``fee`` is the retainer's fee per period and empty for deals, whose lines come from the CRM.
    ``bill_from`` is the first day this product bills; periods before it were billed elsewhere.
    """

    key: str
    client: str
    entity: str
    model: Model
    description: str
    starts_on: date
    bill_from: date
    ends_on: date | None = None
    fee: Money | None = None
    tax_category: str = "standard"
    terms_days: int | None = None

    def covers(self, day: date) -> bool:
        """Tell whether the agreement is in force on ``day`` (both ends included)."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


@dataclass(frozen=True, slots=True)
class BillingRule:
    """Which events of which clients are billed, and as what. No clients named means all."""

    name: str
    model: Model
    clients: frozenset[str] = frozenset()
    part: str = ""

    def covers(self, event: BillingEvent) -> bool:
        """Tell whether this rule is about ``event``."""
        return EVENT_OF_MODEL[self.model] == event.kind and (
            not self.clients or event.client in self.clients
        )
