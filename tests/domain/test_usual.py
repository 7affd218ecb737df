"""What is usual: the middle of the latest amounts in one currency, once there are enough."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.money import Money
from invoicing.domain.usual import usual_amount
from tests.domain.builders import eur


@pytest.mark.parametrize(
    ("amounts", "usual"),
    [
        (["1.00", "2.00", "9.00"], "2.00"),
        (["9.00", "1.00", "2.00", "3.00"], "2.500"),
        (["1.00", "1.01", "1.00", "1.01"], "1.005"),
    ],
)
def test_the_median_is_exact(amounts: list[str], usual: str) -> None:
    assert usual_amount([eur(one) for one in amounts], "EUR", after=3, of=12) == eur(usual)


def test_too_few_amounts_are_not_usual() -> None:
    two = [eur("1.00"), eur("2.00"), Money(Decimal(3), "USD")]
    assert usual_amount(two, "EUR", after=3, of=12) is None
    assert usual_amount([], "EUR", after=0, of=12) is None


def test_only_the_latest_count() -> None:
    history = [eur("1000.00")] * 5 + [eur("10.00")] * 3
    assert usual_amount(history, "EUR", after=3, of=3) == eur("10.00")


@given(st.lists(st.integers(-(10**6), 10**6), min_size=1))
def test_half_are_below_and_half_above(cents: list[int]) -> None:
    usual = usual_amount([Money.of_minor(one, "EUR") for one in cents], "EUR", after=1, of=10**6)
    assert usual is not None
    below = sum(Money.of_minor(one, "EUR") < usual for one in cents)
    above = sum(Money.of_minor(one, "EUR") > usual for one in cents)
    assert max(below, above) <= len(cents) / 2
