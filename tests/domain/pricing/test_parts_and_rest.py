"""Parts whose last one takes the rest, and percentages that are rounded as their sum grows."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.errors import MoneyError
from invoicing.domain.money import Money, total
from invoicing.domain.pricing.parts import cumulative_parts, equal_parts_and_rest
from tests.domain.builders import eur


def test_the_last_of_equal_parts_takes_the_rest() -> None:
    assert equal_parts_and_rest(eur("100.00"), 3) == (eur("33.33"), eur("33.33"), eur("33.34"))
    assert equal_parts_and_rest(eur("200.00"), 3) == (eur("66.67"), eur("66.67"), eur("66.66"))
    with pytest.raises(MoneyError, match="cannot be cut into 0 parts"):
        equal_parts_and_rest(eur("100.00"), 0)


def test_percentages_are_rounded_as_their_sum_grows() -> None:
    percents = [Decimal("33.33"), Decimal("33.33"), Decimal("33.34")]
    assert cumulative_parts(eur("0.05"), percents) == (eur("0.02"), eur("0.01"), eur("0.02"))


@given(st.integers(0, 10**9), st.integers(1, 40))
def test_no_cent_is_lost(cents: int, count: int) -> None:
    whole = Money.of_minor(cents, "EUR")
    assert total(equal_parts_and_rest(whole, count), "EUR") == whole
    percents = [Decimal(100 // count)] * (count - 1)
    percents.append(100 - sum(percents, Decimal(0)))
    assert total(cumulative_parts(whole, percents), "EUR") == whole
