"""Tax: one rate or none, each (category, rate) computed once, shares to the last cent."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.errors import MoneyError
from invoicing.domain.money import Money, Rounding, total
from invoicing.domain.parties import Address, Client, Entity, Exemption, TaxRounding
from invoicing.domain.tax import (
    ExchangeRate,
    TaxGroup,
    TaxPart,
    TaxRate,
    TaxRule,
    TaxTable,
    bases_left,
    joined_group,
    one_after_another,
    split_tax,
    tax_group,
    tax_in_books,
    tax_inside,
)
from tests.domain.builders import DAY, ENTITY, NORDWIND, REVERSE, STANDARD, eur

FIRST = date(2021, 1, 1)
NEW_YEAR = date(2027, 1, 1)
TWENTY = replace(STANDARD, percent=Decimal(20), label="VAT 20 %")
CHANGED = TaxTable(
    (
        TaxRule("DE", STANDARD, FIRST, NEW_YEAR - timedelta(days=1)),
        TaxRule("DE", TWENTY, NEW_YEAR),
    )
)


def rate(percent: str, code: str = "S", taxable: str = "100") -> TaxRate:
    return TaxRate(
        f"{code}-{percent}", code, Decimal(percent), f"VAT {percent} %", "", Decimal(taxable)
    )


def located(country: str = "DE", region: str = "") -> Client:
    return replace(NORDWIND, address=Address("Street", "1", "City", country, region))


def percent_for(
    table: TaxTable, day: date = DAY, *, client: Client = NORDWIND, entity: Entity = ENTITY
) -> str | None:
    found = table.rate_for(entity, client, "standard", day)
    return str(found.percent) if found else None


@pytest.mark.parametrize(
    ("day", "percent"),
    [("2021-01-01", "19"), ("2026-12-31", "19"), ("2027-01-01", "20"), ("2040-01-01", "20")],
)
def test_the_rate_is_that_of_the_day(day: str, percent: str) -> None:
    assert percent_for(CHANGED, date.fromisoformat(day)) == percent


def test_no_rate_is_no_answer_never_zero() -> None:
    assert percent_for(CHANGED, date(2020, 12, 31)) is None
    assert CHANGED.rate_for(ENTITY, NORDWIND, "reduced", NEW_YEAR) is None
    assert percent_for(CHANGED, NEW_YEAR, client=located("FR")) is None


def test_two_rates_are_no_answer() -> None:
    overlapping = TaxTable((*CHANGED.rules, TaxRule("DE", TWENTY, date(2026, 12, 31))))
    assert percent_for(overlapping, date(2026, 12, 31)) is None


PLACES = {
    "country": TaxRule("US", rate("1"), FIRST),
    "region": TaxRule("US", rate("2"), FIRST, region="NY"),
    "entity": TaxRule("US", rate("3"), FIRST, entity="brightwater"),
    "both": TaxRule("US", rate("4"), FIRST, region="NY", entity="brightwater"),
}


@pytest.mark.parametrize(
    ("rules", "region", "entity", "percent"),
    [
        ("country region", "NY", "brightwater", "2"),
        ("region country", "NY", "brightwater", "2"),
        ("country region", "TX", "brightwater", "1"),
        ("country region", "", "brightwater", "1"),
        ("region", "TX", "brightwater", None),
        ("country entity", "NY", "brightwater", "3"),
        ("country entity", "NY", "cloudbridge", "1"),
        ("country region entity", "NY", "brightwater", None),  # which of the two is not ours to say
        ("country region entity both", "NY", "brightwater", "4"),
        ("both entity region country", "NY", "brightwater", "4"),
        ("both entity region country", "TX", "brightwater", "3"),
        ("both entity region country", "NY", "cloudbridge", "2"),
        ("country country region", "NY", "brightwater", "2"),
        ("country region region", "NY", "brightwater", None),
        ("region region both", "NY", "brightwater", "4"),
    ],
)
def test_the_rule_that_names_more_wins_and_no_tie_is_decided(
    rules: str, region: str, entity: str, percent: str | None
) -> None:
    chosen = (PLACES[name] for name in rules.split())
    table = TaxTable(
        tuple(replace(one, rate=replace(one.rate, category="standard")) for one in chosen)
    )
    client, ours = located("US", region), replace(ENTITY, key=entity)
    assert percent_for(table, client=client, entity=ours) == percent


@pytest.mark.parametrize(
    ("day", "code"),
    [("2026-01-01", "S"), ("2026-02-01", "E"), ("2026-11-02", "E"), ("2026-12-31", "S")],
)
def test_an_exemption_in_force_wins_over_every_rule(day: str, code: str) -> None:
    exemption = Exemption("Exempt: charity.", "C-1", date(2026, 2, 1), date(2026, 12, 30))
    client = replace(NORDWIND, exemption=exemption)
    found = CHANGED.rate_for(ENTITY, client, "standard", date.fromisoformat(day))
    assert found is not None
    assert found.code == code
    if code == "E":
        assert (str(found.percent), found.note) == ("0", "Exempt: charity.")
        assert (found.category, found.label) == ("standard", "Exempt, certificate C-1")


def test_an_exemption_needs_no_certificate() -> None:
    client = replace(NORDWIND, exemption=Exemption("By law.", "", FIRST))
    found = TaxTable(()).rate_for(ENTITY, client, "any", DAY)
    assert found == TaxRate("any", "E", Decimal(0), "Exempt", "By law.")


def test_rates_without_an_end_follow_one_another() -> None:
    other = TaxRule("DE", rate("7"), FIRST)
    ended = TaxRule("DE", TWENTY, FIRST, date(2022, 1, 1))
    rules = (TaxRule("DE", TWENTY, NEW_YEAR), TaxRule("DE", STANDARD, FIRST), other, ended)
    assert one_after_another(rules) == (
        rules[0],
        TaxRule("DE", STANDARD, FIRST, date(2026, 12, 31)),
        other,
        ended,
    )


def known(rate_: str, valid_from: str, *, base: str = "EUR", currency: str = "USD") -> ExchangeRate:
    return ExchangeRate(base, currency, Decimal(rate_), date.fromisoformat(valid_from), "ECB")


def test_the_exchange_rate_is_the_newest_known_on_the_day() -> None:
    rates = (
        known("1.20", "2026-10-01"),
        known("1.25", "2026-11-01"),
        known("1.30", "2026-12-01"),
        known("0.93", "2026-11-02", currency="CHF"),
        known("1.50", "2026-11-02", base="CHF"),
    )
    table = TaxTable((), rates)
    assert table.exchange_rate("EUR", "USD", DAY) == rates[1]
    assert table.exchange_rate("EUR", "USD", date(2026, 12, 1)) == rates[2]
    assert table.exchange_rate("EUR", "USD", date(2026, 9, 30)) is None
    assert table.exchange_rate("USD", "EUR", DAY) is None


def test_two_exchange_rates_of_one_day_must_agree() -> None:
    twice = (known("1.25", "2026-11-01"), known("1.250", "2026-11-01"))
    assert TaxTable((), twice).exchange_rate("EUR", "USD", DAY) == twice[0]
    contradicting = (*twice, known("1.26", "2026-11-01"))
    assert TaxTable((), contradicting).exchange_rate("EUR", "USD", DAY) is None


def test_the_books_get_the_rounded_tax_converted_once() -> None:
    tax = Money.parse("100.00 USD")
    books = tax_in_books(tax, known("1.25", "2026-11-01"))
    assert (str(books.amount), books.rate.source) == ("80.00 EUR", "ECB")
    assert books.explanation == (
        "100.00 USD / 1.25 (USD for one EUR, ECB, 2026-11-01), rounded once, half away from zero"
    )
    reverse = tax_in_books(tax, known("0.80001", "2026-11-01", base="USD", currency="EUR"))
    assert str(reverse.amount) == "80.00 EUR"
    assert reverse.explanation.startswith("100.00 USD x 0.80001 (EUR for one USD")
    yen = tax_in_books(tax, known("0.009", "2026-11-01", base="JPY"), Rounding.DOWN)
    assert str(yen.amount) == "11111 JPY"


@pytest.mark.parametrize(
    ("rate_", "message"),
    [
        (known("0", "2026-11-01"), "an exchange rate of 0"),
        (known("-1", "2026-11-01"), "an exchange rate of -1"),
        (known("1.1", "2026-11-01", currency="CHF"), "EUR in CHF says nothing about 1.00 USD"),
    ],
)
def test_a_rate_that_cannot_be_used_is_refused(rate_: ExchangeRate, message: str) -> None:
    with pytest.raises(MoneyError, match=message):
        tax_in_books(Money.parse("1.00 USD"), rate_)


def taxed(net: str, rate_: TaxRate, currency: str = "EUR") -> str:
    return str(tax_group(rate_, [Money(Decimal(net), currency)], currency).tax.amount)


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
    assert taxed(net, rate(percent)) == tax


def test_yen_and_dinars() -> None:
    assert taxed("44207", rate("10"), "JPY") == "4421"
    assert taxed("12.345", rate("5"), "KWD") == "0.617"


def test_only_the_taxable_share_is_taxed() -> None:
    group = tax_group(rate("8.25", taxable="80"), [eur("500.00")], "EUR")
    assert (group.net, group.tax) == (eur("500.00"), eur("33.00"))
    assert group.explanation.startswith("8.25 % of 80 % of 500.00 EUR")


@pytest.mark.parametrize(
    ("rounding", "tax"),
    [
        (Rounding.HALF_UP, "365.13"),
        (Rounding.HALF_EVEN, "365.12"),
        (Rounding.HALF_DOWN, "365.12"),
        (Rounding.UP, "365.13"),
        (Rounding.DOWN, "365.12"),
        (Rounding.CEILING, "365.13"),
        (Rounding.FLOOR, "365.12"),
    ],
)
def test_the_rounding_is_configuration(rounding: Rounding, tax: str) -> None:
    group = tax_group(rate("25"), [eur("1460.50")], "EUR", rounding=rounding)
    assert group.tax == eur(tax)


FIVE = [eur("1.03")] * 5


@pytest.mark.parametrize(
    ("tax_rounding", "inclusive", "net", "tax"),
    [
        (TaxRounding.PER_GROUP, False, "5.15", "0.98"),
        (TaxRounding.PER_LINE, False, "5.15", "1.00"),
        (TaxRounding.PER_GROUP, True, "4.33", "0.82"),
        (TaxRounding.PER_LINE, True, "4.35", "0.80"),
    ],
)
def test_tax_is_rounded_once_unless_the_seller_may_choose(
    tax_rounding: TaxRounding, *, inclusive: bool, net: str, tax: str
) -> None:
    group = tax_group(
        rate("19"), FIVE, "EUR", tax_rounding=tax_rounding, prices_include_tax=inclusive
    )
    assert (group.net, group.tax) == (eur(net), eur(tax))


def test_tax_says_how_it_was_computed() -> None:
    ten = tax_group(replace(STANDARD, percent=Decimal("1E+1")), [eur("5.15")], "EUR")
    assert ten.explanation.startswith("10 % of 5.15 EUR")
    group = tax_group(STANDARD, FIVE, "EUR")
    assert group.explanation == "19 % of 5.15 EUR, rounded once for VAT 19 %, half away from zero"
    lines = tax_group(STANDARD, FIVE, "EUR", tax_rounding=TaxRounding.PER_LINE)
    assert "rounded line by line for" in lines.explanation
    inside = tax_group(STANDARD, FIVE, "EUR", prices_include_tax=True, rounding=Rounding.DOWN)
    assert inside.explanation == (
        "19 % of 4.32 EUR, taken out of prices that include it, rounded once for VAT 19 %,"
        " towards zero"
    )


def test_what_is_taxed_together_has_code_rate_and_sentence_in_common() -> None:
    assert replace(STANDARD, category="hosting", label="other").group == STANDARD.group
    assert replace(STANDARD, percent=Decimal("19.00")).group == STANDARD.group
    assert replace(REVERSE, note="Intra-community supply.").group != REVERSE.group
    assert replace(STANDARD, taxable_percent=Decimal(80)).group == STANDARD.group
    assert replace(STANDARD, code="Z").group != STANDARD.group


PART = rate("8.25", "TAX", taxable="80")
FULL = rate("8.25", "TAX")


def joined(part: str, full: str, **how: Any) -> TaxGroup:
    """Tax an amount of which 80 % are taxed together with one that is taxed in full."""
    return joined_group([(PART, [eur(part)]), (FULL, [eur(full)])], "EUR", **how)


@pytest.mark.parametrize(
    ("part", "full", "tax"),
    [
        ("0.10", "0.10", "0.01"),  # 0.01485; one by one 0.0066 and 0.00825 would be 0.02
        ("100.00", "0.05", "6.60"),  # 6.604125
        ("100.00", "33.33", "9.35"),
        ("-100.00", "33.33", "-3.85"),
    ],
)
def test_two_taxable_shares_are_one_tax_rounded_once(part: str, full: str, tax: str) -> None:
    group = joined(part, full)
    assert (group.net, group.tax) == (eur(part) + eur(full), eur(tax))
    assert group.bases == ((PART, eur(part)), (FULL, eur(full)))
    assert group.amounts(inside=False) == group.bases


def test_two_taxable_shares_can_be_inside_the_prices() -> None:
    group = joined("106.60", "108.25", prices_include_tax=True)
    assert (group.net, group.tax) == (eur("200.00"), eur("14.85"))
    thirds = joined_group(  # 1/3 and 1/6 of a price of 0.01 are exactly half a cent
        [(rate("200"), [eur("0.01")]), (rate("1000", taxable="50"), [eur("0.01")])],
        "EUR",
        prices_include_tax=True,
    )
    assert (thirds.net, thirds.tax) == (eur("0.01"), eur("0.01"))


def test_line_by_line_each_line_has_its_taxable_share() -> None:
    lines = TaxRounding.PER_LINE
    assert joined("0.10", "0.10", tax_rounding=lines).tax == eur("0.02")
    inside = joined("106.63", "108.28", tax_rounding=lines, prices_include_tax=True)
    assert (inside.net, inside.tax) == (eur("200.06"), eur("14.85"))


def test_a_joined_group_says_which_part_is_taxed() -> None:
    assert joined("100.00", "33.33").explanation == (
        "8.25 % of 80 % of 100.00 EUR and of 33.33 EUR, rounded once for VAT 8.25 %,"
        " half away from zero"
    )
    assert joined("100.00", "33.33", prices_include_tax=True).explanation.startswith(
        "8.25 % of 80 % of the net in 100.00 EUR and of the net in 33.33 EUR, taken out of prices"
    )


def test_a_group_of_one_rate_is_its_own_base() -> None:
    group = tax_group(STANDARD, FIVE, "EUR")
    assert group.bases == ()
    assert group.amounts(inside=False) == ((STANDARD, eur("5.15")),)
    assert group.amounts(inside=True) == ((STANDARD, eur("6.13")),)


def test_what_was_charged_already_leaves_the_rest_of_each_base() -> None:
    whole, one = joined("100.00", "50.00"), tax_group(STANDARD, FIVE, "EUR")
    assert bases_left(one, one, inside=False) == ()
    charged = tax_group(PART, [eur("30.00")], "EUR")
    assert bases_left(whole, charged, inside=False) == ((PART, eur("70.00")), (FULL, eur("50.00")))
    assert bases_left(charged, whole, inside=False) == (
        (PART, eur("-70.00")),
        (FULL, eur("-50.00")),
    )


def test_a_part_of_a_group_has_tax_as_the_group_has() -> None:
    assert tax_inside(tax_group(STANDARD, FIVE, "EUR"), eur("1.19")).tax == eur("0.19")
    parts = (TaxPart("state", Decimal(6)), TaxPart("city", Decimal("2.25")))
    group = joined("100.00", "100.00")  # 14.85 of tax
    part = tax_inside(group, eur("21.49"))
    assert (part.net, part.tax, part.shares) == (eur("20.00"), eur("1.49"), ())
    assert part.explanation.startswith("as in 214.85 EUR, which are 200.00 EUR and 14.85 EUR tax")
    shared = tax_inside(replace(group, rate=replace(PART, parts=parts)), eur("21.49"))
    assert [str(share) for _, share in shared.shares] == ["1.08 EUR", "0.41 EUR"]
    assert tax_inside(joined("1.00", "-1.00"), eur("0.00")).net == eur("0.00")


NEW_YORK = replace(
    rate("8.875", "TAX"),
    parts=(
        TaxPart("state", Decimal(4)),
        TaxPart("city", Decimal("4.5")),
        TaxPart("district", Decimal("0.375")),
    ),
)


def test_a_combined_rate_is_rounded_once_and_then_shared_out() -> None:
    group = tax_group(NEW_YORK, [Money.parse("101.37 USD")], "USD")
    shown = [(name, str(amount.amount)) for name, amount in group.shares]
    assert shown == [("state", "4.06"), ("city", "4.56"), ("district", "0.38")]
    assert group.tax == Money.parse("9.00 USD")


def test_a_rate_of_one_authority_has_no_shares() -> None:
    assert tax_group(STANDARD, FIVE, "EUR").shares == ()
    assert split_tax(eur("1.00"), ()) == ()


def test_authorities_that_tax_nothing_share_nothing() -> None:
    free = (TaxPart("state", Decimal(0)), TaxPart("city", Decimal(0)))
    assert split_tax(eur("0.00"), free) == (eur("0.00"), eur("0.00"))


CENTS = st.integers(-(10**9), 10**9)
PERCENTS = st.decimals("0.001", "60", places=3)


@given(CENTS, st.lists(PERCENTS, min_size=1, max_size=5))
def test_shares_add_up_to_the_tax(cents: int, percents: Sequence[Decimal]) -> None:
    tax = Money.of_minor(cents, "USD")
    parts = tuple(TaxPart(str(index), each) for index, each in enumerate(percents))
    shares = split_tax(tax, parts)
    assert total(shares, "USD") == tax
    for share, part in zip(shares, parts, strict=True):
        exact = Fraction(cents) * Fraction(part.percent) / sum(map(Fraction, percents))
        assert abs(share.minor - exact) < 1


@given(CENTS, CENTS, PERCENTS, PERCENTS, st.booleans())
def test_joined_tax_is_within_half_a_cent_of_the_exact_one(
    one: int, other: int, percent: Decimal, taxable: Decimal, inclusive: bool
) -> None:
    share = Fraction(percent) / 100
    factors = [share * Fraction(taxable) / 100, share]
    rates = [rate(str(percent), taxable=str(taxable)), rate(str(percent))]
    amounts = [
        (each, [Money.of_minor(cents, "EUR")])
        for each, cents in zip(rates, (one, other), strict=True)
    ]
    group = joined_group(amounts, "EUR", prices_include_tax=inclusive)
    exact = sum(
        (
            cents - cents / (1 + factor) if inclusive else cents * factor
            for cents, factor in zip((one, other), factors, strict=True)
        ),
        Fraction(0),
    )
    assert abs(group.tax.minor - exact) <= Fraction(1, 2)
    assert (group.net + group.tax if inclusive else group.net).minor == one + other


@given(st.lists(CENTS, min_size=1, max_size=20), PERCENTS, st.booleans())
def test_tax_is_within_half_a_cent_of_the_exact_one(
    amounts: list[int], percent: Decimal, inclusive: bool
) -> None:
    parts = [Money.of_minor(cents, "EUR") for cents in amounts]
    group = tax_group(rate(str(percent)), parts, "EUR", prices_include_tax=inclusive)
    whole, share = Fraction(sum(amounts)), Fraction(percent) / 100
    exact = whole - whole / (1 + share) if inclusive else whole * share
    assert abs(group.tax.minor - exact) <= Fraction(1, 2)
    assert group.net.minor == (sum(amounts) - group.tax.minor if inclusive else sum(amounts))
