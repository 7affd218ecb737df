"""Written texts become exactly one value, or a mistake that says what to write instead."""

from collections.abc import Callable
from datetime import time
from decimal import Decimal
from functools import partial

import pytest

from invoicing.config.readers import FieldError, read_choice, read_short_line
from invoicing.config.readers_company import read_pattern
from invoicing.config.readers_numbers import (
    read_every,
    read_hours,
    read_increment,
    read_markup,
    read_money,
    read_positive,
    read_positive_percent,
    read_price,
)
from invoicing.config.readers_time import read_cycle, read_step, read_terms, read_time
from invoicing.domain.agreements import Increment, MinuteRounding
from invoicing.domain.events import EventKind
from invoicing.domain.follow_up import Anchor
from invoicing.domain.money import Money
from invoicing.domain.periods import Cycle, Unit
from invoicing.domain.terms import Terms, TermsKind

Reader = Callable[[object], object]

READ: list[tuple[Reader, str, object]] = [
    (read_terms, "30 days", Terms(30)),
    (read_terms, "1 day", Terms(1)),
    (read_terms, "month end + 14 days", Terms(14, TermsKind.EOM_PLUS)),
    (read_terms, "45 days to month end", Terms(45, TermsKind.NET_EOM)),
    (read_terms, "30 days, next business day", Terms(30, next_business_day=True)),
    (read_cycle, "month", Cycle()),
    (read_cycle, "day", Cycle(1, Unit.DAY)),
    (read_cycle, "quarter", Cycle(3)),
    (read_cycle, "2 quarters", Cycle(6)),
    (read_cycle, "year", Cycle(1, Unit.YEAR)),
    (read_cycle, "90 days", Cycle(90, Unit.DAY)),
    (read_cycle, "2 weeks", Cycle(2, Unit.WEEK)),
    (read_step, "3 days before due", (-3, Anchor.DUE)),
    (read_step, "on due", (0, Anchor.DUE)),
    (read_step, "1 day after due", (1, Anchor.DUE)),
    (read_step, "14 days after issue", (14, Anchor.ISSUED)),
    (read_step, "7 days after cycle", (7, Anchor.CYCLE)),
    (read_time, "09:00", time(9)),
    (read_time, "23:59", time(23, 59)),
    (read_increment, "exact", Increment()),
    (read_increment, "15 min per entry", Increment(15, MinuteRounding.PER_ENTRY_UP)),
    (read_increment, "6 min in total", Increment(6, MinuteRounding.TOTAL_UP)),
    (read_hours, "0", Decimal(0)),
    (read_hours, "12.5", Decimal("12.5")),
    (read_markup, "150", Decimal(150)),
    (read_positive_percent, "33.33", Decimal("33.33")),
    (read_every, "40 h", Decimal(40)),
    (read_every, "1 hour", Decimal(1)),
    (read_every, "5000.00 EUR", Money(Decimal("5000.00"), "EUR")),
    (read_price, "0.0125 EUR", Money(Decimal("0.0125"), "EUR")),
    (read_price, "110.00 EUR", Money(Decimal("110.00"), "EUR")),
    (read_money, "3600 JPY", Money(Decimal(3600), "JPY")),
    (read_pattern, "INV-{year}-{number:05d}", "INV-{year}-{number:05d}"),
    (read_pattern, "{series}{year}{month:02d}{number}", "{series}{year}{month:02d}{number}"),
]

REFUSED: list[tuple[Reader, str, str]] = [
    (read_terms, "30", "month end + 14 days"),
    (read_terms, "4000 days", "no terms of payment"),
    (read_cycle, "monthly", "did you mean 'month'"),
    (read_cycle, "3 month", "no cycle"),
    (read_cycle, "months", "no cycle"),
    (read_cycle, "0 days", "no cycle"),
    (read_cycle, "9999 years", "longer than ten years"),
    (read_time, "9:00", "two digits"),
    (read_time, "24:00", "two digits"),
    (read_time, "09:00:00", "two digits"),
    (read_step, "in 3 days", "3 days before due"),
    (read_step, "3 days before issue", "would never go out"),
    (read_step, "0 days after issue", "would never go out"),
    (read_increment, "15 min", "in total"),
    (read_increment, "0 min in total", "15 min per entry"),
    (read_hours, "-1", "such as 40 or 12.5"),
    (read_hours, "1e3", "such as 40 or 12.5"),
    (read_hours, "40 h", "not a number of hours"),
    (read_hours, "99999999999", "not a number of hours"),
    (read_markup, "1001", "from 0 to 1000"),
    (read_positive_percent, "0", "above 0"),
    (read_positive_percent, "101", "not a percentage"),
    (read_every, "40", "neither hours nor money"),
    (read_every, "0 h", "not a number of hours to bill at a time"),
    (read_every, "0.00 EUR", "before anything is done"),
    (read_every, "50.5 EUR", "2 digits"),
    (read_price, "12 EUR", "at least 2 digits"),
    (read_price, "12.00 EUX", "did you mean"),
    (read_money, "12.005 EUR", "whole minor units"),
    (partial(read_positive, "a quantity"), "0", "not a quantity"),
    (read_pattern, "INV-{year}", "lacks {number}"),
    (read_pattern, "{number}{month}", "{month:02d}"),
    (read_pattern, "{number:12d}", "unknown format"),
    (read_pattern, "{number}{number}", "each once"),
    (read_pattern, "{number!r}", "unknown format"),
    (read_pattern, "{number", "not a pattern"),
    (read_pattern, "A/{number}", "may not stand in a number"),
    (read_short_line, "x" * 201, "The most is 200"),
    (partial(read_choice, (EventKind.DEAL_WON,)), "retainer_due", "Write one of: deal_won"),
]


@pytest.mark.parametrize(("read", "text", "value"), READ)
def test_a_text_has_one_meaning(read: Reader, text: str, value: object) -> None:
    assert read(text) == value


@pytest.mark.parametrize(("read", "text", "words"), REFUSED)
def test_a_text_without_meaning_is_refused_with_advice(read: Reader, text: str, words: str) -> None:
    with pytest.raises(FieldError) as caught:
        read(text)

    assert words in f"{caught.value.text}\n{caught.value.advice}"
    assert caught.value.advice


@pytest.mark.parametrize(("read", "text"), [(read, text) for read, text, _ in READ])
def test_a_list_in_its_place_is_refused(read: Reader, text: str) -> None:
    with pytest.raises(FieldError, match="one value is expected"):
        read([text])


@pytest.mark.parametrize("terms", ["30 days", "month end + 1 day", "9 days to month end"])
def test_terms_are_written_as_they_are_read(terms: str) -> None:
    assert str(read_terms(terms)) == terms
