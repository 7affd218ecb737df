"""Interest: what late payment costs, by the days it is late and the year they are counted in."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from invoicing.domain.errors import MoneyError
from invoicing.domain.money import Money, Rounding, ratio


class DayCount(StrEnum):
    """How long a year is: 365 days, 360 days, or as long as each calendar year really is."""

    ACT_365 = "ACT/365"
    ACT_360 = "ACT/360"
    ACT_ACT = "ACT/ACT"


@dataclass(frozen=True, slots=True)
class LateInterest:
    """What may be claimed besides the principal, and with it."""

    days: int
    interest: Money
    claim: Money


def late_interest(
    principal: Money,
    percent: Decimal,
    late_from: date,
    paid_on: date,
    *,
    day_count: DayCount = DayCount.ACT_365,
    fixed: Money | None = None,
    rounding: Rounding = Rounding.HALF_UP,
) -> LateInterest:
    """Compute interest for the days from ``late_from`` to ``paid_on`` at ``percent`` a year.

    ``fixed`` is the lump sum that the law adds for the trouble (40 EUR in directive 2011/7/EU).
    """
    days = (paid_on - late_from).days
    if days < 0:
        raise MoneyError(f"nothing is late: paid on {paid_on}, late only from {late_from}")
    part, year = _share_of_a_year(late_from, paid_on, day_count)
    interest = ratio(principal, percent * part, Decimal(100 * year), rounding)
    claim = principal + interest + (fixed or Money.zero(principal.currency))
    return LateInterest(days, interest, claim)


def _share_of_a_year(start: date, end: date, day_count: DayCount) -> tuple[int, int]:
    """Return the fraction of a year between two days, as numerator and denominator."""
    days = (end - start).days
    if day_count is DayCount.ACT_365:
        return days, 365
    if day_count is DayCount.ACT_360:
        return days, 360
    leap = sum(
        (min(end, date(year + 1, 1, 1)) - max(start, date(year, 1, 1))).days
        for year in range(start.year, end.year + 1)
        if _is_leap(year)
    )
    return (days - leap) * 366 + leap * 365, 365 * 366


def _is_leap(year: int) -> bool:
    return (date(year, 12, 31) - date(year, 1, 1)).days == 365
