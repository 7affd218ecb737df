"""Metrics: days' sales outstanding, the lag of invoices, what is late and how late."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.errors import MoneyError
from invoicing.domain.metrics import (
    AgeBucket,
    Delivered,
    Lag,
    Receivable,
    ageing,
    days_sales_outstanding,
    invoice_lag,
    on_schedule_percent,
)
from invoicing.domain.money import Money, Rounding, total
from tests.domain.builders import DAY, eur


@pytest.mark.parametrize(
    ("receivables", "sales", "days", "decimals", "outcome"),
    [
        ("50000.00", "150000.00", 90, 1, "30.0"),
        ("50000.00", "150000.00", 90, 0, "30"),
        ("1.00", "3.00", 1, 4, "0.3333"),
        ("1.00", "800.00", 1, 2, "0.00"),
        ("1.00", "200.00", 1, 2, "0.01"),  # exactly in the middle: away from zero
        ("0.00", "150000.00", 90, 1, "0.0"),
    ],
)
def test_days_sales_outstanding(
    receivables: str, sales: str, days: int, decimals: int, outcome: str
) -> None:
    assert str(days_sales_outstanding(eur(receivables), eur(sales), days, decimals)) == outcome


def test_rounding_is_the_one_that_is_asked_for() -> None:
    waited = days_sales_outstanding(eur("1.00"), eur("200.00"), 1, 2, Rounding.DOWN)
    assert str(waited) == "0.00"


def test_nothing_sold_has_no_days() -> None:
    assert days_sales_outstanding(eur("50.00"), eur("0.00"), 90) is None


def test_two_currencies_have_no_common_days() -> None:
    with pytest.raises(MoneyError, match="of two currencies"):
        days_sales_outstanding(eur("50.00"), Money.parse("100.00 USD"), 90)


def sent_after(*days: int, planned_after: int | None = None) -> list[Delivered]:
    planned_on = None if planned_after is None else DAY + timedelta(days=planned_after)
    return [Delivered(DAY, DAY + timedelta(days=each), planned_on) for each in days]


@pytest.mark.parametrize(
    ("days", "lag"),
    [
        ([3], Lag(1, Decimal(3), 3)),
        ([5, 1], Lag(2, Decimal(3), 5)),
        ([2, 1], Lag(2, Decimal("1.5"), 2)),
        ([9, 1, 2], Lag(3, Decimal(2), 9)),
        ([*range(1, 11)], Lag(10, Decimal("5.5"), 9)),
        ([*range(1, 21)], Lag(20, Decimal("10.5"), 18)),
        ([*range(1, 12)], Lag(11, Decimal(6), 10)),
    ],
)
def test_the_lag_has_a_middle_and_a_long_tail(days: list[int], lag: Lag) -> None:
    assert invoice_lag(sent_after(*days)) == lag


def test_without_invoices_there_is_no_lag_and_no_schedule() -> None:
    assert invoice_lag([]) is None
    assert on_schedule_percent([]) is None
    assert on_schedule_percent(sent_after(1, 2)) is None


def test_the_day_itself_is_on_schedule() -> None:
    assert str(on_schedule_percent(sent_after(1, 2, 3, planned_after=2))) == "66.7"
    assert str(on_schedule_percent(sent_after(1, planned_after=2), 0)) == "100"


def late_by(days: int, amount: str) -> Receivable:
    return Receivable(DAY - timedelta(days=days), eur(amount))


def test_ageing_sorts_by_days_late() -> None:
    receivables = [late_by(days, "1.00") for days in (-5, 0, 1, 30, 31, 60, 61, 90, 91, 400)]
    assert ageing(receivables, DAY, "EUR") == (
        AgeBucket(None, 0, 2, eur("2.00")),
        AgeBucket(1, 30, 2, eur("2.00")),
        AgeBucket(31, 60, 2, eur("2.00")),
        AgeBucket(61, 90, 2, eur("2.00")),
        AgeBucket(91, None, 2, eur("2.00")),
    )


def test_ageing_has_the_bounds_that_are_asked_for() -> None:
    buckets = ageing([late_by(8, "3.00")], DAY, "EUR", (7,))
    assert [(each.from_days, each.to_days, each.count) for each in buckets] == [
        (None, 0, 0),
        (1, 7, 0),
        (8, None, 1),
    ]
    assert ageing([], date(2026, 1, 1), "EUR")[0].open == eur("0.00")


@given(st.lists(st.tuples(st.integers(-100, 500), st.integers(-(10**6), 10**6)), max_size=20))
def test_ageing_loses_no_cent(open_amounts: list[tuple[int, int]]) -> None:
    receivables = [
        Receivable(DAY - timedelta(days=days), Money.of_minor(cents, "EUR"))
        for days, cents in open_amounts
    ]
    buckets = ageing(receivables, DAY, "EUR")
    assert total((each.open for each in buckets), "EUR").minor == sum(
        cents for _, cents in open_amounts
    )
    assert sum(each.count for each in buckets) == len(open_amounts)
