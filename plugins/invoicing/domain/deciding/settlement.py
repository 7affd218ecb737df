"""Settlement: what is left of an agreement's work when it has ended, below a threshold or late."""

from datetime import date

from invoicing.domain.deciding.case import Case, Owing, bill
from invoicing.domain.obligations import Bill, Ignore
from invoicing.domain.periods import Period
from invoicing.domain.report import CALENDAR, is_settlement, settlement_unit
from invoicing.domain.work import Work, worked_on


def settles(case: Case) -> date | None:
    """Return the last day of an agreement when its event is about what was left after it."""
    ends_on, event = case.agreement.ends_on, case.event
    if ends_on is None:
        return None
    ours = event.source == CALENDAR and is_settlement(event.subject)
    return ends_on if ours or event.occurred_on > ends_on else None


def until(work: tuple[Work, ...], last: date) -> tuple[Work, ...]:
    """Return the work up to a day; lines have none and are always part of it."""
    return tuple(one for one in work if (worked_on(one) or last) <= last)


def settle(
    case: Case, ends_on: date, work: tuple[Work, ...], period: Period | None = None
) -> Bill | Ignore:
    """Bill what is left, whatever it comes to; records tell what was billed before."""
    left = until(work, ends_on)
    if not left:
        return Ignore(f"nothing is left to settle of {case.agreement.key}{case.left_out}")
    unit = _unit(case, ends_on)
    return bill(case, Owing(unit, left, subject=unit, period=period))


def _unit(case: Case, ends_on: date) -> str:
    """Name the settlement as the calendar does, or by the next number when that one is owed."""
    if is_settlement(case.event.subject) and not case.is_owed(case.event.subject):
        return case.event.subject
    number = 1
    while case.is_owed(settlement_unit(ends_on, number)):
        number += 1
    return settlement_unit(ends_on, number)
