"""German: what XRechnung asks beyond EN 16931, and Peppol between two German parties."""

import re
from collections.abc import Iterator

from invoicing.domain.einvoicing.document import StructuredInvoice
from invoicing.domain.einvoicing.problems import Problem

_OUT_OF_SCOPE = "O"
_PHONE = re.compile(r"(\D*\d){3}", re.ASCII)
_MAIL = re.compile(r"[^@\s.][^@\s]*[^@\s.]@[^@\s.][^@\s]*[^@\s.]")


def problems(invoice: StructuredInvoice) -> Iterator[Problem]:
    """Yield what a German public buyer's portal would refuse."""
    yield from _contact(invoice)
    for party, file, rules in (
        (invoice.seller, "company.yaml", "BR-DE-3, BR-DE-4"),
        (invoice.buyer, "clients.yaml", "BR-DE-8, BR-DE-9"),
    ):
        if not (party.address.city and party.address.postal_code):
            yield Problem(rules, f"{file}: address", "write the city and the postal_code")
    if not invoice.references.buyer:
        advice = "write the client's own reference (public buyers: the Leitweg-ID)"
        yield Problem("BR-DE-15", "clients.yaml: buyer_reference", advice)
    if _OUT_OF_SCOPE in invoice.codes:
        advice = "XRechnung has no O; a service taxed in another country of the EU is AE"
        yield Problem("BR-DE-14", "taxes.yaml: code", advice)


def _contact(invoice: StructuredInvoice) -> Iterator[Problem]:
    contact = invoice.seller.contact
    name, phone, mail = (contact.name, contact.phone, contact.email) if contact else ("", "", "")
    if not name:
        yield Problem("BR-DE-5", "company.yaml: contact", "write whom clients ask about invoices")
    if not _PHONE.match(phone):
        advice = "write a phone number, with three digits at least"
        yield Problem("BR-DE-6, BR-DE-27", "company.yaml: phone", advice)
    if not _MAIL.fullmatch(mail):
        yield Problem("BR-DE-7, BR-DE-28", "company.yaml: email", "write a mail address")
