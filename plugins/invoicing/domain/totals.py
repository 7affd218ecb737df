"""Totals of an invoice, in the fixed order: sum, discount, net, tax, gross, paid, due."""

from collections.abc import Sequence
from dataclasses import dataclass

from invoicing.domain.money import Money, total
from invoicing.domain.tax import TaxGroup


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures below the lines; each is the outcome of the ones before it."""

    sum: Money
    discount: Money
    net: Money
    tax: Money
    gross: Money
    paid: Money
    due: Money

    def explain(self) -> tuple[tuple[str, str], ...]:
        """Say for each figure how it came about."""
        return (
            ("sum", "all line amounts added up"),
            ("discount", "discounts on the document"),
            ("net", f"{self.sum} - {self.discount}"),
            ("tax", "the tax of each rate added up"),
            ("gross", f"{self.net} + {self.tax}"),
            ("paid", "paid before this invoice was issued"),
            ("due", f"{self.gross} - {self.paid}"),
        )


def compute_totals(nets: Sequence[Money], taxes: Sequence[TaxGroup], currency: str) -> Totals:
    """Add up the lines and the taxes; nothing is rounded here because every part already is."""
    amount = total(nets, currency)
    nothing = Money.zero(currency)
    tax = total((group.tax for group in taxes), currency)
    gross = amount + tax
    return Totals(amount, nothing, amount, tax, gross, nothing, gross)
