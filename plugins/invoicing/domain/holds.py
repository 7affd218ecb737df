"""Holds on an issued invoice: what a client contests, what is under way, what a person stopped."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from invoicing.domain.draft import Draft
from invoicing.domain.follow_up import reason_not_to_remind
from invoicing.domain.money import Money, percent_of, total
from invoicing.domain.states import InvoiceState


class HoldKind(StrEnum):
    """Why an invoice, or a part of it, is not followed up."""

    DISPUTED = "disputed"
    IN_TRANSIT = "in_transit"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class InvoiceHold:
    """One hold; at most one of each kind is open on an invoice.

    ``amount`` is the part it is about, None for all of it; ``line`` the position a dispute is
    about, 0 for the whole invoice. After ``ends_on`` it counts no more, lifted or not. While
    ``lifted_at`` is None it is open.
    """

    invoice_id: str
    kind: HoldKind
    reason: str
    placed_by: str
    placed_at: datetime
    amount: Money | None = None
    line: int = 0
    ends_on: date | None = None
    lifted_at: datetime | None = None
    lifted_by: str = ""

    def counts_on(self, day: date) -> bool:
        """Tell whether the hold still counts on ``day`` (its last day included)."""
        return self.ends_on is None or day <= self.ends_on


def held_back(holds: Iterable[InvoiceHold], kind: HoldKind, balance: Money, day: date) -> Money:
    """Return how much of ``balance`` the holds of one kind keep back on ``day``."""
    parts = [one for one in holds if one.kind is kind and one.counts_on(day)]
    if any(one.amount is None for one in parts):
        return balance
    return total((one.amount for one in parts if one.amount is not None), balance.currency)


def reason_to_wait(
    state: InvoiceState, balance: Money, holds: Iterable[InvoiceHold], day: date
) -> str:
    """Say why an invoice must not be reminded on ``day``, its holds considered, or nothing."""
    placed = list(holds)
    return reason_not_to_remind(
        state,
        balance,
        disputed=held_back(placed, HoldKind.DISPUTED, balance, day),
        in_transit=held_back(placed, HoldKind.IN_TRANSIT, balance, day),
        paused=any(one.kind is HoldKind.PAUSED and one.counts_on(day) for one in placed),
    )


def part_of_line(content: Draft, position: int, balance: Money) -> Money | None:
    """Return what a line asks for with its tax, at most ``balance``; None where that is all or
    nothing, so that a dispute about it is one about the whole."""
    line = next((one for one in content.lines if one.position == position), None)
    if line is None or line.net.currency != balance.currency:
        return None
    tax = Money.zero(balance.currency)
    if not content.prices_include_tax:
        tax = percent_of(line.net, line.rate.effective_percent)
    amount = line.net + tax
    return amount if Money.zero(balance.currency) < amount < balance else None
