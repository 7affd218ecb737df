"""Hours: minutes that people worked become a quantity, a price and a line."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from invoicing.domain.agreements import Increment, MinuteRounding
from invoicing.domain.drafting.sheet import ONE, Sheet, shortest
from invoicing.domain.money import Money, plain
from invoicing.domain.pricing.hours import billable_minutes, hours_of, price_of_minutes
from invoicing.domain.tax import TaxRate
from invoicing.domain.work import RecordRef, TimeEntry, ref_of

_MINUTES_AN_HOUR = Decimal(60)
_ROUNDED_UP = {
    MinuteRounding.PER_ENTRY_UP: "each rounded up to {} min",
    MinuteRounding.TOTAL_UP: "their sum rounded up to {} min",
    MinuteRounding.NONE: "not rounded",
}


@dataclass(frozen=True, slots=True)
class Logged:
    """Time entries, the minutes of them that are billed, and how those were counted."""

    minutes: Decimal
    records: tuple[RecordRef, ...]
    how: str


def logged(entries: Sequence[TimeEntry], increment: Increment) -> Logged:
    """Count the minutes of ``entries`` that are billed."""
    minutes = shortest(billable_minutes([entry.minutes for entry in entries], increment))
    count = "1 entry" if len(entries) == 1 else f"{len(entries)} entries"
    rounded = _ROUNDED_UP[increment.rounding].format(increment.minutes)
    records = tuple(ref_of(entry) for entry in entries)
    return Logged(minutes, records, f"{count}, {rounded}: {plain(minutes)} min")


def add_minutes(
    sheet: Sheet,
    description: str,
    minutes: Decimal,
    per_hour: Money,
    how: str,
    *,
    records: Sequence[RecordRef],
    rate: TaxRate | None = None,
) -> None:
    """Write a line of hours; minutes that make no finite number of hours stay minutes."""
    net = price_of_minutes(minutes, per_hour, sheet.rounding)
    hours = hours_of(minutes)
    if hours is None:
        quantity, unit, base = minutes, "min", _MINUTES_AN_HOUR
    else:
        quantity, unit, base = hours, "h", ONE
    each = f"{per_hour} per 60" if hours is None else str(per_hour)
    text = f"{how}, {plain(quantity)} {unit} x {each}"
    sheet.add(
        description, quantity, unit, per_hour, net, text, rate=rate, records=records, base=base
    )
