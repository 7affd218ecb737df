"""Tiers: bounds belong to the band below, rows are rounded and use up the quantity."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.agreements import Tariff, Tier, TierMode
from invoicing.domain.errors import MoneyError
from invoicing.domain.money import Money, Rounding, plain
from invoicing.domain.pricing.tiers import by_tiers

GRADUATED, VOLUME = TierMode.GRADUATED, TierMode.VOLUME
BANDS = (
    Tier(Decimal(10), Money.parse("150.00 EUR")),
    Tier(Decimal(40), Money.parse("130.00 EUR")),
    Tier(None, Money.parse("110.00 EUR")),
)


def rows(quantity: str, mode: TierMode, bands: tuple[Tier, ...] = BANDS) -> list[str]:
    return [
        f"{plain(row.quantity)} x {plain(row.price.amount)} = {plain(row.amount.amount)}"
        for row in by_tiers(Decimal(quantity), Tariff(mode, bands))
    ]


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("0", []),
        ("0.25", ["0.25 x 150.00 = 37.50"]),
        ("10", ["10 x 150.00 = 1500.00"]),
        ("10.01", ["10 x 150.00 = 1500.00", "0.01 x 130.00 = 1.30"]),
        ("40", ["10 x 150.00 = 1500.00", "30 x 130.00 = 3900.00"]),
        (
            "57.25",
            ["10 x 150.00 = 1500.00", "30 x 130.00 = 3900.00", "17.25 x 110.00 = 1897.50"],
        ),
    ],
)
def test_graduated_bands_each_at_their_own_price(quantity: str, expected: list[str]) -> None:
    assert rows(quantity, GRADUATED) == expected


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("0", "0 x 150.00 = 0.00"),
        ("10", "10 x 150.00 = 1500.00"),
        ("10.01", "10.01 x 130.00 = 1301.30"),
        ("40", "40 x 130.00 = 5200.00"),
        ("40.5", "40.5 x 110.00 = 4455.00"),
    ],
)
def test_volume_is_everything_at_the_band_reached(quantity: str, expected: str) -> None:
    assert rows(quantity, VOLUME) == [expected]


def test_each_row_is_rounded_by_the_rule() -> None:
    bands = (
        Tier(Decimal(1), Money.parse("0.005 EUR")),
        Tier(None, Money.parse("0.0049 EUR")),
    )
    assert rows("2", GRADUATED, bands) == ["1 x 0.005 = 0.01", "1 x 0.0049 = 0.00"]
    found = by_tiers(Decimal(2), Tariff(GRADUATED, bands), Rounding.UP)
    assert [str(row.amount) for row in found] == ["0.01 EUR", "0.01 EUR"]


@given(st.decimals(0, 1000, places=3))
def test_graduated_rows_use_up_the_quantity(quantity: Decimal) -> None:
    found = by_tiers(quantity, Tariff(GRADUATED, BANDS))
    assert sum(row.quantity for row in found) == quantity
    assert all(row.quantity > 0 for row in found)


@pytest.mark.parametrize("quantity", ["-1", "NaN"])
def test_an_impossible_quantity_is_refused(quantity: str) -> None:
    with pytest.raises(MoneyError, match=f"quantity of {quantity} cannot be priced by tiers"):
        by_tiers(Decimal(quantity), Tariff(VOLUME, BANDS))


@pytest.mark.parametrize("mode", TierMode)
def test_above_the_last_bound_there_is_no_price(mode: TierMode) -> None:
    with pytest.raises(MoneyError, match=r"no price for 40\.01; give its last tier no upper bound"):
        by_tiers(Decimal("40.01"), Tariff(mode, BANDS[:2]))
