"""Amounts: line amounts, discounts and taxes so that the official sums hold to the cent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from invoicing.domain.draft import Line
from invoicing.domain.einvoicing.codes import ONE, REASON_CODES, REASONED, unit_code
from invoicing.domain.einvoicing.document import (
    Adjustment,
    Breakdown,
    Figures,
    Item,
    Vat,
)
from invoicing.domain.einvoicing.facts import Facts
from invoicing.domain.money import EXACT, Money, Rounding, ratio, total
from invoicing.domain.tax import TaxRate

_QUANTITY = Decimal("0.0001")  # France reads no more decimals (BR-FR-DEC-02)
_PRICE = Decimal("0.000001")  # nor of a price (BR-FR-DEC-03)
_SLACK = Decimal("0.02")  # what Peppol lets a line differ from quantity x price (R120)
_WHOLE = Decimal(100)
_UNIT = Decimal(1)
LINE_DISCOUNT = "Discount"
_CHARGED_MORE = "Charge"


@dataclass(frozen=True, slots=True)
class Amounts:
    """All figures of a document, computed from what was billed and never anew."""

    items: tuple[Item, ...]
    adjustments: tuple[tuple[Vat, Adjustment], ...]
    breakdowns: tuple[Breakdown, ...]
    figures: Figures


@dataclass(frozen=True, slots=True)
class _Group:
    """One category and rate: what was taxed, and the lines it is the tax of, by position."""

    vat: Vat
    net: Money
    tax: Money
    reason: str
    lines: tuple[Line, ...]


def vat_of(rate: TaxRate) -> Vat:
    """Return the category and rate of a tax."""
    return Vat(rate.code, rate.percent)


def amounts_of(facts: Facts) -> Amounts:
    """Compute what a structured invoice says in figures."""
    groups = _groups(facts)
    nets: dict[int, Money] = {}
    adjustments: list[tuple[Vat, Adjustment]] = []
    for group in groups:
        found, adjusted = _inside(facts, group) if facts.inside else _outside(facts, group, groups)
        nets |= found
        adjustments += [(group.vat, one) for one in adjusted]
    items = tuple(_item(facts, line, nets[line.position]) for line in facts.lines)
    kept = tuple(
        Breakdown(one.vat, one.net, one.tax, one.reason, REASON_CODES.get(one.vat.code, ""))
        for one in groups
        if one.lines or one.tax.amount or one.net.amount
    )
    return Amounts(items, tuple(adjustments), kept, _figures(facts, items, adjustments))


def _groups(facts: Facts) -> list[_Group]:
    """Join what differs in its sentence only: the standard knows one group per rate."""
    found: dict[Vat, list[int]] = {}
    for place, group in enumerate(facts.taxes):
        found.setdefault(vat_of(group.rate), []).append(place)
    joined = []
    for vat, places in found.items():
        taxes = [facts.taxes[place] for place in places]
        reasons = dict.fromkeys(one.rate.note or one.rate.label for one in taxes)
        joined.append(
            _Group(
                vat,
                total((one.net for one in taxes), facts.currency),
                total((one.tax for one in taxes), facts.currency),
                "; ".join(reasons) if vat.code in REASONED else "",
                tuple(line for line in facts.lines if vat_of(line.rate) == vat),
            )
        )
    return joined


def _outside(
    facts: Facts, group: _Group, groups: Sequence[_Group]
) -> tuple[Mapping[int, Money], list[Adjustment]]:
    """Take line amounts as they are; what the group's net lacks of them was taken off the whole."""
    nets = {line.position: line.net for line in group.lines}
    off = total(nets.values(), facts.currency) - group.net
    alone = len([one for one in groups if one.lines]) == 1
    return nets, _adjustments(facts, off, alone=alone)


def _adjustments(facts: Facts, off: Money, *, alone: bool) -> list[Adjustment]:
    """Name what was taken off, each discount for itself where its share is known."""
    if not off.amount:
        return []
    if off.amount < 0:
        return [Adjustment(-off, _CHARGED_MORE, is_charge=True)]
    given = [(reason, amount) for reason, amount in facts.reasons if amount.amount > 0]
    if alone and total((amount for _, amount in given), facts.currency) == off:
        return [Adjustment(amount, reason) for reason, amount in given]
    reasons = dict.fromkeys(reason for reason, _ in given)
    return [Adjustment(off, "; ".join(reasons) or LINE_DISCOUNT)]


def _inside(facts: Facts, group: _Group) -> tuple[Mapping[int, Money], list[Adjustment]]:
    """Take the tax out of each line; the cents that rounding leaves go to the largest one."""
    if not group.lines:
        return {}, _adjustments(facts, -group.net, alone=False)
    prices = {line.position: line.net for line in group.lines}
    off = total(prices.values(), facts.currency) - group.net - group.tax
    net_off = _without(off, group.vat)
    nets = {position: _without(price, group.vat) for position, price in prices.items()}
    rest = group.net + net_off - total(nets.values(), facts.currency)
    largest = max(nets, key=lambda position: (abs(nets[position].amount), -position))
    nets[largest] += rest
    return nets, _adjustments(facts, net_off, alone=False)


def _without(price: Money, vat: Vat) -> Money:
    return ratio(price, _WHOLE, EXACT.add(_WHOLE, vat.percent), Rounding.HALF_UP)


def _item(facts: Facts, line: Line, net: Money) -> Item:
    """Write a line; where its printed price would come to another amount, the amount counts."""
    discount = line.discount or Money.zero(facts.currency)
    if facts.inside:
        discount = _without(discount, vat_of(line.rate))
    gross = net + discount
    told = [text.strip() for text in line.description.splitlines() if text.strip()]
    price = line.unit_price.amount
    if facts.inside:
        price = _without_exact(price, line.rate.percent)
    quantity, price, base, unit = _priced(line, price, gross)
    return Item(
        number=str(line.position),
        name=told[0] if told else "",
        description=" ".join(told[1:]),
        quantity=quantity,
        unit=unit,
        price=price,
        base=base,
        net=net,
        vat=vat_of(line.rate),
        adjustment=_line_discount(line, discount, gross),
    )


def _without_exact(price: Decimal, percent: Decimal) -> Decimal:
    return EXACT.divide(EXACT.multiply(price, _WHOLE), EXACT.add(_WHOLE, percent))


def _line_discount(line: Line, discount: Money, gross: Money) -> Adjustment | None:
    """Return what was taken off a line; off a rebate, it is put on.

    The percentage is told where it comes to the amount (Peppol R040), as it does not in yen.
    """
    if not discount.amount:
        return None
    put_on = discount.amount < 0
    if put_on:
        discount, gross = -discount, -gross
    percent = line.discount_percent
    exact = EXACT.divide(EXACT.multiply(gross.amount, percent), _WHOLE)
    if not percent or abs(EXACT.subtract(exact, discount.amount)) > _SLACK:
        return Adjustment(discount, LINE_DISCOUNT, is_charge=put_on)
    return Adjustment(discount, LINE_DISCOUNT, put_on, percent, gross)


def _priced(line: Line, price: Decimal, gross: Money) -> tuple[Decimal, Decimal, Decimal, str]:
    """Return quantity, price, base quantity and unit code that come to ``gross``."""
    quantity, base = _short(line.quantity, _QUANTITY), _short(line.base_quantity, _QUANTITY)
    price, unit = _short(price, _PRICE), unit_code(line.unit)
    if price < 0:
        quantity, price = -quantity, -price  # BR-27: a price is never below zero
    if _comes_to(quantity, price, base, gross):
        return quantity, price, base, unit
    if quantity and base:
        exact = EXACT.divide(EXACT.multiply(gross.amount, base), quantity)
        closer = _short(exact, _PRICE)
        if closer >= 0 and _comes_to(quantity, closer, base, gross):
            return quantity, closer, base, unit
    sign = -_UNIT if gross.amount < 0 else _UNIT
    return sign, abs(gross.amount), _UNIT, ONE


def _short(value: Decimal, step: Decimal) -> Decimal:
    """Cut a number down to as many decimals as can be written; fewer stay as they are."""
    exponent, most = value.as_tuple().exponent, step.as_tuple().exponent
    assert isinstance(exponent, int)  # noqa: S101 # a number of a line is finite
    assert isinstance(most, int)  # noqa: S101 # a constant of this file
    return value if exponent >= most else value.quantize(step, ROUND_HALF_UP, EXACT)


def _comes_to(quantity: Decimal, price: Decimal, base: Decimal, gross: Money) -> bool:
    if not base:
        return False
    product = EXACT.divide(EXACT.multiply(quantity, price), base)
    return abs(EXACT.subtract(product, gross.amount)) <= _SLACK


def _figures(
    facts: Facts, items: Sequence[Item], adjustments: Sequence[tuple[Vat, Adjustment]]
) -> Figures:
    totals, currency = facts.totals, facts.currency
    return Figures(
        lines=total((item.net for item in items), currency),
        allowances=total((one.amount for _, one in adjustments if not one.is_charge), currency),
        charges=total((one.amount for _, one in adjustments if one.is_charge), currency),
        net=totals.net,
        tax=totals.tax,
        gross=totals.gross,
        prepaid=totals.paid,
        rounding=totals.rounding,
        due=totals.due,
        tax_in_books=facts.tax_in_books,
    )
