"""Deposits: a percentage of the project's price, or an amount, never more than the whole."""

from decimal import Decimal

import pytest

from invoicing.domain.agreements import DepositTerms
from invoicing.domain.errors import MoneyError
from invoicing.domain.money import Money, Rounding
from invoicing.domain.pricing.deposits import deposit_net

WHOLE = Money.parse("48000.05 EUR")


@pytest.mark.parametrize(
    ("terms", "deposit"),
    [
        (DepositTerms(percent=Decimal(20)), "9600.01 EUR"),
        (DepositTerms(percent=Decimal(30)), "14400.02 EUR"),
        (DepositTerms(percent=Decimal(100)), "48000.05 EUR"),
        (DepositTerms(amount=Money.parse("5000.00 EUR")), "5000.00 EUR"),
        (DepositTerms(amount=WHOLE), "48000.05 EUR"),
    ],
)
def test_a_deposit_is_a_share_or_an_amount(terms: DepositTerms, deposit: str) -> None:
    assert str(deposit_net(WHOLE, terms)) == deposit


def test_a_deposit_is_rounded_by_the_rule() -> None:
    assert str(deposit_net(WHOLE, DepositTerms(Decimal(30)), Rounding.DOWN)) == "14400.01 EUR"


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        (DepositTerms(), "either a percentage or an amount"),
        (DepositTerms(Decimal(20), WHOLE), "either a percentage or an amount"),
        (DepositTerms(percent=Decimal("100.01")), "not between nothing and the whole"),
        (DepositTerms(percent=Decimal(-1)), "not between nothing and the whole"),
        (DepositTerms(amount=Money.parse("48000.06 EUR")), "not between nothing and the whole"),
        (DepositTerms(amount=Money.parse("1.00 USD")), "two currencies"),
    ],
)
def test_deposits_that_make_no_sense_are_refused(terms: DepositTerms, told: str) -> None:
    with pytest.raises(MoneyError, match=told):
        deposit_net(WHOLE, terms)
