"""Caps and minimums: never more than agreed in all, never less in a period."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.errors import MoneyError
from invoicing.domain.money import Money, total
from invoicing.domain.pricing.caps import true_up, within_cap

AMOUNTS = st.integers(-(10**8), 10**8).map(lambda minor: Money.of_minor(minor, "EUR"))
POSITIVE = st.integers(0, 10**8).map(lambda minor: Money.of_minor(minor, "EUR"))


def eur(text: str) -> Money:
    return Money.parse(f"{text} EUR")


@pytest.mark.parametrize(
    ("amount", "billed", "expected"),
    [
        ("1000.00", "8765.43", "1000.00 0.00 234.57"),
        ("2000.00", "9765.43", "234.57 1765.43 0.00"),
        ("50.00", "10000.00", "0.00 50.00 0.00"),
        ("1234.57", "8765.43", "1234.57 0.00 0.00"),
        ("0.00", "8765.43", "0.00 0.00 1234.57"),
        ("-500.00", "10000.00", "-500.00 0.00 500.00"),
        ("-500.00", "12000.00", "-500.00 0.00 0.00"),
        ("100.00", "12000.00", "0.00 100.00 0.00"),
    ],
)
def test_billing_stops_at_the_cap(amount: str, billed: str, expected: str) -> None:
    split = within_cap(eur(amount), eur(billed), eur("10000.00"))
    found = (split.billed, split.not_billed, split.remaining)
    assert " ".join(str(each.amount) for each in found) == expected


@given(st.lists(AMOUNTS, max_size=12), POSITIVE)
def test_no_sequence_of_amounts_gets_beyond_the_cap(amounts: list[Money], cap: Money) -> None:
    billed = Money.zero("EUR")
    for amount in amounts:
        split = within_cap(amount, billed, cap)
        assert split.billed + split.not_billed == amount
        billed += split.billed
        assert billed <= cap
        assert split.remaining == cap - billed
    assert billed <= max(cap, total(amounts, "EUR"))


def test_a_cap_and_a_minimum_are_not_below_zero_and_of_one_currency() -> None:
    with pytest.raises(MoneyError, match=r"a cap of -1\.00 EUR is below zero"):
        within_cap(eur("1.00"), eur("0.00"), eur("-1.00"))
    with pytest.raises(MoneyError, match=r"a minimum of -1\.00 EUR is below zero"):
        true_up(eur("1.00"), eur("-1.00"))
    with pytest.raises(MoneyError, match="two currencies"):
        within_cap(Money.parse("1.00 USD"), eur("0.00"), eur("1.00"))


@pytest.mark.parametrize(
    ("usage", "missing"),
    [
        ("2345.67", "654.33"),
        ("3000.00", "0.00"),
        ("3000.01", "0.00"),
        ("0.00", "3000.00"),
        ("-10.00", "3010.00"),
    ],
)
def test_usage_is_filled_up_to_the_minimum(usage: str, missing: str) -> None:
    assert true_up(eur(usage), eur("3000.00")) == eur(missing)
