"""Issue: what an approved draft becomes on the day it gets its number."""

from dataclasses import dataclass
from datetime import date, datetime

from invoicing.domain.draft import Draft
from invoicing.domain.errors import MoneyError
from invoicing.domain.parties import Entity, Reset, Series
from invoicing.domain.periods import local_date
from invoicing.domain.terms import due_date


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """One gapless row of numbers: an entity's series in one year.

    ``year`` is 0 where a series never starts again, and year and month together (202611) where it
    does every month.
    """

    entity: str
    series: str
    year: int


@dataclass(frozen=True, slots=True)
class Invoice:
    """An issued invoice: the approved draft, its number and its dates, frozen from here on."""

    id: str
    number: str
    series: SeriesKey
    sequence: int
    issued_at: datetime
    issued_on: date
    due_on: date
    version: int
    content_hash: str
    config_hash: str
    content: Draft


def series_key(entity: Entity, now: datetime, series: Series | None = None) -> SeriesKey:
    """Return the row a number is taken from: year and month turn in the entity's own zone.

    Without ``series`` it is the one of the entity's invoices.
    """
    series = series or entity.series
    today = local_date(now, entity.zone)
    rows = {
        Reset.YEARLY: today.year,
        Reset.MONTHLY: today.year * 100 + today.month,
        Reset.NEVER: 0,
    }
    return SeriesKey(entity.key, series.name, rows[series.reset])


def format_number(series: Series, issued_on: date, sequence: int) -> str:
    """Write the ``sequence``-th number of a row as the series' pattern wants it."""
    if sequence < 1:
        raise MoneyError(f"invoice numbers count from 1, not from {sequence}")
    return series.pattern.format(
        series=series.name, year=issued_on.year, month=issued_on.month, number=sequence
    )


def dates_at(draft: Draft, now: datetime) -> tuple[date, date]:
    """Return the days an invoice bears that is issued ``now``: its own, and when it is due."""
    issued_on = local_date(now, draft.entity.zone)
    return issued_on, due_date(issued_on, draft.terms, draft.entity.holidays)


def issue_draft(
    draft: Draft, *, version: int, config_hash: str, key: SeriesKey, sequence: int, now: datetime
) -> Invoice:
    """Freeze an approved draft under its number; dates are days in the entity's zone."""
    issued_on, due_on = dates_at(draft, now)
    return Invoice(
        id=draft.id,
        number=format_number(draft.entity.series, issued_on, sequence),
        series=key,
        sequence=sequence,
        issued_at=now,
        issued_on=issued_on,
        due_on=due_on,
        version=version,
        content_hash=draft.content_hash,
        config_hash=config_hash,
        content=draft,
    )
