"""Tiers: a quantity priced by the bands of a tariff, each band on its own or all at one price."""

from dataclasses import dataclass
from decimal import Decimal

from invoicing.domain.agreements import Tariff, Tier, TierMode
from invoicing.domain.errors import MoneyError
from invoicing.domain.money import EXACT, ROUNDING, Money, Rounding, plain


@dataclass(frozen=True, slots=True)
class TierRow:
    """The part of a quantity that falls into one band, and what it costs."""

    quantity: Decimal
    price: Money
    amount: Money


def by_tiers(
    quantity: Decimal, tariff: Tariff, rounding: Rounding = ROUNDING
) -> tuple[TierRow, ...]:
    """Price ``quantity`` by ``tariff``; a bound belongs to the band below it, each row is rounded.

    Graduated: one row for each band that is touched, so none for nothing. Volume: always one row.
    """
    if not quantity.is_finite() or quantity < 0:
        raise MoneyError(
            f"a quantity of {quantity} cannot be priced by tiers; it must be 0 or more"
        )
    reached = _reached(quantity, tariff)
    if tariff.mode is TierMode.VOLUME:
        return (_row(quantity, reached[-1], rounding),)
    rows = []
    lower = Decimal(0)
    for tier in reached:
        upper = quantity if tier.up_to is None else min(quantity, tier.up_to)
        if upper > lower:
            rows.append(_row(EXACT.subtract(upper, lower), tier, rounding))
        lower = upper
    return tuple(rows)


def _reached(quantity: Decimal, tariff: Tariff) -> tuple[Tier, ...]:
    for count, tier in enumerate(tariff.tiers, start=1):
        if tier.up_to is None or quantity <= tier.up_to:
            return tariff.tiers[:count]
    raise MoneyError(
        f"the tariff has no price for {plain(quantity)}; give its last tier no upper bound"
    )


def _row(quantity: Decimal, tier: Tier, rounding: Rounding) -> TierRow:
    return TierRow(quantity, tier.price, tier.price.times(quantity).rounded(rounding))
