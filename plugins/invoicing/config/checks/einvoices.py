"""E-invoices: codes that no receiver knows, and facts that a client's profile will ask for."""

from collections.abc import Iterator

from invoicing.config.checks.entries import agreements_of, clients_of, repeated
from invoicing.config.clients import WrittenClient, WrittenProfile
from invoicing.config.company import WrittenElectronicAddress, WrittenNote
from invoicing.config.desk import Desk
from invoicing.config.problems import Problem
from invoicing.domain.einvoicing.codes import ADDRESS_SCHEMES, NOTE_CODE
from invoicing.domain.einvoicing.outcome import missing_between
from invoicing.domain.events import Reference
from invoicing.domain.parties import EInvoice

_ONE_FILE = {EInvoice.PEPPOL, EInvoice.XRECHNUNG}


def check(desk: Desk) -> Iterator[Problem]:
    """Yield codes that stand in no list, and forms of which one client can get one only."""
    yield from _addresses(desk)
    for route, note in desk.company.parts(WrittenNote).items():
        if not NOTE_CODE.fullmatch(note.code):
            text = f"{note.code!r} is no code of a note's subject"
            advice = "Write three capitals of UNTDID 4451, such as REG, AAB, PMD or PMT."
            yield desk.company.at((*route, "code"), text, advice)
    for kind in (WrittenProfile, WrittenClient):
        for route, entry in desk.clients.parts(kind).items():
            yield from _forms(desk, (*route, "e_invoice"), entry.e_invoice or ())


def _addresses(desk: Desk) -> Iterator[Problem]:
    for sheet in (desk.company, desk.clients):
        for route, address in sheet.parts(WrittenElectronicAddress).items():
            if address.scheme not in ADDRESS_SCHEMES:
                text = f"{address.scheme!r} is no code of an electronic address"
                advice = (
                    "Write a code of the EAS list in quotes: '0204' (Leitweg-ID), '0225' (France),"
                    " '0208' (Belgium), '9930' (German VAT id), 'EM' (mail address)."
                )
                yield sheet.at((*route, "scheme"), text, advice)


def _forms(
    desk: Desk, route: tuple[str | int, ...], forms: tuple[EInvoice, ...]
) -> Iterator[Problem]:
    places = [((*route, index), form) for index, form in enumerate(forms)]
    for again, _ in repeated(places):
        yield desk.clients.at(again, "this form stands here already", "Name every form once.")
    if set(forms) >= _ONE_FILE:
        text = "peppol and xrechnung are two forms of one file, and a client gets one of them"
        yield desk.clients.at(route, text, "Keep the one that the client reads.")


def warn(desk: Desk) -> Iterator[Problem]:
    """Yield clients whose every draft would be held: a fact that their form asks for is missing."""
    company = desk.company.whole
    if company is None:
        return
    entities, clients = company.to_domain(), clients_of(desk)
    told: set[tuple[str, str]] = set()
    for agreement in agreements_of(desk).values():
        pair = agreement.client, agreement.entity
        if pair in told or not clients[agreement.client].e_invoice:
            continue
        told.add(pair)
        client = clients[agreement.client].to_domain(agreement.client)
        order = agreement.order_number
        known = (Reference("order", order),) if order else ()
        if lacking := missing_between(
            entities[agreement.entity], client, agreement.starts_on, known
        ):
            text = (
                f"invoices of {agreement.entity!r} to {agreement.client!r} will be held: {lacking}"
            )
            advice = "Complete the keys that are named, or ask for another e_invoice."
            yield desk.clients.at_key(("clients", agreement.client), text, advice)
