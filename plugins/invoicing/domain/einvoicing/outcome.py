"""Outcome: the profiles a client gets, and for each the structured invoice or why there is none."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from invoicing.domain.credit import CreditNote
from invoicing.domain.draft import Draft, Line
from invoicing.domain.einvoicing.build import Numbered, build
from invoicing.domain.einvoicing.checks import check
from invoicing.domain.einvoicing.document import StructuredInvoice
from invoicing.domain.einvoicing.facts import Facts, facts_of, not_representable
from invoicing.domain.einvoicing.profiles import PROFILES, Profile, in_profile
from invoicing.domain.events import Reference
from invoicing.domain.issue import format_number
from invoicing.domain.money import Money
from invoicing.domain.parties import Client, EInvoice, Entity
from invoicing.domain.tax import ExchangeRate, TaxInBooks, TaxRate, tax_in_books
from invoicing.domain.terms import due_date
from invoicing.domain.totals import Policy, Sums, compute_sums

_BY_ITSELF = (EInvoice.FACTUR_X,)
_USUAL_RATE, _USUAL_PRICE = Decimal(20), Decimal(100)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one profile: ``invoice`` is None where it cannot be, ``why`` tells."""

    profile: Profile
    invoice: StructuredInvoice | None
    why: str = ""


def wanted(client: Client) -> tuple[EInvoice, ...]:
    """Return the forms a client gets: what it asks for, else Factur-X where that is possible."""
    return _BY_ITSELF if client.e_invoice is None else client.e_invoice


def outcomes(content: Draft | CreditNote, numbered: Numbered) -> tuple[Outcome, ...]:
    """Put a document into every profile that its client gets."""
    facts = facts_of(content)
    return tuple(_outcome(facts, numbered, PROFILES[form]) for form in wanted(content.client))


def _outcome(facts: Facts, numbered: Numbered, profile: Profile) -> Outcome:
    if why := not_representable(facts):
        return Outcome(profile, None, why)
    invoice = in_profile(build(facts, numbered), facts, profile)
    asked = facts.client.e_invoice is not None
    if problems := check(invoice, profile, asked=asked):
        return Outcome(profile, None, "; ".join(map(str, problems)))
    return Outcome(profile, invoice)


def missing(draft: Draft) -> str:
    """Say what keeps a draft from the structured invoice its client asks for, or return nothing.

    Number and dates, which it does not have yet, cannot be missing.
    """
    if not draft.client.e_invoice:
        return ""
    day = draft.supplied_on
    number = format_number(draft.entity.series, day, 1)
    found = outcomes(draft, Numbered(number, day, due_date(day, draft.terms)))
    return "; ".join(f"{one.profile.name}: {one.why}" for one in found if one.invoice is None)


def missing_between(
    entity: Entity, client: Client, day: date, references: tuple[Reference, ...] = ()
) -> str:
    """Say what keeps any invoice of these two parties from the form the client asks for.

    An ordinary invoice stands for all: one line, taxed at a rate that is usual in many countries.
    """
    rate = TaxRate("standard", "S", _USUAL_RATE, "VAT")
    price = Money(_USUAL_PRICE, client.currency).rounded()
    line = Line(1, "Work", Decimal(1), "h", price, price, rate, (), "", "")
    policy = Policy(client.currency, withholding_percent=client.withholding_percent)
    sums = compute_sums([(rate, price)], policy)
    return missing(
        Draft(
            id="", entity=entity, client=client, obligations=(), title="", supplied_on=day,
            currency=client.currency, terms=client.terms, lines=(line,), taxes=sums.taxes,
            totals=sums.totals, references=references, tax_in_books=_in_books(entity, sums, day),
        )
    )  # fmt: skip


def _in_books(entity: Entity, sums: Sums, day: date) -> TaxInBooks | None:
    """State the tax in the books' currency too, as every real invoice does; any rate will do."""
    tax = sums.totals.tax
    if entity.currency == tax.currency:
        return None
    rate = ExchangeRate(entity.currency, tax.currency, Decimal(1), day, "")
    return tax_in_books(tax, rate)
