"""Values: what a piece of work adds to a threshold that counts money."""

from invoicing.domain.agreements import Increment, MinuteRounding, Tariff, TimeAndMaterials
from invoicing.domain.deciding.contradictions import net_of
from invoicing.domain.money import Money, Rounding
from invoicing.domain.obligations import Hold
from invoicing.domain.pricing.costs import pass_on
from invoicing.domain.pricing.hours import billable_minutes, price_of_minutes, rate_on
from invoicing.domain.work import Cost, TimeEntry, Work, WorkItem, ref_of


def value_of(
    work: Work, pricing: TimeAndMaterials, currency: str, rounding: Rounding
) -> Money | Hold:
    """Return the price of one piece of work, or what is missing to know it.

    It decides only when to bill; the invoice prices all of its work together. So hours of a tariff
    count at the price of its first band.
    """
    match work:
        case TimeEntry():
            return _value_of_time(work, pricing, rounding)
        case Cost():
            return _value_of_cost(work, pricing, currency, rounding)
        case WorkItem():
            return net_of(work, rounding)
        case _:  # a missed service level
            return Money.zero(currency)


def _value_of_time(entry: TimeEntry, pricing: TimeAndMaterials, rounding: Rounding) -> Money | Hold:
    per_hour = _per_hour(entry, pricing)
    if per_hour is None:
        return Hold(
            "rate_unknown",
            f"config/agreements.yaml has no rate for role {entry.role!r} on {entry.worked_on}"
            f" ({ref_of(entry)})",
        )
    increment = pricing.increment
    if increment.rounding is MinuteRounding.TOTAL_UP:  # no entry is rounded by itself
        increment = Increment()
    minutes = billable_minutes([entry.minutes], increment)
    return price_of_minutes(minutes, per_hour, rounding)


def _per_hour(entry: TimeEntry, pricing: TimeAndMaterials) -> Money | None:
    match pricing.tariff:
        case Tariff(tiers=(first, *_)):
            return first.price
        case _:
            rate = rate_on(pricing.rates, entry.role, entry.worked_on)
            return None if rate is None else rate.per_hour


def _value_of_cost(
    cost: Cost, pricing: TimeAndMaterials, currency: str, rounding: Rounding
) -> Money | Hold:
    if cost.amount.currency != currency and cost.fx is None:
        return Hold(
            "exchange_rate_missing",
            f"{ref_of(cost)} is in {cost.amount.currency} and comes without a rate to {currency}",
        )
    markup = pricing.markup_percent if cost.markup_percent is None else cost.markup_percent
    return pass_on(cost.amount, currency, cost.fx, markup, rounding).net
