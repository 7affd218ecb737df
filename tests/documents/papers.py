"""Small real invoices to print, and the text of what was printed."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pypdf

from invoicing.domain.decide import ObligationKey
from invoicing.domain.draft import Draft, Line
from invoicing.domain.issue import Invoice, SeriesKey
from invoicing.domain.money import Money
from invoicing.domain.parties import Address, Bank, Client, Entity, Series
from invoicing.domain.render import Page, invoice_page
from invoicing.domain.tax import TaxRate, tax_groups
from invoicing.domain.totals import compute_totals
from invoicing.services.ports import Rendered

VAT = TaxRate("standard", "S", Decimal(19), "VAT")
REVERSE = TaxRate(
    "standard", "AE", Decimal(0), "Reverse charge", "Reverse charge: the customer owes the VAT."
)

ENTITY = Entity(
    key="brightwater",
    legal_name="Brightwater Systems GmbH",
    address=Address("Lindenufer 12", "10115", "Berlin", "DE"),
    zone="Europe/Berlin",
    currency="EUR",
    tax_id="DE123456789",
    email="billing@brightwater.example",
    bank=Bank("Brightwater Systems GmbH", "Spreebank", "DE02120300000000202051", "BYLADEM1001"),
    series=Series("INV", "INV-{year}-{number:05d}"),
    phone="+49 30 5550100",
    website="brightwater.example",
    registration="Amtsgericht Berlin HRB 123456",
)
CLIENT = Client(
    key="harbor",
    name="Harbor Health Inc.",
    address=Address("200 Seaport Boulevard", "02210", "Boston", "US", "MA"),
    currency="EUR",
    zone="America/New_York",
    language="en",
    terms_days=14,
    billing_to=("ap@harbor.example",),
    tax_id="US-04-1234567",
)
WORK = (
    ("Discovery workshop with the operations team, on site", "1.5", "days", "1280.00 EUR"),
    ("Data pipeline: design, build and hand-over", "42", "h", "120.00 EUR"),
    ("Review of the warehouse model\nincluding a written report", "6.25", "h", "120.00 EUR"),
    ("Monthly support, November 2026", "1", "month", "2400.00 EUR"),
)


def a_line(position: int, description: str, price: str = "100.00 EUR", rate: TaxRate = VAT) -> Line:
    """Return a line about one hour of work."""
    return _line(position, description, "1", "h", Money.parse(price), rate)


def _line(
    position: int, description: str, quantity: str, unit: str, price: Money, rate: TaxRate = VAT
) -> Line:
    return Line(
        position=position,
        description=description,
        quantity=Decimal(quantity),
        unit=unit,
        unit_price=price,
        net=price.times(Decimal(quantity)).rounded(),
        rate=rate,
        source="crm",
        record_id=f"record-{position}",
        rule="deal-onboarding",
        explanation="quantity x price",
    )


def a_draft(*lines: Line, client: Client = CLIENT, entity: Entity = ENTITY) -> Draft:
    """Return a draft of ``lines``, or of some ordinary work."""
    lines = lines or tuple(
        _line(position, text, quantity, unit, Money.parse(price))
        for position, (text, quantity, unit, price) in enumerate(WORK, 1)
    )
    currency = lines[0].net.currency
    taxes = tax_groups(((line.rate, line.net) for line in lines), currency)
    return Draft(
        id="0" * 32,
        entity=entity,
        client=client,
        obligations=(ObligationKey("brightwater", "harbor-support", "2026-11-01"),),
        title="Platform work and support, November 2026",
        currency=currency,
        supplied_on=date(2026, 11, 2),
        terms_days=14,
        lines=lines,
        taxes=taxes,
        totals=compute_totals([line.net for line in lines], taxes, currency),
    )


def an_invoice(draft: Draft, sequence: int = 1) -> Invoice:
    """Return ``draft`` as it is issued on 2 November 2026."""
    return Invoice(
        id=draft.id,
        number=f"INV-2026-{sequence:05d}",
        series=SeriesKey("brightwater", "INV", 2026),
        sequence=sequence,
        issued_at=datetime(2026, 11, 2, 9, tzinfo=UTC),
        issued_on=date(2026, 11, 2),
        due_on=date(2026, 11, 16),
        version=1,
        content_hash="c" * 64,
        config_hash="f" * 64,
        content=draft,
    )


def a_page(*lines: Line, client: Client = CLIENT, sequence: int = 1) -> Page:
    """Return the page of an issued invoice."""
    return invoice_page(an_invoice(a_draft(*lines, client=client), sequence))


def titled(title: str) -> Page:
    """Return the page of an invoice with this title: what a user's template of a test looks at."""
    page = a_page()
    return replace(page, content=replace(page.content, title=title))


def pages_of(rendered: Rendered) -> list[str]:
    """Return the text of each page, with every run of white space as one space."""
    assert rendered.document is not None, rendered.error
    reader = pypdf.PdfReader(io.BytesIO(rendered.document.content))
    return [" ".join(page.extract_text().split()) for page in reader.pages]


def text_of(rendered: Rendered) -> str:
    """Return the text of a document."""
    return " ".join(pages_of(rendered))
