"""Billing periods: months on the agreement's local calendar, counted from their anchor."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of local days, both ends included."""

    starts_on: date
    ends_on: date

    def __str__(self) -> str:
        return f"{self.starts_on} to {self.ends_on}"


def local_date(instant: datetime, zone: str) -> date:
    """Return the calendar day that ``instant`` falls on in ``zone``."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone; use aware UTC datetimes")
    return instant.astimezone(ZoneInfo(zone)).date()


def add_months(anchor: date, months: int) -> date:
    """Move ``anchor`` by whole months, clamped to the month's end.

    Always counted from the anchor, never chained: 31 January + 2 months is 31 March.
    """
    index = anchor.year * 12 + anchor.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(anchor.day, monthrange(year, month)[1]))


def period(anchor: date, index: int) -> Period:
    """Return the ``index``-th monthly period that began with ``anchor``."""
    return Period(add_months(anchor, index), add_months(anchor, index + 1) - timedelta(days=1))


def periods_due(
    anchor: date, bill_from: date, ends_on: date | None, today: date
) -> Iterator[Period]:
    """Yield each period that has begun by ``today`` and is ours to bill.

    Periods are billed in advance, on their first day. Those that began before ``bill_from`` were
    billed elsewhere; none begins after the agreement ends.
    """
    last = today if ends_on is None else min(today, ends_on)
    index = 0
    while (due := period(anchor, index)).starts_on <= last:
        if due.starts_on >= bill_from:
            yield due
        index += 1
