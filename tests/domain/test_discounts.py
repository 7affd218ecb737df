"""Discounts: what one is limited to."""

from decimal import Decimal

import pytest

from invoicing.domain.discounts import Discount

SEVEN = Decimal(7)


@pytest.mark.parametrize(
    ("code", "percent", "covers", "scope"),
    [
        ("", None, "S7 S19 E7", ""),
        ("S", None, "S7 S19", "what is taxed as S"),
        ("", SEVEN, "S7 E7", "what is taxed as 7 %"),
        ("S", SEVEN, "S7", "what is taxed as S 7 %"),
    ],
)
def test_a_discount_covers_what_is_taxed_as_it_says(
    code: str, percent: Decimal | None, covers: str, scope: str
) -> None:
    discount = Discount("loyalty", Decimal(3), tax_code=code, tax_percent=percent)
    known = {"S7": ("S", SEVEN), "S19": ("S", Decimal(19)), "E7": ("E", Decimal("7.00"))}
    assert [name for name, one in known.items() if discount.covers(*one)] == covers.split()
    assert discount.scope == scope
