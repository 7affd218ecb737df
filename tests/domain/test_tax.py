"""Tax: one rate or none, and each (category, rate) computed once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.money import Money, total
from invoicing.domain.tax import TaxRate, TaxRule, TaxTable, tax_groups
from tests.domain.builders import REDUCED, REVERSE, STANDARD, eur

NEW_YEAR = date(2027, 1, 1)
TWENTY = replace(STANDARD, percent=Decimal(20), label="VAT 20 %")
CHANGED = TaxTable(
    (
        TaxRule("DE", STANDARD, date(2021, 1, 1), NEW_YEAR - timedelta(days=1)),
        TaxRule("DE", TWENTY, NEW_YEAR),
    )
)


def rate(percent: str, code: str = "S") -> TaxRate:
    return TaxRate(f"{code}-{percent}", code, Decimal(percent), f"VAT {percent} %")


def computed(lines: Sequence[tuple[TaxRate, str]], currency: str = "EUR") -> list[tuple[str, str]]:
    groups = tax_groups(((each, Money(Decimal(net), currency)) for each, net in lines), currency)
    return [(str(group.net), str(group.tax)) for group in groups]


@pytest.mark.parametrize(
    ("day", "percent"),
    [("2021-01-01", "19"), ("2026-12-31", "19"), ("2027-01-01", "20"), ("2040-01-01", "20")],
)
def test_the_rate_is_that_of_the_day(day: str, percent: str) -> None:
    found = CHANGED.rate_for("DE", "standard", date.fromisoformat(day))
    assert found is not None
    assert found.percent == Decimal(percent)


def test_no_rate_is_no_answer_never_zero() -> None:
    assert CHANGED.rate_for("DE", "standard", date(2020, 12, 31)) is None
    assert CHANGED.rate_for("DE", "reduced", NEW_YEAR) is None
    assert CHANGED.rate_for("FR", "standard", NEW_YEAR) is None


def test_two_rates_are_no_answer() -> None:
    overlapping = TaxTable((*CHANGED.rules, TaxRule("DE", TWENTY, date(2026, 12, 31))))
    assert overlapping.rate_for("DE", "standard", date(2026, 12, 31)) is None


@pytest.mark.parametrize(
    ("net", "percent", "tax"),
    [
        ("5968.63", "19", "1134.04"),
        ("1460.50", "25", "365.13"),  # exactly half a cent: 365.125
        ("-625743.54", "25", "-156435.89"),  # and below zero: -156435.885
        ("20.06", "20", "4.01"),
        ("123.41", "8.1", "10.00"),
        ("101.37", "8.875", "9.00"),
        ("1234.56", "21", "259.26"),
        ("899.55", "19", "170.91"),
        ("1234.50", "20", "246.90"),
        ("0.00", "19", "0.00"),
    ],
)
def test_tax_is_rounded_half_away_from_zero(net: str, percent: str, tax: str) -> None:
    assert computed([(rate(percent), net)]) == [(f"{net} EUR", f"{tax} EUR")]


def test_tax_is_never_rounded_line_by_line() -> None:
    # Five times 0.20 would be 1.00.
    assert computed([(rate("19"), "1.03")] * 5) == [("5.15 EUR", "0.98 EUR")]


def test_each_rate_is_a_group_in_the_order_of_the_lines() -> None:
    lines = [
        (rate("19"), "1230.00"),
        (rate("7"), "99.99"),
        (rate("0", "E"), "250.00"),
        (rate("19"), "82.50"),
    ]
    assert computed(lines) == [
        ("1312.50 EUR", "249.38 EUR"),
        ("99.99 EUR", "7.00 EUR"),
        ("250.00 EUR", "0.00 EUR"),
    ]


def test_yen_and_dinars() -> None:
    yen = [(rate("10"), "43208"), (rate("10"), "999"), (rate("8"), "210")]
    assert computed(yen, "JPY") == [("44207 JPY", "4421 JPY"), ("210 JPY", "17 JPY")]
    assert computed([(rate("5"), "12.345")], "KWD") == [("12.345 KWD", "0.617 KWD")]


def test_two_of_our_categories_at_the_same_rate_are_taxed_together() -> None:
    hosting = replace(STANDARD, category="hosting", label="VAT on hosting")
    assert computed([(STANDARD, "1.03"), (hosting, "1.03")]) == [("2.06 EUR", "0.39 EUR")]


def test_the_same_percent_under_another_code_is_another_group() -> None:
    assert len(computed([(rate("0", "E"), "1.00"), (rate("0", "AE"), "1.00")])) == 2


def test_no_sentence_is_lost_when_two_categories_share_a_rate() -> None:
    other = replace(REVERSE, category="goods", note="Intra-community supply.")
    groups = tax_groups([(REVERSE, eur("1.00")), (other, eur("1.00"))], "EUR")
    assert [group.rate.note for group in groups] == [REVERSE.note, other.note]


def test_tax_says_how_it_was_computed() -> None:
    (ten,) = tax_groups([(replace(STANDARD, percent=Decimal("1E+1")), eur("5.15"))], "EUR")
    assert ten.explanation.startswith("10 % of 5.15 EUR")
    (group,) = tax_groups([(STANDARD, eur("5.15"))], "EUR")
    assert group.explanation == ("19 % of 5.15 EUR, rounded once for VAT 19 %, half away from zero")


CENTS = st.integers(-(10**9), 10**9)
RATES = st.sampled_from([STANDARD, REDUCED, REVERSE, rate("8.875"), rate("20")])


@given(st.lists(st.tuples(RATES, CENTS), min_size=1, max_size=20))
def test_groups_hold_every_line_once_and_tax_is_within_half_a_cent(
    lines: list[tuple[TaxRate, int]],
) -> None:
    nets = [(each, Money.of_minor(cents, "EUR")) for each, cents in lines]
    groups = tax_groups(nets, "EUR")
    assert total((group.net for group in groups), "EUR") == total((net for _, net in nets), "EUR")
    assert len(groups) == len({(each.code, each.percent) for each, _ in lines})
    for group in groups:
        exact = Fraction(group.net.amount) * Fraction(group.rate.percent) / 100
        assert abs(Fraction(group.tax.amount) - exact) <= Fraction(1, 200)
