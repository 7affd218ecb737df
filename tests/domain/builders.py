"""Small make-believe parties, books and drafts, so that a test states only what it is about."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from invoicing.domain.book import Book
from invoicing.domain.canonical import fingerprint
from invoicing.domain.decide import Bill, Obligation, decide
from invoicing.domain.draft import Draft, build_draft
from invoicing.domain.events import BillingEvent, EventKind, WorkItem
from invoicing.domain.issue import Invoice, issue_draft, series_key
from invoicing.domain.money import Money
from invoicing.domain.parties import Address, Bank, Client, Entity, Series
from invoicing.domain.review import ReviewPolicy
from invoicing.domain.rules import Agreement, BillingRule, Model
from invoicing.domain.tax import TaxRate, TaxRule, TaxTable

DAY = date(2026, 11, 2)
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)

STANDARD = TaxRate("standard", "S", Decimal(19), "VAT 19 %")
REDUCED = TaxRate("reduced", "S", Decimal(7), "VAT 7 %")
REVERSE = TaxRate("standard", "AE", Decimal(0), "Reverse charge", "VAT is due by the recipient.")

ENTITY = Entity(
    key="brightwater",
    legal_name="Brightwater Systems GmbH",
    address=Address("Uferweg 1", "10115", "Berlin", "DE"),
    zone="Europe/Berlin",
    currency="EUR",
    tax_id="DE123456789",
    email="billing@brightwater.example",
    bank=Bank("Brightwater Systems GmbH", "Example Bank", "DE02120300000000202051"),
    series=Series("INV", "INV-{year}-{number:05d}"),
)
NORDWIND = Client(
    key="nordwind",
    name="Nordwind Logistik GmbH",
    address=Address("Kai 7", "20457", "Hamburg", "DE"),
    currency="EUR",
    zone="Europe/Berlin",
    language="de",
    terms_days=14,
    billing_to=("ap@nordwind.example",),
    established=True,
)
AURORA = replace(
    NORDWIND,
    key="aurora",
    name="Aurora Studio SAS",
    address=Address("Quai 3", "75001", "Paris", "FR"),
)
PROJECTS = Agreement(
    key="nordwind-projects",
    client="nordwind",
    entity="brightwater",
    model=Model.DEAL,
    description="Projects",
    starts_on=date(2026, 1, 1),
    bill_from=date(2026, 1, 1),
)
ONBOARDING = BillingRule("deal-onboarding", Model.DEAL, part="onboarding")
TAXES = TaxTable(
    (
        TaxRule("DE", STANDARD, date(2021, 1, 1)),
        TaxRule("DE", REDUCED, date(2021, 1, 1)),
        TaxRule("FR", REVERSE, date(2021, 1, 1)),
    )
)


def eur(text: str) -> Money:
    """Return euros."""
    return Money(Decimal(text), "EUR")


def by_key(*clients: Client) -> Mapping[str, Client]:
    """Return clients as a book keeps them."""
    return {client.key: client for client in clients}


def book(
    *,
    clients: tuple[Client, ...] = (NORDWIND, AURORA),
    agreements: tuple[Agreement, ...] = (PROJECTS,),
    rules: tuple[BillingRule, ...] = (ONBOARDING,),
    taxes: TaxTable = TAXES,
) -> Book:
    """Return a book with one entity, two clients, one agreement and one rule."""
    return Book(
        config_hash="c0ffee",
        entities={ENTITY.key: ENTITY},
        clients=by_key(*clients),
        agreements={agreement.key: agreement for agreement in agreements},
        rules=rules,
        taxes=taxes,
        review=ReviewPolicy({"EUR": eur("5000.00")}, ("finance", "lead")),
    )


def item(
    quantity: str = "8",
    price: str = "120.00",
    *,
    record_id: str = "L-1",
    currency: str = "EUR",
    tax_category: str = "standard",
    description: str = "Workshop",
) -> WorkItem:
    """Return one line of a deal."""
    unit_price = Money(Decimal(price), currency)
    return WorkItem("crm", record_id, description, Decimal(quantity), "h", unit_price, tax_category)


def event(
    *work: WorkItem,
    client: str = "nordwind",
    agreement: str = "",
    subject: str = "D-7",
    occurred_on: date = DAY,
    kind: EventKind = EventKind.DEAL_WON,
) -> BillingEvent:
    """Return a deal that was won."""
    return BillingEvent(
        "crm", f"won-{subject}", kind, client, agreement, subject, occurred_on, work, "Onboarding"
    )


def obligation(*work: WorkItem, of: Book | None = None) -> Obligation:
    """Return what is owed for a deal with these lines."""
    decision = decide(event(*(work or (item(),))), of or book(), owed=())
    assert isinstance(decision, Bill)
    return decision.obligation


def draft(*work: WorkItem, of: Book | None = None) -> Draft:
    """Return the draft of a deal with these lines."""
    result = build_draft(obligation(*work, of=of), of or book())
    assert isinstance(result, Draft)
    return result


def invoice(content: Draft | None = None, *, sequence: int = 1, now: datetime = NOW) -> Invoice:
    """Return an issued invoice."""
    content = content or draft()
    key = series_key(content.entity, now)
    return issue_draft(
        content, version=1, config_hash="c0ffee", key=key, sequence=sequence, now=now
    )


def content_id(text: str) -> str:
    """Return something that looks like the hash of a draft's content."""
    return fingerprint(text)
