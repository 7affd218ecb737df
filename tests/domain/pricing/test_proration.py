"""Proration: days counted once, priced once, and a change of plan as two amounts."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.agreements import Proration
from invoicing.domain.errors import MoneyError
from invoicing.domain.money import Money, Rounding, total
from invoicing.domain.periods import Cycle, Period, days_in, period
from invoicing.domain.pricing.proration import change_plan, prorate

ACTUAL, THIRTY, NONE = Proration.ACTUAL, Proration.THIRTY_360, Proration.NONE
FEE = Money.parse("1500.00 EUR")
AMOUNTS = st.integers(-(10**10), 10**10).map(lambda minor: Money.of_minor(minor, "EUR"))
ANCHORS = st.dates(date(2020, 1, 1), date(2035, 12, 31))
CYCLES = st.sampled_from([1, 2, 3, 6, 12]).map(Cycle)


def stretch(text: str) -> Period:
    first, last = text.split("..")
    return Period(date.fromisoformat(first), date.fromisoformat(last))


def stretches(text: str) -> list[Period]:
    return [stretch(each) for each in text.split()]


FEBRUARY, SEPTEMBER = stretch("2026-02-01..2026-02-28"), stretch("2026-09-01..2026-09-30")


@pytest.mark.parametrize(
    ("active", "days", "amount"),
    [
        ("2026-02-10..2026-02-28", 19, "1017.86"),
        ("2026-02-01..2026-02-28", 28, "1500.00"),
        ("2026-02-28..2026-02-28", 1, "53.57"),
        ("", 0, "0.00"),
        # Two stretches with a gap; neighbours beyond the period; days named twice; any order.
        ("2026-02-20..2026-02-24 2026-02-01..2026-02-05", 10, "535.71"),
        ("2025-01-01..2026-02-03 2026-02-27..2027-01-01", 5, "267.86"),
        ("2026-02-01..2026-02-10 2026-02-05..2026-02-12", 12, "642.86"),
        ("2026-03-01..2026-03-31", 0, "0.00"),
    ],
)
def test_actual_days_are_counted_once_within_the_period(
    active: str, days: int, amount: str
) -> None:
    found = prorate(FEE, FEBRUARY, stretches(active), ACTUAL)
    assert (found.active_days, found.period_days) == (days, 28)
    assert str(found.amount.amount) == amount


@pytest.mark.parametrize(
    ("whole", "active", "months", "days", "amount"),
    [
        ("2026-02-01..2026-02-28", "2026-02-10..2026-02-28", 1, 21, "1050.00"),
        ("2026-02-01..2026-02-28", "2026-02-01..2026-02-27", 1, 27, "1350.00"),
        ("2026-02-01..2026-02-28", "2026-02-28..2026-02-28", 1, 1, "50.00"),
        ("2024-02-01..2024-02-29", "2024-02-10..2024-02-29", 1, 21, "1050.00"),
        ("2024-02-01..2024-02-29", "2024-02-01..2024-02-28", 1, 28, "1400.00"),
        ("2026-01-01..2026-01-31", "2026-01-16..2026-01-31", 1, 15, "750.00"),
        ("2026-01-01..2026-01-31", "2026-01-31..2026-01-31", 1, 1, "50.00"),
        ("2026-01-01..2026-01-31", "2026-01-01..2026-01-30", 1, 30, "1500.00"),
        ("2026-01-01..2026-03-31", "2026-02-15..2026-03-31", 3, 46, "766.67"),
        ("2026-01-15..2026-02-14", "2026-01-31..2026-02-14", 1, 15, "750.00"),
        ("2026-01-01..2026-12-31", "2026-07-01..2026-12-31", 12, 180, "750.00"),
        ("2025-12-15..2026-03-14", "2025-12-31..2026-01-01", 3, 2, "33.33"),
        # Counted one by one these would be 31 and 28 days of 30.
        ("2026-02-28..2026-03-30", "2026-02-28..2026-03-30", 1, 30, "1500.00"),
        ("2026-01-31..2026-02-27", "2026-01-31..2026-02-27", 1, 30, "1500.00"),
        ("2026-01-01..2026-01-31", "2026-01-01..2026-01-10 2026-01-21..2026-01-31", 1, 20, None),
        ("2026-01-01..2026-01-31", "2026-01-01..2026-01-15 2026-01-17..2026-01-31", 1, 29, None),
        ("2026-01-01..2026-01-31", "", 1, 0, "0.00"),
    ],
)
def test_30_360_counts_every_month_as_30_days(
    whole: str, active: str, months: int, days: int, amount: str | None
) -> None:
    found = prorate(FEE, stretch(whole), stretches(active), THIRTY, months)
    assert (found.active_days, found.period_days) == (days, months * 30)
    if amount is not None:
        assert str(found.amount.amount) == amount


@pytest.mark.parametrize(
    ("whole", "months"), [("2026-01-01..2026-03-31", 1), ("2026-01-01..2026-01-07", 1)]
)
def test_30_360_needs_a_period_of_whole_months(whole: str, months: int) -> None:
    with pytest.raises(MoneyError, match=f"30/360 counts whole months; .* does not have {months}"):
        prorate(FEE, stretch(whole), [stretch(whole)], THIRTY, months)


def test_without_proration_a_started_period_costs_everything() -> None:
    one_day = prorate(FEE, FEBRUARY, stretches("2026-02-28..2026-03-31"), NONE)
    assert (one_day.active_days, one_day.period_days, one_day.amount) == (1, 28, FEE)
    assert prorate(FEE, FEBRUARY, [], NONE).amount == Money.zero("EUR")


def test_minor_units_and_rounding_are_respected() -> None:
    november = stretch("2026-11-01..2026-11-30")
    active = stretches("2026-11-20..2026-11-30")
    yen = Money.parse("100000 JPY")
    assert str(prorate(yen, november, active, ACTUAL).amount) == "36667 JPY"
    floor = prorate(yen, november, active, ACTUAL, rounding=Rounding.FLOOR)
    assert str(floor.amount) == "36666 JPY"
    assert str(prorate(-yen, november, active, ACTUAL).amount) == "-36667 JPY"


@given(AMOUNTS, ANCHORS, st.integers(0, 24), CYCLES, st.sampled_from(Proration))
def test_a_whole_period_costs_the_whole_amount(
    amount: Money, anchor: date, index: int, cycle: Cycle, method: Proration
) -> None:
    whole = period(anchor, index, cycle)
    found = prorate(amount, whole, [whole], method, cycle.months)
    assert found.amount == amount
    assert found.active_days == found.period_days


@given(AMOUNTS, ANCHORS, CYCLES, st.sets(st.integers(1, 364), max_size=6))
def test_the_parts_of_a_period_cost_what_it_costs_within_rounding(
    amount: Money, anchor: date, cycle: Cycle, cuts: set[int]
) -> None:
    whole = period(anchor, 0, cycle)
    ends = [0, *sorted(cut for cut in cuts if cut < days_in(whole)), days_in(whole)]
    parts = [
        Period(anchor + timedelta(days=one), anchor + timedelta(days=following - 1))
        for one, following in pairwise(ends)
    ]
    found = [prorate(amount, whole, [part], ACTUAL) for part in parts]
    assert sum(part.active_days for part in found) == days_in(whole)
    lost = amount - total([part.amount for part in found], "EUR")
    assert abs(lost.minor) * 2 <= len(parts)
    assert prorate(amount, whole, parts, ACTUAL).amount == amount


@given(AMOUNTS.filter(lambda amount: amount.amount >= 0), ANCHORS, CYCLES, st.data())
def test_30_360_never_costs_more_than_the_whole(
    amount: Money, anchor: date, cycle: Cycle, data: st.DataObject
) -> None:
    whole = period(anchor, 0, cycle)
    days = st.integers(0, days_in(whole) - 1)
    cuts = sorted(data.draw(st.lists(days, min_size=2, max_size=2)))
    active = Period(*(anchor + timedelta(days=cut) for cut in cuts))
    found = prorate(amount, whole, [active], THIRTY, cycle.months)
    assert 0 < found.active_days <= found.period_days == cycle.months * 30
    assert Money.zero("EUR") <= found.amount <= amount


@pytest.mark.parametrize(
    ("on", "days", "credit", "charge", "net"),
    [
        ("2026-09-16", 15, "-150.00", "250.00", "100.00"),
        ("2026-09-01", 30, "-299.99", "499.99", "200.00"),
        ("2026-09-30", 1, "-10.00", "16.67", "6.67"),
    ],
)
def test_a_change_of_plan_is_a_credit_and_a_charge(
    on: str, days: int, credit: str, charge: str, net: str
) -> None:
    old, new = Money.parse("299.99 EUR"), Money.parse("499.99 EUR")
    change = change_plan(old, new, SEPTEMBER, date.fromisoformat(on))
    assert (change.remaining_days, change.period_days) == (days, 30)
    found = (change.credit, change.charge, change.net)
    assert [str(each.amount) for each in found] == [credit, charge, net]
    back = change_plan(new, old, SEPTEMBER, date.fromisoformat(on))
    assert (back.credit, back.charge) == (-change.charge, -change.credit)


def test_credit_and_charge_are_rounded_by_the_rule_each() -> None:
    old, new = Money.parse("299.99 EUR"), Money.parse("499.99 EUR")
    change = change_plan(old, new, SEPTEMBER, date(2026, 9, 16), Rounding.HALF_EVEN)
    assert (str(change.credit), str(change.charge)) == ("-150.00 EUR", "250.00 EUR")
    change = change_plan(old, new, SEPTEMBER, date(2026, 9, 16), Rounding.DOWN)
    assert (str(change.credit), str(change.charge)) == ("-149.99 EUR", "249.99 EUR")


@pytest.mark.parametrize("on", [date(2026, 8, 31), date(2026, 10, 1)])
def test_a_plan_changes_within_the_period(on: date) -> None:
    with pytest.raises(MoneyError, match=f"the plan changes on {on}, which is not in the period"):
        change_plan(FEE, FEE, SEPTEMBER, on)


def test_a_plan_keeps_its_currency() -> None:
    with pytest.raises(MoneyError, match="both need the same currency"):
        change_plan(FEE, Money.parse("1500.00 USD"), SEPTEMBER, date(2026, 9, 16))
