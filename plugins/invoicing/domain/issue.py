"""Issue: what an approved draft becomes on the day it gets its number."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from invoicing.domain.draft import Draft
from invoicing.domain.errors import MoneyError
from invoicing.domain.parties import Entity, Series
from invoicing.domain.periods import local_date


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """One gapless row of numbers: an entity's series in one year."""

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


def series_key(entity: Entity, now: datetime) -> SeriesKey:
    """Return the series a number is taken from: the year turns in the entity's own zone."""
    return SeriesKey(entity.key, entity.series.name, local_date(now, entity.zone).year)


def format_number(series: Series, year: int, sequence: int) -> str:
    """Write the ``sequence``-th number of ``year`` as the series' pattern wants it."""
    if sequence < 1:
        raise MoneyError(f"invoice numbers count from 1, not from {sequence}")
    return series.pattern.format(year=year, number=sequence)


def due_date(issued_on: date, terms_days: int) -> date:
    """Return the last day to pay in time."""
    return issued_on + timedelta(days=terms_days)


def issue_draft(
    draft: Draft, *, version: int, config_hash: str, key: SeriesKey, sequence: int, now: datetime
) -> Invoice:
    """Freeze an approved draft under its number; dates are days in the entity's zone."""
    issued_on = local_date(now, draft.entity.zone)
    return Invoice(
        id=draft.id,
        number=format_number(draft.entity.series, key.year, sequence),
        series=key,
        sequence=sequence,
        issued_at=now,
        issued_on=issued_on,
        due_on=due_date(issued_on, draft.terms_days),
        version=version,
        content_hash=draft.content_hash,
        config_hash=config_hash,
        content=draft,
    )
