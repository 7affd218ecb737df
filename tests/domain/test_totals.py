"""Totals: plain sums of parts that are rounded already, and each figure explains itself."""

from decimal import Decimal
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.money import Money
from invoicing.domain.tax import TaxRate, tax_groups
from invoicing.domain.totals import Totals, compute_totals


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


@pytest.mark.parametrize("reference", list(REFERENCES.values()), ids=list(REFERENCES))
def test_reference_invoices(reference: Reference) -> None:
    currency = reference.currency
    nets = [
        Money(Decimal(price), currency).times(Decimal(quantity)).rounded()
        for quantity, price, _, _ in reference.lines
    ]
    rates = [rate(code, percent) for _, _, code, percent in reference.lines]
    groups = tax_groups(zip(rates, nets, strict=True), currency)
    totals = compute_totals(nets, groups, currency)
    assert [str(net.amount) for net in nets] == list(reference.nets)
    assert [str(group.tax.amount) for group in groups] == list(reference.taxes)
    assert [str(figure.amount) for figure in (totals.sum, totals.net)] == [reference.net] * 2
    assert str(totals.tax.amount) == reference.tax
    assert [str(figure.amount) for figure in (totals.gross, totals.due)] == [reference.gross] * 2


@given(st.lists(st.integers(-(10**9), 10**9), max_size=15))
def test_every_figure_follows_from_the_ones_before(cents: list[int]) -> None:
    nets = [Money.of_minor(each, "EUR") for each in cents]
    groups = tax_groups(((rate("S", "19"), net) for net in nets), "EUR")
    totals = compute_totals(nets, groups, "EUR")
    assert totals.sum.minor == sum(cents)
    assert totals.net == totals.sum - totals.discount
    assert totals.gross == totals.net + totals.tax
    assert totals.due == totals.gross - totals.paid


def test_an_invoice_of_nothing_is_zero_in_its_currency() -> None:
    totals = compute_totals([], [], "KWD")
    assert {str(getattr(totals, name)) for name, _ in totals.explain()} == {"0.000 KWD"}


def test_the_figures_explain_themselves_in_the_fixed_order() -> None:
    net = Money.parse("100.00 EUR")
    totals = compute_totals([net], tax_groups([(rate("S", "19"), net)], "EUR"), "EUR")
    explained = totals.explain()
    assert [name for name, _ in explained] == list(Totals.__dataclass_fields__)
    assert dict(explained)["gross"] == "100.00 EUR + 19.00 EUR"
    assert dict(explained)["due"] == "119.00 EUR - 0.00 EUR"
