"""Active: the periods of an agreement, and the stretches in which it is in force and not paused."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from invoicing.domain.agreements import Agreement, Retainer, TimeAndMaterials
from invoicing.domain.drafting.sheet import HeldError, Sheet
from invoicing.domain.periods import Cycle, Period, overlap, period, without
from invoicing.domain.work import Work, worked_on


def stretches(agreement: Agreement, within: Period) -> tuple[Period, ...]:
    """Return the stretches of ``within`` that are billed: in force, and outside every pause."""
    ends_on = within.ends_on if agreement.ends_on is None else agreement.ends_on
    if ends_on < agreement.starts_on:
        return ()
    whole = overlap(within, Period(agreement.starts_on, ends_on))
    return () if whole is None else without(whole, agreement.pauses)


def clipped(active: tuple[Period, ...], from_on: date, until_on: date) -> tuple[Period, ...]:
    """Return what of ``active`` lies between two days, both included."""
    if until_on < from_on:
        return ()
    cut = (overlap(one, Period(from_on, until_on)) for one in active)
    return tuple(one for one in cut if one is not None)


def periods_until(agreement: Agreement, last: date, cycle: Cycle) -> Iterator[Period]:
    """Yield the periods of an agreement that begin by ``last``, the oldest first."""
    index = 0
    while (found := period(agreement.starts_on, index, cycle)).starts_on <= last:
        yield found
        index += 1


def index_of(sheet: Sheet, cycle: Cycle) -> int:
    """Count the periods of an agreement before the one that is being billed."""
    wanted = billed_period(sheet).starts_on
    starts = [one.starts_on for one in periods_until(sheet.agreement, wanted, cycle)]
    if wanted not in starts[-1:]:
        raise HeldError(
            "not_computable",
            f"no period of agreement {sheet.agreement.key} begins on {wanted}",
        )
    return len(starts) - 1


def billed_period(sheet: Sheet) -> Period:
    """Return the period that is being billed."""
    if sheet.obligation.period is None:
        raise HeldError("not_computable", f"{sheet.obligation.key} names no period")
    return sheet.obligation.period


def by_period(
    sheet: Sheet, work: Iterable[Work], cycle: Cycle, last: Period
) -> tuple[tuple[Period, tuple[Work, ...]], ...]:
    """Put work to the period that it was done in, the oldest first, up to the ``last`` one.

    What has no day, or was done before the first period or after the last one, goes to the nearest.
    """
    known = [*periods_until(sheet.agreement, last.starts_on, cycle)]
    found = defaultdict[Period, list[Work]](list)
    found[last] = []
    for one in work:
        day = worked_on(one) or last.starts_on
        begun = [each for each in known[:-1] if each.starts_on <= day]
        home = last if day >= last.starts_on else [last, *known[:1], *begun][-1]
        found[home].append(one)
    return tuple((each, tuple(found[each])) for each in sorted(found, key=lambda p: p.starts_on))


def tax_point(sheet: Sheet, day: date) -> date:
    """Return the day that the tax on work done on ``day`` is looked up for.

    Work is supplied with its period: at the end of it, and at the latest with this invoice.
    """
    match sheet.agreement.pricing:
        case Retainer(cycle=cycle) | TimeAndMaterials(cycle=Cycle() as cycle):
            if day >= sheet.supplied_on:
                return sheet.supplied_on
            ends = [one.ends_on for one in periods_until(sheet.agreement, day, cycle)]
            last = ends[-1] if ends else day
            return min(last, sheet.agreement.ends_on or last, sheet.supplied_on)
        case _:
            return sheet.supplied_on
