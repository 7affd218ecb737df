"""Agreements: in force on their days, and prices that cannot be meant are refused."""

from datetime import date
from decimal import Decimal

import pytest

from invoicing.domain.agreements import (
    Agreement,
    Frame,
    Increment,
    Instalments,
    PrepaidBlock,
    Project,
    Tariff,
    Tier,
    TierMode,
)
from invoicing.domain.errors import MoneyError
from invoicing.domain.money import Money

WHOLE = Money.parse("1000.00 EUR")


def tier(up_to: str, price: str = "100.00 EUR") -> Tier:
    return Tier(Decimal(up_to) if up_to else None, Money.parse(price))


def percents(*shares: str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, shares))


@pytest.mark.parametrize(
    ("day", "ends_on", "is_covered"),
    [
        (date(2026, 1, 14), None, False),
        (date(2026, 1, 15), None, True),
        (date(2099, 1, 1), None, True),
        (date(2026, 6, 30), date(2026, 6, 30), True),
        (date(2026, 7, 1), date(2026, 6, 30), False),
    ],
)
def test_an_agreement_covers_both_its_ends(
    day: date, ends_on: date | None, *, is_covered: bool
) -> None:
    start = date(2026, 1, 15)
    agreement = Agreement("a", "c", "e", "Care", start, start, Frame(), ends_on)
    assert agreement.covers(day) is is_covered


@pytest.mark.parametrize("minutes", [0, -15])
def test_time_needs_a_step_to_be_billed_by(minutes: int) -> None:
    with pytest.raises(MoneyError, match=f"billed by {minutes} minutes"):
        Increment(minutes)


@pytest.mark.parametrize(
    ("tiers", "told"),
    [
        ((), "needs tiers"),
        ((tier(""), tier("10")), "only its last one may have no upper bound"),
        ((tier("10"), tier("10"), tier("")), "up to 10 follows one up to 10"),
        ((tier("40"), tier("10")), "up to 10 follows one up to 40"),
        ((tier("0"), tier("")), "up to 0 follows one up to 0"),
        ((tier("10"), tier("", "1.00 USD")), "prices in EUR, USD; use one"),
    ],
)
def test_a_tariff_rises_in_one_currency(tiers: tuple[Tier, ...], told: str) -> None:
    with pytest.raises(MoneyError, match=told):
        Tariff(TierMode.GRADUATED, tiers)


@pytest.mark.parametrize(
    "steps", [("0", "100"), ("50", "50"), ("50", "25"), ("50", "101"), ("-1",)]
)
def test_steps_of_progress_rise_to_the_whole(steps: tuple[str, ...]) -> None:
    with pytest.raises(MoneyError, match="must rise, from above 0 up to 100 percent"):
        Project(WHOLE, steps=percents(*steps))
    assert Project(WHOLE, steps=percents("25", "50", "100")).steps


@pytest.mark.parametrize("hours", ["0", "-1"])
def test_a_block_has_hours(hours: str) -> None:
    with pytest.raises(MoneyError, match=f"a block of {hours} hours is never used up"):
        PrepaidBlock(Decimal(hours), WHOLE)


@pytest.mark.parametrize(
    ("parts", "shares", "told"),
    [
        (0, (), "either in equal parts or by percentages"),
        (-2, (), "either in equal parts or by percentages"),
        (2, ("50", "50"), "either in equal parts or by percentages"),
        (0, ("33.33", "33.33", "33.33"), r"are 99\.99 percent, not 100"),
    ],
)
def test_instalments_are_the_whole(parts: int, shares: tuple[str, ...], told: str) -> None:
    with pytest.raises(MoneyError, match=told):
        Instalments(WHOLE, parts, percents(*shares))
    assert Instalments(WHOLE, percents=percents("33.33", "33.33", "33.34")).parts == 0
