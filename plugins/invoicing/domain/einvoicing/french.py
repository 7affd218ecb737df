"""French: what an invoice between two French companies needs beyond EN 16931 (BR-FR)."""

import re
from collections.abc import Iterator
from decimal import Decimal

from invoicing.domain.einvoicing.document import DocumentType, Party, StructuredInvoice
from invoicing.domain.einvoicing.problems import Problem

_NUMBER = re.compile(r"[A-Za-z0-9+\-_/]{1,35}", re.ASCII)
_SIREN = re.compile(r"\d{9}", re.ASCII)
_ADDRESS = re.compile(r"[A-Za-z0-9+\-_.]{1,125}", re.ASCII)
_SENTENCES = {
    "PMT": "the fixed amount for the costs of collection",
    "PMD": "the interest for late payment",
    "AAB": "the discount for early payment, or that there is none",
}
_LISTED_MODES = "B1 S1 M1 B2 S2 M2 S3 B4 S4 M4 S5 S6 B7 S7 B8 S8 M8 B9 S9 M9"
_MODES = frozenset(_LISTED_MODES.split())
_PREPAID_MODES = frozenset({"B4", "S4", "M4"})
_FOREIGN_CODES = frozenset({"L", "M"})
# Rates of the mainland, Corsica and the overseas departments, now and before (BR-FR-16).
_LISTED_RATES = "0 10 13 20 8.5 19.6 2.1 5.5 7 20.6 1.05 0.9 1.75 9.2 9.6"
_RATES = frozenset(map(Decimal, _LISTED_RATES.split()))


def problems(invoice: StructuredInvoice) -> Iterator[Problem]:
    """Yield what a French platform would refuse."""
    if not _NUMBER.fullmatch(invoice.number):
        advice = "a number may have 35 letters, digits and + - _ / at most"
        yield Problem("BR-FR-01, BR-FR-02", "company.yaml: series", advice)
    yield from _notes(invoice)
    if invoice.process not in _MODES:
        advice = "write the kind of business, such as S1 (services) or M1 (goods and services)"
        yield Problem("BR-FR-08", "company.yaml: process", advice)
    if invoice.process in _PREPAID_MODES and invoice.type is DocumentType.PREPAYMENT:
        advice = f"{invoice.process} is for final invoices only; write S1, B1 or M1"
        yield Problem("BR-FR-CO-08", "company.yaml: process", advice)
    legal_id = invoice.seller.legal_id
    if legal_id is None or not _SIREN.fullmatch(legal_id.id):
        yield Problem("BR-FR-10", "company.yaml: legal_id", "write our SIREN, nine digits")
    yield from _address(invoice.buyer, "clients.yaml", "BR-FR-12, BR-FR-23")
    yield from _address(invoice.seller, "company.yaml", "BR-FR-13, BR-FR-23")
    yield from _taxes(invoice)


def _notes(invoice: StructuredInvoice) -> Iterator[Problem]:
    codes = [code for code, _ in invoice.notes]
    for code, what in _SENTENCES.items():
        if code not in codes:
            yield Problem("BR-FR-05", "company.yaml: notes", f"add one with code {code}: {what}")
        elif codes.count(code) > 1:
            yield Problem("BR-FR-06", "company.yaml: notes", f"keep one with code {code}")


def _address(party: Party, file: str, rules: str) -> Iterator[Problem]:
    if party.endpoint is None or not _ADDRESS.fullmatch(party.endpoint.id):
        advice = "write the address in the French directory: scheme 0225 and the SIREN"
        yield Problem(rules, f"{file}: electronic_address", advice)


def _taxes(invoice: StructuredInvoice) -> Iterator[Problem]:
    for group in invoice.breakdowns:
        if group.vat.code in _FOREIGN_CODES:
            yield Problem("BR-FR-15", "taxes.yaml: code", f"{group.vat.code} is no French code")
        elif group.vat.percent not in _RATES:
            advice = f"{group.vat.percent} % is no French rate"
            yield Problem("BR-FR-16", "taxes.yaml: percent", advice)
    books = invoice.figures.tax_in_books
    if invoice.currency != "EUR" and (books is None or books.currency != "EUR"):
        advice = "the tax must be stated in EUR too; keep French books in EUR"
        yield Problem("BR-FR-CO-12", "company.yaml: currency", advice)
