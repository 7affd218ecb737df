"""Periods: stretches of local days, counted from the anchor of their agreement."""

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal
from enum import StrEnum
from typing import assert_never
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)
_SECONDS_OF_HOUR = Decimal(3600)
_HOURS = Context(prec=28)  # its own: any code of the process may change the default one


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of local days, both ends included."""

    starts_on: date
    ends_on: date

    def __post_init__(self) -> None:
        if self.ends_on < self.starts_on:
            raise ValueError(f"a period cannot end on {self.ends_on}, before it starts: {self}")

    def __str__(self) -> str:
        return f"{self.starts_on} to {self.ends_on}"


class Unit(StrEnum):
    """What a cycle counts."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Cycle:
    """How often something comes back: every month, every 90 days, every year."""

    every: int = 1
    unit: Unit = Unit.MONTH

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ValueError(
                f"a cycle of {self.every} {self.unit}s never comes back; write 1 or more"
            )

    def __str__(self) -> str:
        return str(self.unit) if self.every == 1 else f"{self.every} {self.unit}s"

    @property
    def months(self) -> int:
        """How many whole months it has; 0 when it counts days or weeks."""
        match self.unit:
            case Unit.MONTH:
                return self.every
            case Unit.YEAR:
                return self.every * 12
            case _:
                return 0


MONTHLY = Cycle()


def local_date(instant: datetime, zone: str) -> date:
    """Return the calendar day that ``instant`` falls on in ``zone``."""
    _check_aware(instant)
    return instant.astimezone(_zone(zone)).date()


def instant_at(day: date, at: time, zone: str) -> datetime:
    """Return the instant at which the clocks of ``zone`` show ``at`` on ``day``, in UTC.

    Where they show it twice it is the first time; where they leap over it, the end of the leap.
    """
    local = datetime.combine(day, at, _zone(zone))
    instant = local.astimezone(UTC)
    if instant.astimezone(_zone(zone)).replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    # Read with the offset from before the leap it comes after it, and the other way round.
    return _change_between(local.replace(fold=1).astimezone(UTC), instant, _zone(zone))


def _change_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant at which the clocks of ``zone`` are changed, to the second."""
    new = after.astimezone(zone).utcoffset()
    while (apart := (after - before) // timedelta(seconds=1)) > 1:
        middle = before + timedelta(seconds=apart // 2)
        if middle.astimezone(zone).utcoffset() == new:
            after = middle
        else:
            before = middle
    return after


def local_month(instant: datetime, zone: str) -> str:
    """Return the month that ``instant`` falls in in ``zone``, such as ``2026-03``."""
    return local_date(instant, zone).isoformat()[:7]


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, outside its folder, a folder
        raise ValueError(f"{name!r} is no time zone; use a name such as Europe/Berlin") from None


def _check_aware(instant: datetime) -> None:
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone; use aware UTC datetimes")


def elapsed_seconds(start: datetime, end: datetime) -> Decimal:
    """Return the real time between two instants, exactly; clocks that are changed do not matter."""
    _check_aware(start)
    _check_aware(end)
    # Within one zone Python subtracts what the clocks show, so both go to UTC first.
    passed = end.astimezone(UTC) - start.astimezone(UTC)
    if passed < timedelta(0):
        raise ValueError(f"the end {end.isoformat()} lies before the start {start.isoformat()}")
    whole, rest = divmod(passed, timedelta(seconds=1))
    return Decimal(whole) if not rest else Decimal(passed // _MICROSECOND).scaleb(-6, _HOURS)


def elapsed_hours(start: datetime, end: datetime) -> Decimal:
    """Return the real hours between two instants, to 28 digits where they have no last one."""
    return _HOURS.divide(elapsed_seconds(start, end), _SECONDS_OF_HOUR)


def days_in(period: Period) -> int:
    """Count the days of ``period``, both ends included."""
    return (period.ends_on - period.starts_on).days + 1


def months_in(period: Period) -> int:
    """Count the months of ``period``, a month that it only begins as one."""
    first, last = period.starts_on, period.ends_on
    months = max(1, (last.year - first.year) * 12 + last.month - first.month)
    return months + 1 if add_months(first, months) <= last else months


def overlap(one: Period, other: Period) -> Period | None:
    """Return the days that both periods have, or None."""
    starts_on = max(one.starts_on, other.starts_on)
    ends_on = min(one.ends_on, other.ends_on)
    return Period(starts_on, ends_on) if starts_on <= ends_on else None


def merged(periods: Iterable[Period]) -> tuple[Period, ...]:
    """Return the same days as stretches in order that neither overlap nor touch."""
    stretches: list[Period] = []
    for each in sorted(periods, key=lambda period: period.starts_on):
        if stretches and each.starts_on <= stretches[-1].ends_on + _DAY:
            ends_on = max(stretches[-1].ends_on, each.ends_on)
            stretches[-1] = Period(stretches[-1].starts_on, ends_on)
        else:
            stretches.append(each)
    return tuple(stretches)


def without(period: Period, gaps: Iterable[Period]) -> tuple[Period, ...]:
    """Return what is left of ``period`` when the days of ``gaps`` are taken out, in order."""
    left: list[Period] = []
    starts_on = period.starts_on
    for gap in merged(part for each in gaps if (part := overlap(each, period))):
        if starts_on < gap.starts_on:
            left.append(Period(starts_on, gap.starts_on - _DAY))
        starts_on = gap.ends_on + _DAY
    if starts_on <= period.ends_on:
        left.append(Period(starts_on, period.ends_on))
    return tuple(left)


def add_months(anchor: date, months: int) -> date:
    """Move ``anchor`` by whole months, clamped to the month's end.

    Always counted from the anchor, never chained: 31 January + 2 months is 31 March.
    """
    index = anchor.year * 12 + anchor.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(anchor.day, monthrange(year, month)[1]))


def period(anchor: date, index: int, cycle: Cycle = MONTHLY) -> Period:
    """Return the ``index``-th period of a cycle that began with ``anchor``."""
    return Period(_boundary(anchor, index, cycle), _boundary(anchor, index + 1, cycle) - _DAY)


def _boundary(anchor: date, index: int, cycle: Cycle) -> date:
    count = index * cycle.every
    match cycle.unit:
        case Unit.DAY:
            return anchor + timedelta(days=count)
        case Unit.WEEK:
            return anchor + timedelta(weeks=count)
        case Unit.MONTH:
            return add_months(anchor, count)
        case Unit.YEAR:
            return add_months(anchor, count * 12)
        case never:
            assert_never(never)


def periods_due(
    anchor: date,
    bill_from: date,
    ends_on: date | None,
    today: date,
    cycle: Cycle = MONTHLY,
    *,
    in_arrears: bool = False,
) -> Iterator[Period]:
    """Yield each period that can be billed by ``today`` and is ours to bill.

    In advance a period is due on its first day; in arrears when it is over, on the day after its
    last one, because work of the last day may still be written down on it. Periods that began
    before ``bill_from`` were billed elsewhere; none begins after the agreement ends.
    """
    index = 0
    while (due := period(anchor, index, cycle)).starts_on <= today:
        if ends_on is not None and due.starts_on > ends_on:
            return
        if in_arrears and due.ends_on >= today:
            return
        if due.starts_on >= bill_from:
            yield due
        index += 1
