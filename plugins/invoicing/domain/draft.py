"""Draft: the facts of a client, an agreement and its work become lines, tax and totals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from invoicing.domain.book import Book
from invoicing.domain.canonical import fingerprint
from invoicing.domain.decide import Hold, Obligation, ObligationKey
from invoicing.domain.errors import MoneyError, NotFoundError
from invoicing.domain.events import WorkItem
from invoicing.domain.money import ROUNDING, Money, plain
from invoicing.domain.parties import Client, Entity
from invoicing.domain.rules import Agreement
from invoicing.domain.states import DraftState
from invoicing.domain.tax import TaxGroup, TaxRate, tax_groups
from invoicing.domain.totals import Totals, compute_totals


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the invoice: what, how much of it, and which record and rule say so."""

    position: int
    description: str
    quantity: Decimal
    unit: str
    unit_price: Money
    net: Money
    rate: TaxRate
    source: str
    record_id: str
    rule: str
    explanation: str


@dataclass(frozen=True, slots=True)
class Draft:
    """An invoice before it has a number: complete in content, without number and dates.

    ``id`` is also the id of the invoice it may become. ``supplied_on`` is the day the tax rate was
    looked up for; ``rounding`` names the rule that every amount was rounded by.
    """

    id: str
    entity: Entity
    client: Client
    obligations: tuple[ObligationKey, ...]
    title: str
    currency: str
    supplied_on: date
    terms_days: int
    lines: tuple[Line, ...]
    taxes: tuple[TaxGroup, ...]
    totals: Totals
    rounding: str = ROUNDING

    @property
    def content_hash(self) -> str:
        """What an approval is bound to: every fact of the draft, so any change changes it."""
        return fingerprint(self)


@dataclass(frozen=True, slots=True)
class DraftRecord:
    """A draft as the ledger holds it: one version of its content, and where it stands."""

    draft: Draft
    version: int
    state: DraftState
    author: str
    config_hash: str
    content_hash: str

    @property
    def id(self) -> str:
        """The id of the draft, and of the invoice it may become."""
        return self.draft.id


def invoice_id(keys: Sequence[ObligationKey]) -> str:
    """Derive the id from the things owed, so that the same things can never make two invoices."""
    return fingerprint(sorted(key.id for key in keys))[:32]


def build_draft(obligation: Obligation, book: Book) -> Draft | Hold:
    """Compute the invoice for ``obligation``, or say why a person must look first.

    An amount that makes no sense, or an agreement that left the book meanwhile, holds this draft
    and none of its batch.
    """
    try:
        return _compute(obligation, book)
    except (MoneyError, NotFoundError) as error:
        return Hold("not_computable", str(error))


def _compute(obligation: Obligation, book: Book) -> Draft | Hold:
    agreement = book.agreement(obligation.key.agreement)
    client, entity = book.client(obligation.client), book.entity(obligation.key.entity)
    lines: list[Line] = []
    for item in obligation.work:
        rate = book.taxes.rate_for(
            client.address.country, item.tax_category, obligation.occurred_on
        )
        if rate is None:
            return _tax_unknown(item, client, obligation.occurred_on)
        lines.append(_line(len(lines) + 1, item, rate, obligation.rule))
    return _assemble(obligation, agreement, client, entity, tuple(lines))


def _tax_unknown(item: WorkItem, client: Client, day: date) -> Hold:
    return Hold(
        "tax_unknown",
        f"config/taxes.yaml has not exactly one rate for {item.tax_category!r} and country"
        f" {client.address.country} on {day} ({item.record_id})",
    )


def _line(position: int, item: WorkItem, rate: TaxRate, rule: str) -> Line:
    net = item.unit_price.times(item.quantity).rounded()
    explanation = (
        f"{plain(item.quantity)} {item.unit} x {item.unit_price} = {net}, rounded half away from"
        f" zero; {item.source} record {item.record_id}; rule {rule}"
    )
    return Line(
        position, item.description, item.quantity, item.unit, item.unit_price, net, rate,
        item.source, item.record_id, rule, explanation,
    )  # fmt: skip


def _assemble(
    obligation: Obligation,
    agreement: Agreement,
    client: Client,
    entity: Entity,
    lines: tuple[Line, ...],
) -> Draft | Hold:
    currency = client.currency
    taxes = tax_groups(((line.rate, line.net) for line in lines), currency)
    totals = compute_totals([line.net for line in lines], taxes, currency)
    if totals.gross <= Money.zero(currency):
        return Hold("nothing_due", f"the invoice would come to {totals.gross}")
    terms = client.terms_days if agreement.terms_days is None else agreement.terms_days
    return Draft(
        id=invoice_id([obligation.key]),
        entity=entity,
        client=client,
        obligations=(obligation.key,),
        title=obligation.title,
        currency=currency,
        supplied_on=obligation.occurred_on,
        terms_days=terms,
        lines=lines,
        taxes=taxes,
        totals=totals,
    )
