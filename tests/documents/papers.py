"""Small real invoices to print, and the text of what was printed."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pypdf

from invoicing.domain.decide import ObligationKey
from invoicing.domain.discounts import Discount, Spread
from invoicing.domain.dispatch import MessageKind
from invoicing.domain.draft import AppliedDiscount, DepositDeduction, Draft, Line
from invoicing.domain.events import Reference
from invoicing.domain.issue import Invoice, SeriesKey
from invoicing.domain.letters import Letter
from invoicing.domain.money import Money
from invoicing.domain.parties import Address, Bank, Client, Entity, Series
from invoicing.domain.periods import Period
from invoicing.domain.render import Page, invoice_page
from invoicing.domain.tax import ExchangeRate, TaxPart, TaxRate, tax_in_books
from invoicing.domain.terms import Terms
from invoicing.domain.totals import Charge, Extras, Policy, compute_sums, line_net
from invoicing.domain.work import RecordRef
from invoicing.services.ports import Rendered

VAT = TaxRate("standard", "S", Decimal(19), "VAT")
REVERSE = TaxRate(
    "standard", "AE", Decimal(0), "Reverse charge", "Reverse charge: the customer owes the VAT."
)

COMBINED = TaxRate(
    "standard",
    "S",
    Decimal("8.875"),
    "Sales tax",
    parts=(
        TaxPart("State", Decimal(4)),
        TaxPart("City", Decimal("4.5")),
        TaxPart("District", Decimal("0.375")),
    ),
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
    credit_notes=Series("CN", "CN-{year}-{number:05d}"),
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
    terms=Terms(14),
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
    net, _ = line_net(Decimal(quantity), price)
    return Line(
        position=position,
        description=description,
        quantity=Decimal(quantity),
        unit=unit,
        unit_price=price,
        net=net,
        rate=rate,
        records=(RecordRef("crm", f"record-{position}"),),
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
    sums = compute_sums([(line.rate, line.net) for line in lines], Policy(currency))
    return Draft(
        id="0" * 32,
        entity=entity,
        client=client,
        obligations=(ObligationKey("brightwater", "harbor-support", "2026-11-01"),),
        title="Platform work and support, November 2026",
        currency=currency,
        supplied_on=date(2026, 11, 2),
        terms=Terms(14),
        lines=lines,
        taxes=sums.taxes,
        totals=sums.totals,
    )


def a_draft_with_everything(client: Client = CLIENT, entity: Entity = ENTITY) -> Draft:
    """Return a draft on which no kind of figure is missing."""
    plain = a_draft(client=client, entity=entity)
    lines = (*plain.lines, *_special_lines())
    discounts = (
        Discount("long-standing client", percent=Decimal(5), approved_by="lead"),
        Discount("late start", None, Money.parse("150.00 EUR"), Spread.PRO_RATA, "lead"),
    )
    deposit = DepositDeduction(
        "d" * 32, "Deposit 20 % of the platform work",
        Money.parse("2000.00 EUR"), Money.parse("177.50 EUR"), Money.parse("2177.50 EUR"),
    )  # fmt: skip
    policy = Policy("EUR", withholding_percent=Decimal("1.5"), cash_step=Money.parse("0.05 EUR"))
    charge = Charge("Express surcharge", Money.parse("99.00 EUR"), COMBINED)
    extras = Extras(discounts, (charge,), deposit.gross)
    sums = compute_sums([(line.rate, line.net) for line in lines], policy, extras)
    applied = zip(discounts, sums.discounts, strict=True)
    dollars = ExchangeRate("EUR", "USD", Decimal("1.0837"), date(2026, 11, 2), "ECB")
    return replace(
        plain,
        client=replace(client, withholding_percent=Decimal("1.5")),
        lines=lines,
        taxes=sums.taxes,
        totals=sums.totals,
        period=Period(date(2026, 11, 1), date(2026, 11, 30)),
        discounts=tuple(AppliedDiscount(one, amount, "of the lines") for one, amount in applied),
        deposits=(deposit,),
        references=(
            Reference("project", "P-88"),
            Reference("order", "PO-4711"),
            Reference("x", "y"),
        ),
        tax_in_books=tax_in_books(sums.totals.tax, dollars),
    )


def _special_lines() -> tuple[Line, ...]:
    price = Money.parse("12.50 EUR")
    quantity, base, percent = Decimal(4200), Decimal(1000), Decimal(10)
    net, discount = line_net(quantity, price, base, percent)
    calls = _line(5, "API calls", "4200", "calls", price, COMBINED)
    return (
        replace(calls, net=net, base_quantity=base, discount_percent=percent, discount=discount),
        _line(6, "Not billed: above the agreed cap", "-1", "piece", Money.parse("300.00 EUR")),
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


def a_letter(
    kind: MessageKind, invoice: Invoice, balance: Money, today: date = date(2026, 11, 20)
) -> Letter:
    """Return what a mail about one invoice says, after its due date unless told otherwise."""
    content = invoice.content
    return Letter(kind, content.entity, content.client, today, invoice=invoice, balance=balance)
