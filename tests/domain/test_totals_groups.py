"""Totals: what a discount limited to some tax takes off, and amounts that are taxed in part."""

from dataclasses import replace
from decimal import Decimal

import pytest

from invoicing.domain.discounts import Discount, Spread
from invoicing.domain.errors import MoneyError
from invoicing.domain.totals import Charge, Extras, compute_sums
from tests.domain.builders import REVERSE, STANDARD, eur
from tests.domain.test_totals import EURO, computed, groups

TWO_RATES = (("S", "19", "100.05"), ("S", "7", "50.05"), ("E", "0", "10.00"))
SEVEN = Decimal("7.0")


@pytest.mark.parametrize(
    ("discount", "nets", "taken"),
    [
        (Discount("x", Decimal(10), tax_code="S", tax_percent=SEVEN),
         ["100.05", "45.04", "10.00"], "5.01"),
        (Discount("x", Decimal(10), tax_percent=SEVEN), ["100.05", "45.04", "10.00"], "5.01"),
        (Discount("x", Decimal(10), tax_code="S"), ["90.04", "45.04", "10.00"], "15.02"),
        (Discount("x", Decimal(10), spread=Spread.PRO_RATA, tax_code="S"),
         ["90.04", "45.05", "10.00"], "15.01"),
        (Discount("x", amount=eur("10.00"), spread=Spread.PRO_RATA, tax_code="S"),
         ["93.38", "46.72", "10.00"], "10.00"),
        (Discount("x", amount=eur("10.00"), tax_code="E"), ["100.05", "50.05", "0.00"], "10.00"),
        (Discount("x", Decimal(10), tax_code="AE"), ["100.05", "50.05", "10.00"], "0.00"),
        (Discount("x", amount=eur("0.00"), spread=Spread.PRO_RATA, tax_code="AE"),
         ["100.05", "50.05", "10.00"], "0.00"),
    ],
)  # fmt: skip
def test_a_discount_can_be_limited_to_what_is_taxed_so(
    discount: Discount, nets: list[str], taken: str
) -> None:
    sums = computed(*TWO_RATES, extras=Extras((discount,)))
    assert [net for net, _ in groups(sums)] == nets
    assert (sums.discounts, sums.totals.discount) == ((eur(taken),), eur(taken))


@pytest.mark.parametrize(
    ("discount", "on"),
    [
        (Discount("x", amount=eur("1.00"), tax_code="AE"), "is on what is taxed as AE, which come"),
        (Discount("x", amount=eur("1.00"), spread=Spread.PRO_RATA, tax_percent=Decimal(5)),
         "is on what is taxed as 5 %, which come"),
    ],
)  # fmt: skip
def test_an_amount_off_what_is_not_on_the_invoice_is_refused(discount: Discount, on: str) -> None:
    with pytest.raises(MoneyError, match=on):
        computed(*TWO_RATES, extras=Extras((discount,)))


def test_an_amount_off_lines_of_nothing_is_refused_unless_it_is_nothing() -> None:
    off = Discount("x", amount=eur("0.01"), spread=Spread.PRO_RATA)
    with pytest.raises(MoneyError, match="is on the lines, which come to nothing"):
        computed(("S", "19", "0.00"), extras=Extras((off,)))
    none = replace(off, amount=eur("0.00"))
    assert groups(computed(("S", "19", "0.00"), extras=Extras((none,)))) == [("0.00", "0.00")]


@pytest.mark.parametrize(
    ("lines", "amount", "nets"),
    [
        ((("S", "19", "100.00"), ("S", "7", "-20.00")), "10.00", ["90.00", "-20.00"]),
        ((("S", "19", "-100.00"), ("S", "7", "-20.00")), "-10.00", ["-91.67", "-18.33"]),
    ],
)
def test_an_amount_off_comes_off_the_sales_and_not_off_a_rebate(
    lines: tuple[tuple[str, str, str], ...], amount: str, nets: list[str]
) -> None:
    off = Discount("x", amount=eur(amount), spread=Spread.PRO_RATA)
    sums = computed(*lines, extras=Extras((off,)))
    assert [net for net, _ in groups(sums)] == nets


PARTLY = replace(STANDARD, taxable_percent=Decimal(80))
MIXED = [(PARTLY, eur("100.00")), (REVERSE, eur("1.00")), (STANDARD, eur("50.00"))]


def test_two_taxable_shares_are_one_group_in_the_place_of_the_first() -> None:
    sums = compute_sums([*MIXED, (PARTLY, eur("0.05"))], EURO)
    assert groups(sums) == [("150.05", "24.71"), ("1.00", "0.00")]
    assert (sums.taxes[0].rate, sums.totals.tax) == (PARTLY, eur("24.71"))
    assert sums.taxes[0].bases == ((PARTLY, eur("100.05")), (STANDARD, eur("50.00")))


def test_a_discount_comes_off_both_taxable_shares_as_they_are_on_the_lines() -> None:
    offs = (Discount("all", Decimal(100)), Discount("more", Decimal(10)))
    sums = compute_sums(MIXED, EURO, Extras(offs[1:]))
    assert groups(sums) == [("135.00", "22.23"), ("0.90", "0.00")]
    assert sums.taxes[0].bases == ((PARTLY, eur("90.00")), (STANDARD, eur("45.00")))
    assert groups(compute_sums(MIXED, EURO, Extras(offs))) == [
        ("-15.00", "-2.47"),
        ("-0.10", "0.00"),
    ]


def test_a_charge_is_taxed_by_its_own_share() -> None:
    charge = Charge("delivery", eur("10.00"), STANDARD)
    sums = compute_sums([(PARTLY, eur("100.00"))], EURO, Extras(charges=(charge,)))
    assert groups(sums) == [("110.00", "17.10")]
