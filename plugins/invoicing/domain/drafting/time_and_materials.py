"""Time and materials: hours by role and rate or by tiers, outlays, and the minimum of a period."""

from collections import defaultdict
from collections.abc import Iterable

from invoicing.domain.agreements import Proration, Rate, TimeAndMaterials
from invoicing.domain.draft import Balance
from invoicing.domain.drafting.active import by_period, periods_until, stretches, tax_point
from invoicing.domain.drafting.hours import add_minutes, logged
from invoicing.domain.drafting.items import add_work, hours_of_work
from invoicing.domain.drafting.sheet import ONE, HeldError, Sheet
from invoicing.domain.drafting.tariffs import add_tiers
from invoicing.domain.events import EventKind
from invoicing.domain.money import Money, total
from invoicing.domain.periods import Cycle, Period, period
from invoicing.domain.pricing.caps import true_up
from invoicing.domain.pricing.hours import rate_on
from invoicing.domain.pricing.proration import prorate
from invoicing.domain.tax import TaxRate
from invoicing.domain.work import TimeEntry, Work, ref_of

_NOTED = "usage", "minimum"  # balances, by period


def price_time(sheet: Sheet, pricing: TimeAndMaterials) -> None:
    """Write the work period by period; what was approved late belongs to the one it was done in."""
    work, cycle = sheet.obligation.work, pricing.cycle
    if cycle is None or sheet.obligation.kind is not EventKind.RETAINER_DUE:
        _add_work(sheet, pricing, work, None)
        return
    last = sheet.obligation.period or _last_period(sheet, cycle)
    for within, theirs in by_period(sheet, work, cycle, last):
        before = len(sheet.lines)
        _add_work(sheet, pricing, theirs, within)
        if pricing.minimum is not None:
            usage = total((line.net for line in sheet.lines[before:]), sheet.client.currency)
            _add_minimum(sheet, pricing.minimum, usage, within)


def _last_period(sheet: Sheet, cycle: Cycle) -> Period:
    """Return the period that a settlement comes after."""
    begun = [*periods_until(sheet.agreement, sheet.supplied_on, cycle)]
    return begun[-1] if begun else period(sheet.agreement.starts_on, 0, cycle)


def _add_work(
    sheet: Sheet, pricing: TimeAndMaterials, work: Iterable[Work], within: Period | None
) -> None:
    """Write a line for each role and rate, or for each tier, then the rest of the work."""
    entries = hours_of_work(work := tuple(work))
    if pricing.tariff is not None:
        add_tiers(sheet, pricing, pricing.tariff, entries, within)
    else:
        _add_roles(sheet, pricing, entries)
    add_work(sheet, work)


def _add_roles(sheet: Sheet, pricing: TimeAndMaterials, entries: tuple[TimeEntry, ...]) -> None:
    by_rate = defaultdict[tuple[Rate, TaxRate], list[TimeEntry]](list)
    for entry in entries:
        rate = rate_on(pricing.rates, entry.role, entry.worked_on)
        if rate is None:
            raise HeldError(
                "rate_unknown",
                f"agreement {sheet.agreement.key} has no rate for the role {entry.role!r} on"
                f" {entry.worked_on} ({ref_of(entry)})",
            )
        tax = sheet.own_rate_on(tax_point(sheet, entry.worked_on))
        by_rate[rate, tax].append(entry)
    for (rate, tax), theirs in by_rate.items():
        time = logged(theirs, pricing.increment)
        how = f"rate of {rate.role} since {rate.from_on}; {time.how}"
        text = sheet.say("hours_of_role", role=rate.role)
        add_minutes(sheet, text, time.minutes, rate.per_hour, how, records=time.records, rate=tax)


def _add_minimum(sheet: Sheet, minimum: Money, usage: Money, within: Period) -> None:
    """Bill what is missing to the minimum; what was reported late makes it less."""
    currency, noted = sheet.client.currency, [f"{name} {within.starts_on}" for name in _NOTED]
    used, charged = (Money(sheet.counted(name), currency) for name in noted)
    missing, how = Money.zero(currency), ""
    if sheet.has_counted(noted[0]):
        if charged.amount:
            least, how = used + charged, "the minimum as billed before"
            missing = true_up(used + usage, least) - charged
            how = f"{how}: {least}, less the usage {used + usage}, less {charged} billed of it"
    elif within == sheet.obligation.period:
        least, how = _least(sheet, minimum, within)
        missing, how = true_up(usage, least), f"{how}, less the usage {usage}"
    if missing.amount:
        rate = sheet.own_rate_on(tax_point(sheet, within.ends_on))
        sheet.add(
            sheet.say("minimum", period=within), ONE, "item", missing, missing, how, rate=rate
        )
    for name, amount in zip(noted, (usage, missing), strict=True):
        sheet.balances.append(Balance(name, amount.amount, currency))


def _least(sheet: Sheet, minimum: Money, within: Period) -> tuple[Money, str]:
    """Return the minimum of a period that may be cut short."""
    active = stretches(sheet.agreement, within)
    how = f"the minimum {minimum}"
    if active == (within,):
        return minimum, how
    part = prorate(minimum, within, active, Proration.ACTUAL, 1, sheet.rounding)
    how += f" for {part.active_days} of {part.period_days} days = {part.amount}"
    return part.amount, how
