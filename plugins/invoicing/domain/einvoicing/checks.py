"""Checks: the official rules that facts of ours can break, asked before anybody else asks them.

The numbers are those of the rules of EN 16931 and of the profiles. What the writers rule out by
themselves (order, names, formats) is not asked again.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import assert_never

from invoicing.domain.einvoicing import french, german
from invoicing.domain.einvoicing.codes import (
    ADDRESS_SCHEMES,
    NOTE_CODE,
    REASONED,
    SET_OFF,
    UNTAXED,
)
from invoicing.domain.einvoicing.document import Breakdown, Party, StructuredInvoice
from invoicing.domain.einvoicing.problems import Problem
from invoicing.domain.einvoicing.profiles import Profile, is_french, is_german
from invoicing.domain.money import EXACT, Money, total
from invoicing.domain.parties import EInvoice

_OUT_OF_SCOPE = "O"
_CHARGED = frozenset({"S", "L", "M"})
_WITH_BUYER = frozenset({"AE", "K"})
_WITH_VAT_ID = frozenset({"K", "G"})
_TAXES = "taxes.yaml"
_HUNDREDTH = Decimal("0.01")


def check(invoice: StructuredInvoice, profile: Profile, *, asked: bool) -> tuple[Problem, ...]:
    """Return what a receiver would refuse; ``asked`` also what only the client's country wants.

    A Factur-X file that nobody asked for need not go through a French platform.
    """
    return tuple(_problems(invoice, profile, asked=asked))


def _problems(invoice: StructuredInvoice, profile: Profile, *, asked: bool) -> Iterator[Problem]:
    yield from _document(invoice)
    yield from _addresses(invoice)
    yield from _categories(invoice)
    yield from _sums(invoice)
    match profile.form:
        case EInvoice.PEPPOL:
            yield from _peppol(invoice)
        case EInvoice.XRECHNUNG:
            yield from german.problems(invoice)
            yield from _endpoints(invoice)
        case EInvoice.FACTUR_X | EInvoice.CII:
            if asked and is_french(invoice):
                yield from french.problems(invoice)
        case never:
            assert_never(never)


def _document(invoice: StructuredInvoice) -> Iterator[Problem]:
    for item in invoice.items:
        if not any(one.isprintable() and not one.isspace() for one in item.name):
            yield Problem("BR-25", f"line {item.number}", "has no description; write one")
    if not invoice.items:
        yield Problem("BR-16", "the invoice", "has no line")
    if not invoice.is_credit_note and invoice.figures.due.amount > 0 and invoice.due_on is None:
        yield Problem("BR-CO-25", "the invoice", "has no day it is due on")
    payment = invoice.payment
    if payment is not None and not payment.account and payment.means != SET_OFF:
        yield Problem("BR-61", "company.yaml: bank", "write the iban that clients pay to")
    for code, _ in invoice.notes:
        if code and not NOTE_CODE.fullmatch(code):
            advice = f"{code!r} is no subject code; write three letters of UNTDID 4451, such as REG"
            yield Problem("BR-CL-08", "company.yaml: notes", advice)


def _addresses(invoice: StructuredInvoice) -> Iterator[Problem]:
    for party, file in ((invoice.seller, "company.yaml"), (invoice.buyer, "clients.yaml")):
        if party.endpoint is not None and party.endpoint.scheme not in ADDRESS_SCHEMES:
            advice = f"{party.endpoint.scheme!r} is no code of the EAS list, such as 0204 or 0088"
            yield Problem("BR-CL-25", f"{file}: electronic_address", advice)
        if not party.address.country:
            yield Problem("BR-09, BR-11", f"{file}: address", "write the country")


def _categories(invoice: StructuredInvoice) -> Iterator[Problem]:
    codes = invoice.codes
    if _OUT_OF_SCOPE in codes and len(codes) > 1:
        yield Problem("BR-O-11", _TAXES, "O may not stand beside other codes; bill them apart")
    for group in invoice.breakdowns:
        yield from _category(invoice, group)
    if not (invoice.seller.vat_id or invoice.seller.tax_number):
        yield Problem("BR-S-02, BR-CO-26", "company.yaml: tax_id", "write our VAT id")
    if codes & _WITH_VAT_ID and not invoice.seller.vat_id:
        advice = f"{_listed(codes & _WITH_VAT_ID)} needs our VAT id, such as DE123456789"
        yield Problem("BR-IC-02, BR-G-02", "company.yaml: tax_id", advice)
    if codes & _WITH_BUYER and not _is_known(invoice.buyer, codes):
        advice = f"{_listed(codes & _WITH_BUYER)} needs the client's VAT id, such as FR12345678901"
        yield Problem("BR-AE-02, BR-IC-02", "clients.yaml: tax_id", advice)


def _is_known(buyer: Party, codes: frozenset[str]) -> bool:
    return bool(buyer.vat_id or (buyer.legal_id and "K" not in codes))


def _category(invoice: StructuredInvoice, group: Breakdown) -> Iterator[Problem]:
    code, percent = group.vat.code, group.vat.percent
    if code not in _CHARGED | UNTAXED:
        yield Problem("BR-CL-18", f"{_TAXES}: code", f"{code!r} is no category that we can write")
    if code in _CHARGED and percent <= 0:
        yield Problem(f"BR-{code}-05", _TAXES, f"{code} needs a percent above 0; use Z or E")
    if code in UNTAXED and (percent or group.tax.amount):
        yield Problem(f"BR-{code}-05", _TAXES, f"{code} charges no tax, so its percent is 0")
    if code in REASONED and not group.reason:
        yield Problem(f"BR-{code}-10", f"{_TAXES}: note", f"{code} needs a sentence that says why")
    if code == "K" and not (invoice.delivered_on or invoice.period):
        yield Problem("BR-IC-11", "the invoice", "needs the day or the period of the supply")
    exact = EXACT.multiply(group.net.amount, EXACT.multiply(percent, _HUNDREDTH))
    if abs(EXACT.subtract(exact, group.tax.amount)) >= 1:
        advice = "line by line, the tax drifts too far from the rate on the sum; write per_group"
        yield Problem("BR-CO-17", "company.yaml: tax_rounding", advice)


def _listed(codes: frozenset[str]) -> str:
    return " and ".join(sorted(codes))


def _sums(invoice: StructuredInvoice) -> Iterator[Problem]:
    """Compare each total with what it is made of; none is ever taken on trust."""
    found, currency = invoice.figures, invoice.currency
    net = found.lines - found.allowances + found.charges
    groups = total((group.net for group in invoice.breakdowns), currency)
    taxes = total((group.tax for group in invoice.breakdowns), currency)
    due = found.gross - found.prepaid + found.rounding
    for rule, stated, computed in (
        ("BR-CO-13", found.net, net),
        ("BR-S-08", found.net, groups),
        ("BR-CO-14", found.tax, taxes),
        ("BR-CO-15", found.gross, found.net + found.tax),
        ("BR-CO-16", found.due, due),
    ):
        if stated != computed:
            yield _wrong_sum(rule, stated, computed)


def _wrong_sum(rule: str, stated: Money, computed: Money) -> Problem:
    return Problem(rule, "the totals", f"say {stated}, but their parts come to {computed}")


def _peppol(invoice: StructuredInvoice) -> Iterator[Problem]:
    if is_german(invoice):
        yield from german.problems(invoice)
    elif not (invoice.references.buyer or invoice.references.order):
        advice = "write the client's reference, or the number of its order at the agreement"
        yield Problem("PEPPOL-EN16931-R003", "clients.yaml: buyer_reference", advice)
    yield from _endpoints(invoice)
    for party, file in ((invoice.seller, "company.yaml"), (invoice.buyer, "clients.yaml")):
        if party.endpoint is not None and not party.endpoint.scheme.isdigit():
            scheme = party.endpoint.scheme
            advice = f"Peppol knows no {scheme}; write the participant's id, such as 0208 or 9930"
            yield Problem("PEPPOL-EN16931-CL008", f"{file}: electronic_address", advice)


def _endpoints(invoice: StructuredInvoice) -> Iterator[Problem]:
    for party, file, rule in (
        (invoice.seller, "company.yaml", "PEPPOL-EN16931-R020"),
        (invoice.buyer, "clients.yaml", "PEPPOL-EN16931-R010"),
    ):
        if party.endpoint is None:
            advice = "write the scheme and the id that e-invoices are addressed to"
            yield Problem(rule, f"{file}: electronic_address", advice)
