"""Thresholds: hours or money that add up until they are billed, and blocks of hours used up."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from invoicing.domain.agreements import Increment, MinuteRounding, PrepaidBlock, TimeAndMaterials
from invoicing.domain.deciding.case import Case, Owing, bill
from invoicing.domain.deciding.records import WORK_LEFT_OVER
from invoicing.domain.deciding.settlement import settle, settles
from invoicing.domain.deciding.values import value_of
from invoicing.domain.money import Money, plain
from invoicing.domain.obligations import Decision, Hold, Ignore, Note
from invoicing.domain.pricing.hours import billable_minutes, hours_of
from invoicing.domain.pricing.thresholds import Measure, crossings
from invoicing.domain.work import TimeEntry, Work, ref_of, worked_on

HOURS, SPEND, BLOCK = "hours:", "spend:", "block:"
_AN_HOUR = Decimal(60)
_CENTS = Decimal("0.01")


def decide_threshold(case: Case, pricing: TimeAndMaterials) -> Decision:
    """Bill each time that the work not billed yet reaches what the rule says.

    Work goes in order of its day, the crossing record included; what comes after the last crossing
    waits for the next one, and is settled when the agreement has ended.
    """
    if ends_on := settles(case):
        return settle(case, ends_on, case.work)
    work = sorted(case.work, key=_order)
    if case.rule.every_hours is None:
        return _decide_spend(case, pricing, work)
    each = pricing.increment
    measure: Measure | None = None
    if each.rounding is MinuteRounding.TOTAL_UP:  # then no entry is rounded by itself
        each, measure = Increment(), _total_of(pricing.increment)
    minutes = [_minutes(one, each) for one in work]
    return _bill_crossings(case, work, minutes, case.rule.every_hours * _AN_HOUR, measure)


def decide_block(case: Case, block: PrepaidBlock) -> Decision:
    """Bill the next block when few hours are left, but not while the newest one is unpaid.

    A first block from before we billed counts as bought, one whose invoice is void does not. The
    work that used up the blocks before
    goes along, so that each record is spoken for, and outlays are billed.
    """
    newest = case.newest(BLOCK)
    last = max(newest, int(case.agreement.starts_on < case.agreement.bill_from))
    bought = last - sum(case.key(f"{BLOCK}{one}") in case.owed.void for one in range(1, last + 1))
    paid_for = bought * block.hours * _AN_HOUR
    left = paid_for - _used(case, block)
    if ends_on := settles(case):
        return _settle_block(case, ends_on, left, paid_for)
    level = block.reorder_at_hours * _AN_HOUR
    if left > level:
        due = f"the next block is due at {_hours(level)}"
        return Ignore(f"{_part(left, paid_for)} are left; {due}{case.left_out}")
    if case.key(f"{BLOCK}{newest}") in case.owed.unpaid:
        figures = f"only {_part(left, paid_for)} are left"
        if left < 0:
            figures = f"{_hours(-left)} more than the {_hours(paid_for)} bought are used"
        return Ignore(f"{figures}, but block {newest} is not paid yet{case.left_out}")
    title = f"{case.agreement.description}, {plain(block.hours)} hours"
    return bill(case, Owing(f"{BLOCK}{last + 1}", case.work, title=title))


def _used(case: Case, block: PrepaidBlock) -> Decimal:
    owed = (work for one in case.owed.of(case.agreement.key) for work in one.work)
    entries = {ref_of(one): one for one in (*owed, *case.work) if isinstance(one, TimeEntry)}
    return billable_minutes([one.minutes for one in entries.values()], block.increment)


def _settle_block(case: Case, ends_on: date, left: Decimal, paid_for: Decimal) -> Decision:
    """Bill the outlays that no block followed; its hours were paid for ahead."""
    outlays = tuple(one for one in case.work if not isinstance(one, TimeEntry))
    decision = settle(case, ends_on, outlays)
    if left >= 0:
        return decision
    text = (
        f"{_hours(-left)} more than the {_hours(paid_for)} bought were used by the end of"
        f" {case.agreement.key}, and it has no price for them"
    )
    return replace(decision, notes=(Note(WORK_LEFT_OVER, None, text),))


def _decide_spend(case: Case, pricing: TimeAndMaterials, work: Sequence[Work]) -> Decision:
    threshold = case.rule.every_spend or Money.zero(case.client.currency)
    if threshold.currency != case.client.currency:
        return Hold(
            "currency_differs",
            f"rule {case.rule.name} counts {threshold.currency}, but {case.client.key} is billed in"
            f" {case.client.currency}",
        )
    values: list[Decimal] = []
    for one in work:
        value = value_of(one, pricing, case.client.currency, case.rounding)
        if isinstance(value, Hold):
            return value
        values.append(value.amount)
    return _bill_crossings(case, work, values, threshold.amount)


def _bill_crossings(
    case: Case,
    work: Sequence[Work],
    sizes: Sequence[Decimal],
    threshold: Decimal,
    measure: Measure | None = None,
) -> Decision:
    is_hours = case.rule.every_hours is not None
    found = crossings(sizes, threshold, measure)
    if not found.groups:
        rest = sum(sizes, Decimal(0))
        if is_hours:
            rest = measure(rest) if measure else rest
            figures = _part(rest, threshold)
        else:
            figures = f"{plain(rest)} of {case.rule.every_spend}"
        return Ignore(f"{figures} have come together; the rest waits{case.left_out}")
    prefix = HOURS if is_hours else SPEND
    first = case.newest(prefix) + 1
    owings = (
        Owing(f"{prefix}{first + at}", tuple(work[index] for index in group))
        for at, group in enumerate(found.groups)
    )
    return bill(case, *owings)


def _order(work: Work) -> tuple[date, str, str]:
    return worked_on(work) or date.min, work.source, work.record_id


def _total_of(increment: Increment) -> Measure:
    return lambda minutes: billable_minutes([minutes], increment)


def _minutes(work: Work, increment: Increment) -> Decimal:
    """Return the minutes of one entry as they are counted; nothing else takes time."""
    if not isinstance(work, TimeEntry):
        return Decimal(0)
    return billable_minutes([work.minutes], increment)


def _part(minutes: Decimal, whole: Decimal) -> str:
    """Say ``18.00 of 20.00 h``."""
    part, all_of_it = _hours(minutes), _hours(whole)
    if part.endswith(" h") and all_of_it.endswith(" h"):
        part = part.removesuffix(" h")
    return f"{part} of {all_of_it}"


def _hours(minutes: Decimal) -> str:
    """Write time as an invoice does: hours with two digits where they say it exactly."""
    hours = hours_of(minutes)
    if hours is None or hours != round(hours, 2):
        return f"{plain(minutes)} min"
    return f"{plain(hours.quantize(_CENTS))} h"
