"""Report: what our own calendar says is due, period by period, and the fact it becomes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from invoicing.domain.agreements import (
    Agreement,
    Frame,
    Instalments,
    PrepaidBlock,
    Project,
    Retainer,
    TimeAndMaterials,
)
from invoicing.domain.events import BillingEvent, EventKind
from invoicing.domain.money import plain
from invoicing.domain.periods import Cycle, Period, period, periods_due, without
from invoicing.domain.work import Work

CALENDAR = "calendar"
LEDGER = "ledger"  # the source of what follows from payments
SETTLEMENT = "settlement:"
FIRST_BLOCK = "block:1"
_DAY = timedelta(days=1)
_BY_EVENTS = (Frame, Project)  # billed by what happens, until the end and not after it
_ALL = date(9000, 1, 1)  # later than anything is due, with room to count on


@dataclass(frozen=True, slots=True)
class Due:
    """Something that a calendar day makes due; a settlement bills late work and no fee."""

    period: Period
    unit: str
    is_settlement: bool = False


def dues(agreement: Agreement, today: date) -> Iterator[Due]:
    """Yield all that has become due by ``today`` and is ours to bill, the oldest first.

    So what was missed is caught up with: whoever asks leaves out what is owed already. A pause
    skips the periods that lie wholly inside it, but no part of a sum in instalments. An agreement
    that has ended is settled: no later period would bring the work that was left.
    """
    match agreement.pricing:
        case Retainer(cycle=cycle, in_arrears=in_arrears):
            yield from _periods(agreement, today, cycle, in_arrears=in_arrears)
        case TimeAndMaterials(cycle=Cycle() as cycle):
            yield from _periods(agreement, today, cycle, in_arrears=True)
        case Instalments() as plan:
            yield from _instalments(agreement, today, plan)
        case PrepaidBlock():
            if agreement.bill_from <= agreement.starts_on <= today:
                yield Due(Period(agreement.starts_on, agreement.starts_on), FIRST_BLOCK)
        case _:
            pass
    yield from _settlement(agreement, today)


def due_of(agreement: Agreement, unit: str, day: date) -> Due | None:
    """Return the due that is named ``unit`` and began by ``day``; None when there is none (now)."""
    if is_settlement(unit):
        first = next(_settlement(agreement, _ALL), None)
        if first is None or first.period.starts_on > day or not _follows(unit, first.unit):
            return None
        return replace(first, unit=unit)
    for due in dues(agreement, _ALL):
        if due.period.starts_on > day:
            break
        if due.unit == unit:
            return due
    return None


def is_settlement(unit: str) -> bool:
    """Tell whether a unit bills what was left when its agreement ended."""
    return unit.startswith(SETTLEMENT)


def settlement_unit(ends_on: date, number: int) -> str:
    """Name a settlement; those after the first bill what was approved later still."""
    return f"{SETTLEMENT}{ends_on}" if number == 1 else f"{SETTLEMENT}{ends_on}:{number}"


def due_event(agreement: Agreement, due: Due, work: tuple[Work, ...]) -> BillingEvent:
    """Return the fact that ``due`` is, complete with the work it bills."""
    return BillingEvent(
        source=CALENDAR,
        event_id=f"{agreement.key}:{due.unit}",
        kind=_kind(agreement, due),
        client=agreement.client,
        agreement=agreement.key,
        subject=due.unit,
        occurred_on=_occurred_on(agreement, due),
        work=work,
        title=_title(agreement, due),
        category=agreement.category,
    )


def cutoff(agreement: Agreement, due: Due) -> date:
    """Return the last day whose work ``due`` bills; later work waits for the next one."""
    if due.is_settlement or in_arrears(agreement):
        return _occurred_on(agreement, due)
    return due.period.starts_on - _DAY


def in_arrears(agreement: Agreement) -> bool:
    """Tell whether the calendar bills an agreement's periods after they have passed."""
    match agreement.pricing:
        case Retainer(in_arrears=late):
            return late
        case pricing:
            return isinstance(pricing, TimeAndMaterials)


def _periods(agreement: Agreement, today: date, cycle: Cycle, *, in_arrears: bool) -> Iterator[Due]:
    found = periods_due(
        agreement.starts_on,
        agreement.bill_from,
        agreement.ends_on,
        today,
        cycle,
        in_arrears=in_arrears,
    )
    for one in found:
        if without(one, agreement.pauses):
            yield Due(one, str(one.starts_on))


def _settlement(agreement: Agreement, today: date) -> Iterator[Due]:
    """Yield the first settlement of an agreement that has ended and has a source of work."""
    ends_on = agreement.ends_on
    if ends_on is None or not agreement.work_source or isinstance(agreement.pricing, _BY_EVENTS):
        return
    if max(agreement.bill_from, agreement.starts_on) > ends_on:
        return
    last = _last_period(agreement, ends_on)
    # The last period in arrears comes first: it may charge a minimum for the same work.
    if today > (last.ends_on if in_arrears(agreement) else ends_on):
        yield Due(last, settlement_unit(ends_on, 1), is_settlement=True)


def _last_period(agreement: Agreement, ends_on: date) -> Period:
    """Return the last period of an agreement; without any, all the days that are ours to bill."""
    begins = agreement.starts_on
    match agreement.pricing:
        case Retainer(cycle=cycle) | TimeAndMaterials(cycle=Cycle() as cycle):
            return list(periods_due(begins, begins, ends_on, ends_on, cycle))[-1]
        case _:
            return Period(max(begins, agreement.bill_from), ends_on)


def _follows(unit: str, first: str) -> bool:
    """Tell whether a unit is the first settlement of an agreement or a later one of the same."""
    number = unit.removeprefix(f"{first}:")
    return unit == first or (number != unit and number.isascii() and number.isdigit())


def _instalments(agreement: Agreement, today: date, plan: Instalments) -> Iterator[Due]:
    for index in range(plan.parts or len(plan.percents)):
        one = period(agreement.starts_on, index, plan.cycle)
        if agreement.bill_from <= one.starts_on <= today:
            yield Due(one, str(one.starts_on))


def _kind(agreement: Agreement, due: Due) -> EventKind:
    """Say which rules bill a due: what is left below a threshold is a matter of the threshold's."""
    match agreement.pricing:
        case PrepaidBlock() | TimeAndMaterials(cycle=None) if due.is_settlement:
            return EventKind.HOURS_LOGGED
        case _:
            return EventKind.RETAINER_DUE


def _occurred_on(agreement: Agreement, due: Due) -> date:
    if not (due.is_settlement or in_arrears(agreement)):
        return due.period.starts_on
    last = due.period.ends_on
    return last if agreement.ends_on is None else min(last, agreement.ends_on)


def _title(agreement: Agreement, due: Due) -> str:
    match agreement.pricing:
        case _ if due.is_settlement:
            return f"{agreement.description}, settlement up to {agreement.ends_on}"
        case PrepaidBlock(hours=hours):
            return f"{agreement.description}, {plain(hours)} hours"
        case _:
            return f"{agreement.description}, {due.period}"
