"""Readers of numbers and money: exact, in plain digits, and never a float."""

import re
from decimal import Decimal
from typing import TypeAlias

from invoicing.config.problems import did_you_mean
from invoicing.config.readers import FieldError, quoted, scalar
from invoicing.domain.agreements import Increment, MinuteRounding
from invoicing.domain.currencies import MINOR_UNITS
from invoicing.domain.errors import MoneyError
from invoicing.domain.money import Money, number, plain

Every: TypeAlias = Decimal | Money

_MOST = Decimal(10**9)  # more of anything is a slip of the finger
_HOURS = re.compile(r"(?P<hours>\S+) (h|hours?)", re.ASCII)
_INCREMENT = re.compile(r"([1-9]\d{0,3}) min (per entry|in total)", re.ASCII)
_WHOLE = re.compile(r"0|[1-9]\d{0,8}", re.ASCII)
_PADDED = re.compile(r"0+(?=\d)", re.ASCII)


def read_whole(low: int, high: int, value: object) -> int:
    """Read a whole number in plain digits."""
    text = scalar(value)
    if not _WHOLE.fullmatch(text) or not low <= int(text) <= high:
        advice = "Use plain digits: no leading zero, no sign, point, _ or : in it."
        raise FieldError(f"{quoted(text)} is not a whole number from {low} to {high}", advice)
    return int(text)


def _decimal(text: str) -> Decimal | None:
    try:
        found = number(text)
    except MoneyError:
        return None
    _refuse_padding(text)
    return found


def _refuse_padding(text: str) -> None:
    """Refuse zeros in front: other programs read `0123` as 83, and a digit may be missing."""
    if _PADDED.match(text):
        advice = f"Write {_PADDED.sub('', text, count=1)}, or the digit that is missing."
        raise FieldError(f"{quoted(text)} begins with a zero that means nothing", advice)


def read_percent(value: object) -> Decimal:
    """Read a percentage from 0 to 100, exactly."""
    text = scalar(value)
    percent = _decimal(text)
    if percent is None or not 0 <= percent <= 100:
        advice = "Write a number from 0 to 100, such as 5.5."
        raise FieldError(f"{quoted(text)} is not a percentage", advice)
    return percent


def read_positive_percent(value: object) -> Decimal:
    """Read a percentage above zero."""
    percent = read_percent(value)
    if not percent:
        raise FieldError("0 percent is no part of anything", "Write a number above 0, up to 100.")
    return percent


def read_markup(value: object) -> Decimal:
    """Read a percentage of zero or more that is put on top; it may well be above 100."""
    text = scalar(value)
    percent = _decimal(text)
    if percent is None or not 0 <= percent <= 1000:
        advice = "Write a number from 0 to 1000, such as 12.5."
        raise FieldError(f"{quoted(text)} is not a percentage to put on top", advice)
    return percent


def read_hours(value: object) -> Decimal:
    """Read a number of hours, zero or more."""
    text = scalar(value)
    hours = _decimal(text)
    if hours is None or not 0 <= hours <= _MOST:
        advice = "Write a plain number of zero or more, such as 40 or 12.5."
        raise FieldError(f"{quoted(text)} is not a number of hours", advice)
    return hours


def read_positive(what: str, value: object) -> Decimal:
    """Read a number above zero."""
    text = scalar(value)
    found = _decimal(text)
    if found is None or not 0 < found <= _MOST:
        advice = "Write a plain number above 0, such as 3 or 1.25."
        raise FieldError(f"{quoted(text)} is not {what}", advice)
    return found


def read_increment(value: object) -> Increment:
    """Read the smallest time that is billed, and where it is rounded up."""
    text = scalar(value)
    if text == "exact":
        return Increment()
    found = _INCREMENT.fullmatch(text)
    if found is None:
        advice = "Write exact, 15 min per entry, or 15 min in total (the sum is rounded up)."
        raise FieldError(f"{quoted(text)} does not say how time is rounded", advice)
    per_entry = found[2] == "per entry"
    where = MinuteRounding.PER_ENTRY_UP if per_entry else MinuteRounding.TOTAL_UP
    return Increment(int(found[1]), where)


def read_every(value: object) -> Every:
    """Read how much work is billed at a time: `40 h`, or an amount such as `5000.00 EUR`."""
    text = scalar(value)
    if found := _HOURS.fullmatch(text):
        return read_positive("a number of hours to bill at a time", found["hours"])
    if not re.search(r" [A-Z]{3}$", text):
        advice = "Write hours such as 40 h, or an amount such as 5000.00 EUR."
        raise FieldError(f"{quoted(text)} is neither hours nor money", advice)
    money = read_money(text)
    if not money.amount:
        raise FieldError(f"{text} is reached before anything is done", "Write more than zero.")
    return money


def read_money(value: object) -> Money:
    """Read an amount of zero or more with all digits of its currency, such as `2400.00 EUR`."""
    money = _money(scalar(value))
    digits = MINOR_UNITS[money.currency]
    if _digits(money) != digits:
        example = plain(money.rounded().amount)
        advice = f"Write it with {digits} digits after the point: {example} {money.currency}."
        text = f"{money} does not end in whole minor units of {money.currency}"
        raise FieldError(text, advice)
    return money


def read_price(value: object) -> Money:
    """Read the price of one unit: as money, but it may be finer than the minor unit."""
    money = _money(scalar(value))
    digits = MINOR_UNITS[money.currency]
    if _digits(money) < digits:
        example = plain(money.rounded().amount)
        advice = f"Write at least {digits} digits after the point: {example} {money.currency}."
        raise FieldError(f"{money} lacks digits of {money.currency}", advice)
    return money


def _money(text: str) -> Money:
    try:
        money = Money.parse(text)
    except MoneyError:
        unknown = re.fullmatch(r"\d+(\.\d+)? ([A-Z]{3})", text, re.ASCII)
        if unknown:
            read_currency(unknown[2])
        advice = "Write digits, a point, the cents, one space and the currency: 2400.00 EUR."
        raise FieldError(f"{quoted(text)} is not an amount of money", advice) from None
    _refuse_padding(text)
    if text.startswith("-"):
        raise FieldError(f"{text} is less than nothing", "Amounts in config/ are zero or more.")
    return money


def _digits(money: Money) -> int:
    return -int(money.amount.as_tuple().exponent)


def read_currency(value: object) -> str:
    """Read a currency code of ISO 4217."""
    text = scalar(value)
    if text not in MINOR_UNITS:
        hint = did_you_mean(text, MINOR_UNITS)
        raise FieldError(
            f"{quoted(text)} is no currency of ISO 4217{hint}", "Use three capital letters."
        )
    return text
