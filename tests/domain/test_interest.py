"""Late interest: exact days, three ways to count a year, one rounding."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.errors import MoneyError
from invoicing.domain.interest import DayCount, LateInterest, late_interest
from invoicing.domain.money import Money, Rounding
from tests.domain.builders import eur


def test_interest_and_the_fixed_sum_make_the_claim() -> None:
    late = late_interest(
        eur("10000.00"),
        Decimal("10.15"),
        date(2026, 12, 21),
        date(2027, 2, 4),
        fixed=eur("40.00"),
    )
    assert late == LateInterest(45, eur("125.14"), eur("10165.14"))


@pytest.mark.parametrize(
    ("day_count", "late_from", "paid_on", "interest"),
    [
        (DayCount.ACT_365, "2027-12-22", "2028-01-11", "547.95"),
        (DayCount.ACT_360, "2027-12-22", "2028-01-11", "555.56"),
        (DayCount.ACT_ACT, "2027-12-22", "2028-01-11", "547.20"),  # 10 days of 365, 10 of 366
        (DayCount.ACT_ACT, "2028-01-01", "2029-01-01", "10000.00"),  # a leap year is one year
        (DayCount.ACT_365, "2028-01-01", "2029-01-01", "10027.40"),
        (DayCount.ACT_ACT, "2027-12-31", "2029-01-02", "10054.79"),
        (DayCount.ACT_ACT, "2027-03-01", "2027-04-01", "849.32"),
        (DayCount.ACT_365, "2027-03-01", "2027-03-01", "0.00"),
    ],
)
def test_a_year_is_as_long_as_the_law_says(
    day_count: DayCount, late_from: str, paid_on: str, interest: str
) -> None:
    late = late_interest(
        eur("100000.00"),
        Decimal(10),
        date.fromisoformat(late_from),
        date.fromisoformat(paid_on),
        day_count=day_count,
    )
    assert late.interest == eur(interest)
    assert late.claim == eur("100000.00") + late.interest


def test_rounding_is_the_one_that_is_asked_for() -> None:
    day, later = date(2027, 1, 1), date(2027, 1, 2)
    usual = late_interest(Money.parse("365 JPY"), Decimal(50), day, later)
    down = late_interest(Money.parse("365 JPY"), Decimal(50), day, later, rounding=Rounding.DOWN)
    assert (str(usual.interest), str(down.interest)) == ("1 JPY", "0 JPY")


def test_who_paid_before_is_not_late() -> None:
    with pytest.raises(MoneyError, match="paid on 2026-12-20, late only from 2026-12-21"):
        late_interest(eur("1.00"), Decimal(10), date(2026, 12, 21), date(2026, 12, 20))


@given(
    st.integers(0, 10**9),
    st.dates(date(2000, 1, 1), date(2060, 1, 1)),
    st.integers(0, 4000),
)
def test_a_real_year_is_the_sum_of_its_days(cents: int, start: date, days: int) -> None:
    end = start + timedelta(days=days)
    late = late_interest(
        Money.of_minor(cents, "EUR"), Decimal("8.27"), start, end, day_count=DayCount.ACT_ACT
    )
    years = [(start + timedelta(days=index)).year for index in range(days)]
    exact = sum(
        (Fraction(1, (date(year + 1, 1, 1) - date(year, 1, 1)).days) for year in years),
        Fraction(0),
    )
    exact *= Fraction(827, 10000) * cents
    assert abs(late.interest.minor - exact) <= Fraction(1, 2)
    assert late.days == days
