"""Instalments: one part of a sum for each period, until the sum is complete."""

from invoicing.domain.agreements import Instalments
from invoicing.domain.drafting.active import index_of
from invoicing.domain.drafting.items import add_work, no_hours
from invoicing.domain.drafting.sheet import ONE, HeldError, Sheet
from invoicing.domain.money import plain
from invoicing.domain.pricing.parts import equal_parts, percent_parts
from invoicing.domain.report import is_settlement


def price_instalment(sheet: Sheet, pricing: Instalments) -> None:
    """Write the part of the sum that falls on the period; a settlement bills the work only."""
    if not is_settlement(sheet.obligation.key.unit):
        _add_part(sheet, pricing)
    no_hours(sheet)
    add_work(sheet, sheet.obligation.work)


def _add_part(sheet: Sheet, pricing: Instalments) -> None:
    index = index_of(sheet, pricing.cycle)
    if pricing.percents:
        parts = percent_parts(pricing.total, pricing.percents, sheet.rounding)
    else:
        parts = equal_parts(pricing.total, pricing.parts, sheet.rounding)
    if index >= len(parts):
        raise HeldError(
            "not_computable",
            f"agreement {sheet.agreement.key} has {len(parts)} instalments, not {index + 1}",
        )
    part, number, count = parts[index], index + 1, len(parts)
    how = f"part {number} of {count} of {pricing.total}, the last part takes the rest"
    if not pricing.percents:
        how = f"{pricing.total} x {number}/{count} - {pricing.total} x {index}/{count}"
    elif number < count:
        how = f"{plain(pricing.percents[index])} % of {pricing.total}"
    text = sheet.say("instalment", what=sheet.agreement.description, number=number, count=count)
    sheet.add(text, ONE, "item", part, part, how)
