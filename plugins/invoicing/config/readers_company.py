"""Readers of what identifies us on paper: accounts, banks and the numbers of invoices."""

import re
from string import Formatter

from invoicing.config.readers import FieldError, matching, quoted, scalar

_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", re.ASCII)
_BIC = re.compile(r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?", re.ASCII)
_SERIES_TEXT = re.compile(r"[A-Za-z0-9._-]*", re.ASCII)
_FORMATS = {
    "number": re.compile(r"|0([1-9]|1\d)d", re.ASCII),
    "year": re.compile(""),
    "month": re.compile("02d"),
    "series": re.compile(""),
}
_LIKE = "Write it like INV-{year}-{number:05d}."
_NUMBER_TEXT = "Use letters, digits, - . and _ : the number is part of file names and mails."


def read_bic(value: object) -> str:
    """Read the code of a bank (ISO 9362)."""
    return matching(_BIC, value, "a BIC", "A BIC has 8 or 11 capital letters and digits.")


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
    """Read how numbers look: {number}, and {year}, {month} or {series} where they are wanted."""
    text = scalar(value)
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        raise FieldError(f"{quoted(text)} is not a pattern: {error}", _LIKE) from None
    names = fields_of(text)
    if len(names) != len(set(names)) or not set(names) <= _FORMATS.keys():
        known = ", ".join(f"{{{name}}}" for name in _FORMATS)
        raise FieldError(f"{quoted(text)} may use {known}, each once, and nothing else", _LIKE)
    if "number" not in names:
        why = "nothing would count, so two invoices would share a number"
        raise FieldError(f"{quoted(text)} lacks {{number}}: {why}", _LIKE)
    for literal, name, form, conversion in parts:
        _check_part(text, literal, name, f"!{conversion}" if conversion else form or "")
    return text


def fields_of(pattern: str) -> list[str]:
    """Return the names of a pattern's fields, in order."""
    return [name for _, name, _, _ in Formatter().parse(pattern) if name is not None]


def _check_part(text: str, literal: str, name: str | None, form: str) -> None:
    if not _SERIES_TEXT.fullmatch(literal):
        wrong = f"{quoted(literal)} in {quoted(text)} may not stand in a number"
        raise FieldError(wrong, _NUMBER_TEXT)
    if name is None or _FORMATS[name].fullmatch(form):
        return
    if name == "month":  # 1 and 11 run together with what stands beside them
        raise FieldError(f"{quoted(text)} needs two digits for the month", "Write {month:02d}.")
    raise FieldError(f"the field {{{name}}} in {quoted(text)} has an unknown format", _LIKE)
