"""A company with an agreement of every kind, and the facts its sources tell."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from invoicing.domain.agreements import (
    Agreement,
    DepositTerms,
    FeeStep,
    Frame,
    IncludedHours,
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
from invoicing.domain.discounts import Discount
from invoicing.domain.events import BillingEvent, Claim, EventKind
from invoicing.domain.issue import Invoice
from invoicing.domain.money import Money
from invoicing.domain.parties import Mode
from invoicing.domain.periods import Cycle
from invoicing.domain.rules import Model
from invoicing.domain.work import TimeEntry, Work, WorkItem
from invoicing.services import reconcile, report, review
from tests.support.services import House, a_book, a_hint, a_rule

BEGINS = date(2026, 11, 1)
DAY = date(2026, 11, 2)


def eur(text: str) -> Money:
    """Euros."""
    return Money.parse(f"{text} EUR")


PRICINGS: Mapping[str, Pricing] = {
    "kestrel": Project(
        eur("48000.00"),
        tuple(
            Milestone(key, key.title(), percent=Decimal(percent))
            for key, percent in (("concept", 20), ("build", 50), ("rollout", 30))
        ),
        deposit=DepositTerms(percent=Decimal(20)),
    ),
    "pinecrest": Project(eur("10000.00"), steps=tuple(map(Decimal, (25, 50, 75, 100)))),
    "meridian": TimeAndMaterials((Rate("engineer", eur("110.00"), BEGINS),), cycle=Cycle()),
    "juniper": TimeAndMaterials((Rate("engineer", eur("100.00"), BEGINS),), cap=eur("10000.00")),
    "alpina": PrepaidBlock(Decimal(20), eur("3600.00"), reorder_at_hours=Decimal(4)),
    "larkspur": Instalments(eur("1000.00"), parts=3),
    "tessin": Frame(),
    "ostwind": Retainer(
        (FeeStep(BEGINS, eur("1800.00")),), included=IncludedHours(Decimal(10), eur("120.00"))
    ),
}
WITH_WORK = {"meridian", "ostwind"}


def every_model(*, modes: Mapping[str, Mode] | None = None, only: str = "") -> Book:
    """A book with one client, named after it, per kind of agreement, or with one of them only."""
    book, named = a_book(), {only} if only else set(PRICINGS)
    home = book.client("nordwind")
    agreements = (
        Agreement(
            f"{key}-work", key, "brightwater", f"Work for {key}", BEGINS, BEGINS, pricing,
            work_source="psa" if key in WITH_WORK else "",
        )
        for key, pricing in PRICINGS.items()
        if key in named
    )  # fmt: skip
    return replace(
        book,
        clients={
            key: replace(home, key=key, name=key.title(), mode=(modes or {}).get(key, Mode.LIVE))
            for key in PRICINGS
        },
        agreements={one.key: one for one in agreements},
        rules=(
            a_rule("retainers", Model.RETAINER),
            a_rule("deposits", Model.DEAL, part="deposit", clients=frozenset({"kestrel"})),
            a_rule("deals", Model.DEAL, clients=frozenset({"tessin"})),
            a_rule("milestones", Model.MILESTONE),
            a_rule("hours", Model.THRESHOLD, every_hours=Decimal(40)),
            a_rule("blocks", Model.THRESHOLD),
            a_rule("estimates", Model.ESTIMATE),
            a_rule("one-off", Model.ONE_OFF),
        ),
    )


def fact(
    client: str, kind: EventKind, subject: str, *work: Work, event_id: str = "", **more: object
) -> BillingEvent:
    """A fact that a source tells about a client."""
    event = BillingEvent(
        "psa", event_id or f"evt-{subject}", kind, client, f"{client}-work", subject, DAY, work
    )
    return replace(event, **more)  # type: ignore[arg-type]


def tell(house: House, event: BillingEvent) -> None:
    """Let a source tell a fact."""
    house.sources.objects[event.event_id] = event
    hint = a_hint(event.event_id, event.kind, event.source, event.event_id)
    report.accept_hint(house.s, hint)


def carry(house: House, run_id: str, model: Model) -> list[Invoice]:
    """Carry all that waits the whole way; returns the invoices of the run, the oldest first."""
    issued: list[str] = []
    for parcel in house.plan(run_id, model):
        if request := review.open_review(house.s, parcel):
            review.answer_review(house.s, parcel, request.options[0], "lead")
        issued += house.finish(parcel)
    with house.s.ledger.read() as work:
        return sorted(work.invoices.get(issued), key=lambda one: one.sequence)


def pay(house: House, invoice: Invoice) -> None:
    """Let a client pay an invoice."""
    house.pay(f"P-{invoice.number}", str(invoice.content.totals.due), invoice.number)
    report.report_payments(house.s)
    reconcile.reconcile_payments(house.s)


def hours(record_id: str, count: str, on: date = DAY, *, approved: bool = True) -> TimeEntry:
    """Hours of an engineer."""
    minutes = Decimal(count) * 60
    return TimeEntry("psa", record_id, "Support", "Ada", "engineer", on, minutes, approved)


def line(record_id: str, price: str, quantity: str = "1", discount: str = "0") -> WorkItem:
    """A line with a price of its own."""
    return WorkItem(
        "psa", record_id, f"Line {record_id}", Decimal(quantity), "h", eur(price), "standard",
        Decimal(discount),
    )  # fmt: skip


def claim(amount: str, source: str = "esign") -> Claim:
    """What a source says the whole is worth."""
    return Claim(source, "total of the contract", eur(amount))


def granted(percent: str) -> Discount:
    """A discount on the document that an approver granted."""
    return Discount("Long friendship", percent=Decimal(percent), approved_by="finance")
