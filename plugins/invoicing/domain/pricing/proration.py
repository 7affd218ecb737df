"""Proration: the price of a part of a period, and of a change of plan within it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from invoicing.domain.agreements import Proration
from invoicing.domain.errors import MoneyError
from invoicing.domain.money import ROUNDING, Money, Rounding, ratio
from invoicing.domain.periods import Period, days_in, merged, overlap

_ROUNDED_MONTH = 30
_ODD_DAYS = 3  # from 28 February to 27 March 30/360 counts 28 days, from 31 January on 28 too


@dataclass(frozen=True, slots=True)
class Prorated:
    """The days that count, the days of the whole period, and the price of those that count."""

    active_days: int
    period_days: int
    amount: Money


@dataclass(frozen=True, slots=True)
class PlanChange:
    """What is given back of the old plan (below zero) and charged of the new one."""

    remaining_days: int
    period_days: int
    credit: Money
    charge: Money

    @property
    def net(self) -> Money:
        """What the change costs in this period."""
        return self.credit + self.charge


def prorate(
    amount: Money,
    period: Period,
    active: Sequence[Period],
    method: Proration,
    months: int = 1,
    rounding: Rounding = ROUNDING,
) -> Prorated:
    """Price the ``active`` stretches of a period that costs ``amount`` as a whole.

    Days outside the period do not count, days named twice count once. 30/360 counts every month as
    30 days, the 31st and every month's end as the 30th; ``months`` is how many the period has.
    Without proration a period that was active at all costs everything.
    """
    parts = merged(part for each in active if (part := overlap(each, period)))
    if method is Proration.THIRTY_360:
        active_days, period_days = _in_months_of_30(period, parts, months)
    else:
        active_days, period_days = sum(map(days_in, parts)), days_in(period)
    if method is Proration.NONE and parts:
        return Prorated(active_days, period_days, amount.rounded(rounding))
    share = ratio(amount, Decimal(active_days), Decimal(period_days), rounding)
    return Prorated(active_days, period_days, share)


def _in_months_of_30(period: Period, parts: Sequence[Period], months: int) -> tuple[int, int]:
    period_days = months * _ROUNDED_MONTH
    if abs(_days_30(period) - period_days) > _ODD_DAYS:
        raise MoneyError(f"30/360 counts whole months; the period {period} does not have {months}")
    if list(parts) == [period]:
        return period_days, period_days
    return min(sum(map(_days_30, parts)), period_days), period_days


def _days_30(stretch: Period) -> int:
    return _place_30(stretch.ends_on) - _place_30(stretch.starts_on) + 1


def _place_30(day: date) -> int:
    is_month_end = (day + timedelta(days=1)).day == 1
    in_month = _ROUNDED_MONTH if is_month_end else day.day
    return (day.year * 12 + day.month) * _ROUNDED_MONTH + in_month


def change_plan(
    old: Money, new: Money, period: Period, on: date, rounding: Rounding = ROUNDING
) -> PlanChange:
    """Move from the fee ``old`` to ``new`` within a paid period, from the day ``on`` (included).

    Credit and charge are two amounts, rounded separately, because they become two lines.
    """
    if old.currency != new.currency:
        raise MoneyError(f"a plan of {old} cannot change to {new}; both need the same currency")
    if not period.starts_on <= on <= period.ends_on:
        raise MoneyError(f"the plan changes on {on}, which is not in the period {period}")
    remaining, days = days_in(Period(on, period.ends_on)), days_in(period)
    share = Decimal(remaining), Decimal(days)
    return PlanChange(remaining, days, -ratio(old, *share, rounding), ratio(new, *share, rounding))
