"""Readers of days, cycles, terms, reminder steps and time zones."""

import re
from datetime import date, time
from zoneinfo import ZoneInfo, available_timezones

from invoicing.config.problems import did_you_mean
from invoicing.config.readers import FieldError, matching, quoted, scalar
from invoicing.domain.follow_up import Anchor
from invoicing.domain.periods import Cycle, Unit
from invoicing.domain.terms import Terms, parse_terms

_CYCLE = re.compile(r"(?:([1-9]\d{0,3}) )?(day|week|month|quarter|year)(s?)", re.ASCII)
_DAYS_OF = {"day": 1, "week": 7, "month": 30, "quarter": 90, "year": 365}
_LONGEST_CYCLE = 3660  # about ten years, in days
_STEP = re.compile(r"(0|[1-9]\d{0,2}) days? (before|after) (due|issue|cycle)", re.ASCII)
_ANCHORS = {"due": Anchor.DUE, "issue": Anchor.ISSUED, "cycle": Anchor.CYCLE}
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def read_day(value: object) -> date:
    """Read a day written as YYYY-MM-DD."""
    text = matching(_DAY, value, "a day", "Write it as YYYY-MM-DD, such as 2026-11-01.")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise FieldError(f"the calendar has no {text}", "Check month and day.") from None


def read_time(value: object) -> time:
    """Read a time of day written as HH:MM."""
    advice = "Write hours and minutes in two digits each, such as 09:00."
    return time.fromisoformat(matching(_TIME, value, "a time of day", advice))


def read_zone(value: object) -> str:
    """Read the name of a time zone."""
    text = scalar(value)
    try:
        known = "/" in text and ZoneInfo(text).key == text
    except (KeyError, ValueError, OSError):  # missing, outside its folder, a folder
        known = False
    if not known and text != "UTC":
        hint = did_you_mean(text, available_timezones())
        raise FieldError(
            f"{quoted(text)} is no time zone{hint}", "Use a name such as Europe/Berlin."
        )
    return text


def read_terms(value: object) -> Terms:
    """Read how long a client has to pay, such as `30 days` or `month end + 14 days`."""
    text = scalar(value)
    try:
        return parse_terms(text)
    except ValueError:
        advice = (
            "Write 30 days, month end + 14 days or 45 days to month end; add ', next business day'"
            " to skip weekends and holidays."
        )
        raise FieldError(f"{quoted(text)} are no terms of payment", advice) from None


def read_cycle(value: object) -> Cycle:
    """Read how often something comes back, such as `month`, `quarter` or `90 days`."""
    text = scalar(value)
    found = _CYCLE.fullmatch(text)
    count = int(found[1] or 1) if found else 0
    if not found or (count > 1) != bool(found[3]):
        advice = "Write day, week, month, quarter, year, or a number of them such as 90 days."
        hint = did_you_mean(text, _DAYS_OF)
        raise FieldError(f"{quoted(text)} is no cycle{hint}", advice)
    if count * _DAYS_OF[found[2]] > _LONGEST_CYCLE:
        raise FieldError(f"{quoted(text)} is longer than ten years", "Write a shorter cycle.")
    if found[2] == "quarter":
        return Cycle(3 * count, Unit.MONTH)
    return Cycle(count, Unit(found[2]))


def read_step(value: object) -> tuple[int, Anchor]:
    """Read when a reminder goes out: its days from a day (minus is before), and that day."""
    text = scalar(value)
    if text == "on due":
        return 0, Anchor.DUE
    found = _STEP.fullmatch(text)
    if found is None:
        advice = "Write 3 days before due, on due, 1 day after due, 14 days after issue or 7 days"
        raise FieldError(f"{quoted(text)} is no day for a reminder", f"{advice} after cycle.")
    days, anchor = int(found[1]), _ANCHORS[found[3]]
    if found[2] == "before":
        days = -days
    if anchor is Anchor.ISSUED and days <= 0:
        advice = "Nobody is reminded of an invoice before it is there: write a day after issue."
        raise FieldError(f"{quoted(text)} would never go out", advice)
    return days, anchor
