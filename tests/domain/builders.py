"""Small make-believe parties, books and drafts, so that a test states only what it is about."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from invoicing.domain.agreements import (
    Agreement,
    DepositTerms,
    FeeStep,
    Frame,
    Instalments,
    Milestone,
    PrepaidBlock,
    Pricing,
    Project,
    Rate,
    Retainer,
    TimeAndMaterials,
)
from invoicing.domain.book import Book
from invoicing.domain.canonical import fingerprint
from invoicing.domain.decide import decide
from invoicing.domain.draft import Draft
from invoicing.domain.drafting.build import build_draft
from invoicing.domain.events import BillingEvent, EventKind
from invoicing.domain.issue import Invoice, issue_draft, series_key
from invoicing.domain.money import Money
from invoicing.domain.obligations import Bill, Obligation, ObligationKey, Owed
from invoicing.domain.parties import Address, Bank, Client, Entity, Series
from invoicing.domain.periods import Cycle
from invoicing.domain.review import Approver, ReviewPolicy, ReviewStep
from invoicing.domain.rules import EVENTS_OF_MODEL, BillingRule, Model
from invoicing.domain.tax import TaxRate, TaxRule, TaxTable
from invoicing.domain.terms import Terms
from invoicing.domain.work import Cost, SlaBreach, TimeEntry, Work, WorkItem

DAY = date(2026, 11, 2)
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
NEW_YEAR = date(2026, 1, 1)

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
    credit_notes=Series("CN", "CN-{year}-{number:05d}"),
)
NORDWIND = Client(
    key="nordwind",
    name="Nordwind Logistik GmbH",
    address=Address("Kai 7", "20457", "Hamburg", "DE"),
    currency="EUR",
    zone="Europe/Berlin",
    language="de",
    terms=Terms(14),
    billing_to=("ap@nordwind.example",),
    established=True,
)
AURORA = replace(
    NORDWIND,
    key="aurora",
    name="Aurora Studio SAS",
    address=Address("Quai 3", "75001", "Paris", "FR"),
)


def eur(text: str) -> Money:
    """Return euros."""
    return Money(Decimal(text), "EUR")


def agreement(pricing: Pricing | None = None, key: str = "nordwind-projects") -> Agreement:
    """Return an agreement with Nordwind, in force and billed since New Year; a frame by itself."""
    return Agreement(
        key=key,
        client="nordwind",
        entity="brightwater",
        description="Projects",
        starts_on=NEW_YEAR,
        bill_from=NEW_YEAR,
        pricing=pricing or Frame(),
    )


# One price of each kind; `replace` what a test is about.
RETAINER = Retainer((FeeStep(NEW_YEAR, eur("1800.00")),))
HOURLY = TimeAndMaterials(
    (Rate("senior", eur("140.00"), NEW_YEAR), Rate("engineer", eur("110.00"), NEW_YEAR))
)
MONTHLY_HOURS = replace(HOURLY, cycle=Cycle())
PROJECT = Project(
    eur("48000.00"),
    (
        Milestone("concept", "Concept", percent=Decimal(20)),
        Milestone("build", "Build", percent=Decimal(50)),
        Milestone("rollout", "Rollout", percent=Decimal(30)),
    ),
    deposit=DepositTerms(percent=Decimal(20)),
)
STEPS = Project(eur("10000.00"), steps=(Decimal(25), Decimal(50), Decimal(75), Decimal(100)))
BLOCK = PrepaidBlock(Decimal(20), eur("3600.00"), reorder_at_hours=Decimal(4))
INSTALMENTS = Instalments(eur("12000.00"), parts=12)

PROJECTS = agreement()


def rule(
    model: Model = Model.DEAL, name: str = "", *, part: str = "", kind: EventKind | None = None
) -> BillingRule:
    """Return a rule for everybody, about one kind of event or all events of the model."""
    events = frozenset({kind} if kind else EVENTS_OF_MODEL[model])
    return BillingRule(name or f"{model}-rule", model, events, part=part)


ONBOARDING = rule(name="deal-onboarding", part="onboarding", kind=EventKind.DEAL_WON)
TAXES = TaxTable(
    (
        TaxRule("DE", STANDARD, date(2021, 1, 1)),
        TaxRule("DE", REDUCED, date(2021, 1, 1)),
        TaxRule("FR", REVERSE, date(2021, 1, 1)),
    )
)
POLICY = ReviewPolicy(
    {"EUR": eur("5000.00")},
    {"finance": Approver("finance"), "lead": Approver("lead")},
    (ReviewStep("finance", ("finance", "lead")),),
)


def by_key(*clients: Client) -> Mapping[str, Client]:
    """Return clients as a book keeps them."""
    return {client.key: client for client in clients}


def book(
    *,
    clients: tuple[Client, ...] = (NORDWIND, AURORA),
    agreements: tuple[Agreement, ...] = (PROJECTS,),
    rules: tuple[BillingRule, ...] = (ONBOARDING,),
    taxes: TaxTable = TAXES,
    entities: tuple[Entity, ...] = (ENTITY,),
) -> Book:
    """Return a book with one entity, two clients, one agreement and one rule."""
    return Book(
        config_hash="c0ffee",
        entities={entity.key: entity for entity in entities},
        clients=by_key(*clients),
        agreements={agreement.key: agreement for agreement in agreements},
        rules=rules,
        taxes=taxes,
        review=POLICY,
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


def hours(
    quantity: str = "8",
    record_id: str = "T-1",
    *,
    on: date = DAY,
    role: str = "engineer",
    approved: bool = True,
) -> TimeEntry:
    """Return hours that somebody worked."""
    minutes = Decimal(quantity) * 60
    return TimeEntry("psa", record_id, "Rollout", "Ada", role, on, minutes, approved)


def outlay(
    amount: str = "50.00", record_id: str = "X-1", *, on: date = DAY, approved: bool = True
) -> Cost:
    """Return an expense in euros."""
    return Cost("psa", record_id, "Train", eur(amount), on, approved=approved)


def breach(percent: str = "10", record_id: str = "S-1", *, on: date = DAY) -> SlaBreach:
    """Return a service level that was missed."""
    return SlaBreach("psa", record_id, "Answer after 4 hours", on, percent=Decimal(percent))


def event(
    *work: Work,
    client: str = "nordwind",
    agreement: str = "",
    subject: str = "D-7",
    occurred_on: date = DAY,
    kind: EventKind = EventKind.DEAL_WON,
) -> BillingEvent:
    """Return a deal that was won; `replace` what else a test is about."""
    return BillingEvent(
        "crm", f"won-{subject}", kind, client, agreement, subject, occurred_on, work, "Onboarding"
    )


def owed_key(unit: str, agreement: str = "nordwind-projects") -> ObligationKey:
    """Name something that Nordwind owes."""
    return ObligationKey("brightwater", agreement, unit)


def owing(*obligations: Obligation, unpaid: tuple[Obligation, ...] = ()) -> Owed:
    """Return what the ledger has when these are owed."""
    return Owed({one.key: one for one in obligations}, frozenset(one.key for one in unpaid))


def decided(what: BillingEvent, of: Book | None = None, owed: Owed | None = None) -> Bill:
    """Return the decision on an event that must be billed."""
    decision = decide(what, of or book(), owed or Owed())
    assert isinstance(decision, Bill), decision.reason
    return decision


def obligation(*work: Work, of: Book | None = None) -> Obligation:
    """Return what is owed for a deal with these lines."""
    (only,) = decided(event(*(work or (item(),))), of).obligations
    return only


def draft(*work: Work, of: Book | None = None) -> Draft:
    """Return the draft of a deal with these lines."""
    result = build_draft([obligation(*work, of=of)], of or book())
    assert isinstance(result, Draft), result.reason
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
