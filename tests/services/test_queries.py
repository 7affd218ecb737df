"""Read models: a story is complete, the queue knows what each entry is about and how old it is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from invoicing.domain.dispatch import Outcome
from invoicing.domain.errors import NotFoundError
from invoicing.domain.exceptions import Action
from invoicing.domain.money import Money
from invoicing.domain.render import DocumentKind
from invoicing.domain.rules import Model
from invoicing.domain.states import MoneyState, OutboxState
from invoicing.services import decide, dispatch, reconcile, report, review
from invoicing.services.open_queue import open_queue
from invoicing.services.overview import overview
from invoicing.services.queries import find_document, invoice_story
from invoicing.services.stories import QueueItem
from tests.support.services import LATER, UNCERTAIN, House, a_book


def exceptions_of(house: House) -> list[QueueItem]:
    """What stands in the queue but drafts under review, finance's first."""
    pages = open_queue(house.s).exceptions.values()
    return [item for page in pages for item in page.items]


def test_a_story_is_found_by_number_and_by_id(house: House) -> None:
    invoice = house.invoice_of("D-1")

    story = invoice_story(house.s, invoice.number)

    assert story == invoice_story(house.s, invoice.id)
    assert story.invoice == invoice
    assert story.content == invoice.content
    with pytest.raises(NotFoundError):
        invoice_story(house.s, "INV-2026-99999")


def test_a_story_holds_every_part_of_the_way(house: House) -> None:
    house.mailer.answers = [LATER]
    invoice = house.invoice_of("D-1")
    house.lease_clock.pass_by(minutes=6)
    dispatch.dispatch_due(house.s)
    house.pay("P-1", "428.00 EUR", invoice.number)
    report.report_payments(house.s)
    reconcile.reconcile_payments(house.s)

    story = invoice_story(house.s, invoice.id)

    assert story.money
    assert (story.money.state, story.money.balance) == (
        MoneyState.PARTIALLY_PAID,
        Money.parse("1000.00 EUR"),
    )
    [mail] = story.messages
    assert mail.message.state is OutboxState.DONE
    assert [attempt.outcome for attempt in mail.attempts] == [Outcome.RETRY, Outcome.ACCEPTED]
    assert [payment.allocation.amount for payment in story.payments] == [Money.parse("428.00 EUR")]
    steps = ["two_weeks", "before_due", "day_after_due", "escalation"]
    assert [item.reminder.step for item in story.reminders] == steps
    assert [owed.event_id for owed in story.obligations] == ["evt-D-1"]
    assert [(r.version, r.request) for r in story.reviews] == [(1, None)]
    assert story.trail.broken_at is None
    assert [entry.action for entry in story.trail.entries] == [
        "reported",
        "fetched",
        "decided",
        "drafted",
        "approved",
        "issued",
        "rendered",
        "dispatch_pending",
        "dispatch_done",
        "payment_allocated",
    ]
    assert find_document(house.s, invoice.id, DocumentKind.INVOICE).document.sha256 == (
        story.document
    )


def test_the_queue_knows_the_invoice_behind_a_message(house: House) -> None:
    house.mailer.answers = [UNCERTAIN]
    invoice = house.invoice_of("D-1")
    house.clock.pass_by(hours=5)

    [item] = exceptions_of(house)

    assert (item.code, item.owner, item.ref, item.label) == (
        "send_uncertain",
        "finance",
        invoice.id,
        invoice.number,
    )
    assert item.client == "Nordwind Logistik GmbH"
    assert item.amount == Money.parse("1428.00 EUR")
    assert item.age == timedelta(hours=5)
    assert item.actions == (Action.MARK_DELIVERED, Action.SEND_AGAIN)


def test_the_queue_knows_the_event_that_no_rule_covers(house: House) -> None:
    house.win_deal("D-1")
    report.report_events(house.s, Model.DEAL)
    decide.decide_events(house.with_book(replace(a_book(), rules=())).s, Model.DEAL)

    [item] = exceptions_of(house)

    assert (item.code, item.label, item.client, item.ref) == (
        "no_rule",
        "deal won D-1 from crm",
        "nordwind",
        "",
    )


def test_the_queue_shows_payments_it_cannot_place_by_their_key(house: House) -> None:
    house.pay("P-1", "100.00 EUR", "no number at all")
    report.report_payments(house.s)
    reconcile.reconcile_payments(house.s)

    [item] = exceptions_of(house)

    assert (item.code, item.label) == ("payment_unmatched", "accounting:P-1")
    assert item.amount == Money.parse("100.00 EUR")


def test_drafts_under_review_are_a_list_of_their_own(house: House) -> None:
    house.win_deal("D-1", "8000.00 EUR")
    [parcel] = house.plan("run-1")
    review.open_review(house.s, parcel)
    house.clock.pass_by(days=1)
    house.mailer.answers = [UNCERTAIN]
    house.invoice_of("D-2")

    [exception], [waiting] = exceptions_of(house), open_queue(house.s).reviews.items

    assert not exception.is_review
    assert waiting.is_review
    assert (waiting.label, waiting.amount, waiting.age) == (
        "Deal D-1",
        Money.parse("9520.00 EUR"),
        timedelta(days=1),
    )


def test_the_overview_says_how_money_and_mail_stand(house: House) -> None:
    first = house.invoice_of("D-1")
    house.mailer.answers = [UNCERTAIN]
    house.invoice_of("D-2", "100.00 EUR")
    house.pay("P-1", "1428.00 EUR", first.number)
    report.report_payments(house.s)
    reconcile.reconcile_payments(house.s)
    house.clock.pass_by(days=40)

    found = overview(house.s)
    late, paid = found.rows.items

    assert (paid.money.state, paid.money.days_late, paid.dispatch) == (
        MoneyState.PAID,
        0,
        OutboxState.DONE,
    )
    assert (late.money.state, late.money.days_late, late.dispatch) == (
        MoneyState.OPEN,
        10,
        OutboxState.UNCERTAIN,
    )
    [euros] = found.still_open
    assert euros.owed == Money.parse("119.00 EUR")
    assert [str(part.amount) for part in euros.by_age] == ["0.00", "119.00", "0.00", "0.00", "0.00"]


def test_the_preview_of_a_draft_has_a_name_of_its_own(house: House) -> None:
    house.win_deal("D-1", "8000.00 EUR")
    [parcel] = house.plan("run-1")
    request = review.open_review(house.s, parcel)
    assert request

    named = find_document(house.s, request.draft_id, DocumentKind.PREVIEW)

    assert named.name == f"draft-{request.draft_id[:8]}-v1.pdf"
    with pytest.raises(NotFoundError, match="not rendered yet"):
        find_document(house.s, request.draft_id, DocumentKind.INVOICE)
