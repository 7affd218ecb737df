"""Frame: lines that a deal, an estimate or a request brings, and those of an onboarding."""

from invoicing.domain.agreements import Frame
from invoicing.domain.drafting.items import add_work, no_hours
from invoicing.domain.drafting.sheet import Sheet
from invoicing.domain.events import EventKind
from invoicing.domain.money import plain
from invoicing.domain.totals import line_net
from invoicing.domain.work import RecordRef


def price_frame(sheet: Sheet, pricing: Frame) -> None:
    """Write the work line by line; an onboarding first has the lines that the agreement names."""
    if sheet.obligation.kind is EventKind.CLIENT_ONBOARDED:
        _add_onboarding(sheet, pricing)
    price_work(sheet)


def price_work(sheet: Sheet) -> None:
    """Write work that has its own prices, line by line."""
    no_hours(sheet)
    add_work(sheet, sheet.obligation.work)


def _add_onboarding(sheet: Sheet, pricing: Frame) -> None:
    for item in pricing.onboarding:
        net, _ = line_net(item.quantity, item.unit_price, rounding=sheet.rounding)
        record = f"{sheet.own_ref().record_id}:{item.key}"
        sheet.add(
            item.description, item.quantity, item.unit, item.unit_price, net,
            f"{plain(item.quantity)} {item.unit} x {item.unit_price}",
            rate=sheet.rate(item.tax_category, f"item {item.key}"),
            records=(RecordRef(sheet.obligation.source, record),),
        )  # fmt: skip
