"""Tariffs: hours by tiers, which go on counting from one invoice to the next."""

from collections.abc import Sequence
from decimal import Decimal

from invoicing.domain.agreements import Tariff, Tier, TierMode, TimeAndMaterials
from invoicing.domain.draft import Balance
from invoicing.domain.drafting.active import tax_point
from invoicing.domain.drafting.hours import Logged, add_minutes, logged
from invoicing.domain.drafting.sheet import ONE, Sheet, product
from invoicing.domain.money import EXACT, Money, plain, total
from invoicing.domain.periods import Period
from invoicing.domain.pricing.tiers import by_tiers
from invoicing.domain.tax import TaxRate
from invoicing.domain.work import TimeEntry

TARIFF_MINUTES, TARIFF_AMOUNT = "tariff_minutes", "tariff_amount"  # balances, by period if any
_MINUTES_AN_HOUR = Decimal(60)


def add_tiers(
    sheet: Sheet,
    pricing: TimeAndMaterials,
    tariff: Tariff,
    entries: Sequence[TimeEntry],
    within: Period | None,
) -> None:
    """Write a row for each tier that the hours reach; in minutes, which are never endless.

    The tiers count all hours under the agreement, or those of its period where it has a cycle.
    """
    if not entries:
        return
    time = logged(entries, pricing.increment)
    suffix = "" if within is None else f" {within.starts_on}"
    before = sheet.counted(TARIFF_MINUTES + suffix)
    day = sheet.supplied_on if within is None else tax_point(sheet, within.ends_on)
    rate, first = sheet.own_rate_on(day), len(sheet.lines)
    if tariff.mode is TierMode.GRADUATED:
        _add_graduated(sheet, _in_minutes(tariff, before), time, before, rate)
    else:
        billed = Money(sheet.counted(TARIFF_AMOUNT + suffix), sheet.client.currency)
        _add_volume(sheet, _in_minutes(tariff), time, (before, billed), rate)
    amount = total((line.net for line in sheet.lines[first:]), sheet.client.currency)
    sheet.balances.append(Balance(TARIFF_MINUTES + suffix, time.minutes, "min"))
    sheet.balances.append(Balance(TARIFF_AMOUNT + suffix, amount.amount, amount.currency))


def _in_minutes(tariff: Tariff, before: Decimal = Decimal(0)) -> Tariff:
    """Return the tiers by the minute, without those that are used up ``before``."""
    tiers = []
    for tier in tariff.tiers:
        if tier.up_to is None:
            tiers.append(tier)
        elif (up_to := EXACT.subtract(product(tier.up_to, _MINUTES_AN_HOUR), before)) > 0:
            tiers.append(Tier(up_to, tier.price))
    return Tariff(tariff.mode, tuple(tiers))


def _add_graduated(
    sheet: Sheet, tariff: Tariff, time: Logged, before: Decimal, rate: TaxRate
) -> None:
    hours = sheet.say("hours")
    for row in by_tiers(time.minutes, tariff, sheet.rounding):
        how = f"graduated tiers{_after(before)}; {time.how}, in this tier {plain(row.quantity)} min"
        add_minutes(sheet, hours, row.quantity, row.price, how, records=time.records, rate=rate)


def _add_volume(
    sheet: Sheet, tariff: Tariff, time: Logged, billed: tuple[Decimal, Money], rate: TaxRate
) -> None:
    """Write the hours at the price of the tier that all hours together reach.

    Where that is another tier than before, the hours billed already get its price too.
    """
    before, amount = billed
    (reached,) = by_tiers(EXACT.add(before, time.minutes), tariff, sheet.rounding)
    how = f"volume tiers{_after(before)}; {time.how}"
    hours = sheet.say("hours")
    add_minutes(sheet, hours, time.minutes, reached.price, how, records=time.records, rate=rate)
    if not before or by_tiers(before, tariff, sheet.rounding)[0].price == reached.price:
        return
    why = f"{plain(reached.quantity)} min reach the price {reached.price}"
    add_minutes(
        sheet, sheet.say("hours_at_new_price"), before, reached.price, why,
        records=time.records, rate=rate,
    )  # fmt: skip
    sheet.add(
        sheet.say("hours_at_old_price"), -ONE, "item", amount, -amount,
        f"{why}, so {amount} billed before are taken back, -1 x {amount}",
        rate=rate, records=time.records,
    )  # fmt: skip


def _after(before: Decimal) -> str:
    return f" after {plain(before)} min billed before" if before else ""
