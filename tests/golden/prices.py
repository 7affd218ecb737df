"""Cases about what work costs: tiers, hours, blocks, caps, thresholds, parts of a fee."""

from collections.abc import Mapping

from invoicing.domain.agreements import (
    Increment,
    MinuteRounding,
    Proration,
    Tariff,
    Tier,
    TierMode,
)
from invoicing.domain.money import Money, total
from invoicing.domain.periods import months_in
from invoicing.domain.pricing.blocks import use_hours
from invoicing.domain.pricing.caps import true_up, within_cap
from invoicing.domain.pricing.costs import pass_on
from invoicing.domain.pricing.hours import (
    billable_minutes,
    hours_of,
    price_of_elapsed,
    price_of_minutes,
)
from invoicing.domain.pricing.parts import (
    cumulative_parts,
    equal_parts,
    equal_parts_and_rest,
    percent_parts,
)
from invoicing.domain.pricing.proration import change_plan, prorate
from invoicing.domain.pricing.thresholds import crossings
from invoicing.domain.pricing.tiers import by_tiers
from invoicing.domain.totals import line_net
from tests.golden.compare import Result, Value
from tests.golden.fields import CaseError, Fields

# The cases do not say which currency was paid in, only that it was another one.
FOREIGN = {"EUR": "USD"}

LAST_TAKES_REST = (equal_parts_and_rest, percent_parts)
METHODS = {
    "cumulative": (equal_parts, cumulative_parts),
    "last_takes_rest": LAST_TAKES_REST,
    "last_part_takes_rest": LAST_TAKES_REST,
    "equal_last_takes_rest": LAST_TAKES_REST,
    "percent_last_takes_rest": LAST_TAKES_REST,
}


def tiers(case: Fields) -> Result:
    """Price a quantity by the bands of a tariff."""
    currency = case.text("currency")
    bands = tuple(
        Tier(
            band.decimal("up_to") if "up_to" in band else None,
            band.money("price", currency),
        )
        for band in case.items("tiers")
    )
    tariff = Tariff(TierMode(case.text("mode")), bands)
    rows = by_tiers(case.decimal("qty"), tariff, case.rounding())
    return {
        "rows": [{"qty": row.quantity, "price": row.price, "amount": row.amount} for row in rows],
        "amount": total((row.amount for row in rows), currency),
    }


def timesheet(case: Fields) -> Result:
    """Round minutes to the increment and price them by the hour."""
    per_hour = case.money("rate", case.text("currency"))
    increment = Increment(
        case.whole("increment_minutes", 1),
        MinuteRounding(case.text("rounding", MinuteRounding.NONE)),
    )
    minutes = billable_minutes(case.numbers("minutes"), increment)
    return {
        "billable_minutes": minutes,
        "hours": hours_of(minutes),
        "amount": price_of_minutes(minutes, per_hour, case.rounding()),
    }


def block(case: Fields) -> Result:
    """Use up the hours that a fee includes, month after month."""
    per_hour = case.money("overage_rate", case.text("currency"))
    included, rollover = case.decimal("included_hours"), case.decimal("rollover_max", "0")
    carried = case.decimal("carried_in", "0")
    rounding = case.rounding()
    months: list[Value] = []
    for used in case.numbers("months"):
        use = use_hours(included, used, carried, rollover)
        carried = use.carried_out
        months.append(
            {
                "allowance": use.allowance,
                "overage_hours": use.overage,
                "overage_amount": line_net(use.overage, per_hour, rounding=rounding)[0],
                "carried_out": use.carried_out,
            }
        )
    return {"months": months}


def cap(case: Fields) -> Result:
    """Bill up to a cap, period after period."""
    currency = case.text("currency")
    billed = case.money("already_billed", currency, "0")  # an overrun counts on
    limit = case.money("cap", currency)
    periods: list[Value] = []
    for amount in case.numbers("periods"):
        split = within_cap(Money(amount, currency), billed, limit)
        billed = total([billed, split.billed], currency)
        periods.append(
            {
                "billed": split.billed,
                "not_billed": split.not_billed,
                "remaining_cap": split.remaining,
            }
        )
    return {"periods": periods}


def commit(case: Fields) -> Result:
    """Fill usage up to the minimum that was promised."""
    currency = case.text("currency")
    usage = case.money("usage", currency)
    up = true_up(usage, case.money("minimum", currency))
    return {"usage": usage, "true_up": up, "net": total([usage, up], currency)}


def threshold(case: Fields) -> Result:
    """Bill each time that entries reach a threshold."""
    currency = case.text("currency")
    entries = []
    for entry in case.items("entries"):
        entry.skip("date")
        entries.append((entry.text("id"), entry.money("amount", currency)))
    found = crossings([amount.amount for _, amount in entries], case.decimal("threshold"))

    def billed(indexes: tuple[int, ...], name: str) -> Mapping[str, Value]:
        amounts = [entries[index][1] for index in indexes]
        return {
            "entries": [entries[index][0] for index in indexes],
            name: total(amounts, currency),
        }

    return {
        "invoices": [billed(group, "net") for group in found.groups],
        "unbilled": billed(found.rest, "amount"),
    }


def expense(case: Fields) -> Result:
    """Pass a cost on: convert it, then add the markup."""
    currency = case.text("currency")
    fx = case.decimal("fx") if "fx" in case else None
    usual = currency if fx is None else FOREIGN.get(currency, "EUR")
    paid_in = case.text("amount_currency", usual)
    case.skip("date")
    passed = pass_on(
        case.money("amount", paid_in),
        currency,
        fx,
        case.decimal("markup_pct", "0"),
        case.rounding(),
    )
    return {"converted": passed.converted, "markup": passed.markup, "net": passed.net}


def instalments(case: Fields) -> Result:
    """Split a sum into parts that add up to it."""
    currency, rounding = case.text("currency"), case.rounding()
    whole, method = case.money("total", currency), case.text("method")
    if method not in METHODS:
        raise CaseError(f"nobody knows how instalments are {method!r}")
    by_count, by_percent = METHODS[method]
    if "percents" in case:
        parts = by_percent(whole, case.numbers("percents"), rounding)
    else:
        parts = by_count(whole, case.whole("parts"), rounding)
    return {"parts": parts, "sum": total(parts, currency)}


def proration(case: Fields) -> Result:
    """Price the days of a period in which an agreement was active."""
    zone = case.text("timezone", "")
    period = case.child("period").period(zone)
    part = prorate(
        case.money("amount", case.text("currency")),
        period,
        [active.period(zone) for active in case.items("active")],
        Proration(case.text("method", Proration.ACTUAL)),
        case.whole("period_months", months_in(period)),
        case.rounding(),
    )
    return {
        "active_days": part.active_days,
        "period_days": part.period_days,
        "amount": part.amount,
    }


def plan_change(case: Fields) -> Result:
    """Change the fee in the middle of a period: a credit and a charge."""
    currency, zone = case.text("currency"), case.text("timezone", "")
    change = change_plan(
        case.money("old_amount", currency),
        case.money("new_amount", currency),
        case.child("period").period(zone),
        case.day("change_date", zone),
        case.rounding(),
    )
    return {
        "remaining_days": change.remaining_days,
        "period_days": change.period_days,
        "credit": change.credit,
        "charge": change.charge,
        "net": change.net,
    }


def elapsed(case: Fields) -> Result:
    """Price the time between two instants by the hour."""
    per_hour = case.money("rate", case.text("currency"))
    start, end = case.instant("start"), case.instant("end")
    price = price_of_elapsed(start, end, per_hour, case.rounding())
    return {"hours": price.hours, "amount": price.amount}
