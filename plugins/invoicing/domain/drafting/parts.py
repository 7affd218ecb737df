"""Parts: what the days of a period that are billed are worth."""

from datetime import date

from invoicing.domain.agreements import FeeStep, Retainer
from invoicing.domain.drafting.sheet import HeldError, Sheet
from invoicing.domain.money import Money
from invoicing.domain.periods import Period
from invoicing.domain.pricing.proration import Prorated, prorate


def step_on(sheet: Sheet, pricing: Retainer, day: date) -> FeeStep:
    """Return the fee that is in force on ``day``."""
    begun = [step for step in pricing.fees if step.from_on <= day]
    if not begun:
        raise HeldError("not_computable", f"agreement {sheet.agreement.key} has no fee on {day}")
    return max(begun, key=lambda step: step.from_on)


def prorated(
    sheet: Sheet, pricing: Retainer, amount: Money, within: Period, active: tuple[Period, ...]
) -> Prorated:
    """Price the days of ``active`` by the agreement's method; ``amount`` is for all days."""
    months = pricing.cycle.months or 1
    return prorate(amount, within, active, pricing.proration, months, sheet.rounding)


def days_of(part: Prorated, pricing: Retainer) -> str:
    """Say how many days of the period are billed, and how they were counted."""
    return f"{part.active_days} of {part.period_days} days ({pricing.proration})"
