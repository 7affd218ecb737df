"""Profiles: the forms a structured invoice can take, and what each makes of a fact left open."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from invoicing.domain.einvoicing.codes import MAIL_SCHEME, SET_OFF
from invoicing.domain.einvoicing.document import Payment, StructuredInvoice
from invoicing.domain.einvoicing.facts import Facts
from invoicing.domain.money import Money
from invoicing.domain.parties import EInvoice, ElectronicAddress
from invoicing.domain.render import DocumentKind

FRANCE, GERMANY = "FR", "DE"
_FRENCH_BOOKS = "EUR"


@dataclass(frozen=True, slots=True)
class Profile:
    """A form by its name, and the kind of file it is."""

    form: EInvoice
    name: str
    kind: DocumentKind


PROFILES: Mapping[EInvoice, Profile] = {
    profile.form: profile
    for profile in (
        Profile(EInvoice.FACTUR_X, "Factur-X (EN 16931)", DocumentKind.CII),
        Profile(EInvoice.CII, "CII (EN 16931)", DocumentKind.CII),
        Profile(EInvoice.PEPPOL, "Peppol BIS Billing 3.0", DocumentKind.UBL),
        Profile(EInvoice.XRECHNUNG, "XRechnung 3.0", DocumentKind.UBL),
    )
}


def is_french(invoice: StructuredInvoice) -> bool:
    """Tell whether French law asks for its own fields: both parties are there."""
    return {invoice.seller.address.country, invoice.buyer.address.country} == {FRANCE}


def is_german(invoice: StructuredInvoice) -> bool:
    """Tell whether both parties are German, where Peppol asks what XRechnung does."""
    return {invoice.seller.address.country, invoice.buyer.address.country} == {GERMANY}


def in_profile(invoice: StructuredInvoice, facts: Facts, profile: Profile) -> StructuredInvoice:
    """Fill what a profile lets stand for a fact that is not given."""
    if invoice.payment is None and (profile.form is EInvoice.XRECHNUNG or is_german(invoice)):
        # BR-DE-1 wants it on credit notes too; other countries know no such means (NL-R-008).
        invoice = replace(invoice, payment=Payment(SET_OFF))
    if profile.form is EInvoice.XRECHNUNG:
        return _with_mail_addresses(invoice, facts)
    books = invoice.figures.tax_in_books
    foreign = is_french(invoice) and invoice.currency != _FRENCH_BOOKS
    if foreign and books is None and not invoice.figures.tax.amount:
        none = replace(invoice.figures, tax_in_books=Money.zero(_FRENCH_BOOKS))  # BR-FR-CO-12
        return replace(invoice, figures=none)
    return invoice


def _with_mail_addresses(invoice: StructuredInvoice, facts: Facts) -> StructuredInvoice:
    """XRechnung goes by mail too, so a mail address is an electronic address there."""
    seller, buyer = invoice.seller, invoice.buyer
    ours = seller.endpoint or ElectronicAddress(MAIL_SCHEME, facts.entity.email)
    theirs = buyer.endpoint
    if theirs is None and facts.client.billing_to:
        theirs = ElectronicAddress(MAIL_SCHEME, facts.client.billing_to[0])
    return replace(
        invoice, seller=replace(seller, endpoint=ours), buyer=replace(buyer, endpoint=theirs)
    )
