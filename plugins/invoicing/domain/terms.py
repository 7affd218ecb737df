"""Terms: how many days a client has to pay, and the day that makes."""

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import assert_never

_SATURDAY = 5
_LONGEST_DAYS = 3650  # ten years; more is a slip of the finger, and dates would run out
_FOLLOWING = ", next business day"


class TermsKind(StrEnum):
    """How the days are counted: from the issue, from the end of its month, or to a month's end."""

    NET = "net"
    EOM_PLUS = "eom_plus"
    NET_EOM = "net_eom"


@dataclass(frozen=True, slots=True)
class Terms:
    """A promise to pay; ``next_business_day`` moves a due date off weekends and holidays."""

    days: int
    kind: TermsKind = TermsKind.NET
    next_business_day: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.days <= _LONGEST_DAYS:
            raise ValueError(f"terms of {self.days} days are not possible; write 0 to 3650")

    def __str__(self) -> str:
        days = "1 day" if self.days == 1 else f"{self.days} days"
        shapes = {
            TermsKind.NET: days,
            TermsKind.EOM_PLUS: f"month end + {days}",
            TermsKind.NET_EOM: f"{days} to month end",
        }
        return shapes[self.kind] + (_FOLLOWING if self.next_business_day else "")


_DAYS = r"(0|[1-9]\d{0,3}) days?"
_SHAPES = {
    TermsKind.NET: re.compile(_DAYS, re.ASCII),
    TermsKind.EOM_PLUS: re.compile(rf"month end \+ {_DAYS}", re.ASCII),
    TermsKind.NET_EOM: re.compile(rf"{_DAYS} to month end", re.ASCII),
}


def parse_terms(text: str) -> Terms:
    """Read what ``str(terms)`` writes, such as ``30 days`` or ``month end + 14 days``."""
    promise = text.removesuffix(_FOLLOWING)
    for kind, shape in _SHAPES.items():
        if found := shape.fullmatch(promise):
            return Terms(int(found[1]), kind, promise != text)
    raise ValueError(
        f"{text!r} are no terms; write 30 days, month end + 14 days or 45 days to month end, "
        f"and add {_FOLLOWING.strip(', ')!r} after a comma to skip weekends and holidays"
    )


def due_date(issued_on: date, terms: Terms, holidays: Iterable[date] = ()) -> date:
    """Return the last day to pay an invoice issued on ``issued_on``, in calendar days."""
    match terms.kind:
        case TermsKind.NET:
            due_on = issued_on + timedelta(days=terms.days)
        case TermsKind.EOM_PLUS:
            due_on = _month_end(issued_on) + timedelta(days=terms.days)
        case TermsKind.NET_EOM:
            due_on = _month_end(issued_on + timedelta(days=terms.days))
        case never:
            assert_never(never)
    return business_day(due_on, holidays) if terms.next_business_day else due_on


def business_day(day: date, holidays: Iterable[date] = ()) -> date:
    """Return ``day``, or the first day after it that is no Saturday, Sunday or holiday.

    Never an earlier day: nobody has to pay before the terms say so.
    """
    closed = frozenset(holidays)
    while day.weekday() >= _SATURDAY or day in closed:
        day += timedelta(days=1)
    return day


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])
