"""Reading a month: which days it has, what happens on each, and what finance expects of it.

The outcome of a day is plain text, one line for each thing that came about. What follows `#`
explains a figure to people and is no part of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import yaml

from tests.golden.fields import CaseError, Fields, Json


@dataclass(frozen=True)
class Step:
    """One thing that happens: a verb, and what it is about."""

    verb: str
    fields: Fields


@dataclass(frozen=True)
class Day:
    """A day: what is told before the morning's runs, what people do after them, and the outcome."""

    on: date
    told: tuple[Step, ...] = ()
    people: tuple[Step, ...] = ()
    outcome: tuple[str, ...] = ()


@dataclass(frozen=True)
class Month:
    """A stretch of days in the life of a company."""

    path: Path
    title: str
    company: str
    begins: date
    ends: date
    days: Mapping[date, Day]
    sums: tuple[str, ...]

    @property
    def days_lived(self) -> Mapping[date, tuple[str, ...]]:
        """The outcomes that are expected, by day."""
        return {day.on: day.outcome for day in self.days.values() if day.outcome}

    def each_day(self) -> list[Day]:
        """Return every day of the month, the quiet ones too."""
        count = (self.ends - self.begins).days + 1
        days = (self.begins + timedelta(days=each) for each in range(count))
        return [self.days.get(day, Day(day)) for day in days]


def said(line: str) -> str:
    """Return a line of an outcome without its explanation."""
    return line.partition("#")[0].rstrip()


def lines_of(text: str) -> tuple[str, ...]:
    """Return the lines of an outcome; one that only explains is none."""
    return tuple(found for line in text.splitlines() if (found := said(line).strip()))


def read_month(path: Path) -> Month:
    """Read a file; what cannot be read, or what nobody reads, is an error."""
    # Every scalar stays text: an amount or a day is read where its meaning is known.
    whole = Fields(yaml.load(path.read_text("utf-8"), yaml.BaseLoader), path.name)  # noqa: S506
    days = [_day(each) for each in whole.items("days")]
    month = Month(
        path,
        whole.text("title"),
        whole.text("company"),
        whole.day("begins"),
        whole.day("ends"),
        {day.on: day for day in days},
        lines_of(whole.text("sums", "")),
    )
    whole.finish()
    order = [day.on for day in days]
    if order != sorted(set(order)) or not all(month.begins <= on <= month.ends for on in order):
        raise CaseError(f"{path.name}: days must be in order, each once, and within the month")
    return month


def _day(fields: Fields) -> Day:
    return Day(
        fields.day("day"),
        _steps(fields, "told"),
        _steps(fields, "people"),
        lines_of(fields.text("outcome", "")),
    )


def _steps(fields: Fields, name: str) -> tuple[Step, ...]:
    return tuple(_step(each, name) for each in fields.list(name))


def _step(raw: Json, name: str) -> Step:
    if not isinstance(raw, dict) or len(raw) != 1:
        raise CaseError(f"{name}: {raw!r} is not one verb with what it is about")
    ((verb, about),) = raw.items()
    return Step(verb, Fields(about, verb))
