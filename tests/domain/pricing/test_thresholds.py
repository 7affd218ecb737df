"""Thresholds: every record is in one crossing at most, in its order."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.errors import MoneyError
from invoicing.domain.pricing.thresholds import Crossings, crossings


def sizes(text: str) -> list[Decimal]:
    return [Decimal(each) for each in text.split()]


@pytest.mark.parametrize(
    ("texts", "groups", "rest"),
    [
        ("2500.00 2499.99 0.01 4999.99 120.00 10.00", ((0, 1, 2), (3, 4)), (5,)),
        ("5000.00", ((0,),), ()),
        ("4999.99", (), (0,)),
        ("12000.00 1.00", ((0,),), (1,)),
        ("5000 5000", ((0,), (1,)), ()),
        ("4000 -1000 1998 1", (), (0, 1, 2, 3)),
        ("4000 -1000 2000", ((0, 1, 2),), ()),
        ("", (), ()),
    ],
)
def test_the_record_that_reaches_the_threshold_belongs_to_it(
    texts: str, groups: tuple[tuple[int, ...], ...], rest: tuple[int, ...]
) -> None:
    assert crossings(sizes(texts), Decimal(5000)) == Crossings(groups, rest)


@given(st.lists(st.decimals(0, 100, places=2), max_size=40), st.integers(1, 200))
def test_each_record_is_counted_once_and_in_order(amounts: list[Decimal], least: int) -> None:
    found = crossings(amounts, Decimal(least))
    places = [place for group in (*found.groups, found.rest) for place in group]
    assert places == list(range(len(amounts)))
    for group in found.groups:
        assert sum(amounts[place] for place in group) >= least
        assert sum(amounts[place] for place in group[:-1]) < least
    assert sum(amounts[place] for place in found.rest) < least


@pytest.mark.parametrize("threshold", ["0", "-1", "NaN"])
def test_a_threshold_that_is_always_reached_is_refused(threshold: str) -> None:
    with pytest.raises(MoneyError, match=f"a threshold of {threshold} is always reached"):
        crossings([], Decimal(threshold))


def test_a_sum_may_be_measured_otherwise_than_its_parts() -> None:
    found = crossings(sizes("3 3 3 3"), Decimal(10), lambda whole: whole + 1)
    assert found == Crossings(((0, 1, 2),), (3,))
