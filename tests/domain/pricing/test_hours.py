"""Hours: minutes rounded up as agreed, priced once, at the rate of the role and the day."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.agreements import Increment, MinuteRounding, Rate
from invoicing.domain.errors import MoneyError
from invoicing.domain.money import Money, Rounding
from invoicing.domain.pricing.hours import (
    billable_minutes,
    hours_of,
    price_of_elapsed,
    price_of_minutes,
    rate_on,
)

PER_ENTRY, TOTAL, NONE = (
    MinuteRounding.PER_ENTRY_UP,
    MinuteRounding.TOTAL_UP,
    MinuteRounding.NONE,
)
MINUTES = st.lists(st.decimals(0, 600, places=2), max_size=20)


@pytest.mark.parametrize(
    ("minutes", "increment", "billed"),
    [
        ("7 16 61", Increment(15, PER_ENTRY), "120"),
        ("7 16 61", Increment(15, TOTAL), "90"),
        ("7 16 61", Increment(15, NONE), "84"),
        ("7 16 61", Increment(6, PER_ENTRY), "12 18 66"),
        ("10 10", Increment(15, TOTAL), "30"),
        ("10 10", Increment(1, NONE), "20"),
        ("15 30 60", Increment(15, PER_ENTRY), "105"),
        ("0.01", Increment(30, PER_ENTRY), "30"),
        ("30.01", Increment(30, TOTAL), "60"),
        ("7.5 7.5", Increment(15, TOTAL), "15"),
        ("7.5 7.5", Increment(1, PER_ENTRY), "16"),
        ("7.5 0.25", Increment(15, NONE), "7.75"),
        ("0 0", Increment(15, PER_ENTRY), "0"),
        ("", Increment(15, TOTAL), "0"),
    ],
)
def test_minutes_are_rounded_up_where_it_was_agreed(
    minutes: str, increment: Increment, billed: str
) -> None:
    entries = [Decimal(each) for each in minutes.split()]
    expected = sum(Decimal(each) for each in billed.split())
    assert billable_minutes(entries, increment) == expected


@given(MINUTES, st.sampled_from([1, 6, 15, 30, 60]))
def test_rounding_up_never_loses_time_nor_a_whole_step(minutes: list[Decimal], step: int) -> None:
    worked = sum(minutes)
    each = billable_minutes(minutes, Increment(step, PER_ENTRY))
    whole = billable_minutes(minutes, Increment(step, TOTAL))
    assert billable_minutes(minutes, Increment(step)) == worked
    assert worked <= whole <= each
    assert whole - worked < step
    assert not each % step
    assert not whole % step


@pytest.mark.parametrize("minutes", ["-1", "NaN", "Infinity"])
def test_impossible_minutes_are_refused(minutes: str) -> None:
    with pytest.raises(MoneyError, match=f"{minutes} minutes cannot be billed"):
        billable_minutes([Decimal(30), Decimal(minutes)], Increment())


@pytest.mark.parametrize(
    ("minutes", "hours"),
    [
        *[("120", "2"), ("30", "0.5"), ("0", "0"), ("1.5", "0.025"), ("45", "0.75")],
        *[("20", None), ("100", None), ("0.1", None), ("59", None)],
    ],
)
def test_hours_are_written_only_where_a_decimal_is_exact(minutes: str, hours: str | None) -> None:
    assert hours_of(Decimal(minutes)) == (None if hours is None else Decimal(hours))


@given(st.decimals(0, 100000, places=4))
def test_hours_are_exact_or_none(minutes: Decimal) -> None:
    hours = hours_of(minutes)
    exact = Fraction(minutes) / 60
    if hours is None:
        assert exact.denominator % 3 == 0
    else:
        assert Fraction(hours) == exact


@pytest.mark.parametrize(
    ("minutes", "per_hour", "rounding", "amount"),
    [
        ("120", "95.00 EUR", Rounding.HALF_UP, "190.00 EUR"),
        ("20", "99.00 EUR", Rounding.HALF_UP, "33.00 EUR"),
        ("20", "100.00 EUR", Rounding.HALF_UP, "33.33 EUR"),
        ("20", "100.00 EUR", Rounding.UP, "33.34 EUR"),
        ("1", "0.30 EUR", Rounding.HALF_UP, "0.01 EUR"),
        ("1", "0.30 EUR", Rounding.HALF_EVEN, "0.00 EUR"),
        ("90", "12345 JPY", Rounding.HALF_UP, "18518 JPY"),
        ("0", "95.00 EUR", Rounding.HALF_UP, "0.00 EUR"),
    ],
)
def test_minutes_are_priced_and_rounded_once(
    minutes: str, per_hour: str, rounding: Rounding, amount: str
) -> None:
    price = price_of_minutes(Decimal(minutes), Money.parse(per_hour), rounding)
    assert str(price) == amount


BERLIN = ZoneInfo("Europe/Berlin")
RATE = Money.parse("100.00 EUR")


@pytest.mark.parametrize(
    ("day", "hours", "amount"),
    [
        (datetime(2026, 10, 25, tzinfo=BERLIN), "5", "500.00 EUR"),
        (datetime(2026, 3, 29, tzinfo=BERLIN), "3", "300.00 EUR"),
        (datetime(2026, 6, 1, tzinfo=BERLIN), "4", "400.00 EUR"),
    ],
)
def test_a_shift_over_a_clock_change_costs_its_real_hours(
    day: datetime, hours: str, amount: str
) -> None:
    shift = price_of_elapsed(day, day.replace(hour=4), RATE)
    assert (shift.hours, str(shift.amount)) == (Decimal(hours), amount)


def test_a_third_of_an_hour_has_a_price_without_having_a_decimal() -> None:
    start = datetime(2026, 6, 1, tzinfo=UTC)
    shift = price_of_elapsed(start, start + timedelta(minutes=20), RATE)
    assert (shift.hours, str(shift.amount)) == (None, "33.33 EUR")
    # A third of 1.5 cents is a tie exactly; cut off digits would make less of it.
    shift = price_of_elapsed(start, start + timedelta(minutes=20), Money.parse("0.015 EUR"))
    assert str(shift.amount) == "0.01 EUR"


def a_rate(price: str, from_on: date, role: str = "senior") -> Rate:
    return Rate(role, Money.parse(f"{price} EUR"), from_on)


OLD, NEW = a_rate("120.00", date(2026, 1, 1)), a_rate("140.00", date(2026, 7, 1))
OTHER = a_rate("90.00", date(2026, 3, 1), "junior")


@pytest.mark.parametrize(
    ("role", "day", "rate"),
    [
        ("senior", date(2025, 12, 31), None),
        ("senior", date(2026, 1, 1), OLD),
        ("senior", date(2026, 6, 30), OLD),
        ("senior", date(2026, 7, 1), NEW),
        ("junior", date(2026, 7, 1), OTHER),
        ("architect", date(2026, 7, 1), None),
    ],
)
def test_the_newest_rate_that_has_begun_is_in_force(
    role: str, day: date, rate: Rate | None
) -> None:
    assert rate_on((NEW, OLD, OTHER), role, day) == rate


def test_two_rates_of_one_day_are_never_guessed() -> None:
    twice = (NEW, a_rate("150.00", NEW.from_on), OLD)
    assert rate_on(twice, "senior", date(2026, 8, 1)) is None
    assert rate_on(twice, "senior", date(2026, 6, 1)) == OLD
