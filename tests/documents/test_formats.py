"""Figures and days in the client's language, exact to the last digit."""

import pytest
from babel import Locale

from invoicing.documents.formats import Formats, added, direction, grouped
from invoicing.domain.errors import MoneyError

NBSP = "\N{NO-BREAK SPACE}"
DASH = "\N{EN DASH}"


@pytest.mark.parametrize(
    ("language", "amount", "currency", "expected"),
    [
        ("en", "1234.50", "USD", f"USD{NBSP}1,234.50"),
        ("de", "1234.50", "EUR", f"1.234,50{NBSP}EUR"),
        ("de", "-0.05", "EUR", f"-0,05{NBSP}EUR"),
        ("en", "43208", "JPY", f"JPY{NBSP}43,208"),
        ("en", "1.2", "KWD", f"KWD{NBSP}1.200"),
        ("en", "1.50", "ISK", ""),
        ("en", "1500.00", "UGX", f"UGX{NBSP}1,500"),
        ("en", "9007199254740993.01", "EUR", f"EUR{NBSP}9,007,199,254,740,993.01"),
        ("hi", "1234567.00", "INR", f"INR{NBSP}12,34,567.00"),
        ("en", "0.001", "EUR", ""),
    ],
)
def test_money_has_the_digits_of_its_currency(
    language: str, amount: str, currency: str, expected: str
) -> None:
    formats, money = Formats(Locale(language)), {"amount": amount, "currency": currency}
    if expected:
        assert formats.money(money) == expected
    else:
        with pytest.raises(MoneyError):
            formats.money(money)


def test_price_keeps_what_is_finer_than_a_cent() -> None:
    formats = Formats(Locale("en"))
    assert formats.price({"amount": "0.0012", "currency": "EUR"}) == "0.0012"
    assert formats.price({"amount": "120.0000", "currency": "EUR"}) == "120.00"
    price = {"amount": "1234567890.123456789012", "currency": "EUR"}
    assert formats.price(price) == "1,234,567,890.123456789012"


@pytest.mark.parametrize(
    ("number", "english", "german"),
    [("19", "19%", f"19{NBSP}%"), ("7.70", "7.7%", f"7,7{NBSP}%"), ("0", "0%", f"0{NBSP}%")],
)
def test_percent_follows_the_language(number: str, english: str, german: str) -> None:
    assert Formats(Locale("en")).percent(number) == english
    assert Formats(Locale("de")).percent(number) == german


def test_what_is_taken_off_has_a_minus() -> None:
    formats = Formats(Locale("de"))
    assert formats.minus({"amount": "1234.50", "currency": "EUR"}) == "-1.234,50"
    assert formats.minus({"amount": "-0.50", "currency": "EUR"}) == "0,50"


def test_period_names_what_both_ends_share_once() -> None:
    formats, german = Formats(Locale("en")), Formats(Locale("de"))
    november = {"starts_on": "2026-11-01", "ends_on": "2026-11-30"}
    turn = {"starts_on": "2026-12-15", "ends_on": "2027-01-14"}
    assert formats.period(november) == f"Nov 1 {DASH} 30, 2026"
    assert german.period(november) == f"1.{DASH}30. Nov. 2026"
    assert formats.period(turn).startswith("Dec 15, 2026")
    assert formats.period(turn).endswith("Jan 14, 2027")


def test_address_follows_the_country_it_lies_in() -> None:
    formats = Formats(Locale("de"))
    america = {"street": "1 A St", "postal_code": "02210", "city": "Boston", "region": "MA"}
    assert formats.address(america | {"country": "US"}) == [
        "1 A St", "Boston, MA 02210", "Vereinigte Staaten",
    ]  # fmt: skip
    assert formats.address(america | {"country": "DE", "region": ""}) == [
        "1 A St", "02210 Boston", "Deutschland",
    ]  # fmt: skip
    assert formats.address(america | {"country": "??"})[-1] == "??"


def test_account_is_read_in_groups_of_four() -> None:
    assert grouped("DE02 120300000000202051") == "DE02 1203 0000 0000 2020 51"


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [("90", "1:30"), ("5", "0:05"), ("0", "0:00"), ("12.5", "0:12.5"), ("60000", "1,000:00"),
     ("-90", "-1:30")],
)  # fmt: skip
def test_worked_time_is_exact_to_the_minute(minutes: str, expected: str) -> None:
    assert Formats(Locale("en")).hours(minutes) == expected


def test_numbers_are_added_up_exactly() -> None:
    assert added(["0.1", "0.2", "450"]) == "450.3"
    assert added([]) == "0"


def test_a_short_day_names_its_month_too() -> None:
    assert Formats(Locale("en")).short_day("2026-11-02") == "Nov 2, 2026"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Harbor Health Inc.", "ltr"),
        ("אור הים תוכנה", "rtl"),
        ("42 شركة نور", "rtl"),
        ("42", "ltr"),
        ("", "ltr"),
        ("Nour شركة", "ltr"),
    ],
)
def test_the_first_letter_decides_where_a_text_begins(text: str, expected: str) -> None:
    assert direction(text) == expected
