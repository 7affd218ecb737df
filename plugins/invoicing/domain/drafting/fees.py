"""Fees: what a retainer's fee and recurring lines come to in a period, part by part."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from invoicing.domain.agreements import FeeStep, Proration, RecurringItem, Retainer
from invoicing.domain.drafting.active import clipped, stretches
from invoicing.domain.drafting.parts import days_of, prorated, step_on
from invoicing.domain.drafting.sheet import ONE, Sheet, product
from invoicing.domain.money import Money, plain
from invoicing.domain.periods import Period
from invoicing.domain.pricing.proration import Prorated, change_plan
from invoicing.domain.totals import line_net

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Part:
    """A line in the making; ``change`` is the change of plan that it is a consequence of."""

    description: str
    quantity: Decimal
    unit: str
    price: Money
    net: Money
    how: str
    base: Decimal = ONE
    change: FeeStep | None = None


def fee_parts(sheet: Sheet, pricing: Retainer, within: Period) -> list[Part]:
    """Return what the fee of a period comes to, as the agreement says it now."""
    active = stretches(sheet.agreement, within)
    if not active:
        return []
    step = step_on(sheet, pricing, active[0].starts_on)
    if pricing.proration is Proration.NONE:
        return [_whole_fee(sheet, pricing, step, within)]
    if active == (within,):
        whole = _whole_fee(sheet, pricing, step, within)
        return [whole, *_changes(sheet, pricing, within, step)]
    return _cut_fees(sheet, pricing, within, step, active)


def item_parts(sheet: Sheet, pricing: Retainer, item: RecurringItem, within: Period) -> list[Part]:
    """Return what a recurring line comes to in a period, if it is billed then."""
    active = clipped(
        stretches(sheet.agreement, within),
        item.from_on or within.starts_on,
        item.until_on or within.ends_on,
    )
    if not active:
        return []
    price, quantity = item.unit_price, item.quantity
    each = f"{plain(quantity)} {item.unit} x {price}"
    if active == (within,) or pricing.proration is Proration.NONE:
        net, _ = line_net(quantity, price, rounding=sheet.rounding)
        return [Part(item.description, quantity, item.unit, price, net, each)]
    part = prorated(sheet, pricing, price.times(quantity), within, active)
    return [
        Part(
            _in_days(sheet, item.description, active), product(quantity, part.active_days),
            f"{item.unit} x days", price, part.amount, f"{each}, {days_of(part, pricing)}",
            Decimal(part.period_days),
        )
    ]  # fmt: skip


def _in_days(sheet: Sheet, what: str, days: Sequence[Period]) -> str:
    return sheet.say("in_period", what=what, period=sheet.phrases.stretches(days))


def _whole_fee(sheet: Sheet, pricing: Retainer, step: FeeStep, within: Period) -> Part:
    fee = step.fee
    return Part(
        _in_days(sheet, sheet.agreement.description, [within]), ONE, str(pricing.cycle), fee,
        fee.rounded(sheet.rounding), f"the fee for one period since {step.from_on}, 1 x {fee}",
    )  # fmt: skip


def _later_steps(pricing: Retainer, within: Period) -> list[FeeStep]:
    """Return the changes of plan after the first day of ``within``, the earliest first."""
    inside = [step for step in pricing.fees if within.starts_on < step.from_on <= within.ends_on]
    return sorted(inside, key=lambda step: step.from_on)


def _cut_fees(
    sheet: Sheet, pricing: Retainer, within: Period, first: FeeStep, active: tuple[Period, ...]
) -> list[Part]:
    """Return a part for the days of each fee in a period that is not billed in full."""
    later = _later_steps(pricing, Period(active[0].starts_on, within.ends_on))
    ends = [*(step.from_on - _DAY for step in later), within.ends_on]
    parts = []
    for step, end in zip([first, *later], ends, strict=True):
        days = clipped(active, step.from_on, end)
        if not days:
            continue
        part = prorated(sheet, pricing, step.fee, within, days)
        parts.append(
            Part(
                _in_days(sheet, sheet.agreement.description, days), Decimal(part.active_days),
                "day", step.fee, part.amount, f"{days_of(part, pricing)} x {step.fee}",
                Decimal(part.period_days), None if step is first else step,
            )
        )  # fmt: skip
    return parts


def _changes(sheet: Sheet, pricing: Retainer, within: Period, before: FeeStep) -> list[Part]:
    """Return two parts for each change of plan in a period that is billed at its first fee."""
    parts: list[Part] = []
    for change in _later_steps(pricing, within):
        rest = Period(change.from_on, within.ends_on)
        credit, charge = _worth(sheet, pricing, within, (before, change), rest)
        for phrase, sign, fee, part in (
            ("old_fee", -1, before.fee, credit), ("new_fee", 1, change.fee, charge),
        ):  # fmt: skip
            how = f"change of plan on {change.from_on}, {sign} x {days_of(part, pricing)} x {fee}"
            parts.append(
                Part(
                    sheet.say(phrase, period=rest), Decimal(sign * part.active_days), "day", fee,
                    part.amount, how, Decimal(part.period_days), change,
                )
            )  # fmt: skip
        before = change
    return parts


def _worth(
    sheet: Sheet, pricing: Retainer, within: Period, steps: tuple[FeeStep, FeeStep], rest: Period
) -> tuple[Prorated, Prorated]:
    """Price the days that are left, at the old fee (negative) and at the new one."""
    old, new = (step.fee for step in steps)
    if pricing.proration is Proration.ACTUAL:
        change = change_plan(old, new, within, rest.starts_on, sheet.rounding)
        days, of = change.remaining_days, change.period_days
        return Prorated(days, of, change.credit), Prorated(days, of, change.charge)
    back = prorated(sheet, pricing, old, within, (rest,))
    charge = prorated(sheet, pricing, new, within, (rest,))
    return Prorated(back.active_days, back.period_days, -back.amount), charge
