"""Holds on an issued invoice: what a client contests, what is under way, what a person stopped."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from invoicing.domain.canonical import fingerprint
from invoicing.domain.money import Money, total


class HoldKind(StrEnum):
    """Why an invoice, or a part of it, is not followed up."""

    DISPUTED = "disputed"
    IN_TRANSIT = "in_transit"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class InvoiceHold:
    """One hold; at most one of each kind is open on an invoice.

    ``amount`` is the part it is about, None for all of it; ``line`` the position a dispute is
    about, 0 for the whole invoice. After ``ends_on`` it counts no more, lifted or not.
    """

    invoice_id: str
    kind: HoldKind
    reason: str
    placed_by: str
    placed_at: datetime
    amount: Money | None = None
    line: int = 0
    ends_on: date | None = None

    @property
    def id(self) -> str:
        """An id of its own: the same hold may be placed again after it was lifted."""
        return fingerprint([self.invoice_id, self.kind, self.placed_at])[:32]

    def counts_on(self, day: date) -> bool:
        """Tell whether the hold still counts on ``day`` (its last day included)."""
        return self.ends_on is None or day <= self.ends_on


def held_back(holds: Iterable[InvoiceHold], kind: HoldKind, balance: Money, day: date) -> Money:
    """Return how much of ``balance`` the holds of one kind keep back on ``day``."""
    parts = [one for one in holds if one.kind is kind and one.counts_on(day)]
    if any(one.amount is None for one in parts):
        return balance
    return total((one.amount for one in parts if one.amount is not None), balance.currency)
