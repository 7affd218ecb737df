"""Blocks: nothing that was paid for is lost, and nothing is used twice."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.errors import MoneyError
from invoicing.domain.pricing.blocks import HoursUse, use_hours

HOURS = st.decimals(0, 500, places=2)


def use(*hours: str) -> tuple[str, str, str]:
    found = use_hours(*map(Decimal, hours))
    return str(found.allowance), str(found.overage), str(found.carried_out)


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (("40", "46.75"), ("40", "6.75", "0")),
        (("40", "40"), ("40", "0", "0")),
        (("40", "39.5"), ("40", "0", "0")),
        (("10", "7", "0", "2"), ("10", "0", "2")),
        (("10", "9", "0", "2"), ("10", "0", "1")),
        (("10", "13", "2", "2"), ("12", "1", "0")),
        (("0", "1.5"), ("0", "1.5", "0")),
    ],
)
def test_hours_beyond_the_allowance_are_overage(
    hours: tuple[str, ...], expected: tuple[str, str, str]
) -> None:
    assert use(*hours) == expected


def test_what_rolls_over_never_grows_beyond_its_cap() -> None:
    carried, seen = Decimal(0), []
    for used in ("4", "0", "3", "21", "12"):
        found = use_hours(Decimal(10), Decimal(used), carried, Decimal(8))
        carried = found.carried_out
        seen.append((str(found.allowance), str(found.overage), str(carried)))
    assert seen == [
        ("10", "0", "6"),
        ("16", "0", "8"),
        ("18", "0", "8"),
        ("18", "3", "0"),
        ("10", "2", "0"),
    ]


@given(HOURS, HOURS, HOURS, HOURS)
def test_used_and_left_hours_are_the_allowance_and_the_overage(
    included: Decimal, used: Decimal, carried_in: Decimal, most: Decimal
) -> None:
    found = use_hours(included, used, carried_in, most)
    assert found.allowance == included + carried_in
    assert found.overage == max(used - found.allowance, Decimal(0))
    assert found.carried_out == min(max(found.allowance - used, Decimal(0)), most)
    assert isinstance(found, HoursUse)


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        (("-1", "0", "0", "0"), "included are -1"),
        (("0", "-1", "0", "0"), "used are -1"),
        (("0", "0", "-1", "0"), "carried in are -1"),
        (("0", "0", "0", "NaN"), "allowed to roll over are NaN"),
    ],
)
def test_hours_below_zero_are_refused(hours: tuple[str, ...], told: str) -> None:
    with pytest.raises(MoneyError, match=f"the hours {told}; they must be 0 or more"):
        use(*hours)
