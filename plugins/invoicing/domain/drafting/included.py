"""Included: the hours that a retainer's fee covers, those beyond it, and what rolls over."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from invoicing.domain.agreements import IncludedHours, MinuteRounding, Retainer
from invoicing.domain.draft import CARRIED_MINUTES, Balance
from invoicing.domain.drafting.active import (
    billed_period,
    index_of,
    periods_until,
    stretches,
    tax_point,
)
from invoicing.domain.drafting.hours import add_minutes, logged
from invoicing.domain.drafting.items import hours_of_work, no_hours
from invoicing.domain.drafting.sheet import HeldError, Sheet, product, shortest
from invoicing.domain.money import EXACT, Money, plain
from invoicing.domain.periods import Period, period
from invoicing.domain.pricing.blocks import HoursUse, use_hours
from invoicing.domain.pricing.hours import billable_minutes
from invoicing.domain.report import is_settlement
from invoicing.domain.work import TimeEntry, ref_of

USED, INCLUDED = "used_minutes", "included_minutes"  # balances, by period
_MINUTES_AN_HOUR = Decimal(60)
_NONE = Decimal(0)


def add_included(sheet: Sheet, pricing: Retainer) -> None:
    """Write the hours within the fee, for nothing, and those beyond it; note what rolls over.

    Every period includes its hours in full, also one that is cut short. Hours reported late count
    with the period that they were worked in, and use what that one left.
    """
    if pricing.included is None:
        no_hours(sheet)
        return
    worked = _worked_period(sheet, pricing)
    entries = hours_of_work(sheet.obligation.work)
    if worked is not None:
        _add_hours(sheet, pricing, pricing.included, worked)
    elif entries:
        raise HeldError(
            "not_computable",
            f"hours before the first period of agreement {sheet.agreement.key} that is billed here",
        )


def _worked_period(sheet: Sheet, pricing: Retainer) -> Period | None:
    """Return the period whose hours are billed: in advance, the last one with a billed day."""
    if pricing.in_arrears or is_settlement(sheet.obligation.key.unit):
        return billed_period(sheet)
    agreement = sheet.agreement
    for index in reversed(range(index_of(sheet, pricing.cycle))):
        found = period(agreement.starts_on, index, pricing.cycle)
        if found.ends_on < agreement.bill_from:
            return None
        if stretches(agreement, found):
            return found
    return None


@dataclass(frozen=True, slots=True)
class _Month:
    """A period with what it includes, what was counted in it before, and the entries that are new.

    ``before`` and ``now`` are minutes as they add up, before their sum is rounded; ``is_known``
    says that an earlier invoice counted them.
    """

    period: Period
    included: Decimal
    before: Decimal
    now: Decimal
    entries: tuple[TimeEntry, ...]
    is_known: bool


def _add_hours(sheet: Sheet, pricing: Retainer, included: IncludedHours, worked: Period) -> None:
    months = _months(sheet, pricing, included, worked)
    before, now = (
        _uses(included, [(one.included, minutes) for one, minutes in each])
        for each in (
            [(one, one.before) for one in months],
            [(one, one.now) for one in months],
        )
    )
    for one, old, new in zip(months, before, now, strict=True):
        _add_month(sheet, included, one, (old, new), is_late=one.period != worked)
    sheet.balances.append(Balance(CARRIED_MINUTES, now[-1].carried_out, "min"))
    for one in months:
        _note(sheet, one)


def _months(
    sheet: Sheet, pricing: Retainer, included: IncludedHours, worked: Period
) -> list[_Month]:
    """Return the periods that count: those that an invoice counted, and those with new hours."""
    agreement = sheet.agreement
    periods = [
        one
        for one in periods_until(agreement, worked.starts_on, pricing.cycle)
        if one == worked or (one.ends_on >= agreement.bill_from and stretches(agreement, one))
    ]
    entries = defaultdict[date, list[TimeEntry]](list)
    for entry in hours_of_work(sheet.obligation.work):
        begun = [one.starts_on for one in periods if one.starts_on <= entry.worked_on]
        entries[begun[-1] if begun else periods[0].starts_on].append(entry)
    usual = product(included.hours, _MINUTES_AN_HOUR)
    months = []
    for one in periods:
        theirs, is_known = tuple(entries[one.starts_on]), sheet.has_counted(_name(USED, one))
        if not (is_known or theirs or one == worked):
            continue
        before = sheet.counted(_name(USED, one))
        now = EXACT.add(before, _minutes(theirs, included))
        allowed = sheet.counted(_name(INCLUDED, one)) if is_known else usual
        months.append(_Month(one, allowed, before, now, theirs, is_known))
    return months


def _name(name: str, one: Period) -> str:
    return f"{name} {one.starts_on}"


def _minutes(entries: Sequence[TimeEntry], included: IncludedHours) -> Decimal:
    """Add up minutes; those whose sum is rounded up are not rounded yet."""
    increment, minutes = included.increment, [entry.minutes for entry in entries]
    if increment.rounding is MinuteRounding.TOTAL_UP:
        return sum(minutes, _NONE)
    return billable_minutes(minutes, increment)


def _billable(minutes: Decimal, included: IncludedHours) -> Decimal:
    if included.increment.rounding is MinuteRounding.TOTAL_UP:
        return billable_minutes([minutes], included.increment)
    return minutes


def _uses(included: IncludedHours, months: Sequence[tuple[Decimal, Decimal]]) -> list[HoursUse]:
    """Use up the hours of period after period; what is left rolls over into the next."""
    uses: list[HoursUse] = []
    most = product(included.rollover_max_hours, _MINUTES_AN_HOUR)
    for allowed, minutes in months:
        carried = uses[-1].carried_out if uses else _NONE
        uses.append(use_hours(allowed, _billable(minutes, included), carried, most))
    return uses


def _add_month(
    sheet: Sheet,
    included: IncludedHours,
    one: _Month,
    uses: tuple[HoursUse, HoursUse],
    *,
    is_late: bool,
) -> None:
    before, now = uses
    beyond = shortest(EXACT.subtract(now.overage, before.overage))
    counted = EXACT.subtract(_billable(one.now, included), _billable(one.before, included))
    if not beyond and not counted:
        return
    entries = one.entries or hours_of_work(sheet.obligation.work)
    time = logged(entries, included.increment)
    carried = shortest(EXACT.subtract(now.allowance, one.included))
    how = f"{time.how}, of them {plain(beyond)} min beyond the {plain(shortest(now.allowance))} min"
    how += f" that the fee covers ({plain(carried)} min of them rolled over)"
    if is_late:
        billed = shortest(_billable(one.before, included))
        how += f", {plain(billed)} min of {one.period} were billed before"
    late, when = ("_late", {"period": one.period}) if is_late else ("", {})
    rate = sheet.own_rate_on(tax_point(sheet, one.period.ends_on))
    records = [ref_of(entry) for entry in entries]
    within = shortest(EXACT.subtract(counted, beyond))
    if within > 0:
        free = Money.zero(sheet.client.currency)
        text = sheet.say(f"hours_within_fee{late}", **when)
        add_minutes(sheet, text, within, free, how, records=records, rate=rate)
    if beyond:
        text = sheet.say(f"hours_beyond_fee{late}", **when)
        price = included.overage_rate
        add_minutes(sheet, text, beyond, price, how, records=records, rate=rate)


def _note(sheet: Sheet, one: _Month) -> None:
    """Note what the next invoices need to count hours that are reported late for this period."""
    used = EXACT.subtract(one.now, one.before)
    if used or not one.is_known:
        sheet.balances.append(Balance(_name(USED, one.period), used, "min"))
    if not one.is_known:  # as agreed then, whatever is agreed later
        sheet.balances.append(Balance(_name(INCLUDED, one.period), one.included, "min"))
