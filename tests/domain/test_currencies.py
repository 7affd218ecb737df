"""ISO 4217: how many digits the minor unit of a currency has."""

import json
from pathlib import Path

import pytest

from invoicing.domain.currencies import MINOR_UNITS


@pytest.mark.parametrize(
    ("currency", "digits"),
    [
        *[("EUR", 2), ("USD", 2), ("JPY", 0), ("KRW", 0), ("ISK", 0), ("KWD", 3), ("TND", 3)],
        # Everyday usage writes the first three without decimals; the standard does not.
        *[("HUF", 2), ("IDR", 2), ("COP", 2), ("CLF", 4), ("UYW", 4)],
    ],
)
def test_minor_units_follow_the_standard(currency: str, digits: int) -> None:
    assert MINOR_UNITS[currency] == digits


@pytest.mark.parametrize("code", ["XAU", "XXX", "XTS", "XDR", "DEM", "eur", ""])
def test_codes_without_minor_units_are_no_currencies_of_an_invoice(code: str) -> None:
    assert code not in MINOR_UNITS


def test_every_code_is_three_capital_letters() -> None:
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in MINOR_UNITS)


def test_the_table_is_the_list_of_the_standard() -> None:
    listed = Path(__file__).parents[3] / "shared" / "cases" / "iso4217_minor_units.json"
    if not listed.exists():
        pytest.skip("the published list does not lie beside this checkout")
    published = json.loads(listed.read_text(encoding="utf-8"))
    digits = {code: entry["minor"] for code, entry in published.items()}
    assert {code: count for code, count in digits.items() if count is not None} == MINOR_UNITS
