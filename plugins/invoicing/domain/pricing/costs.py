"""Costs: an outlay converted to the client's currency, with the agreed markup."""

from dataclasses import dataclass
from decimal import Decimal

from invoicing.domain.errors import MoneyError
from invoicing.domain.money import ROUNDING, Money, Rounding, percent_of, plain


@dataclass(frozen=True, slots=True)
class PassedOn:
    """An outlay in the client's currency, the markup on it, and both together."""

    converted: Money
    markup: Money
    net: Money


def pass_on(
    amount: Money,
    currency: str,
    fx: Decimal | None = None,
    markup_percent: Decimal = Decimal(0),
    rounding: Rounding = ROUNDING,
) -> PassedOn:
    """Convert ``amount`` and round it, then add the markup on the rounded amount, rounded too.

    ``fx`` is how much of ``currency`` one unit of the amount's currency is worth.
    """
    if not markup_percent.is_finite() or markup_percent < 0:
        raise MoneyError(f"a markup of {markup_percent} % is below zero; write a discount instead")
    converted = _convert(amount, currency, fx).rounded(rounding)
    markup = percent_of(converted, markup_percent, rounding)
    return PassedOn(converted, markup, converted + markup)


def _convert(amount: Money, currency: str, fx: Decimal | None) -> Money:
    if fx is None:
        if amount.currency != currency:
            raise MoneyError(f"{amount} needs an exchange rate to become {currency}")
        return amount
    if not fx.is_finite() or fx <= 0:
        raise MoneyError(f"{fx} is no exchange rate from {amount.currency} to {currency}")
    if amount.currency == currency and fx != 1:
        raise MoneyError(
            f"{amount} is in {currency} already; an exchange rate of {plain(fx)} is wrong"
        )
    return Money(amount.times(fx).amount, currency)
