"""Readers of one written text each: the only place where config/ becomes a date, money or flag."""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from enum import StrEnum
from string import Formatter
from typing import TypeVar
from zoneinfo import ZoneInfo, available_timezones

from babel.localedata import exists as language_exists

from invoicing.config.countries import COUNTRIES, NICKNAMES
from invoicing.config.problems import did_you_mean
from invoicing.domain.currencies import MINOR_UNITS
from invoicing.domain.errors import MoneyError
from invoicing.domain.money import Money, number, plain
from invoicing.domain.parties import NUMBER_FIELDS

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}", re.ASCII)
_SERIES = re.compile(r"[A-Za-z0-9._-]{1,40}", re.ASCII)
_WHOLE = re.compile(r"0|[1-9]\d{0,8}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LOGIN = re.compile(r"[^\s,]{1,100}")
_EMAIL = re.compile(
    r"(?=.{3,254}\Z)(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])",
    re.ASCII,
)
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", re.ASCII)
_BIC = re.compile(r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?", re.ASCII)
_SERIES_TEXT = re.compile(r"[A-Za-z0-9._-]*", re.ASCII)
_NUMBER_FORMAT = re.compile(r"|0[1-9]d|0?1\dd", re.ASCII)
_NUMBER_TEXT = "Use letters, digits, - . and _ : the number is part of file names and mails."
_LONGEST = 500

E = TypeVar("E", bound=StrEnum)


class FieldError(ValueError):
    """A text that does not mean what its field needs: what is wrong, and what to write."""

    def __init__(self, text: str, advice: str = "") -> None:
        super().__init__(text)
        self.text, self.advice = text, advice


def kind_of(value: object) -> str:
    """Name what was written, as a person would."""
    if isinstance(value, dict):
        return "a mapping of keys"
    return "a list" if isinstance(value, list) else "one text"


def quoted(text: str) -> str:
    """Repeat what was written, shortened."""
    return repr(text if len(text) <= 60 else f"{text[:60]}...")


def scalar(value: object) -> str:
    """Take one text; a list or a mapping in its place is a mistake."""
    if isinstance(value, str):
        return value
    raise FieldError(f"one value is expected here, not {kind_of(value)}", "Check the indentation.")


def read_line(value: object) -> str:
    """Read any text of one line."""
    text = scalar(value)
    if not text.strip():
        raise FieldError("the text is empty", "Write a text, or remove the key if it is optional.")
    if any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in text):
        raise FieldError(
            "the text holds a line break or a control character", "Keep it on one line."
        )
    if text != text.strip():
        raise FieldError(f"{quoted(text)} has spaces at its ends", "Remove them.")
    if len(text) > _LONGEST:
        raise FieldError(f"the text has {len(text)} characters", f"The most is {_LONGEST}.")
    return text


def read_key(value: object) -> str:
    """Read a key of ours: short, and safe in ids, file names and addresses."""
    return _matching(
        _KEY, value, "a key", "Use small letters, digits, - and _, such as nordwind-projects."
    )


def read_series(value: object) -> str:
    """Read the name of a number series."""
    return _matching(_SERIES, value, "a name for a series", "Use letters, digits, - . and _ only.")


def read_login(value: object) -> str:
    """Read the login name of a person, as Airflow shows it."""
    return _matching(_LOGIN, value, "a login name", "Write one login, without spaces or commas.")


def read_email(value: object) -> str:
    """Read exactly one mail address, without a name, list or comment."""
    return _matching(
        _EMAIL, value, "a mail address", "Write one address per entry, such as billing@example.com."
    )


def read_bic(value: object) -> str:
    """Read the code of a bank (ISO 9362)."""
    return _matching(_BIC, value, "a BIC", "A BIC has 8 or 11 capital letters and digits.")


def _matching(pattern: re.Pattern[str], value: object, what: str, advice: str) -> str:
    text = scalar(value)
    if not pattern.fullmatch(text):
        raise FieldError(f"{quoted(text)} is not {what}", advice)
    return text


def read_flag(value: object) -> bool:
    """Read `true` or `false`; YAML's yes, no, on and off are ordinary texts."""
    text = scalar(value)
    if text not in {"true", "false"}:
        raise FieldError(
            f"{quoted(text)} is neither true nor false", "Write true or false, in small letters."
        )
    return text == "true"


def read_whole(low: int, high: int, value: object) -> int:
    """Read a whole number in plain digits."""
    text = scalar(value)
    if not _WHOLE.fullmatch(text) or not low <= int(text) <= high:
        advice = "Use plain digits: no leading zero, no sign, point, _ or : in it."
        raise FieldError(f"{quoted(text)} is not a whole number from {low} to {high}", advice)
    return int(text)


def read_percent(value: object) -> Decimal:
    """Read a percentage from 0 to 100, exactly."""
    text = scalar(value)
    try:
        percent = number(text)
    except MoneyError:
        percent = Decimal(-1)
    if not 0 <= percent <= 100:
        raise FieldError(
            f"{quoted(text)} is not a percentage", "Write a number from 0 to 100, such as 5.5."
        )
    return percent


def read_day(value: object) -> date:
    """Read a day written as YYYY-MM-DD."""
    text = _matching(_DAY, value, "a day", "Write it as YYYY-MM-DD, such as 2026-11-01.")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise FieldError(f"the calendar has no {text}", "Check month and day.") from None


def read_money(value: object) -> Money:
    """Read an amount of zero or more with all digits of its currency, such as `2400.00 EUR`."""
    text = scalar(value)
    try:
        money = Money.parse(text)
    except MoneyError:
        unknown = re.fullmatch(r"\d+(\.\d+)? ([A-Z]{3})", text, re.ASCII)
        if unknown:
            read_currency(unknown[2])
        advice = "Write digits, a point, the cents, one space and the currency: 2400.00 EUR."
        raise FieldError(f"{quoted(text)} is not an amount of money", advice) from None
    if money.amount < 0:
        raise FieldError(f"{text} is less than nothing", "Amounts in config/ are zero or more.")
    digits = MINOR_UNITS[money.currency]
    if money.amount.as_tuple().exponent != -digits:
        example = plain(money.rounded().amount)
        advice = f"Write it with {digits} digits after the point: {example} {money.currency}."
        raise FieldError(f"{text} does not end in whole minor units of {money.currency}", advice)
    return money


def read_currency(value: object) -> str:
    """Read a currency code of ISO 4217."""
    text = scalar(value)
    if text not in MINOR_UNITS:
        hint = did_you_mean(text, MINOR_UNITS)
        raise FieldError(
            f"{quoted(text)} is no currency of ISO 4217{hint}", "Use three capital letters."
        )
    return text


def read_country(value: object) -> str:
    """Read a country code of ISO 3166."""
    text = scalar(value)
    if text not in COUNTRIES:
        usual = NICKNAMES.get(text.upper())
        hint = f"; did you mean {usual!r}?" if usual else did_you_mean(text, COUNTRIES)
        advice = "Use the two capital letters of ISO 3166, such as DE, FR, GB or US."
        raise FieldError(f"{quoted(text)} is no country code{hint}", advice)
    return text


def read_zone(value: object) -> str:
    """Read the name of a time zone."""
    text = scalar(value)
    try:
        known = "/" in text and ZoneInfo(text).key == text
    except (KeyError, ValueError, OSError):  # missing, outside its folder, a folder
        known = False
    if not known and text != "UTC":
        hint = did_you_mean(text, available_timezones())
        raise FieldError(
            f"{quoted(text)} is no time zone{hint}", "Use a name such as Europe/Berlin."
        )
    return text


def read_language(value: object) -> str:
    """Read the language that dates and amounts are written in."""
    text = scalar(value)
    if not re.fullmatch("[a-z]{2}", text, re.ASCII) or not language_exists(text):
        raise FieldError(
            f"{quoted(text)} is no language code", "Use two small letters, such as en or de."
        )
    return text


def read_iban(value: object) -> str:
    """Read an account number whose check digits are right (ISO 13616, mod 97)."""
    text = scalar(value)
    packed = text.replace(" ", "")
    if not _IBAN.fullmatch(packed):
        raise FieldError(
            f"{quoted(text)} is not an IBAN", "Write it as in DE89 3704 0044 0532 0130 00."
        )
    digits = "".join(str(int(char, 36)) for char in packed[4:] + packed[:4])
    if int(digits) % 97 != 1:
        raise FieldError(
            f"the check digits of IBAN {quoted(text)} are wrong", "Compare it with the contract."
        )
    return text


def read_pattern(value: object) -> str:
    """Read how invoice numbers look: exactly the fields {year} and {number}."""
    text = scalar(value)
    advice = "Write it like INV-{year}-{number:05d}."
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        raise FieldError(f"{quoted(text)} is not a pattern: {error}", advice) from None
    names = sorted(name for _, name, _, _ in parts if name is not None)
    if names != sorted(NUMBER_FIELDS):
        raise FieldError(_wrong_fields(text, names), advice)
    for literal, name, form, conversion in parts:
        if not _SERIES_TEXT.fullmatch(literal):
            raise FieldError(
                f"{quoted(literal)} in {quoted(text)} may not stand in a number", _NUMBER_TEXT
            )
        wanted = _NUMBER_FORMAT if name == "number" else re.compile("")
        if conversion or not wanted.fullmatch(form or ""):
            raise FieldError(
                f"the field {{{name}}} in {quoted(text)} has an unknown format", advice
            )
    return text


def _wrong_fields(text: str, names: list[str]) -> str:
    for needed in NUMBER_FIELDS:
        if needed not in names:
            why = "numbers begin at 1 every year" if needed == "year" else "nothing would count"
            return f"{quoted(text)} lacks {{{needed}}}: {why}, so two invoices would share a number"
    return f"{quoted(text)} may use {{year}} and {{number}}, each once, and nothing else"


def read_choice(kind: type[E], value: object) -> E:
    """Read one of a few words."""
    text = scalar(value)
    words = [member.value for member in kind]
    if text not in words:
        advice = f"Write one of: {', '.join(words)}."
        raise FieldError(f"{quoted(text)} is not known here{did_you_mean(text, words)}", advice)
    return kind(text)
