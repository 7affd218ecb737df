"""Who sends the made-up documents, and who gets them."""

from invoicing.documents.samples.words import Words
from invoicing.domain.parties import (
    Address,
    Bank,
    Client,
    EInvoice,
    ElectronicAddress,
    Entity,
    Paper,
    Series,
)
from invoicing.domain.terms import Terms

_PEPPOL = {"DE": "9930", "ES": "9920", "FR": "9957"}
"""The codes of Peppol for the VAT ids of our clients' countries."""
_FILES = (EInvoice.FACTUR_X, EInvoice.CII, EInvoice.PEPPOL)


def an_entity(brand: str, logo: str) -> Entity:
    """Return who sends the samples."""
    return Entity(
        key="brightwater",
        legal_name="Brightwater Systems GmbH",
        address=Address("Lindenufer 12", "10115", "Berlin", "DE"),
        zone="Europe/Berlin",
        currency="EUR",
        tax_id="DE136695976",
        email="billing@brightwater.example",
        bank=Bank("Brightwater Systems GmbH", "Spreebank", "DE02120300000000202051", "BYLADEM1001"),
        series=Series("INV", "INV-{year}-{number:05d}"),
        credit_notes=Series("CN", "CN-{year}-{number:05d}"),
        phone="+49 30 5550100",
        website="brightwater.example",
        registration="Amtsgericht Berlin HRB 123456",
        brand=brand,
        logo=logo,
        contact="Accounts receivable",
        electronic_address=ElectronicAddress("9930", "DE136695976"),
    )


def a_client(language: str, paper: Paper | None, words: Words, *, with_files: bool) -> Client:
    """Return who gets them, who reads ``language``."""
    return Client(
        key="sample",
        name=words.client,
        address=words.address,
        currency="EUR",
        zone="Europe/Berlin",
        language=language,
        terms=Terms(14),
        billing_to=("accounts@client.example",),
        tax_id=words.tax_id,
        paper=paper,
        e_invoice=_FILES if with_files else None,
        buyer_reference="PURCHASING-4711",
        electronic_address=ElectronicAddress(_PEPPOL[words.address.country], words.tax_id),
    )
