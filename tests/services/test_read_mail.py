"""What comes back by mail happens once, and what is not beyond doubt decides nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from invoicing.domain.dispatch import Delivery, Outcome
from invoicing.domain.holds import HoldKind
from invoicing.domain.money import Money
from invoicing.domain.review import SYSTEM
from invoicing.domain.states import DraftState, OutboxState
from invoicing.domain.work import WorkItem
from invoicing.services import hold, report, resolve
from invoicing.services.ledger_ports import MailSort
from invoicing.services.read_mail import read_mail
from tests.services.post_room import (
    CLIENT,
    FINANCE,
    asked,
    box,
    entries,
    holds,
    mailed,
    office,
    records,
    state,
    the_row,
)
from tests.support.mailboxes import Pigeonhole, a_bounce, a_mail, a_reply
from tests.support.services import REFUSED, UNCERTAIN, House, a_deal, a_hint

__all__ = ["box", "office"]


# bounces


def test_a_mail_that_came_back_is_shown_and_pauses_reminders(
    office: House, box: Pigeonhole
) -> None:
    invoice = office.invoice_of("D-1")
    row = the_row(office, invoice.id)
    box.put(a_bounce(row.message_id))

    read_mail(office.s)

    assert the_row(office, invoice.id).state is OutboxState.BOUNCED
    (entry,) = entries(office, "mail_bounced")
    assert entry.subject == row.id
    assert entry.cause.startswith("5.1.1: there is no such mailbox")
    assert "@" not in entry.cause
    (paused,) = holds(office, invoice)
    assert (paused.kind, paused.placed_by) == (HoldKind.PAUSED, SYSTEM)
    assert office.actions(invoice.id)[-2:] == ["dispatch_bounced", "hold_placed"]
    assert [one.sort for one in records(office, row.id)] == [MailSort.BOUNCE]


def test_a_second_report_about_the_same_mail_changes_nothing_more(
    office: House, box: Pigeonhole
) -> None:
    invoice = office.invoice_of("D-1")
    row = the_row(office, invoice.id)
    box.put(a_bounce(row.message_id))
    box.put(a_bounce(row.message_id, "5.2.2"))
    assert len(read_mail(office.s)) == 2

    assert len(entries(office, "mail_bounced")) == 1
    assert office.actions(invoice.id)[-1] == "bounce_repeated"


@pytest.mark.parametrize(
    ("action", "trail"),
    [
        ("delivered", "delivery_confirmed"),
        ("delayed", "delivery_delayed"),
        ("relayed", "delivery_relayed"),
    ],
)
def test_what_arrived_or_may_still_arrive_is_no_bounce(
    office: House, box: Pigeonhole, action: str, trail: str
) -> None:
    invoice = office.invoice_of("D-1")
    box.put(a_bounce(the_row(office, invoice.id).message_id, "2.0.0", action))
    read_mail(office.s)

    assert the_row(office, invoice.id).state is OutboxState.DONE
    assert office.actions(invoice.id)[-1] == trail
    assert office.open_codes() == []


def test_an_uncertain_mail_that_came_back_is_a_bounce_and_no_question_any_more(
    office: House, box: Pigeonhole
) -> None:
    office.mailer.answers.append(UNCERTAIN)
    invoice = office.invoice_of("D-1")
    box.put(a_bounce(the_row(office, invoice.id).message_id))
    read_mail(office.s)

    assert the_row(office, invoice.id).state is OutboxState.BOUNCED
    assert office.open_codes() == ["mail_bounced"]


def test_a_failed_mail_stays_failed(office: House, box: Pigeonhole) -> None:
    office.mailer.answers.append(REFUSED)
    invoice = office.invoice_of("D-1")
    box.put(a_bounce(the_row(office, invoice.id).message_id))
    read_mail(office.s)

    assert the_row(office, invoice.id).state is OutboxState.FAILED
    assert office.open_codes() == ["send_failed"]


def test_a_report_about_a_mail_that_is_being_sent_waits(office: House, box: Pigeonhole) -> None:
    office.mailer.answers.append(Delivery(Outcome.RETRY, "rcpt", 451, "4.7.1 later"))
    invoice = office.invoice_of("D-1")
    row = the_row(office, invoice.id)
    now = office.lease_clock.now()
    with office.s.ledger.write() as work:
        assert work.outbox.claim(row, "somebody", now + timedelta(seconds=600), now)
    box.put(a_bounce(row.message_id))

    assert read_mail(office.s) == []
    with office.s.ledger.write() as work:
        accepted = Delivery(Outcome.ACCEPTED, "reply", 250, "ok")
        work.outbox.finish(row.id, "somebody", OutboxState.DONE, accepted, now)
    assert len(read_mail(office.s)) == 1
    assert the_row(office, invoice.id).state is OutboxState.BOUNCED


def test_a_persons_pause_stays_a_persons(office: House, box: Pigeonhole) -> None:
    invoice = office.invoice_of("D-1")
    hold.place_hold(office.s, invoice.id, HoldKind.PAUSED, "they are moving", "finance")
    box.put(a_bounce(the_row(office, invoice.id).message_id))
    read_mail(office.s)

    assert [one.placed_by for one in holds(office, invoice)] == ["finance"]


def test_a_bounce_tells_of_the_clients_other_address_but_not_which(
    office: House, box: Pigeonhole
) -> None:
    book = office.s.book
    other = replace(book.client("nordwind"), alternate_to=("chef@nordwind.example",))
    office = office.with_book(replace(book, clients={**book.clients, "nordwind": other}))
    invoice = office.invoice_of("D-1")
    box.put(a_bounce(the_row(office, invoice.id).message_id, "5.7.1"))
    read_mail(office.s)

    (entry,) = entries(office, "mail_bounced")
    assert entry.cause == (
        "5.7.1: its server refuses mail from us;"
        " the client has another address (alternate_to), send it there"
    )


def test_a_report_about_somebody_elses_mail_is_kept_and_nothing_more(
    office: House, box: Pigeonhole
) -> None:
    box.put(a_bounce(f"<{'0' * 32}@brightwater.example>"))
    box.put(a_bounce("<x@y.example>"))

    assert len(read_mail(office.s)) == 2
    assert [one.outcome for one in records(office, "")] == ["failed: about no mail of ours"] * 2
    assert office.open_codes() == []


def test_a_question_that_came_back_pauses_nothing(office: House, box: Pigeonhole) -> None:
    draft_id, _ = asked(office)
    row = mailed(office, draft_id)
    now = office.lease_clock.now()
    with office.s.ledger.write() as work:
        work.outbox.claim(row, "me", now, now)
        accepted = Delivery(Outcome.ACCEPTED, "reply", 250, "ok")
        work.outbox.finish(row.id, "me", OutboxState.DONE, accepted, now)
    box.put(a_bounce(row.message_id, "5.2.2"))
    read_mail(office.s)

    assert entries(office, "mail_bounced")[0].cause == "5.2.2: the mailbox is full"
    assert state(office, draft_id) is DraftState.AWAITING_REVIEW


# replies of clients


def test_a_client_who_writes_back_is_not_reminded_until_somebody_read_it(
    office: House, box: Pigeonhole
) -> None:
    invoice = office.invoice_of("D-1")
    box.put(a_reply(CLIENT, "We never ordered that.", the_row(office, invoice.id).message_id))
    read_mail(office.s)

    (entry,) = entries(office, "client_replied")
    assert entry.subject == invoice.id
    assert entry.cause == (
        "the client answered about INV-2026-00001; read mail 1 of invoicing_imap/INBOX"
    )
    (disputed,) = holds(office, invoice)
    assert (disputed.kind, disputed.amount, disputed.line) == (HoldKind.DISPUTED, None, 0)
    assert office.open_codes() == ["client_replied"]

    hold.lift_hold(office.s, invoice.id, HoldKind.DISPUTED, "finance", "it was a thank-you")
    assert office.open_codes() == []


def test_a_line_that_the_client_names_is_all_that_is_held(office: House, box: Pigeonhole) -> None:
    one, two = (a_deal("D-1", price, "nordwind") for price in ("1000.00 EUR", "200.00 EUR"))
    more = [
        replace(item, record_id="deal:D-1/line:2")
        for item in two.work
        if isinstance(item, WorkItem)
    ]
    office.sources.objects["D-1"] = replace(one, work=(*one.work, *more))
    report.accept_hint(office.s, a_hint("D-1"))
    issued = [one for parcel in office.plan("run-1") for one in office.release(parcel)]
    with office.s.ledger.read() as work:
        (invoice,) = work.invoices.get(issued)
    box.put(a_mail(CLIENT, "Position 2 is wrong", head=f"Subject: {invoice.number}"))
    read_mail(office.s)

    (disputed,) = holds(office, invoice)
    assert (disputed.line, disputed.amount) == (2, Money.parse("238.00 EUR"))
    assert office.open_codes() == ["client_replied"]


def test_a_stranger_who_names_a_number_holds_nothing(office: House, box: Pigeonhole) -> None:
    invoice = office.invoice_of("D-1")
    box.put(a_mail("eve@evil.example", "stop", head=f"Subject: Re: {invoice.number}"))
    box.put(a_mail("eve@evil.example", "hello", head="Subject: INV-2026-99999"))
    read_mail(office.s)

    assert holds(office, invoice) == []
    assert [one.subject for one in entries(office, "mail_unknown")] == [invoice.id]
    assert office.open_codes() == ["mail_unknown"]


def test_a_client_cannot_hold_the_invoice_of_another_one(office: House, box: Pigeonhole) -> None:
    invoice = office.invoice_of("D-1")
    box.put(a_mail("compta@aurora.example", "no", head=f"Subject: {invoice.number}"))
    read_mail(office.s)

    assert holds(office, invoice) == []
    assert office.open_codes() == ["mail_unknown"]


@pytest.mark.parametrize(
    ("sender", "head"),
    [
        (CLIENT, "Auto-Submitted: auto-replied"),
        (CLIENT, "List-Id: <all.nordwind.example>"),
        ("billing@brightwater.example", "X: our own people"),
        (FINANCE, "X: our own people"),
    ],
)
def test_machines_lists_and_our_own_people_contest_nothing(
    office: House, box: Pigeonhole, sender: str, head: str
) -> None:
    invoice = office.invoice_of("D-1")
    box.put(a_reply(sender, "no", the_row(office, invoice.id).message_id, head=head))
    read_mail(office.s)

    assert holds(office, invoice) == []
    assert office.open_codes() == []
    assert [one.sort for one in records(office, "")] == [MailSort.IGNORED]


def test_a_copy_of_our_own_mail_is_no_answer(office: House, box: Pigeonhole) -> None:
    invoice = office.invoice_of("D-1")
    own = the_row(office, invoice.id).message_id
    box.put(a_mail(CLIENT, "x", head=f"Message-ID: {own}\nSubject: {invoice.number}"))
    read_mail(office.s)

    assert office.open_codes() == []


# reading


def test_each_mail_is_taken_once_wherever_it_lies(office: House, box: Pigeonhole) -> None:
    invoice = office.invoice_of("D-1")
    bounce = a_bounce(the_row(office, invoice.id).message_id)
    box.put(bounce)
    box.put(bounce)
    assert len(read_mail(office.s)) == 1
    assert read_mail(office.s) == []

    box.validity = 8  # the server numbers its mails anew
    assert read_mail(office.s) == []
    box.put(a_mail("eve@evil.example", "hello"))
    assert len(read_mail(office.s)) == 1
    assert office.actions(invoice.id).count("dispatch_bounced") == 1


def test_a_long_mailbox_is_read_page_by_page(office: House, box: Pigeonhole) -> None:
    for one in range(5):
        box.put(a_mail("eve@evil.example", f"hello {one}"))

    assert [len(read_mail(office.s, 2)) for _ in range(4)] == [2, 2, 1, 0]


def test_two_readers_of_one_page_take_each_mail_once(office: House, box: Pigeonhole) -> None:
    invoice = office.invoice_of("D-1")
    box.put(a_bounce(the_row(office, invoice.id).message_id))
    box.put(a_mail("eve@evil.example", "hello"))
    others: list[list[str]] = []

    def other_reader(point: str) -> None:
        if point == "read_mail.page_read" and not others:
            others.append([])
            others[0] = read_mail(replace(office.s, fault=lambda _: None))

    assert read_mail(replace(office.s, fault=other_reader)) == []
    assert len(others[0]) == 2
    assert len(entries(office, "mail_bounced")) == 1


def test_a_reader_that_dies_before_its_commit_has_done_nothing(
    office: House, box: Pigeonhole
) -> None:
    invoice = office.invoice_of("D-1")
    box.put(a_bounce(the_row(office, invoice.id).message_id))

    def die(point: str) -> None:
        if point == "read_mail.before_commit":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_mail(replace(office.s, fault=die))
    assert the_row(office, invoice.id).state is OutboxState.DONE
    assert len(read_mail(office.s)) == 1
    assert the_row(office, invoice.id).state is OutboxState.BOUNCED


def test_a_mailbox_that_is_away_is_shown_until_it_answers(office: House, box: Pigeonhole) -> None:
    box.is_away = True
    assert read_mail(office.s) == []
    assert office.open_codes() == ["mailbox_unreachable"]

    box.is_away = False
    assert read_mail(office.s) == []
    assert office.open_codes() == []


def test_without_a_mailbox_nothing_is_read(house: House) -> None:
    assert read_mail(house.s) == []


# mails that we make nothing of


def test_a_number_that_two_of_our_entities_have_may_mean_either(
    office: House, box: Pigeonhole
) -> None:
    invoice = office.invoice_of("D-1")
    book = office.s.book
    other = replace(book.entities["brightwater"], key="westwind")
    aurora = replace(book.agreements["aurora-projects"], entity="westwind")
    office = office.with_book(
        replace(
            book,
            entities={**book.entities, "westwind": other},
            agreements={**book.agreements, aurora.key: aurora},
            clients={key: replace(one, established=True) for key, one in book.clients.items()},
        )
    )
    office.win_deal("D-2", client="aurora")
    (same,) = [one for parcel in office.plan("run-2") for one in office.release(parcel)]
    box.put(a_mail("eve@evil.example", f"about {invoice.number}"))
    box.put(a_mail(CLIENT, f"{invoice.number} is wrong"))
    box.put(a_bounce(the_row(office, invoice.id).message_id))

    assert len(read_mail(office.s)) == 3

    assert {one.subject for one in entries(office, "mail_unknown")} == {invoice.id, same}
    assert [one.subject for one in entries(office, "client_replied")] == [invoice.id]
    assert the_row(office, invoice.id).state is OutboxState.BOUNCED


def test_a_mail_that_we_fail_at_is_shown_and_keeps_no_other_from_being_read(
    office: House, box: Pigeonhole, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = office.invoice_of("D-1")
    box.put(a_mail(CLIENT, f"{invoice.number} is wrong"))
    box.put(a_bounce(the_row(office, invoice.id).message_id))

    def fails(*_: object) -> None:
        raise KeyError(CLIENT)

    monkeypatch.setattr("invoicing.services.mail_replies.line_named", fails)
    (mail, _) = read_mail(office.s)

    (entry,) = entries(office, "mail_unknown")
    assert entry.subject == mail
    assert "mail 1 of invoicing_imap/INBOX" in entry.cause
    assert "KeyError" in entry.cause
    assert CLIENT not in entry.cause
    assert the_row(office, invoice.id).state is OutboxState.BOUNCED
    assert read_mail(office.s) == []


def test_a_report_about_a_mail_that_a_person_sends_again_meanwhile_is_only_noted(
    office: House, box: Pigeonhole, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = office.invoice_of("D-1")
    row = the_row(office, invoice.id)
    box.put(a_bounce(row.message_id))
    read_mail(office.s)
    resolve.send_again(office.s, row.id, "finance")
    monkeypatch.setattr("invoicing.services.bounces.row_named", lambda _, ids: row if ids else None)
    box.put(a_bounce(row.message_id, "5.2.2"))

    assert len(read_mail(office.s)) == 1

    assert the_row(office, invoice.id).state is OutboxState.PENDING
    assert office.actions(invoice.id)[-1] == "bounce_repeated"
    assert office.open_codes() == []
