"""Items: work with a price of its own, outlays that are passed on, and credits, line by line."""

from collections.abc import Callable, Iterable
from decimal import Decimal

from invoicing.domain.agreements import Retainer, TimeAndMaterials
from invoicing.domain.draft import Line
from invoicing.domain.drafting.active import tax_point
from invoicing.domain.drafting.sheet import HUNDRED, ONE, HeldError, Sheet
from invoicing.domain.money import Money, percent_of, plain
from invoicing.domain.pricing.costs import pass_on
from invoicing.domain.totals import line_net
from invoicing.domain.work import Cost, RecordRef, SlaBreach, TimeEntry, Work, WorkItem, ref_of

FeeOn = Callable[[SlaBreach], Money]


def add_work(sheet: Sheet, work: Iterable[Work], fee_on: FeeOn | None = None) -> None:
    """Write a line for each piece of work but hours; those are priced by the agreement.

    ``fee_on`` tells the fee that a missed service level is a percentage of.
    """
    for one in work:
        match one:
            case WorkItem():
                add_item(sheet, one)
            case Cost():
                add_outlay(sheet, one)
            case SlaBreach():
                add_credit(sheet, one, fee_on)
            case _:  # hours
                continue


def hours_of_work(work: Iterable[Work]) -> tuple[TimeEntry, ...]:
    """Return the hours among ``work``."""
    return tuple(one for one in work if isinstance(one, TimeEntry))


def no_hours(sheet: Sheet) -> None:
    """Refuse hours where the agreement has no price for them."""
    for entry in hours_of_work(sheet.obligation.work):
        raise HeldError(
            "rate_unknown",
            f"agreement {sheet.agreement.key} has no rate for hours ({ref_of(entry)})",
        )


def add_item(sheet: Sheet, item: WorkItem) -> None:
    """Write the line of a piece of work as its source has it."""
    price, quantity, base, percent = (
        item.unit_price, item.quantity, item.base_quantity, item.discount_percent,
    )  # fmt: skip
    if price.currency != sheet.currency or price.amount < 0 or percent:
        _check(sheet, item)
    net, discount = line_net(quantity, price, base, percent, sheet.rounding)
    ref, rule = RecordRef(item.source, item.record_id), sheet.obligation.rule
    each = price if base == 1 else f"{price} per {plain(base)}"
    off = f"{net + discount}, less {plain(percent)} % = {discount}, leaves " if percent else ""
    text = (
        f"{plain(quantity)} {item.unit} x {each} = {off}{net}, {sheet.rounded};"
        f" {item.source} record {item.record_id}; rule {rule}"
    )
    sheet.lines.append(
        Line(
            len(sheet.lines) + 1, item.description, quantity, item.unit, price, net,
            sheet.rate(item.tax_category, item.record_id), (ref,), rule, text, base, percent,
            discount if percent else None,
        )
    )  # fmt: skip


def _check(sheet: Sheet, item: WorkItem) -> None:
    sheet.in_currency(item.unit_price, str(ref_of(item)))
    if item.unit_price.amount < 0:
        raise HeldError(
            "not_computable",
            f"{ref_of(item)} has the negative price {item.unit_price}; a rebate needs a negative"
            " quantity and a price above zero",
        )
    if not 0 <= item.discount_percent <= HUNDRED:
        raise HeldError(
            "not_computable",
            f"{ref_of(item)} has a discount of {plain(item.discount_percent)} %; it must be from 0"
            " to 100",
        )


def add_outlay(sheet: Sheet, cost: Cost) -> None:
    """Write the line of an outlay: converted and rounded, with a markup on that amount."""
    ref, currency = ref_of(cost), sheet.client.currency
    if cost.fx is None:
        sheet.in_currency(cost.amount, str(ref))
    elif cost.amount.currency == currency and cost.fx != 1:
        raise HeldError(
            "currency_differs",
            f"{ref} is in {currency} already, but has the exchange rate {plain(cost.fx)}",
        )
    markup = _markup(sheet, cost)
    # A refund of an outlay has a negative quantity: prices are never negative (EN 16931 BR-27).
    sign = -ONE if cost.amount.amount < 0 else ONE
    paid = cost.amount.times(sign)
    passed = pass_on(paid, currency, cost.fx, markup, sheet.rounding)
    how = str(paid) if cost.fx is None else f"{paid} x {plain(cost.fx)} = {passed.converted}"
    if markup:
        how += f", plus {plain(markup)} % = {passed.markup}"
    how += ", together" if sign > 0 else f", together {passed.net}, refunded"
    category = cost.tax_category or sheet.agreement.tax_category
    sheet.add(
        cost.description, sign, "item", passed.net, passed.net.times(sign), how,
        rate=sheet.rate_on(category, cost.record_id, tax_point(sheet, cost.spent_on)),
        records=(ref,),
    )  # fmt: skip


def _markup(sheet: Sheet, cost: Cost) -> Decimal:
    if cost.markup_percent is not None:
        return cost.markup_percent
    match sheet.agreement.pricing:
        case Retainer(markup_percent=markup) | TimeAndMaterials(markup_percent=markup):
            return markup
        case _:
            return Decimal(0)


def add_credit(sheet: Sheet, breach: SlaBreach, fee_on: FeeOn | None = None) -> None:
    """Write the line that credits a missed service level: minus one, at what it is worth."""
    ref = ref_of(breach)
    if breach.amount is not None:
        credit, how = breach.amount, str(breach.amount)
    elif breach.percent is not None and fee_on is not None:
        fee = fee_on(breach)
        credit = percent_of(fee, breach.percent, sheet.rounding)
        how = f"{plain(breach.percent)} % of the fee {fee}"
    else:
        raise HeldError(
            "not_computable",
            f"{ref} names no amount, and agreement {sheet.agreement.key} has no fee that it could"
            " be a percentage of",
        )
    if credit.amount < 0:
        raise HeldError("not_computable", f"{ref} credits {credit}; a credit is above zero")
    net = (-credit).rounded(sheet.rounding)
    rate = sheet.own_rate_on(tax_point(sheet, breach.breached_on))
    sheet.add(
        breach.description, -ONE, "item", credit, net, f"-1 x {how}", rate=rate, records=(ref,)
    )
