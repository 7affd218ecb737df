"""Billing rules: which facts about which clients are billed, and as what."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from invoicing.domain.agreements import (
    Agreement,
    Frame,
    Instalments,
    PrepaidBlock,
    Pricing,
    Project,
    Retainer,
    TimeAndMaterials,
)
from invoicing.domain.events import BillingEvent, EventKind
from invoicing.domain.money import Money
from invoicing.domain.parties import Client

DEPOSIT = "deposit"  # the part of a deal that is settled by a later invoice


class Model(StrEnum):
    """A way of billing; each has its DAG."""

    RETAINER = "retainer"
    MILESTONE = "milestone"
    THRESHOLD = "threshold"
    ESTIMATE = "estimate"
    DEAL = "deal"
    ONE_OFF = "one_off"


EVENTS_OF_MODEL: dict[Model, tuple[EventKind, ...]] = {
    Model.RETAINER: (EventKind.RETAINER_DUE,),
    Model.MILESTONE: (
        EventKind.MILESTONE_DONE,
        EventKind.PROJECT_PROGRESSED,
        EventKind.PROJECT_COMPLETED,
        EventKind.CHANGE_APPROVED,
    ),
    Model.THRESHOLD: (EventKind.HOURS_LOGGED,),
    Model.ESTIMATE: (EventKind.ESTIMATE_ACCEPTED,),
    Model.DEAL: (EventKind.DEAL_WON, EventKind.DOCUMENT_SIGNED, EventKind.CLIENT_ONBOARDED),
    Model.ONE_OFF: (EventKind.ONE_OFF_REQUESTED,),
}


def can_bill(model: Model, pricing: Pricing) -> bool:
    """Tell whether ``model`` bills agreements priced like this, whatever the event."""
    match model:
        case Model.RETAINER:
            return isinstance(pricing, Retainer | Instalments | PrepaidBlock) or (
                isinstance(pricing, TimeAndMaterials) and pricing.cycle is not None
            )
        case Model.MILESTONE:
            return isinstance(pricing, Project)
        case Model.THRESHOLD:
            return isinstance(pricing, PrepaidBlock) or (
                isinstance(pricing, TimeAndMaterials) and pricing.cycle is None
            )
        case Model.DEAL:
            return isinstance(pricing, Frame | Project)
        case _:  # estimates and one-off requests
            return isinstance(pricing, Frame)


@dataclass(frozen=True, slots=True)
class BillingRule:
    """Which events are billed, and as what; an empty set of names means all of them.

    ``part`` is the part of a deal or estimate that is billed (``deposit``, ``onboarding``);
    ``percent`` of the whole, if not all of it. A threshold rule bills each time that the work not
    billed yet reaches ``every_hours`` or ``every_spend``; a prepaid block carries its own level.
    """

    name: str
    model: Model
    events: frozenset[EventKind]
    clients: frozenset[str] = frozenset()
    agreements: frozenset[str] = frozenset()
    client_types: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    part: str = ""
    percent: Decimal | None = None
    every_hours: Decimal | None = None
    every_spend: Money | None = None

    @property
    def is_deposit(self) -> bool:
        """Tell whether what the rule bills is settled by a later invoice."""
        return self.part == DEPOSIT or self.percent is not None

    @property
    def counts(self) -> bool:
        """Tell whether the rule itself says how much work is billed at a time."""
        return self.every_hours is not None or self.every_spend is not None

    def covers(self, event: BillingEvent, client: Client) -> bool:
        """Tell whether this rule is about ``event``, which is about ``client``."""
        return event.kind in self.events and all(
            not named or word in named
            for named, word in (
                (self.clients, client.key),
                (self.agreements, event.agreement),
                (self.client_types, client.type),
                (self.categories, event.category),
            )
        )


def fits(rule: BillingRule, event: BillingEvent, agreement: Agreement) -> bool:
    """Tell whether ``rule`` can bill ``event`` under an agreement priced like this one."""
    if event.kind not in EVENTS_OF_MODEL[rule.model]:
        return False
    pricing = agreement.pricing
    match event.kind:
        case EventKind.ONE_OFF_REQUESTED:
            return isinstance(pricing, Frame) or event.agreement == agreement.key
        case EventKind.CHANGE_APPROVED:
            return isinstance(pricing, Project | TimeAndMaterials)
        case EventKind.CLIENT_ONBOARDED:
            return isinstance(pricing, Frame)
        case EventKind.HOURS_LOGGED:
            return can_bill(rule.model, pricing) and rule.counts == isinstance(
                pricing, TimeAndMaterials
            )
        case _:
            return can_bill(rule.model, pricing) and _is_priced(rule, pricing)


def _is_priced(rule: BillingRule, pricing: Pricing) -> bool:
    """Tell whether a rule about deals finds what it bills: a project has a deposit and no lines."""
    if isinstance(pricing, Project) and rule.model is Model.DEAL:
        return rule.is_deposit and (rule.percent is not None or pricing.deposit is not None)
    return rule.part != DEPOSIT or rule.percent is not None
