"""Costs: converted, rounded, marked up and rounded again, in this order."""

from decimal import Decimal

import pytest

from invoicing.domain.errors import MoneyError
from invoicing.domain.money import Money, Rounding
from invoicing.domain.pricing.costs import pass_on


@pytest.mark.parametrize(
    ("amount", "currency", "fx", "markup", "expected"),
    [
        ("123.45 EUR", "USD", "1.0873", "10", "134.23 13.42 147.65"),
        ("123.45 EUR", "EUR", None, "10", "123.45 12.35 135.80"),
        ("123.45 EUR", "EUR", "1", "0", "123.45 0.00 123.45"),
        ("-123.45 EUR", "USD", "1.0873", "10", "-134.23 -13.42 -147.65"),
        ("123.45 EUR", "JPY", "163.21", "7.5", "20148 1511 21659"),
        ("20148 JPY", "EUR", "0.006127", "7.5", "123.45 9.26 132.71"),
        ("10.00 EUR", "KWD", "0.33335", "12.5", "3.334 0.417 3.751"),
        ("0.00 EUR", "USD", "1.1", "10", "0.00 0.00 0.00"),
        ("1.005 EUR", "EUR", None, "0", "1.01 0.00 1.01"),
    ],
)
def test_an_outlay_is_converted_then_marked_up(
    amount: str, currency: str, fx: str | None, markup: str, expected: str
) -> None:
    rate = None if fx is None else Decimal(fx)
    passed = pass_on(Money.parse(amount), currency, rate, Decimal(markup))
    found = (passed.converted, passed.markup, passed.net)
    assert " ".join(str(each.amount) for each in found) == expected
    assert {each.currency for each in found} == {currency}


def test_both_roundings_follow_the_rule() -> None:
    passed = pass_on(Money.parse("1.00 EUR"), "USD", Decimal("1.0873"), Decimal(1), Rounding.DOWN)
    assert (str(passed.converted), str(passed.markup)) == ("1.08 USD", "0.01 USD")


@pytest.mark.parametrize(
    ("currency", "fx", "markup", "told"),
    [
        ("USD", None, "0", r"1\.00 EUR needs an exchange rate to become USD"),
        ("USD", "0", "0", "0 is no exchange rate from EUR to USD"),
        ("USD", "-1.1", "0", "no exchange rate"),
        ("USD", "NaN", "0", "no exchange rate"),
        ("EUR", "1.1", "0", r"is in EUR already; an exchange rate of 1\.1 is wrong"),
        ("EUR", None, "-5", "a markup of -5 % is below zero"),
        ("EUR", None, "NaN", "a markup of NaN %"),
    ],
)
def test_rates_that_cannot_be_right_are_refused(
    currency: str, fx: str | None, markup: str, told: str
) -> None:
    rate = None if fx is None else Decimal(fx)
    with pytest.raises(MoneyError, match=told):
        pass_on(Money.parse("1.00 EUR"), currency, rate, Decimal(markup))
