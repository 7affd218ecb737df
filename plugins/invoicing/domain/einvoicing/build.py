"""Build: the facts of an invoice or credit note put in the terms of EN 16931."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from invoicing.domain.einvoicing.amounts import amounts_of
from invoicing.domain.einvoicing.codes import (
    is_vat_id,
    legal_scheme,
    transfer_means,
)
from invoicing.domain.einvoicing.document import (
    Contact,
    DocumentType,
    LegalId,
    Party,
    Payment,
    Preceding,
    References,
    StructuredInvoice,
)
from invoicing.domain.einvoicing.facts import Facts
from invoicing.domain.events import Reference
from invoicing.domain.parties import Client, Entity

_OUT_OF_SCOPE, _INTRA_COMMUNITY = "O", "K"
_ORDERS = ("order", "purchase_order", "po")
_CONTRACTS = ("contract", "sow", "statement_of_work")
_PROJECTS = ("project",)
# France: S1 of goods, services or both becomes S4 where deposits are taken off (BR-FR-CO-08).
_FIRST, _AFTER_DEPOSIT = "1", "4"
_FRENCH_MODES = frozenset({"B", "S", "M"})


@dataclass(frozen=True, slots=True)
class Numbered:
    """What a document gets when it is issued."""

    number: str
    issued_on: date
    due_on: date | None = None


def build(facts: Facts, numbered: Numbered) -> StructuredInvoice:
    """Put an invoice or a credit note in the terms of the standard; nothing is checked here."""
    amounts = amounts_of(facts)
    codes = {group.vat.code for group in amounts.breakdowns}
    intra = _INTRA_COMMUNITY in codes
    return StructuredInvoice(
        type=_type(facts),
        number=numbered.number,
        issued_on=numbered.issued_on,
        due_on=numbered.due_on,
        currency=facts.currency,
        notes=_notes(facts),
        process=_process(facts),
        seller=seller(facts.entity, scoped=_OUT_OF_SCOPE not in codes),
        buyer=buyer(facts.client, scoped=_OUT_OF_SCOPE not in codes),
        references=_references(facts),
        period=facts.period,
        delivered_on=None if facts.is_deposit and not intra else facts.supplied_on,
        deliver_to=facts.client.address if intra else None,
        payment=_payment(facts),
        items=amounts.items,
        adjustments=amounts.adjustments,
        breakdowns=amounts.breakdowns,
        figures=amounts.figures,
    )


def _type(facts: Facts) -> DocumentType:
    if facts.corrects is not None:
        return DocumentType.CREDIT_NOTE
    return DocumentType.PREPAYMENT if facts.is_deposit else DocumentType.INVOICE


def _notes(facts: Facts) -> tuple[tuple[str, str], ...]:
    """Return the entity's notes, a note's reason, and sentences about taxed groups (BR-S-10)."""
    own = [("", facts.remark)] if facts.remark else []
    taxed = dict.fromkeys(
        group.rate.note for group in facts.taxes if group.rate.note and group.rate.percent
    )
    return (*own, *facts.entity.notes, *(("", note) for note in taxed))


def _process(facts: Facts) -> str:
    process = facts.entity.process
    known = process[:1] in _FRENCH_MODES and process[1:] == _FIRST
    return process[:1] + _AFTER_DEPOSIT if facts.settles_deposits and known else process


def seller(entity: Entity, *, scoped: bool = True) -> Party:
    """Return our own company; outside the scope of VAT its VAT id may not be named (BR-O-02)."""
    vat_id = _vat_id(entity.tax_id) if scoped else ""
    legal_id = _legal_id(entity.address.country, entity.legal_id)
    if legal_id is None and not vat_id and entity.registration:
        legal_id = LegalId(entity.registration)
    return Party(
        name=entity.legal_name,
        address=entity.address,
        vat_id=vat_id,
        tax_number="" if vat_id else entity.tax_id,
        own_id="" if vat_id or legal_id else entity.tax_id,
        legal_id=legal_id,
        registration=entity.registration,
        contact=Contact(entity.contact, entity.phone, entity.email),
        endpoint=entity.electronic_address,
    )


def buyer(client: Client, *, scoped: bool = True) -> Party:
    """Return the client; a tax number that is no VAT id has no place there."""
    return Party(
        name=client.name,
        address=client.address,
        vat_id=_vat_id(client.tax_id) if scoped else "",
        legal_id=_legal_id(client.address.country, client.legal_id),
        endpoint=client.electronic_address,
    )


def _vat_id(tax_id: str) -> str:
    if not is_vat_id(tax_id):
        return ""
    # The Swiss number is written with its ending, DE 123 456 788 is not.
    return tax_id if tax_id.startswith("CH") else "".join(tax_id.split())


def _legal_id(country: str, written: str) -> LegalId | None:
    if not written:
        return None
    number = "".join(written.split())
    scheme = legal_scheme(country, number)
    return LegalId(number, scheme) if scheme else LegalId(written)


def _references(facts: Facts) -> References:
    preceding = None
    if facts.corrects is not None:
        preceding = Preceding(*facts.corrects)
    return References(
        buyer=facts.client.buyer_reference,
        order=_named(facts.references, _ORDERS),
        contract=_named(facts.references, _CONTRACTS),
        project=_named(facts.references, _PROJECTS),
        preceding=preceding,
    )


def _named(references: Iterable[Reference], kinds: tuple[str, ...]) -> str:
    """Return the ids of these kinds; the standard has room for one text."""
    found = dict.fromkeys(one.id for one in references if one.kind.casefold() in kinds)
    return ", ".join(found)


def _payment(facts: Facts) -> Payment | None:
    if facts.corrects is not None:
        return None  # nobody pays a credit note to us
    bank = facts.entity.bank
    account = "".join(bank.iban.split())
    return Payment(transfer_means(account, facts.currency), account, bank.holder, bank.bic)
