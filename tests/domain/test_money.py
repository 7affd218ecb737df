"""Money: exact from text to text, rounded half away from zero, never mixed."""

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.currencies import MINOR_UNITS
from invoicing.domain.errors import MoneyError
from invoicing.domain.money import Money, number, plain, total

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
