"""Money: exact from text to text, rounded half away from zero, never mixed."""

import pickle
from dataclasses import FrozenInstanceError, replace
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.currencies import MINOR_UNITS
from invoicing.domain.errors import MoneyError
from invoicing.domain.money import (
    Money,
    Rounding,
    number,
    percent_of,
    plain,
    ratio,
    share_out,
    split_by_weight,
    total,
)

CURRENCIES = st.sampled_from(sorted(MINOR_UNITS))
MINOR = st.integers(-(10**17), 10**17)
AMOUNTS = st.decimals(-(10**12), 10**12, allow_nan=False, allow_infinity=False, places=7)


def eur(text: str) -> Money:
    return Money(Decimal(text), "EUR")


@given(AMOUNTS, CURRENCIES)
def test_text_is_read_and_written_without_loss(amount: Decimal, currency: str) -> None:
    money = Money(amount, currency)
    assert Money.parse(str(money)) == money
    assert str(Money.parse(str(money))) == str(money)


@given(AMOUNTS)
def test_a_number_is_read_and_written_without_loss(amount: Decimal) -> None:
    assert plain(number(plain(amount))) == plain(amount)


def test_a_number_is_written_without_exponent() -> None:
    assert plain(Decimal("1E+3")) == "1000"
    assert plain(Decimal("1E-7")) == "0.0000001"


@pytest.mark.parametrize(
    "text",
    [
        *["", " 1", "1 ", "1,50", "1e3", "NaN", "Infinity", "-", "+1", "1.", ".5", "1_000", "0x1f"],
        *["١٢", "1\n", "--1", "1" * 31, "0." + "1" * 21],
    ],
)
def test_anything_but_a_plain_number_is_refused(text: str) -> None:
    with pytest.raises(MoneyError, match="not a plain decimal number"):
        number(text)


@pytest.mark.parametrize(
    "text",
    [
        *["", "2400.00", "EUR 2400.00", "2400.00EUR", "2400.00  EUR", "2400,00 EUR", "2400.00 eur"],
        *["2400.00 EUR\n", "1e3 EUR", "NaN EUR", "2,400.00 EUR", "\uff12 EUR"],
    ],
)
def test_anything_but_amount_and_currency_is_refused(text: str) -> None:
    with pytest.raises(MoneyError, match=r"write it like 2400\.00 EUR"):
        Money.parse(text)


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(MoneyError, match="'XAU' is not an ISO 4217 currency"):
        Money.parse("1.00 XAU")


def test_floats_and_non_numbers_are_refused() -> None:
    with pytest.raises(MoneyError, match="needs a Decimal, got float"):
        Money(0.1, "EUR")  # type: ignore[arg-type]
    with pytest.raises(MoneyError, match="not an amount"):
        Money(Decimal("NaN"), "EUR")
    with pytest.raises(MoneyError, match="not an amount"):
        Money(Decimal("-Infinity"), "EUR")


@pytest.mark.parametrize(
    "largest", ["9999999999999999.99 EUR", "999999999999999999 JPY", "-999999999999999.999 KWD"]
)
def test_the_largest_amount_fits_a_64_bit_integer(largest: str) -> None:
    money = Money.parse(largest)
    assert abs(money.minor) == 10**18 - 1
    with pytest.raises(MoneyError, match="more money than"):
        money.times(Decimal("1.1"))


@pytest.mark.parametrize("zero", ["0 EUR", "0.00 EUR", "-0.00 EUR", "0.0000000000 EUR"])
def test_zero_is_an_amount_however_it_is_written(zero: str) -> None:
    assert Money.parse(zero) == Money.zero("EUR")


def test_zero_has_the_digits_of_its_currency() -> None:
    assert str(Money.zero("EUR")) == "0.00 EUR"
    assert str(Money.zero("JPY")) == "0 JPY"
    assert str(Money.zero("KWD")) == "0.000 KWD"


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [
        ("365.125 EUR", "365.13 EUR"),
        ("-156435.885 EUR", "-156435.89 EUR"),
        ("0.005 EUR", "0.01 EUR"),
        ("-0.005 EUR", "-0.01 EUR"),
        ("0.0049999999 EUR", "0.00 EUR"),
        ("-0.0049999999 EUR", "0.00 EUR"),
        ("2.675 EUR", "2.68 EUR"),
        ("43207.5 JPY", "43208 JPY"),
        ("-0.5 JPY", "-1 JPY"),
        ("1.2345 KWD", "1.235 KWD"),
        ("7 EUR", "7.00 EUR"),
    ],
)
def test_rounding_is_half_away_from_zero_on_the_minor_unit(exact: str, rounded: str) -> None:
    assert str(Money.parse(exact).rounded()) == rounded


@given(AMOUNTS, CURRENCIES)
def test_rounding_is_the_same_below_zero_and_never_off_by_more_than_half_a_unit(
    amount: Decimal, currency: str
) -> None:
    money = Money(amount, currency)
    assert (-money).rounded() == -money.rounded()
    error = abs(Fraction(money.rounded().amount) - Fraction(amount))
    assert error <= Fraction(money.minor_unit) / 2
    assert money.rounded().rounded() == money.rounded()


@given(MINOR, CURRENCIES)
def test_minor_units_there_and_back(minor: int, currency: str) -> None:
    money = Money.of_minor(minor, currency)
    assert money.minor == minor
    assert isinstance(money.minor, int)


def test_an_amount_finer_than_a_cent_has_no_minor_units() -> None:
    with pytest.raises(MoneyError, match=r"0\.005 EUR is finer than the minor unit 0\.01"):
        _ = eur("0.005").minor


@given(st.lists(MINOR, max_size=30), CURRENCIES)
def test_a_sum_never_loses_a_cent(parts: list[int], currency: str) -> None:
    parts = [part // 30 for part in parts]
    assert total((Money.of_minor(part, currency) for part in parts), currency).minor == sum(parts)


@given(AMOUNTS, AMOUNTS)
def test_difference_undoes_the_sum(one: Decimal, other: Decimal) -> None:
    assert Money(one, "EUR") + Money(other, "EUR") - Money(other, "EUR") == Money(one, "EUR")


@given(AMOUNTS, st.decimals(-100, 100, places=20, allow_nan=False))
def test_a_product_is_exact_until_it_is_rounded(amount: Decimal, factor: Decimal) -> None:
    product = Money(amount, "EUR").times(factor)
    assert Fraction(product.amount) == Fraction(amount) * Fraction(factor)


def test_a_long_product_is_rounded_once_only() -> None:
    # 28 digits, Python's default, would make 0.005 of it first, and that one cent.
    almost = eur("0.1").times(number("0.04999999999999999999"))
    almost = almost.times(number("0.99999999999999999999"))
    assert str(almost.rounded()) == "0.00 EUR"


def test_nobody_else_in_the_process_can_change_how_we_compute() -> None:
    with localcontext(prec=3, rounding="ROUND_DOWN"):
        assert str(eur("1234567.885").rounded()) == "1234567.89 EUR"
        assert str(eur("1234567.88") + eur("0.01")) == "1234567.89 EUR"
        assert str(eur("1234567.88") - eur("0.01")) == "1234567.87 EUR"
        assert str(-eur("1234567.88")) == "-1234567.88 EUR"
        assert eur("1234567.88").minor == 123456788
        assert str(Money.of_minor(123456788, "EUR")) == "1234567.88 EUR"
        assert str(eur("1234.56").times(Decimal("1.11"))) == "1370.3616 EUR"


def test_comparison_is_by_value_and_within_one_currency() -> None:
    assert eur("1.0") == eur("1.00")
    assert hash(eur("1.0")) == hash(eur("1.00"))
    assert eur("1") < eur("2") <= eur("2.00")
    assert eur("2") > eur("1") >= eur("1.00")
    assert not eur("1") < eur("1.00")
    assert not eur("1") > eur("1.00")
    assert Money.zero("EUR") != Money.zero("USD")


@pytest.mark.parametrize("operator", ["__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"])
def test_two_currencies_never_mix(operator: str) -> None:
    with pytest.raises(MoneyError, match=r"1\.00 EUR and 0\.00 USD are of two currencies"):
        getattr(eur("1.00"), operator)(Money.zero("USD"))


def test_nothing_to_add_is_zero_of_the_currency() -> None:
    assert str(total([], "KWD")) == "0.000 KWD"
    assert str(total([eur("1.5"), eur("-0.25")], "EUR")) == "1.25 EUR"


def test_a_total_is_of_one_currency() -> None:
    with pytest.raises(MoneyError, match=r"0\.00 EUR and 1\.00 USD are of two currencies"):
        total([Money.parse("1.00 USD")], "EUR")


def test_zero_of_an_unknown_currency_is_refused() -> None:
    with pytest.raises(MoneyError, match="'XAU' is not an ISO 4217 currency"):
        Money.zero("XAU")


def test_money_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        eur("1.00").amount = Decimal(2)  # type: ignore[misc]
    assert replace(eur("1.00"), currency="USD") == Money.parse("1.00 USD")
    assert pickle.loads(pickle.dumps(eur("1.00"))) == eur("1.00")  # noqa: S301 (our own bytes)


@pytest.mark.parametrize(
    ("rounding", "rounded"),
    [
        (Rounding.HALF_UP, ["0.01", "-0.01", "0.02", "-0.02", "0.01", "-0.01"]),
        (Rounding.HALF_EVEN, ["0.00", "0.00", "0.02", "-0.02", "0.01", "-0.01"]),
        (Rounding.HALF_DOWN, ["0.00", "0.00", "0.01", "-0.01", "0.01", "-0.01"]),
        (Rounding.UP, ["0.01", "-0.01", "0.02", "-0.02", "0.02", "-0.02"]),
        (Rounding.DOWN, ["0.00", "0.00", "0.01", "-0.01", "0.01", "-0.01"]),
        (Rounding.CEILING, ["0.01", "0.00", "0.02", "-0.01", "0.02", "-0.01"]),
        (Rounding.FLOOR, ["0.00", "-0.01", "0.01", "-0.02", "0.01", "-0.02"]),
    ],
)
def test_every_named_rounding(rounding: Rounding, rounded: list[str]) -> None:
    exact = ["0.005", "-0.005", "0.015", "-0.015", "0.0149", "-0.0149"]
    assert [plain(eur(text).rounded(rounding).amount) for text in exact] == rounded


@given(AMOUNTS, CURRENCIES, st.sampled_from(Rounding))
def test_no_rounding_moves_an_amount_by_a_whole_unit(
    amount: Decimal, currency: str, rounding: Rounding
) -> None:
    money = Money(amount, currency)
    rounded = money.rounded(rounding)
    assert abs(Fraction(rounded.amount) - Fraction(amount)) < Fraction(money.minor_unit)
    assert rounded.rounded(rounding) == rounded
    assert str(rounded) == str(Money.of_minor(rounded.minor, currency))


def half_away(exact: Fraction) -> int:
    away = int(abs(exact) + Fraction(1, 2))
    return -away if exact < 0 else away


FACTORS = st.decimals(-1000, 1000, places=6, allow_nan=False)


@given(AMOUNTS.map(lambda amount: amount / 1000), CURRENCIES, FACTORS, FACTORS.filter(bool))
def test_a_ratio_is_the_exact_quotient_rounded_once(
    amount: Decimal, currency: str, numerator: Decimal, denominator: Decimal
) -> None:
    money = Money(amount.quantize(Decimal("1e-7")), currency)
    exact = Fraction(money.amount) * Fraction(numerator) / Fraction(denominator)
    units = half_away(exact / Fraction(money.minor_unit))
    if abs(units) < 10**18:
        assert ratio(money, numerator, denominator).minor == units


def test_a_ratio_knows_a_tie_from_what_is_almost_one() -> None:
    assert str(ratio(eur("0.015"), Decimal(1), Decimal(3))) == "0.01 EUR"
    assert str(ratio(eur("0.01"), Decimal(10), Decimal(20), Rounding.HALF_EVEN)) == "0.00 EUR"
    # One part in ten to the 60th above the tie: 28 digits would not see it.
    above = Decimal(10**60 + 1)
    assert str(ratio(eur("0.01"), above, Decimal(2 * 10**60), Rounding.HALF_DOWN)) == "0.01 EUR"
    assert str(ratio(eur("1"), Decimal(2), Decimal(3), Rounding.FLOOR)) == "0.66 EUR"
    assert str(percent_of(eur("147.65"), Decimal("33.33"))) == "49.21 EUR"


def test_nothing_is_divided_by_zero() -> None:
    with pytest.raises(MoneyError, match=r"1\.00 EUR cannot be divided by zero"):
        ratio(eur("1.00"), Decimal(1), Decimal(0))


WEIGHTS = st.lists(st.decimals(0, 10**6, places=3), min_size=1, max_size=12).filter(any)


@given(MINOR, CURRENCIES, WEIGHTS)
def test_shares_add_up_to_the_whole(minor: int, currency: str, weights: list[Decimal]) -> None:
    whole = Money.of_minor(minor, currency)
    shares = split_by_weight(whole, weights)
    assert total(shares, currency) == whole
    for share, weight in zip(shares, weights, strict=True):
        exact = Fraction(minor) * Fraction(weight) / Fraction(sum(weights))
        assert abs(share.minor - exact) < 1
        assert bool(weight) or not share.minor


@pytest.mark.parametrize(
    ("whole", "weights", "shares"),
    [
        ("100.00 EUR", "1 1 1", "33.34 33.33 33.33"),
        ("-100.00 EUR", "1 1 1", "-33.34 -33.33 -33.33"),
        ("0.02 EUR", "1 1 1", "0.01 0.01 0.00"),
        ("10.00 EUR", "100.00 200.01 0", "3.33 6.67 0.00"),
        ("100 JPY", "0.5 0.5 0.5", "34 33 33"),
        ("0.05 EUR", "0.7 0.3 0", "0.04 0.01 0.00"),
        ("0.00 EUR", "1 2", "0.00 0.00"),
        ("0.00 EUR", "0 0", "0.00 0.00"),
        ("0.00 EUR", "1 -1", "0.00 0.00"),
        ("0.000 KWD", "0", "0.000"),
        ("10.00 EUR", "-100 -20 0", "8.33 1.67 0.00"),
        ("-10.00 EUR", "-100 -20", "-8.33 -1.67"),
    ],
)
def test_left_over_cents_go_to_the_largest_remainder(whole: str, weights: str, shares: str) -> None:
    found = split_by_weight(Money.parse(whole), [Decimal(each) for each in weights.split()])
    assert " ".join(plain(share.amount) for share in found) == shares


@pytest.mark.parametrize(
    ("weights", "told"),
    [("", "these are none"), ("0 0", "these are 0, 0"), ("1 -1 2", "these are 1, -1, 2")],
)
def test_nonsensical_weights_are_refused(weights: str, told: str) -> None:
    with pytest.raises(MoneyError, match=f"not all be zero; {told}"):
        split_by_weight(eur("1.00"), [Decimal(each) for each in weights.split()])


@pytest.mark.parametrize(
    ("parts", "shares"),
    [
        ("100.00 -20.00 50.00", "6.67 0.00 3.33"),
        ("-20.00 5.00", "0.00 10.00"),
        ("-100.00 -20.00", "8.33 1.67"),
    ],
)
def test_what_is_shared_out_goes_to_the_sales_and_not_to_the_rebates(
    parts: str, shares: str
) -> None:
    found = share_out(eur("10.00"), [eur(part) for part in parts.split()])
    assert " ".join(plain(share.amount) for share in found) == shares


def test_nothing_can_be_shared_out_over_nothing_but_nothing() -> None:
    assert share_out(eur("0.00"), []) == []
    assert share_out(eur("0.00"), [eur("0.00")]) == [eur("0.00")]
    with pytest.raises(MoneyError, match="not all be zero"):
        share_out(eur("0.01"), [eur("0.00")])


@given(MINOR, st.decimals("-99", "99", places=4), st.sampled_from(Rounding))
def test_a_product_is_rounded_once(minor: int, factor: Decimal, rounding: Rounding) -> None:
    money = Money.of_minor(minor % 10**9, "EUR")
    found = money.product(factor, rounding)
    assert found == money.times(factor).rounded(rounding)
    assert str(found) == str(money.times(factor).rounded(rounding))


def test_what_is_finer_than_a_cent_has_no_shares() -> None:
    with pytest.raises(MoneyError, match=r"0\.005 EUR is finer than the minor unit"):
        split_by_weight(eur("0.005"), [Decimal(1)])
