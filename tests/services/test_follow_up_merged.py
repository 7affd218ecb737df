"""One mail per client, however many invoices: checked once more when it leaves, never a storm."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from invoicing.domain.dispatch import Message, MessageKind, OutboxRow
from invoicing.domain.exceptions import Action
from invoicing.domain.follow_up import DEFAULT_PLAN
from invoicing.domain.holds import HoldKind
from invoicing.domain.issue import Invoice
from invoicing.domain.money import Money
from invoicing.domain.states import OutboxState
from invoicing.services import dispatch, follow_up, hold, letters, reconcile, report
from invoicing.services.queries import invoice_story
from tests.services.corrections import done, keeps_every_promise
from tests.support.services import LATER, House, a_book

__all__ = ["keeps_every_promise"]

DEALS = ("D-1", "D-2", "D-3")
TWO_WEEKS = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


def billed(house: House, *deals: str) -> list[Invoice]:
    return [house.invoice_of(deal) for deal in deals or DEALS]


def reminders(house: House) -> list[Message]:
    return [mail for mail in house.mailer.sent if mail.subject.startswith("reminder")]


def rows(house: House, *kinds: MessageKind) -> list[OutboxRow]:
    with house.s.ledger.read() as work:
        invoices = [one.id for one in work.invoices.recent(100)]
        found = work.outbox.of_invoices(invoices)
    return [row for row in found if row.kind in (kinds or (MessageKind.REMINDER,))]


def outcome(house: House, invoice: Invoice, step: str = "two_weeks") -> str:
    with house.s.ledger.read() as work:
        plan = {one.step: outcome for one, outcome in work.reminders.of_invoice(invoice.id)}
    return plan[step]


def pay(house: House, invoice: Invoice, amount: str = "") -> None:
    house.pay(f"P-{invoice.number}-{amount}", amount or "1428.00 EUR", invoice.number)
    report.report_payments(house.s)
    reconcile.reconcile_payments(house.s)


def test_a_client_gets_one_mail_that_asks_for_the_sum(house: House) -> None:
    first, *others = billed(house)
    house.clock.at = TWO_WEEKS

    follow_up.follow_up(house.s)

    (mail,) = reminders(house)
    assert mail.text == "open: 4284.00 EUR"
    (row,) = rows(house)
    assert [row.invoice_id, *(one.invoice_id for one in row.about)] == [
        one.id for one in sorted([first, *others], key=lambda one: one.id)
    ]
    for invoice in (first, *others):
        assert house.actions(invoice.id)[-3:].count("reminder_claimed") == 1
        assert outcome(house, invoice) == "queued"


@pytest.mark.parametrize("limit", [3, 1000])
def test_forty_days_without_a_run_make_one_mail_per_client(house: House, limit: int) -> None:
    """Two clients, an invoice a day for twelve days, and then nobody looked for 40 days."""
    book = a_book()
    known = {key: replace(one, established=True) for key, one in book.clients.items()}
    house = house.with_book(replace(book, clients=known))
    for day in range(12):
        house.clock.at = datetime(2026, 11, 2, 9, 0, tzinfo=UTC) + timedelta(days=day)
        for client in ("nordwind", "aurora"):
            house.win_deal(f"{client}-{day}", client=client)
        for parcel in house.plan(f"run-{day}"):
            house.release(parcel)
    assert len(house.mailer.sent) == 24
    house.clock.at = datetime(2026, 12, 23, 9, 0, tzinfo=UTC)

    for _ in range(20):
        follow_up.follow_up(house.s, limit)

    # Aurora has two weeks to pay, so what is the oldest there is our own people's matter by now.
    sent = house.mailer.sent[24:]
    assert sorted((mail.recipients.to[0], mail.subject.partition(" ")[0]) for mail in sent) == [
        ("billing@brightwater.example", "escalation"),
        ("compta@aurora.example", "reminder"),
        ("rechnung@nordwind.example", "reminder"),
    ]


def test_a_payment_one_second_before_takes_the_invoice_out_of_the_mail(house: House) -> None:
    paid, *others = billed(house)
    house.clock.at = TWO_WEEKS
    assert len(follow_up.queue_reminders(house.s)) == 1
    house.clock.at = TWO_WEEKS + timedelta(seconds=1)
    pay(house, paid)

    dispatch.dispatch_due(house.s)

    (mail,) = reminders(house)
    assert mail.text == "open: 2856.00 EUR"
    assert outcome(house, paid) == "the invoice is paid"
    assert "reminder_claimed" not in house.actions(paid.id)
    assert "reminder_dropped" in house.actions(paid.id)
    assert all("reminder_claimed" in house.actions(one.id) for one in others)


def test_a_payment_one_second_before_the_only_invoice_means_no_mail(house: House) -> None:
    (invoice,) = billed(house, "D-1")
    house.clock.at = TWO_WEEKS
    follow_up.queue_reminders(house.s)
    house.clock.at = TWO_WEEKS + timedelta(seconds=1)
    pay(house, invoice)

    # The payment itself ended it: nothing waits for the sender to notice.
    assert [row.state for row in rows(house)] == [OutboxState.FAILED]
    assert follow_up.follow_up(house.s) == []
    assert reminders(house) == []


def test_when_all_are_paid_the_mail_is_dropped(house: House) -> None:
    invoices = billed(house)
    house.clock.at = TWO_WEEKS
    follow_up.queue_reminders(house.s)
    for invoice in invoices:
        pay(house, invoice)

    follow_up.follow_up(house.s)

    assert reminders(house) == []
    assert {outcome(house, one) for one in invoices} == {"the invoice is paid"}
    assert house.open_codes() == []


@pytest.mark.parametrize(
    ("kind", "amount", "asked"),
    [
        (HoldKind.DISPUTED, None, "2856.00"),
        (HoldKind.DISPUTED, "428.00 EUR", "3856.00"),
        (HoldKind.IN_TRANSIT, None, "2856.00"),
        (HoldKind.IN_TRANSIT, "1000.00 EUR", "3284.00"),
        (HoldKind.PAUSED, None, "2856.00"),
    ],
)
def test_what_is_held_when_it_leaves_is_not_asked_for(
    house: House, kind: HoldKind, amount: str | None, asked: str
) -> None:
    held, *_ = billed(house)
    house.clock.at = TWO_WEEKS
    follow_up.queue_reminders(house.s)
    part = Money.parse(amount) if amount else None
    hold.place_hold(house.s, held.id, kind, "they say so", "finance", amount=part)

    dispatch.dispatch_due(house.s)

    assert [mail.text for mail in reminders(house)] == [f"open: {asked} EUR"]
    assert ("reminder_claimed" in house.actions(held.id)) is bool(amount)


def test_the_disputed_part_is_shown_and_not_asked_for(house: House) -> None:
    (invoice,) = billed(house, "D-1")
    part = Money.parse("428.00 EUR")
    hold.place_hold(house.s, invoice.id, HoldKind.DISPUTED, "line 1", "finance", amount=part)
    pay(house, invoice, "100.00 EUR")
    house.clock.at = TWO_WEEKS
    follow_up.queue_reminders(house.s)

    with house.s.ledger.read() as work:
        letter = letters.reminder_letter(house.s, work, rows(house)[0])

    assert letter is not None
    (item,) = letter.items
    assert [str(sum_) for sum_ in (item.due, item.open, item.disputed, item.asked)] == [
        "1428.00 EUR", "1328.00 EUR", "428.00 EUR", "900.00 EUR",
    ]  # fmt: skip
    assert letters.account_page(letter).totals == letter.totals == (Money.parse("900.00 EUR"),)


def test_a_void_invoice_that_leads_the_mail_does_not_take_the_others_along(house: House) -> None:
    billed(house)
    house.clock.at = TWO_WEEKS
    follow_up.queue_reminders(house.s)
    (row,) = rows(house)
    with house.s.ledger.read() as work:
        (leader,) = work.invoices.get([row.invoice_id])
    done(house, leader, Action.VOID)

    dispatch.dispatch_due(house.s)

    assert [mail.text for mail in reminders(house)] == ["open: 2856.00 EUR"]


def test_a_mail_that_is_put_off_is_written_anew_when_it_goes(house: House) -> None:
    paid, *_ = billed(house)
    house.clock.at = TWO_WEEKS
    house.mailer.answers.append(LATER)
    follow_up.follow_up(house.s)
    pay(house, paid)
    house.lease_clock.pass_by(minutes=6)
    house.clock.pass_by(minutes=6)

    follow_up.follow_up(house.s)

    assert [mail.text for mail in reminders(house)] == ["open: 4284.00 EUR", "open: 2856.00 EUR"]
    first, again = reminders(house)
    assert first.message_id == again.message_id


def test_the_cap_of_a_week_counts_mails(house: House) -> None:
    plan = replace(DEFAULT_PLAN, most_per_week=1)
    house = house.with_book(replace(a_book(), reminders={plan.name: plan}))
    billed(house)
    house.clock.at = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
    billed(house, "D-4")

    sent = []
    for day in range(16, 26):
        house.clock.at = datetime(2026, 11, day, 9, 0, tzinfo=UTC)
        before = len(reminders(house))
        follow_up.follow_up(house.s)
        sent.append(len(reminders(house)) - before)

    assert sent == [1, 0, 0, 0, 0, 0, 0, 1, 0, 0]
    assert [mail.text for mail in reminders(house)] == ["open: 4284.00 EUR", "open: 1428.00 EUR"]


def test_an_escalation_is_one_mail_per_manager(house: House) -> None:
    book = a_book()
    managed = {
        key: replace(one, account_manager="mona@brightwater.example")
        for key, one in book.clients.items()
    }
    house = house.with_book(replace(book, clients=managed))
    billed(house)
    house.clock.at = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)

    follow_up.follow_up(house.s)

    (mail,) = [one for one in house.mailer.sent if one.subject.startswith("escalation")]
    assert mail.recipients.to == ("mona@brightwater.example",)
    assert mail.text == "open: 4284.00 EUR"
    (row,) = rows(house, MessageKind.ESCALATION)
    assert len(row.about) == 2


def test_a_reminder_waits_for_the_morning_where_the_client_is(house: House) -> None:
    (invoice,) = billed(house, "D-1")
    house.clock.at = datetime(2026, 11, 16, 7, 59, 59, tzinfo=UTC)
    assert follow_up.queue_reminders(house.s) == []
    house.clock.at = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)  # 9:00 in Hamburg
    assert len(follow_up.queue_reminders(house.s)) == 1

    with house.s.ledger.read() as work:
        planned = {one.step: one.planned_at for one, _ in work.reminders.of_invoice(invoice.id)}
    assert planned["two_weeks"] == datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
    assert planned["escalation"] == datetime(2027, 1, 1, 8, 0, tzinfo=UTC)


def test_the_story_tells_when_each_reminder_was_planned_and_left(house: House) -> None:
    first, other = billed(house, "D-1", "D-2")
    house.clock.at = house.lease_clock.at = datetime(2026, 11, 16, 8, 40, tzinfo=UTC)
    follow_up.follow_up(house.s)

    for invoice in (first, other):
        told = {one.reminder.step: one for one in invoice_story(house.s, invoice.id).reminders}
        assert told["two_weeks"].reminder.planned_at == datetime(2026, 11, 16, 8, tzinfo=UTC)
        assert told["two_weeks"].sent_at == house.clock.at
        assert told["before_due"].sent_at is None


def test_addresses_are_those_of_today(house: House) -> None:
    billed(house, "D-1")
    book = a_book()
    moved = replace(
        book.client("nordwind"),
        billing_to=("neu@nordwind.example",),
        reminders_to=("mahnung@nordwind.example",),
    )
    house = house.with_book(replace(book, clients={**book.clients, "nordwind": moved}))
    house.clock.at = TWO_WEEKS

    follow_up.follow_up(house.s)

    (mail,) = reminders(house)
    assert mail.recipients.to == ("mahnung@nordwind.example",)


@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_a_limit_never_cuts_a_client_in_two(house: House, limit: int) -> None:
    billed(house)
    house.clock.at = TWO_WEEKS

    found = [row for _ in range(4) for row in follow_up.queue_reminders(house.s, limit)]

    assert len(found) == 1
