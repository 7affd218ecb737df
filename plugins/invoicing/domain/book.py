"""The book: everything people wrote down in config/, checked and active as a whole."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from invoicing.domain.agreements import Agreement
from invoicing.domain.bounds import SafetyBounds
from invoicing.domain.errors import NotFoundError
from invoicing.domain.follow_up import DEFAULT_PLAN, ReminderPlan
from invoicing.domain.parties import Client, Entity
from invoicing.domain.review import ReviewPolicy
from invoicing.domain.rules import BillingRule, Model, can_bill
from invoicing.domain.tax import TaxTable


@dataclass(frozen=True, slots=True)
class Book:
    """One consistent state of the configuration.

    ``config_hash`` names it: drafts and invoices keep the hash they were made under. ``texts`` are
    the files it was read from, so that the ledger can keep them; ``phrases`` are words of ours for
    lines, by language.
    """

    config_hash: str
    entities: Mapping[str, Entity]
    clients: Mapping[str, Client]
    agreements: Mapping[str, Agreement]
    rules: tuple[BillingRule, ...]
    taxes: TaxTable
    review: ReviewPolicy
    reminders: Mapping[str, ReminderPlan] = field(
        default_factory=lambda: {DEFAULT_PLAN.name: DEFAULT_PLAN}
    )
    bounds: SafetyBounds = field(default_factory=SafetyBounds)
    texts: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    phrases: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    # By client: a batch asks once per event.
    _agreements_with: dict[str, list[Agreement]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        for agreement in self.agreements.values():
            self._agreements_with.setdefault(agreement.client, []).append(agreement)

    def entity(self, key: str) -> Entity:
        """Return our legal entity ``key``."""
        if key not in self.entities:
            raise NotFoundError(f"no legal entity {key!r} in config/company.yaml")
        return self.entities[key]

    def client(self, key: str) -> Client:
        """Return the client ``key``."""
        if key not in self.clients:
            raise NotFoundError(f"no client {key!r} in config/clients.yaml")
        return self.clients[key]

    def agreement(self, key: str) -> Agreement:
        """Return the agreement ``key``."""
        if key not in self.agreements:
            raise NotFoundError(f"no agreement {key!r} in config/agreements.yaml")
        return self.agreements[key]

    def agreements_with(self, client: str) -> tuple[Agreement, ...]:
        """Return the agreements with one client."""
        return tuple(self._agreements_with.get(client, ()))

    def agreements_of(self, model: Model, client: str = "") -> Iterator[Agreement]:
        """Yield the agreements that a billing model can bill, of one client or of all."""
        for agreement in self.agreements.values():
            if client in {"", agreement.client} and can_bill(model, agreement.pricing):
                yield agreement

    def reminder_plan(self, agreement: Agreement) -> ReminderPlan:
        """Return the cadence of an agreement: its own, else its client's, else the standard one."""
        name = agreement.reminder_plan or self.client(agreement.client).reminder_plan
        key = name or DEFAULT_PLAN.name
        if key not in self.reminders:
            raise NotFoundError(f"no reminder plan {key!r} in config/reminders.yaml")
        return self.reminders[key]
