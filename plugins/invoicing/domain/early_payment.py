"""Early payment: the discount a client may keep for paying soon, and what it does to the tax."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from invoicing.domain.money import Money, Rounding, percent_of, share_out, total
from invoicing.domain.reconcile import money_state
from invoicing.domain.states import MoneyState
from invoicing.domain.tax import TaxGroup, tax_inside


@dataclass(frozen=True, slots=True)
class EarlyPaymentOffer:
    """A percentage off the gross amount for paying within days of the issue (the last included)."""

    percent: Decimal
    days: int

    def last_day(self, issued_on: date) -> date:
        """Return the last day on which the discount may be taken."""
        return issued_on + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class EarlyPayment:
    """What a payment settles: the discount taken with its net and tax, and what stays open.

    ``discounts`` are its parts per tax rate: each lowers the base its tax was computed on.
    """

    state: MoneyState
    discount_gross: Money
    discount_net: Money
    discount_tax: Money
    open: Money
    discounts: tuple[TaxGroup, ...] = ()


def discount_groups(
    taxes: Sequence[TaxGroup], discount: Money, rounding: Rounding = Rounding.HALF_UP
) -> tuple[TaxGroup, ...]:
    """Share a gross discount out to the tax groups of an invoice and take the tax out of each."""
    gross = [group.net + group.tax for group in taxes]
    return tuple(
        tax_inside(group, part, rounding)
        for group, part in zip(taxes, share_out(discount, gross), strict=True)
    )


def settle_early(
    taxes: Sequence[TaxGroup],
    offer: EarlyPaymentOffer,
    issued_on: date,
    paid: Money,
    *,
    paid_on: date,
    rounding: Rounding = Rounding.HALF_UP,
) -> EarlyPayment:
    """Say what a payment settles under ``offer``.

    The discount is taken only where the payment came in time and, with it, covers the invoice. Who
    pays more than that in time takes the smaller discount that is missing.
    """
    currency = paid.currency
    nothing = Money.zero(currency)
    gross = total((group.net + group.tax for group in taxes), currency)
    allowed = percent_of(gross, offer.percent, rounding)
    missing = max(nothing, gross - paid)
    if paid_on > offer.last_day(issued_on) or missing > allowed or missing == nothing:
        state = money_state(gross, min(gross, paid))
        return EarlyPayment(state, nothing, nothing, nothing, missing)
    groups = discount_groups(taxes, missing, rounding)
    return EarlyPayment(
        state=MoneyState.PAID,
        discount_gross=missing,
        discount_net=total((group.net for group in groups), currency),
        discount_tax=total((group.tax for group in groups), currency),
        open=nothing,
        discounts=groups,
    )
