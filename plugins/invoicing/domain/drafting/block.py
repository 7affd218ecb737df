"""Block: hours that a client buys ahead."""

from invoicing.domain.agreements import PrepaidBlock
from invoicing.domain.drafting.items import add_work, hours_of_work
from invoicing.domain.drafting.sheet import ONE, Sheet
from invoicing.domain.money import plain
from invoicing.domain.report import is_settlement
from invoicing.domain.work import ref_of


def price_block(sheet: Sheet, pricing: PrepaidBlock) -> None:
    """Write the price of one block; hours that it pays for have no price of their own.

    A settlement bills the outlays that no block followed.
    """
    if not is_settlement(sheet.obligation.key.unit):
        _add_block(sheet, pricing)
    add_work(sheet, sheet.obligation.work)


def _add_block(sheet: Sheet, pricing: PrepaidBlock) -> None:
    used = hours_of_work(sheet.obligation.work)
    what = sheet.agreement.description
    text = sheet.say("hours_in_advance", what=what, hours=pricing.hours)
    net = pricing.price.rounded(sheet.rounding)
    sheet.add(
        text, ONE, "block", pricing.price, net,
        f"one block of {plain(pricing.hours)} h, 1 x {pricing.price}",
        records=(sheet.own_ref(), *(ref_of(entry) for entry in used)),
    )  # fmt: skip
