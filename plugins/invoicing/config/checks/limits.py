"""Limits: caps below the price or the minimum, instalments that outlive their agreement."""

from collections.abc import Iterator
from datetime import date

from invoicing.config.agreements import (
    InstalmentsAgreement,
    ProjectAgreement,
    TimeAgreement,
)
from invoicing.config.checks.entries import agreements_of
from invoicing.config.desk import Desk
from invoicing.config.problems import Problem
from invoicing.config.strict_yaml import Route
from invoicing.domain.money import Money
from invoicing.domain.periods import period


def check(desk: Desk) -> Iterator[Problem]:
    """Yield limits that contradict the price, and parts that nobody would bill."""
    for route, agreement in agreements_of(desk).items():
        match agreement:
            case ProjectAgreement(cap=cap, total=total) if _is_below(cap, total):
                text = f"the cap of {cap} is below the total of {total}"
                advice = "The total counts towards the cap: raise the cap, or leave it out."
                yield desk.agreements.at((*route, "cap"), text, advice)
            case TimeAgreement(cap=cap, minimum=minimum) if _is_below(cap, minimum):
                text = f"the cap of {cap} is below the minimum of {minimum} for each period"
                advice = "The cap is the most of all periods together: raise it, or leave it out."
                yield desk.agreements.at((*route, "cap"), text, advice)
            case InstalmentsAgreement():
                yield from _parts(desk, route, agreement)


def _is_below(cap: Money | None, other: Money | None) -> bool:
    """Compare where it makes sense; two currencies have been named before."""
    if cap is None or other is None or cap.currency != other.currency:
        return False
    return cap < other


def _parts(desk: Desk, route: Route, agreement: InstalmentsAgreement) -> Iterator[Problem]:
    name = "parts" if agreement.parts else "percents"
    count = agreement.parts or len(agreement.percents)
    last = _due_on(agreement, count)
    if last is None:
        text = f"part {count} of {count} would come due after the year 9999"
        yield desk.agreements.at((*route, name), text, "Write fewer parts, or a shorter cycle.")
    elif agreement.ends_on is not None and last > agreement.ends_on:
        text = f"part {count} of {count} comes due on {last}, after ends_on {agreement.ends_on}"
        advice = (
            f"It would never be billed: write fewer parts, or ends_on: {last} or later, or"
            " leave ends_on out."
        )
        yield desk.agreements.at((*route, "ends_on"), text, advice)


def _due_on(agreement: InstalmentsAgreement, part: int) -> date | None:
    """Return the day a part comes due (the first is 1); None where the calendar ends before."""
    try:
        return period(agreement.starts_on, part - 1, agreement.cycle).starts_on
    except (OverflowError, ValueError):
        return None
