"""Facts: an invoice and a credit note seen as the same thing, and what no standard can say."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from invoicing.domain.credit import CreditNote
from invoicing.domain.draft import Draft, Line
from invoicing.domain.events import Reference
from invoicing.domain.money import Money
from invoicing.domain.parties import Client, Entity
from invoicing.domain.periods import Period
from invoicing.domain.tax import TaxGroup
from invoicing.domain.totals import Totals

_CENT = Decimal("0.01")
_WHOLE = Decimal(100)
_SALES_TAX = frozenset({"US", "CA"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What both kinds of documents have; ``inside`` says that line amounts contain the tax.

    ``reasons`` are those of the discounts on the document. ``corrects`` is the number and the day
    of the invoice that a credit note takes back.
    """

    entity: Entity
    client: Client
    currency: str
    lines: tuple[Line, ...]
    taxes: tuple[TaxGroup, ...]
    totals: Totals
    inside: bool
    reasons: tuple[tuple[str, Money], ...] = ()
    tax_in_books: Money | None = None
    supplied_on: date | None = None
    period: Period | None = None
    references: tuple[Reference, ...] = ()
    is_deposit: bool = False
    settles_deposits: bool = False
    corrects: tuple[str, date] | None = None
    remark: str = ""


def facts_of(content: Draft | CreditNote) -> Facts:
    """Return the facts of an invoice or of a credit note."""
    return _of_draft(content) if isinstance(content, Draft) else _of_note(content)


def _of_draft(draft: Draft) -> Facts:
    return Facts(
        entity=draft.entity,
        client=draft.client,
        currency=draft.currency,
        lines=draft.lines,
        taxes=draft.taxes,
        totals=draft.totals,
        inside=draft.prices_include_tax,
        reasons=tuple((one.discount.reason, one.amount) for one in draft.discounts),
        tax_in_books=draft.tax_in_books.amount if draft.tax_in_books else None,
        supplied_on=draft.supplied_on,
        period=draft.period,
        references=draft.references,
        is_deposit=draft.is_deposit,
        settles_deposits=bool(draft.deposits),
    )


def _of_note(note: CreditNote) -> Facts:
    totals = note.totals
    lines = totals.sum - totals.discount + totals.charges
    return Facts(
        entity=note.entity,
        client=note.client,
        currency=note.currency,
        lines=tuple(credit.line for credit in note.lines),
        taxes=note.taxes,
        totals=totals,
        inside=lines != totals.net,  # a note does not say it, its sums do
        tax_in_books=note.tax_in_books.amount if note.tax_in_books else None,
        supplied_on=note.supplied_on,
        period=note.period,
        references=note.references,
        corrects=(note.invoice_number, note.invoice_issued_on),
        remark=note.reason,
    )


def not_representable(facts: Facts) -> str:
    """Say why EN 16931 has no words for these facts, or return nothing."""
    rates = [group.rate for group in facts.taxes]
    if facts.entity.address.country in _SALES_TAX:
        return "a seller outside of VAT: sales taxes are no category of EN 16931"
    if any(rate.parts for rate in rates):
        return "a combined sales tax is no category of EN 16931"
    if any(_is_partly_taxed(line) for line in facts.lines):
        return "a rate on a part of the net only is no category of EN 16931"
    if facts.totals.withheld.amount:
        return "a withholding by the client has no place in EN 16931"
    if Money.zero(facts.currency).minor_unit < _CENT:
        return f"{facts.currency} has more than two decimals (BR-DEC)"
    return ""


def _is_partly_taxed(line: Line) -> bool:
    return line.rate.taxable_percent != _WHOLE and bool(line.rate.percent)
