"""Totals: reference invoices to the cent, and every figure follows from the ones before it."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.discounts import Discount, Spread
from invoicing.domain.errors import MoneyError
from invoicing.domain.money import Money, Rounding
from invoicing.domain.parties import TaxRounding
from invoicing.domain.tax import TaxRate
from invoicing.domain.totals import (
    Charge,
    Extras,
    Policy,
    Sums,
    Totals,
    adjust_line,
    compute_sums,
    deduct_deposits,
    line_net,
    round_to_step,
)
from tests.domain.builders import REVERSE, STANDARD, eur


class Reference(NamedTuple):
    """An invoice computed by hand: lines as quantity, price, code and percent."""

    currency: str
    lines: tuple[tuple[str, str, str, str], ...]
    nets: tuple[str, ...]
    taxes: tuple[str, ...]
    net: str
    tax: str
    gross: str


REFERENCES = {
    "one rate": Reference(
        "EUR", (("37.25", "119.99", "S", "19"), ("1", "1499.00", "S", "19")),
        ("4469.63", "1499.00"), ("1134.04",), "5968.63", "1134.04", "7102.67",
    ),
    "exactly half a cent of tax": Reference(
        "EUR", (("1", "1460.50", "S", "25"),), ("1460.50",), ("365.13",),
        "1460.50", "365.13", "1825.63",
    ),
    "tax once per rate": Reference(
        "EUR", (("1", "1.03", "S", "19"),) * 5, ("1.03",) * 5, ("0.98",), "5.15", "0.98", "6.13",
    ),
    "lines that break binary floats": Reference(
        "EUR",
        (("1", "2.675", "S", "20"), ("1.1", "1.15", "S", "20"), ("5", "1.005", "S", "20"),
         ("2.5", "4.43", "S", "20")),
        ("2.68", "1.27", "5.03", "11.08"), ("4.01",), "20.06", "4.01", "24.07",
    ),
    "three rates": Reference(
        "EUR",
        (("12.5", "98.40", "S", "19"), ("3", "33.33", "S", "7"), ("1", "250.00", "E", "0"),
         ("0.75", "110.00", "S", "19")),
        ("1230.00", "99.99", "250.00", "82.50"), ("249.38", "7.00", "0.00"),
        "1662.49", "256.38", "1918.87",
    ),
    "yen": Reference(
        "JPY", (("3.5", "12345", "S", "10"), ("1", "999", "S", "10"), ("2", "105", "S", "8")),
        ("43208", "999", "210"), ("4421", "17"), "44417", "4438", "48855",
    ),
    "dinars": Reference(
        "KWD", (("3", "4.1115", "S", "5"), ("1", "0.0005", "S", "5")),
        ("12.335", "0.001"), ("0.617",), "12.336", "0.617", "12.953",
    ),
    "reverse charge": Reference(
        "EUR", (("37.25", "119.99", "AE", "0"), ("1", "1499.00", "AE", "0")),
        ("4469.63", "1499.00"), ("0.00",), "5968.63", "0.00", "5968.63",
    ),
    "rebate with a negative quantity": Reference(
        "EUR", (("10", "99.95", "S", "19"), ("-1", "99.95", "S", "19")),
        ("999.50", "-99.95"), ("170.91",), "899.55", "170.91", "1070.46",
    ),
    "a credit of half a cent": Reference(
        "EUR", (("-1", "625743.54", "S", "25"),), ("-625743.54",), ("-156435.89",),
        "-625743.54", "-156435.89", "-782179.43",
    ),
}  # fmt: skip


def rate(code: str, percent: str) -> TaxRate:
    return TaxRate(f"{code}{percent}", code, Decimal(percent), f"{percent} %")


EURO = Policy("EUR")


def figures(sums: Sums) -> dict[str, str]:
    return {name: str(getattr(sums.totals, name).amount) for name in Totals.__dataclass_fields__}


def groups(sums: Sums) -> list[tuple[str, str]]:
    return [(str(group.net.amount), str(group.tax.amount)) for group in sums.taxes]


def computed(*nets: tuple[str, str, str], extras: Extras | None = None) -> Sums:
    """Compute an invoice of lines given as code, percent and net."""
    lines = [(rate(code, percent), eur(net)) for code, percent, net in nets]
    return compute_sums(lines, EURO, extras)


@pytest.mark.parametrize("reference", list(REFERENCES.values()), ids=list(REFERENCES))
def test_reference_invoices(reference: Reference) -> None:
    nets = [
        (
            rate(code, percent),
            line_net(Decimal(quantity), Money(Decimal(price), reference.currency))[0],
        )
        for quantity, price, code, percent in reference.lines
    ]
    sums = compute_sums(nets, Policy(reference.currency))
    totals = figures(sums)
    assert [str(net.amount) for _, net in nets] == list(reference.nets)
    assert [tax for _, tax in groups(sums)] == list(reference.taxes)
    assert (totals["sum"], totals["net"]) == (reference.net, reference.net)
    assert totals["tax"] == reference.tax
    assert (totals["gross"], totals["due"]) == (reference.gross, reference.gross)


@pytest.mark.parametrize(
    ("quantity", "price", "base", "percent", "net", "discount"),
    [
        ("250", "3.30", "100", "10", "7.42", "0.83"),  # 8.25 less 0.825
        ("3", "0.05", "1", "50", "0.07", "0.08"),  # the gross is rounded, then the discount
        ("1", "10.00", "3", "0", "3.33", "0.00"),
        ("-2", "9.99", "1", "10", "-17.98", "-2.00"),
        ("1", "10.00", "1", "100", "0.00", "10.00"),
    ],
)
def test_a_line_rounds_its_gross_and_then_its_discount(
    quantity: str, price: str, base: str, percent: str, net: str, discount: str
) -> None:
    found = line_net(Decimal(quantity), eur(price), Decimal(base), Decimal(percent))
    assert found == (eur(net), eur(discount))


def test_a_line_rounds_as_it_is_told() -> None:
    assert line_net(Decimal("0.5"), eur("0.01"), rounding=Rounding.DOWN)[0] == eur("0.00")
    net, _ = line_net(Decimal(1), eur("0.01"), Decimal(2), rounding=Rounding.FLOOR)
    assert net == eur("0.00")


@pytest.mark.parametrize("base", ["0", "-1"])
def test_a_price_is_for_some_units(base: str) -> None:
    with pytest.raises(MoneyError, match=f"more than {base} units"):
        line_net(Decimal(1), eur("1.00"), Decimal(base))


def test_stated_charges_and_allowances_of_a_line_are_taken_as_they_are() -> None:
    charges, allowances = [eur("1.00"), eur("-0.50")], [eur("2.25")]
    assert adjust_line(eur("10.00"), charges=charges, allowances=allowances) == eur("8.25")
    assert adjust_line(eur("10.00")) == eur("10.00")


THIRDS = (("S", "19", "333.33"), ("S", "7", "333.33"), ("E", "0", "333.34"))


def test_an_amount_off_is_split_by_the_largest_remainder() -> None:
    off = Discount("loyalty", amount=eur("100.00"), spread=Spread.PRO_RATA)
    sums = computed(*THIRDS, extras=Extras((off,)))
    assert groups(sums) == [("300.00", "57.00"), ("300.00", "21.00"), ("300.00", "0.00")]
    assert sums.discounts == (eur("100.00"),)
    assert (sums.totals.discount, sums.totals.net) == (eur("100.00"), eur("900.00"))


def test_the_odd_cent_goes_to_the_earlier_group() -> None:
    off = Discount("loyalty", amount=eur("0.01"), spread=Spread.PRO_RATA)
    sums = computed(("S", "19", "5.00"), ("S", "7", "5.00"), extras=Extras((off,)))
    assert [net for net, _ in groups(sums)] == ["4.99", "5.00"]


def test_a_percentage_off_is_rounded_in_each_group() -> None:
    off = Discount("loyalty", percent=Decimal(3))
    charge = Charge("delivery", eur("25.00"), rate("S", "19"))
    lines = (("S", "19", "3800.00"), ("S", "19", "799.99"))
    sums = computed(*lines, extras=Extras((off,), (charge,)))
    assert groups(sums) == [("4486.99", "852.53")]
    assert (sums.totals.discount, sums.totals.charges) == (eur("138.00"), eur("25.00"))


@pytest.mark.parametrize(
    ("spread", "discount", "nets"),
    [
        (Spread.PER_GROUP, "0.03", ["0.04", "0.04", "0.04"]),  # 0.005 each, three times up
        (Spread.PRO_RATA, "0.02", ["0.04", "0.04", "0.05"]),  # 0.015 of the sum, then split
    ],
)
def test_the_spread_of_a_percentage_decides_where_it_is_rounded(
    spread: Spread, discount: str, nets: list[str]
) -> None:
    off = Discount("loyalty", percent=Decimal(10), spread=spread)
    lines = (("S", "19", "0.05"), ("S", "7", "0.05"), ("E", "0", "0.05"))
    sums = computed(*lines, extras=Extras((off,)))
    assert sums.totals.discount == eur(discount)
    assert [net for net, _ in groups(sums)] == nets


def test_every_discount_is_computed_from_the_lines() -> None:
    off = Discount("ten", percent=Decimal(10))
    sums = computed(("S", "19", "100.00"), extras=Extras((off, replace(off, reason="again"))))
    assert sums.discounts == (eur("10.00"), eur("10.00"))
    assert sums.totals.net == eur("80.00")


@pytest.mark.parametrize(
    ("discount", "message"),
    [
        (Discount("x", amount=eur("1.00")), "spread it pro_rata"),
        (Discount("x"), "either a percentage or an amount"),
        (Discount("x", Decimal(1), eur("1.00")), "either a percentage or an amount"),
    ],
)
def test_a_discount_that_is_not_one_is_refused(discount: Discount, message: str) -> None:
    with pytest.raises(MoneyError, match=message):
        computed(("S", "19", "100.00"), ("S", "7", "1.00"), extras=Extras((discount,)))


def test_an_amount_off_the_only_group_needs_no_spread() -> None:
    off = Discount("loyalty", amount=eur("10.00"))
    assert groups(computed(("S", "19", "100.00"), extras=Extras((off,)))) == [("90.00", "17.10")]


def test_an_allowance_names_its_tax_and_counts_as_a_discount() -> None:
    allowance = Charge("freight back", eur("10.00"), rate("S", "7"))
    sums = computed(("S", "19", "100.00"), extras=Extras(allowances=(allowance,)))
    assert groups(sums) == [("100.00", "19.00"), ("-10.00", "-0.70")]
    assert (sums.discounts, sums.totals.discount) == ((), eur("10.00"))


def test_groups_stand_in_the_order_of_their_first_line() -> None:
    charge = Charge("delivery", eur("5.00"), rate("Z", "0"))
    lines = (
        ("S", "19", "1230.00"),
        ("S", "7", "99.99"),
        ("E", "0", "250.00"),
        ("S", "19", "82.50"),
    )
    assert groups(computed(*lines, extras=Extras(charges=(charge,)))) == [
        ("1312.50", "249.38"),
        ("99.99", "7.00"),
        ("250.00", "0.00"),
        ("5.00", "0.00"),
    ]


def test_two_of_our_categories_at_the_same_rate_are_taxed_together() -> None:
    hosting = replace(STANDARD, category="hosting", label="VAT on hosting")
    sums = compute_sums([(STANDARD, eur("1.03")), (hosting, eur("1.03"))], EURO)
    assert groups(sums) == [("2.06", "0.39")]
    assert sums.taxes[0].rate is STANDARD


def test_no_sentence_is_lost_when_two_categories_share_a_rate() -> None:
    other = replace(REVERSE, category="goods", note="Intra-community supply.")
    sums = compute_sums([(REVERSE, eur("1.00")), (other, eur("1.00"))], EURO)
    assert [group.rate.note for group in sums.taxes] == [REVERSE.note, other.note]


def test_prices_with_tax_inside() -> None:
    policy = Policy("GBP", prices_include_tax=True)
    lines = [("S", "20", "29.97"), ("S", "5", "5.49"), ("Z", "0", "3.00")]
    nets = [(rate(code, percent), Money(Decimal(net), "GBP")) for code, percent, net in lines]
    sums = compute_sums(nets, policy)
    assert groups(sums) == [("24.98", "4.99"), ("5.23", "0.26"), ("3.00", "0.00")]
    totals = figures(sums)
    assert (totals["sum"], totals["net"], totals["tax"]) == ("38.46", "33.21", "5.25")
    assert (totals["gross"], totals["due"]) == ("38.46", "38.46")
    assert dict(sums.totals.explain())["net"].endswith("without the tax inside the prices")


def test_tax_line_by_line_where_a_seller_chose_so() -> None:
    policy = Policy("USD", tax_rounding=TaxRounding.PER_LINE)
    line = (rate("TAX", "7"), Money.parse("2.35 USD"))
    assert groups(compute_sums([line, line], policy)) == [("4.70", "0.32")]


def test_withholding_lowers_what_is_paid_and_not_the_invoice() -> None:
    policy = Policy("EUR", withholding_percent=Decimal(15))
    totals = figures(compute_sums([(rate("S", "21"), eur("1234.56"))], policy))
    assert (totals["gross"], totals["withheld"], totals["due"]) == ("1493.82", "185.18", "1308.64")


@pytest.mark.parametrize(
    ("net", "paid", "rounding", "due"),
    [
        ("123.41", "0.00", "-0.01", "133.40"),
        ("-123.41", "0.00", "0.01", "-133.40"),
        ("123.41", "0.02", "0.01", "133.40"),
        ("100.00", "0.00", "0.00", "108.10"),
    ],
)
def test_cash_is_rounded_apart_from_the_totals(
    net: str, paid: str, rounding: str, due: str
) -> None:
    policy = Policy("CHF", cash_step=Money.parse("0.05 CHF"))
    extras = Extras(paid=Money(Decimal(paid), "CHF"))
    line = (rate("S", "8.1"), Money(Decimal(net), "CHF"))
    totals = figures(compute_sums([line], policy, extras))
    assert (totals["rounding"], totals["due"]) == (rounding, due)


@pytest.mark.parametrize(
    ("amount", "step", "rounded"),
    [
        ("1.025", "0.05", "1.05"),
        ("-1.025", "0.05", "-1.05"),
        ("1.02", "0.05", "1.00"),
        ("7.00", "3.00", "6.00"),
        ("0.02", "0.05", "0.00"),
        ("-0.02", "0.05", "0.00"),
    ],
)
def test_the_middle_of_a_step_goes_away_from_zero(amount: str, step: str, rounded: str) -> None:
    assert str(round_to_step(eur(amount), eur(step)).amount) == rounded


@pytest.mark.parametrize("step", ["0.00", "-0.05"])
def test_a_step_leads_somewhere(step: str) -> None:
    with pytest.raises(MoneyError, match="steps of"):
        round_to_step(eur("1.00"), eur(step))


def test_a_stated_rounding_is_taken_as_it_is() -> None:
    extras = Extras(paid=eur("834.90"), rounding=eur("-0.10"))
    totals = figures(computed(("S", "25", "8668.00"), extras=extras))
    assert (totals["gross"], totals["paid"], totals["due"]) == ("10835.00", "834.90", "10000.00")


def test_deposits_are_deducted_with_the_tax_they_bore() -> None:
    whole = computed(("S", "24", "10000.00")).totals
    deposit = computed(("S", "22", "5000.00")).totals
    rest = deduct_deposits(whole, [deposit])
    assert (rest.paid_net, rest.paid_tax) == (eur("5000.00"), eur("1100.00"))
    assert rest.paid_gross == eur("6100.00")
    assert (rest.net, rest.tax, rest.gross) == (eur("5000.00"), eur("1300.00"), eur("6300.00"))
    assert deduct_deposits(whole, []).gross == whole.gross


def test_an_invoice_of_nothing_is_zero_in_its_currency() -> None:
    assert set(figures(compute_sums([], Policy("KWD"))).values()) == {"0.000"}


def test_the_figures_explain_themselves_in_the_fixed_order() -> None:
    explained = computed(("S", "19", "100.00")).totals.explain()
    assert [name for name, _ in explained] == list(Totals.__dataclass_fields__)
    assert dict(explained)["net"] == "100.00 EUR - 0.00 EUR + 0.00 EUR"
    assert dict(explained)["gross"] == "100.00 EUR + 19.00 EUR"
    assert dict(explained)["due"] == "119.00 EUR - 0.00 EUR - 0.00 EUR + 0.00 EUR"


def test_two_currencies_make_no_total() -> None:
    with pytest.raises(MoneyError):
        compute_sums([(STANDARD, Money.parse("1.00 USD"))], EURO)


CENTS = st.integers(1, 10**8)
RATES = st.sampled_from([rate("S", "19"), rate("S", "7"), rate("E", "0"), rate("T", "8.875")])
PERCENTS = st.decimals(0, 100, places=2)
DISCOUNTS = st.one_of(
    st.builds(Discount, st.just("x"), PERCENTS, st.none(), st.sampled_from(Spread)),
    st.builds(
        Discount,
        st.just("x"),
        st.none(),
        st.integers(0, 10**6).map(lambda cents: Money.of_minor(cents, "EUR")),
        st.just(Spread.PRO_RATA),
    ),
)
POLICIES = st.builds(
    Policy,
    st.just("EUR"),
    st.sampled_from(Rounding),
    st.sampled_from(TaxRounding),
    st.booleans(),
    st.sampled_from([Decimal(0), Decimal(15)]),
    st.sampled_from([None, eur("0.05")]),
)


@given(
    st.lists(st.tuples(RATES, CENTS), min_size=1, max_size=8),
    st.lists(DISCOUNTS, max_size=2),
    st.lists(st.tuples(RATES, CENTS), max_size=2),
    POLICIES,
)
def test_every_figure_follows_from_the_ones_before(
    lines: list[tuple[TaxRate, int]],
    discounts: list[Discount],
    charges: list[tuple[TaxRate, int]],
    policy: Policy,
) -> None:
    nets = [(each, Money.of_minor(cents, "EUR")) for each, cents in lines]
    extra = tuple(Charge("c", Money.of_minor(cents, "EUR"), each) for each, cents in charges)
    sums = compute_sums(nets, policy, Extras(tuple(discounts), extra, eur("1.23")))
    totals = sums.totals
    assert totals.sum.minor == sum(cents for _, cents in lines)  # BR-CO-10
    assert totals.discount.minor == sum(each.minor for each in sums.discounts)  # BR-CO-11
    assert totals.charges.minor == sum(cents for _, cents in charges)  # BR-CO-12
    before = totals.sum - totals.discount + totals.charges
    assert before == (totals.gross if policy.prices_include_tax else totals.net)  # BR-CO-13
    assert totals.net.minor == sum(group.net.minor for group in sums.taxes)
    assert totals.tax.minor == sum(group.tax.minor for group in sums.taxes)  # BR-CO-14
    assert totals.gross == totals.net + totals.tax  # BR-CO-15
    due = totals.gross - totals.paid - totals.withheld + totals.rounding
    assert totals.due == due  # BR-CO-16
    for discount, amount in zip(discounts, sums.discounts, strict=True):
        assert discount.amount in {None, amount}
    if policy.cash_step is not None:
        assert totals.due.minor % 5 == 0
        assert abs(totals.rounding.minor) <= 2


@given(CENTS, PERCENTS, PERCENTS)
def test_a_printed_line_adds_up(cents: int, quantity: Decimal, percent: Decimal) -> None:
    price = Money.of_minor(cents, "EUR")
    net, discount = line_net(quantity, price, discount_percent=percent)
    gross, none = line_net(quantity, price)
    assert net + discount == gross
    assert not none.amount
    exact = Fraction(gross.amount) * Fraction(percent) / 100
    assert abs(Fraction(discount.amount) - exact) <= Fraction(1, 200)
