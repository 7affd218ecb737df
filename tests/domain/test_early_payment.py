"""Early payment: the last day counts, the discount lowers the tax, nothing else is given away."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.early_payment import (
    EarlyPayment,
    EarlyPaymentOffer,
    discount_groups,
    settle_early,
)
from invoicing.domain.money import Money, total
from invoicing.domain.states import MoneyState
from invoicing.domain.tax import TaxGroup, joined_group, tax_group
from tests.domain.builders import REDUCED, REVERSE, STANDARD, eur

ISSUED_ON = date(2026, 11, 20)
OFFER = EarlyPaymentOffer(Decimal(2), 10)
ONE_RATE = (tax_group(STANDARD, [eur("1000.00")], "EUR"),)  # 1190.00 gross, 23.80 may be kept


def settled(
    paid: str, paid_on: str = "2026-11-30", taxes: tuple[TaxGroup, ...] = ONE_RATE
) -> EarlyPayment:
    return settle_early(taxes, OFFER, ISSUED_ON, eur(paid), paid_on=date.fromisoformat(paid_on))


def figures(early: EarlyPayment) -> tuple[str, str, str, str]:
    return (
        early.state.value,
        str(early.discount_net.amount),
        str(early.discount_tax.amount),
        str(early.open.amount),
    )


def test_a_discount_lowers_all_taxable_shares_in_proportion() -> None:
    part = replace(STANDARD, taxable_percent=Decimal(50))
    group = joined_group([(part, [eur("100.00")]), (STANDARD, [eur("100.00")])], "EUR")
    assert group.tax == eur("28.50")
    early = settled("223.93", taxes=(group,))
    assert (early.discount_net, early.discount_tax) == (eur("4.00"), eur("0.57"))


def test_a_rebate_at_another_rate_keeps_the_discount_possible() -> None:
    rebate = tax_group(REDUCED, [eur("-100.00")], "EUR")
    early = settled("1061.34", taxes=(*ONE_RATE, rebate))
    assert early.state is MoneyState.PAID
    assert [str(group.net) for group in early.discounts] == ["18.20 EUR", "0.00 EUR"]


@pytest.mark.parametrize(
    ("paid", "paid_on", "expected"),
    [
        ("1166.20", "2026-11-30", ("paid", "20.00", "3.80", "0.00")),  # the last day
        ("1166.20", "2026-11-20", ("paid", "20.00", "3.80", "0.00")),
        ("1166.20", "2026-12-01", ("partially_paid", "0.00", "0.00", "23.80")),
        ("1166.19", "2026-11-30", ("partially_paid", "0.00", "0.00", "23.81")),  # too little
        ("1180.00", "2026-11-30", ("paid", "8.40", "1.60", "0.00")),  # kept less than it may
        ("1190.00", "2026-11-30", ("paid", "0.00", "0.00", "0.00")),  # kept nothing
        ("1200.00", "2026-11-30", ("paid", "0.00", "0.00", "0.00")),
        ("1200.00", "2026-12-30", ("paid", "0.00", "0.00", "0.00")),
        ("0.00", "2026-11-30", ("open", "0.00", "0.00", "1190.00")),
    ],
)
def test_who_pays_in_time_may_keep_the_discount(
    paid: str, paid_on: str, expected: tuple[str, str, str, str]
) -> None:
    assert figures(settled(paid, paid_on)) == expected


def test_the_last_day_is_counted_from_the_issue() -> None:
    assert OFFER.last_day(ISSUED_ON) == date(2026, 11, 30)


def test_each_rate_bears_its_part_of_the_discount() -> None:
    taxes = (
        tax_group(STANDARD, [eur("100.00")], "EUR"),
        tax_group(REDUCED, [eur("100.00")], "EUR"),
        tax_group(REVERSE, [eur("100.00")], "EUR"),
    )
    early = settled("319.48", taxes=taxes)  # 2 % of 326.00 are 6.52
    assert early.state is MoneyState.PAID
    assert early.discount_gross == eur("6.52")
    assert [(str(each.net.amount), str(each.tax.amount)) for each in early.discounts] == [
        ("2.00", "0.38"),
        ("2.00", "0.14"),
        ("2.00", "0.00"),
    ]


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=3), st.integers(0, 10**4))
def test_the_parts_of_a_discount_add_up(nets: list[int], cents: int) -> None:
    rates = (STANDARD, REDUCED, REVERSE)
    taxes = [
        tax_group(rate, [Money.of_minor(net, "EUR")], "EUR")
        for rate, net in zip(rates, nets, strict=False)
    ]
    parts = discount_groups(taxes, Money.of_minor(cents, "EUR"))
    assert total((each.net + each.tax for each in parts), "EUR").minor == cents
