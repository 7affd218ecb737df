"""Explain: every figure of a draft, in the order of the invoice, with how it came about."""

from collections.abc import Iterator
from dataclasses import dataclass

from invoicing.domain.draft import Draft
from invoicing.domain.money import plain


@dataclass(frozen=True, slots=True)
class Explanation:
    """One figure: what it is called, what it is, and how it came about."""

    name: str
    figure: str
    text: str


def explain(draft: Draft) -> tuple[Explanation, ...]:
    """Return every figure of ``draft`` with the records, rule and computation behind it."""
    return (*_lines(draft), *_below_lines(draft), *_totals(draft), *_beside(draft))


def _lines(draft: Draft) -> Iterator[Explanation]:
    for line in draft.lines:
        yield Explanation(f"line {line.position}", str(line.net), line.explanation)


def _below_lines(draft: Draft) -> Iterator[Explanation]:
    for number, one in enumerate(draft.discounts, start=1):
        yield Explanation(f"discount {number}", str(one.amount), one.explanation)
    for group in draft.taxes:
        yield Explanation(f"tax {group.rate.label}", str(group.tax), group.explanation)
        for name, share in group.shares:
            text = f"the share of {name} in {group.tax}, by the largest remainder"
            yield Explanation(f"tax {group.rate.label}, {name}", str(share), text)
    for deposit in draft.deposits:
        text = f"{deposit.net} + {deposit.tax} tax, as charged by invoice {deposit.invoice_id}"
        yield Explanation(f"deposit {deposit.title}", str(deposit.gross), text)


def _totals(draft: Draft) -> Iterator[Explanation]:
    for name, text in draft.totals.explain():
        yield Explanation(name, str(getattr(draft.totals, name)), text)


def _beside(draft: Draft) -> Iterator[Explanation]:
    if draft.tax_in_books is not None:
        books = draft.tax_in_books
        yield Explanation("tax in our books", str(books.amount), books.explanation)
    for balance in draft.balances:
        figure = f"{plain(balance.amount)} {balance.unit}"
        yield Explanation(balance.name, figure, "what this invoice leaves for the next ones")
