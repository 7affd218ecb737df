"""Tests of `drafting/phrases.py`: lines that nobody wrote speak the client's language."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from invoicing.domain.drafting.phrases import ENGLISH, Phrases
from invoicing.domain.periods import Period
from tests.domain.builders import HOURLY, NORDWIND, RETAINER, agreement, by_key, eur, hours
from tests.domain.drafting.made import due, made, month, owed

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
GERMAN = {
    "day": "%(day)02d.%(month)02d.%(year)04d",
    "period": "%(first)s bis %(last)s",
    "and": "%(before)s und %(after)s",
    "decimal_sign": ",",
    "thousands_sign": ".",
    "hours_of_role": "Stunden, %(role)s",
    "percent_of_sum": "%(percent)s %% von %(sum)s",
    "minimum": "Mindestens, %(nothing)s",
}


def test_numbers_days_and_sums_are_written_as_the_language_does() -> None:
    german = Phrases(GERMAN)
    told = german.say("percent_of_sum", percent=Decimal("12.5"), sum=eur("1234567.80"))
    assert told == "12,5 % von 1.234.567,80 EUR"
    assert german.say("of_sum", sum=eur("-12.00")) == "of -12,00 EUR"
    assert german.stretches([NOVEMBER]) == "01.11.2026 bis 30.11.2026"
    assert german.stretches([NOVEMBER, NOVEMBER]).count(" und ") == 1
    assert Phrases().say("in_period", what="Fee", period=NOVEMBER) == f"Fee, {NOVEMBER}"


@pytest.mark.parametrize("pattern", ["%(nothing)s", "%(period", "%(period)d", 5])
def test_a_pattern_that_does_not_fit_is_said_in_english(pattern: str) -> None:
    assert Phrases({"minimum": pattern}).say("minimum", period="today") == "Minimum, today"


def test_every_phrase_can_be_said() -> None:
    facts = dict.fromkeys(
        ("what", "part", "period", "first", "last", "before", "after", "project", "milestone",
         "role", "sum", "hours", "percent"), "x",
    )  # fmt: skip
    for phrase in ENGLISH:
        Phrases().say(phrase, **facts, number=1, count=2, year=1, month=1, day=1)


def test_a_line_speaks_the_language_of_its_client() -> None:
    cloud = agreement(HOURLY, "cloud")
    german = by_key(replace(NORDWIND, language="de"))
    work = owed(cloud, "hours:1", hours("2", "T-1"))
    phrases = {"de": GERMAN}
    (line,) = made(cloud, work, clients=german, phrases=phrases).lines
    assert line.description == "Stunden, engineer"
    english = by_key(replace(NORDWIND, language="en"))
    (other,) = made(cloud, work, clients=english, phrases=phrases).lines
    assert other.description == "Hours, engineer"


def test_a_title_that_our_calendar_made_is_said_anew() -> None:
    care = agreement(RETAINER, "care")
    german = by_key(replace(NORDWIND, language="de"))
    draft = made(care, due(care, month(11)), clients=german, phrases={"de": GERMAN})
    assert draft.title == f"{care.description}, 01.11.2026 bis 30.11.2026"
    own = replace(due(care, month(11)), title="Our own words")
    assert made(care, own, clients=german, phrases={"de": GERMAN}).title == "Our own words"
