"""Recomputing public invoices from their inputs: every stated total must come out."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from invoicing.domain.money import Money
from invoicing.domain.tax import TaxRate
from invoicing.domain.totals import (
    Charge,
    Extras,
    Policy,
    Sums,
    adjust_line,
    compute_sums,
    line_net,
)
from tests.golden.fields import Fields


def _rate(stated: Fields) -> TaxRate:
    code = stated.text("cat")
    return TaxRate(code, code, _number(stated, "rate"), code)


def _number(stated: Fields, name: str) -> Decimal:
    # As other people's files have it: "100." and "+0.10" too.
    return Decimal(stated.text(name))


def _money(stated: Fields, name: str, currency: str) -> Money:
    return Money(_number(stated, name), currency)


def _adjusted(
    stated: Sequence[Fields], currency: str
) -> tuple[list[tuple[Fields, Money]], list[tuple[Fields, Money]]]:
    """Return the charges and the allowances; how a stated amount came about is not our matter."""
    charges: list[tuple[Fields, Money]] = []
    allowances: list[tuple[Fields, Money]] = []
    for each in stated:
        each.take("percent")
        each.take("base")
        amount = _money(each, "amount", currency)
        (charges if each.take("charge") is True else allowances).append((each, amount))
    return charges, allowances


def _line(line: Fields, currency: str) -> tuple[TaxRate, Money]:
    gross, _ = line_net(
        _number(line, "qty"), _money(line, "price", currency), _number(line, "base_qty")
    )
    charges, allowances = _adjusted(line.items("adjust"), currency)
    net = adjust_line(
        gross,
        charges=[amount for _, amount in charges],
        allowances=[amount for _, amount in allowances],
    )
    return _rate(line), net


def recomputed(case: Fields) -> Iterator[str]:
    """Say which stated figures of an invoice do not come out."""
    currency = case.text("currency")
    lines = case.items("lines")
    nets = [_line(line, currency) for line in lines]
    charges, allowances = _adjusted(case.items("adjust"), currency)
    extras = Extras(
        charges=tuple(Charge("charge", amount, _rate(each)) for each, amount in charges),
        allowances=tuple(Charge("allowance", amount, _rate(each)) for each, amount in allowances),
        paid=_money(case, "prepaid", currency),
        rounding=_money(case, "rounding", currency),
    )
    sums = compute_sums(nets, Policy(currency), extras)
    for index, (line, (_, net)) in enumerate(zip(lines, nets, strict=True)):
        if net != _money(line, "net", currency):
            yield f"line {index} is {net}, stated {line.text('net')}"
    yield from _unlike(sums, case.child("expected"))


def _unlike(sums: Sums, expected: Fields) -> Iterator[str]:
    figures = sums.totals
    for name, computed in {
        "sum_lines": figures.sum,
        "allowances": figures.discount,
        "charges": figures.charges,
        "net": figures.net,
        "tax": figures.tax,
        "gross": figures.gross,
        "due": figures.due,
    }.items():
        if computed.amount != _number(expected, name):
            yield f"{name} is {computed}, stated {expected.text(name)}"
    stated = sorted(
        (each.text("cat"), *(_number(each, name) for name in ("rate", "basis", "tax")))
        for each in expected.items("vat")
    )
    groups = sorted(
        (group.rate.code, group.rate.percent, group.net.amount, group.tax.amount)
        for group in sums.taxes
    )
    if groups != stated:
        yield f"tax groups are {groups}, stated {stated}"
