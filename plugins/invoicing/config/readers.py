"""Readers of one written text each: the only place where config/ becomes a word, name or flag."""

import re
import unicodedata
from collections.abc import Collection
from enum import StrEnum
from typing import TypeVar

from babel.localedata import exists as language_exists

from invoicing.config.countries import COUNTRIES, NICKNAMES
from invoicing.config.problems import did_you_mean

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}", re.ASCII)
_SERIES = re.compile(r"[A-Za-z0-9._-]{1,40}", re.ASCII)
_LOGIN = re.compile(r"[^\s,]{1,100}")
_EMAIL = re.compile(
    r"(?=.{3,254}\Z)(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])",
    re.ASCII,
)
_SHORT = 200

E = TypeVar("E", bound=StrEnum)


class FieldError(ValueError):
    """A text that does not mean what its field needs: what is wrong, and what to write.

    ``at`` leads from the entry that found the mistake to the value it is about, if it is not the
    entry as a whole.
    """

    def __init__(self, text: str, advice: str = "", at: tuple[str | int, ...] = ()) -> None:
        super().__init__(text)
        self.text, self.advice, self.at = text, advice, at


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


def read_line(value: object, most: int = 500) -> str:
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
    if len(text) > most:
        raise FieldError(f"the text has {len(text)} characters", f"The most is {most}.")
    return text


def read_short_line(value: object) -> str:
    """Read a text that has to fit into a line of print."""
    return read_line(value, _SHORT)


def read_key(value: object) -> str:
    """Read a key of ours: short, and safe in ids, file names and addresses."""
    return matching(
        _KEY, value, "a key", "Use small letters, digits, - and _, such as nordwind-projects."
    )


def read_series(value: object) -> str:
    """Read the name of a number series."""
    return matching(_SERIES, value, "a name for a series", "Use letters, digits, - . and _ only.")


def read_login(value: object) -> str:
    """Read the login name of a person, as Airflow shows it."""
    return matching(_LOGIN, value, "a login name", "Write one login, without spaces or commas.")


def read_email(value: object) -> str:
    """Read exactly one mail address, without a name, list or comment."""
    return matching(
        _EMAIL, value, "a mail address", "Write one address per entry, such as billing@example.com."
    )


def matching(pattern: re.Pattern[str], value: object, what: str, advice: str) -> str:
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


def read_choice(known: Collection[E], value: object) -> E:
    """Read one of a few words."""
    text = scalar(value)
    by_word = {member.value: member for member in known}
    if text not in by_word:
        advice = f"Write one of: {', '.join(by_word)}."
        raise FieldError(f"{quoted(text)} is not known here{did_you_mean(text, by_word)}", advice)
    return by_word[text]


def read_country(value: object) -> str:
    """Read a country code of ISO 3166."""
    text = scalar(value)
    if text not in COUNTRIES:
        usual = NICKNAMES.get(text.upper())
        hint = f"; did you mean {usual!r}?" if usual else did_you_mean(text, COUNTRIES)
        advice = "Use the two capital letters of ISO 3166, such as DE, FR, GB or US."
        raise FieldError(f"{quoted(text)} is no country code{hint}", advice)
    return text


def read_language(value: object) -> str:
    """Read the language that dates and amounts are written in."""
    text = scalar(value)
    if not re.fullmatch("[a-z]{2}", text, re.ASCII) or not language_exists(text):
        raise FieldError(
            f"{quoted(text)} is no language code", "Use two small letters, such as en or de."
        )
    return text
