"""Parts: however a sum is cut, the parts add up to it."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.currencies import MINOR_UNITS
from invoicing.domain.errors import MoneyError
from invoicing.domain.money import Money, Rounding, total
from invoicing.domain.pricing.parts import cumulative_part, equal_parts, percent_parts

CURRENCIES = st.sampled_from(sorted(MINOR_UNITS))
MINOR = st.integers(-(10**12), 10**12)
PERCENTS = st.decimals(0, 100, places=2)
WHOLE = Money.parse("9999.99 EUR")


def texts(parts: tuple[Money, ...]) -> str:
    return " ".join(str(part.amount) for part in parts)


def decimals(text: str) -> list[Decimal]:
    return [Decimal(each) for each in text.split()]


@pytest.mark.parametrize(
    ("whole", "count", "parts"),
    [
        (
            "10000.00 EUR",
            12,
            "833.33 833.34 833.33 833.33 833.34 833.33 833.33 833.34 833.33 833.33 833.34 833.33",
        ),
        ("100.00 EUR", 3, "33.33 33.34 33.33"),
        ("100 JPY", 3, "33 34 33"),
        ("0.02 EUR", 3, "0.01 0.00 0.01"),
        ("-100.00 EUR", 3, "-33.33 -33.34 -33.33"),
        ("100.00 EUR", 1, "100.00"),
        ("0.00 EUR", 2, "0.00 0.00"),
    ],
)
def test_equal_parts_are_the_growth_of_the_rounded_sum(whole: str, count: int, parts: str) -> None:
    assert texts(equal_parts(Money.parse(whole), count)) == parts


@given(MINOR, CURRENCIES, st.integers(1, 60), st.sampled_from(Rounding))
def test_equal_parts_add_up_and_differ_by_a_minor_unit_at_most(
    minor: int, currency: str, count: int, rounding: Rounding
) -> None:
    whole = Money.of_minor(minor, currency)
    parts = equal_parts(whole, count, rounding)
    assert len(parts) == count
    assert total(parts, currency) == whole
    assert max(part.minor for part in parts) - min(part.minor for part in parts) <= 1


@pytest.mark.parametrize(
    ("percents", "parts"),
    [
        ("33.33 33.33 33.34", "3333.00 3333.00 3333.99"),
        ("30 30 40", "3000.00 3000.00 3999.99"),
        ("100", "9999.99"),
        ("50 0 50", "5000.00 0.00 4999.99"),
        ("33 33 33", "3300.00 3300.00 3399.99"),
    ],
)
def test_the_last_of_percentage_parts_takes_the_rest(percents: str, parts: str) -> None:
    assert texts(percent_parts(WHOLE, decimals(percents))) == parts


@given(MINOR, CURRENCIES, st.lists(st.integers(0, 10), min_size=1, max_size=10))
def test_percentage_parts_add_up(minor: int, currency: str, percents: list[int]) -> None:
    whole = Money.of_minor(minor, currency)
    parts = percent_parts(whole, [Decimal(percent) for percent in percents])
    assert total(parts, currency) == whole


@given(MINOR, CURRENCIES, st.lists(PERCENTS, max_size=8), st.sampled_from(Rounding))
def test_steps_of_progress_add_up_wherever_they_are_cut(
    minor: int, currency: str, cuts: list[Decimal], rounding: Rounding
) -> None:
    whole = Money.of_minor(minor, currency)
    ends = sorted([Decimal(0), *cuts, Decimal(100)])
    parts = [cumulative_part(whole, one, following, rounding) for one, following in pairwise(ends)]
    assert total(parts, currency) == whole


@pytest.mark.parametrize(
    ("start", "end", "part"),
    [("0", "33.33", "3333.00"), ("33.33", "66.66", "3332.99"), ("66.66", "100", "3334.00")],
)
def test_a_step_is_the_growth_of_the_rounded_sum(start: str, end: str, part: str) -> None:
    assert cumulative_part(WHOLE, Decimal(start), Decimal(end)) == Money.parse(f"{part} EUR")


@pytest.mark.parametrize(("start", "end"), [("-1", "50"), ("50", "49"), ("0", "100.01")])
def test_progress_grows_from_0_to_100(start: str, end: str) -> None:
    with pytest.raises(MoneyError, match=f"from {start} % to {end} % is not possible"):
        cumulative_part(WHOLE, Decimal(start), Decimal(end))


@pytest.mark.parametrize("count", [0, -1])
def test_there_is_one_part_at_least(count: int) -> None:
    with pytest.raises(MoneyError, match=f"cannot be cut into {count} parts"):
        equal_parts(WHOLE, count)


@pytest.mark.parametrize(
    ("percents", "told"),
    [
        ("", "cannot be cut into no parts"),
        ("50 -1 51", "-1 % is no part of a sum"),
        ("50 NaN", "NaN % is no part of a sum"),
        ("60 50 0", "parts before the last are 110 %, more than the whole"),
    ],
)
def test_impossible_percentages_are_refused(percents: str, told: str) -> None:
    with pytest.raises(MoneyError, match=told):
        percent_parts(WHOLE, decimals(percents))
