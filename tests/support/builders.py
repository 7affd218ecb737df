"""Valid domain values with keyword overrides, so that a test states only what it is about."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from invoicing.domain.dispatch import (
    Delivery,
    MessageKind,
    OutboxRow,
    Outcome,
    Recipients,
    outbox_row,
)
from invoicing.domain.draft import Draft
from invoicing.domain.drafting.build import build_draft
from invoicing.domain.events import BillingEvent, EventKind
from invoicing.domain.issue import Invoice, issue_draft, series_key
from invoicing.domain.money import Money
from invoicing.domain.obligations import Obligation, ObligationKey
from invoicing.domain.parties import Client, Entity
from invoicing.domain.reconcile import Payment
from invoicing.domain.rules import Model
from invoicing.domain.work import WorkItem
from tests.support.services import a_book

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
DAY = date(2026, 11, 2)
CONFIG = "c" * 64


def an_entity() -> Entity:
    """Our legal entity."""
    return a_book().entity("brightwater")


def a_client(key: str = "nordwind", **changes: object) -> Client:
    """A client of the small company, with some facts changed."""
    return replace(a_book().client(key), **changes)  # type: ignore[arg-type]


def a_work_item(
    record_id: str = "D-1/line:1",
    *,
    quantity: str = "8",
    price: str = "120.00 EUR",
    description: str = "Workshop",
) -> WorkItem:
    """One record of the CRM that can be billed."""
    unit_price = Money.parse(price)
    return WorkItem("crm", record_id, description, Decimal(quantity), "h", unit_price, "standard")


def an_event(subject: str = "D-1", *work: WorkItem, client: str = "nordwind") -> BillingEvent:
    """A deal that was won, complete with its lines."""
    lines = work or (a_work_item(f"{subject}/line:1"),)
    return BillingEvent(
        "crm",
        f"evt-{subject}",
        EventKind.DEAL_WON,
        client,
        "",
        subject,
        DAY,
        lines,
        f"Deal {subject}",
    )


def an_obligation(
    subject: str = "D-1", *work: WorkItem, client: str = "nordwind", day: date = DAY
) -> Obligation:
    """What is owed for a deal."""
    event = an_event(subject, *work, client=client)
    key = ObligationKey("brightwater", f"{client}-projects", f"{subject}:onboarding")
    return Obligation(
        key, client, Model.DEAL, "deal-onboarding", event.source, event.event_id, day, event.title,
        event.work, subject=subject,
    )  # fmt: skip


def a_draft(subject: str = "D-1", *work: WorkItem, client: str = "nordwind") -> Draft:
    """The draft of a deal: one line of 960.00 EUR unless told otherwise."""
    draft = build_draft([an_obligation(subject, *work, client=client)], a_book())
    assert isinstance(draft, Draft), draft
    return draft


def an_invoice(
    content: Draft | None = None, *, sequence: int = 1, version: int = 1, now: datetime = NOW
) -> Invoice:
    """An issued invoice; its number follows from its sequence."""
    draft = content or a_draft()
    key = series_key(draft.entity, now)
    return issue_draft(
        draft, version=version, config_hash=CONFIG, key=key, sequence=sequence, now=now
    )


def a_message(invoice: Invoice, step: str = "") -> OutboxRow:
    """The mail that goes with an invoice, or a reminder when a step is named."""
    kind = MessageKind.REMINDER if step else MessageKind.INVOICE
    to = Recipients(invoice.content.client.billing_to)
    return outbox_row(invoice.id, kind, step, to, invoice.content.entity.email)


def a_delivery(outcome: Outcome = Outcome.ACCEPTED) -> Delivery:
    """What the other side said to a message."""
    return Delivery(outcome, "reply", 250, "2.0.0 ok")


def a_payment(external_id: str = "P-1", amount: str = "100.00 EUR", reference: str = "") -> Payment:
    """Money that arrived."""
    return Payment("accounting", external_id, Money.parse(amount), date(2026, 11, 20), reference)
