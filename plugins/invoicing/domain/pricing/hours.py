"""Hours: minutes rounded to an increment, their price, and the rate of a role on a day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Context, Decimal, Inexact
from typing import assert_never

from invoicing.domain.agreements import Increment, MinuteRounding, Rate
from invoicing.domain.errors import MoneyError
from invoicing.domain.money import EXACT, ROUNDING, Money, Rounding, ratio
from invoicing.domain.periods import elapsed_seconds

_MINUTES = Decimal(60)
_SECONDS = Decimal(3600)
_ENDING = Context(prec=200, traps=[Inexact])  # raises for a quotient that has no last digit


@dataclass(frozen=True, slots=True)
class ElapsedPrice:
    """A stretch of real time and what it costs; ``hours`` is None when no decimal can say it."""

    hours: Decimal | None
    amount: Money


def billable_minutes(minutes: Sequence[Decimal], increment: Increment) -> Decimal:
    """Add up ``minutes``, rounded up to the increment where the agreement says so."""
    for each in minutes:
        if not each.is_finite() or each < 0:
            raise MoneyError(f"{each} minutes cannot be billed; correct the time entry")
    match increment.rounding:
        case MinuteRounding.PER_ENTRY_UP:
            return _add(_up(each, increment.minutes) for each in minutes)
        case MinuteRounding.TOTAL_UP:
            return _up(_add(minutes), increment.minutes)
        case MinuteRounding.NONE:
            return _add(minutes)
        case never:
            assert_never(never)


def _up(minutes: Decimal, step: int) -> Decimal:
    # The remainder is exact where a quotient need not be: 7 minutes are no finite part of 60.
    over = EXACT.remainder(minutes, Decimal(step))
    return EXACT.add(EXACT.subtract(minutes, over), Decimal(step)) if over else minutes


def _add(numbers: Iterable[Decimal]) -> Decimal:
    whole = Decimal(0)
    for each in numbers:
        whole = EXACT.add(whole, each)
    return whole


def hours_of(minutes: Decimal) -> Decimal | None:
    """Write ``minutes`` as hours, or return None when no decimal is exact (20 minutes)."""
    return _exact_part(minutes, _MINUTES)


def _exact_part(number: Decimal, of: Decimal) -> Decimal | None:
    try:
        return _ENDING.divide(number, of)
    except Inexact:
        return None


def price_of_minutes(minutes: Decimal, per_hour: Money, rounding: Rounding = ROUNDING) -> Money:
    """Price ``minutes`` by the hour, rounded once: hours are never rounded on the way."""
    return ratio(per_hour, minutes, _MINUTES, rounding)


def price_of_elapsed(
    start: datetime, end: datetime, per_hour: Money, rounding: Rounding = ROUNDING
) -> ElapsedPrice:
    """Price the real time between two instants; a clock change makes it neither more nor less."""
    seconds = elapsed_seconds(start, end)
    return ElapsedPrice(
        _exact_part(seconds, _SECONDS), ratio(per_hour, seconds, _SECONDS, rounding)
    )


def rate_on(rates: Iterable[Rate], role: str, day: date) -> Rate | None:
    """Return the rate of ``role`` in force on ``day``: the newest that has begun.

    None when there is none, or two that begin on the same day: a price is never guessed.
    """
    begun = [rate for rate in rates if rate.role == role and rate.from_on <= day]
    newest = max((rate.from_on for rate in begun), default=None)
    match [rate for rate in begun if rate.from_on == newest]:
        case [rate]:
            return rate
        case _:
            return None
