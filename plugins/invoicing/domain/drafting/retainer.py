"""Retainer: a fee per period, whole or in part, and the lines that come with every period."""

from invoicing.domain.agreements import Retainer
from invoicing.domain.drafting.active import billed_period
from invoicing.domain.drafting.corrections import add_corrections
from invoicing.domain.drafting.fees import fee_parts, item_parts
from invoicing.domain.drafting.included import add_included
from invoicing.domain.drafting.items import add_work
from invoicing.domain.drafting.parts import step_on
from invoicing.domain.drafting.sheet import Sheet
from invoicing.domain.money import Money
from invoicing.domain.report import CALENDAR, is_settlement
from invoicing.domain.work import RecordRef, SlaBreach


def price_retainer(sheet: Sheet, pricing: Retainer) -> None:
    """Write a period's fee and recurring lines, then the work reported since the last one.

    A settlement has no fee: it bills the work of the last period, whose fee was paid ahead.
    """
    if not is_settlement(sheet.obligation.key.unit):
        _add_period(sheet, pricing)
    add_corrections(sheet, pricing)
    add_included(sheet, pricing)

    def fee_on(breach: SlaBreach) -> Money:
        return step_on(sheet, pricing, breach.breached_on).fee

    add_work(sheet, sheet.obligation.work, fee_on)


def _add_period(sheet: Sheet, pricing: Retainer) -> None:
    within, own = billed_period(sheet), sheet.own_ref()
    for part in fee_parts(sheet, pricing, within):
        refs = [own]
        if part.change is not None:
            changed = f"{sheet.agreement.key}:change:{part.change.from_on}"
            refs.append(RecordRef(CALENDAR, changed))
        sheet.add(
            part.description, part.quantity, part.unit, part.price, part.net, part.how,
            records=refs, base=part.base,
        )  # fmt: skip
    for item in pricing.items:
        for part in item_parts(sheet, pricing, item, within):
            sheet.add(
                part.description, part.quantity, part.unit, part.price, part.net, part.how,
                rate=sheet.rate(item.tax_category, f"item {item.key}"),
                records=(RecordRef(own.source, f"{own.record_id}:{item.key}"),), base=part.base,
            )  # fmt: skip
