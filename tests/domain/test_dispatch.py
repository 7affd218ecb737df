"""Dispatch: planning twice plans once, and trying again has an end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from invoicing.domain.dispatch import (
    About,
    Attempt,
    MessageKind,
    OutboxRow,
    Outcome,
    Purpose,
    Recipients,
    client_messages,
    copies_of,
    message_id,
    next_attempt_at,
    outbox_row,
    recipients_for,
    step_to_other,
)
from invoicing.domain.parties import Channel
from invoicing.domain.states import OutboxState
from tests.domain.builders import NORDWIND, NOW

TO = Recipients(("ap@nordwind.example",), ("cfo@nordwind.example",))
SENDER = "billing@brightwater.example"


def test_a_planned_mail_waits_to_be_sent_for_the_first_time() -> None:
    row = outbox_row("inv-1", MessageKind.INVOICE, "", TO, SENDER)
    assert (row.invoice_id, row.kind, row.step) == ("inv-1", MessageKind.INVOICE, "")
    assert (row.channel, row.recipients) == (Channel.MAIL, TO)
    assert (row.state, row.attempt, row.owner) == (OutboxState.PENDING, 0, "")
    assert (row.lease_until, row.not_before) == (None, None)
    assert len(row.id) == 32
    assert row.message_id == f"<{row.id}@brightwater.example>"


def test_planning_the_same_mail_again_plans_the_same_row() -> None:
    one = outbox_row("inv-1", MessageKind.REMINDER, "day_after_due", TO, SENDER)
    assert one == outbox_row("inv-1", MessageKind.REMINDER, "day_after_due", TO, SENDER)


def test_another_invoice_kind_or_step_is_another_mail() -> None:
    ids = {
        outbox_row(invoice_id, kind, step, TO, SENDER).id
        for invoice_id in ("inv-1", "inv-2")
        for kind in MessageKind
        for step in ("", "day_after_due")
    }
    assert len(ids) == 2 * len(MessageKind) * 2


def test_other_recipients_do_not_make_a_second_mail() -> None:
    other = outbox_row("inv-1", MessageKind.INVOICE, "", Recipients(("x@x.example",)), SENDER)
    assert other.id == outbox_row("inv-1", MessageKind.INVOICE, "", TO, SENDER).id


@pytest.mark.parametrize(
    ("sender", "expected"),
    [("billing@b.example", "<row@b.example>"), ('"a@b"@c.example', "<row@c.example>")],
)
def test_the_message_id_has_our_domain(sender: str, expected: str) -> None:
    assert message_id("row", sender) == expected


def test_each_further_try_waits_longer_and_then_a_person_must_look() -> None:
    waits = []
    attempt = 1
    while (again := next_attempt_at(attempt, NOW)) is not None:
        waits.append(again - NOW)
        attempt += 1
    assert waits == [
        timedelta(minutes=5),
        timedelta(minutes=15),
        timedelta(hours=1),
        timedelta(hours=6),
        timedelta(hours=15),
    ]
    assert next_attempt_at(99, NOW) is None


def test_an_attempt_under_way_has_no_outcome_yet() -> None:
    attempt = Attempt("row", 1, "worker-1", NOW)
    assert (attempt.outcome, attempt.phase, attempt.detail) == ("", "", "")
    assert (attempt.code, attempt.ended_at) == (0, None)


def test_an_outcome_is_one_of_four() -> None:
    assert set(Outcome) == {Outcome.ACCEPTED, Outcome.RETRY, Outcome.FAILED, Outcome.UNCERTAIN}


MANAGER = "kim@brightwater.example"
PEOPLE = replace(
    NORDWIND,
    billing_to=("ap@nordwind.example",),
    billing_cc=("cfo@nordwind.example",),
    billing_bcc=("archive@nordwind.example",),
    account_manager=MANAGER,
)


@pytest.mark.parametrize(
    ("purpose", "expected"),
    [
        (Purpose.BILLING, Recipients(PEOPLE.billing_to, PEOPLE.billing_cc, PEOPLE.billing_bcc)),
        (Purpose.REMINDERS, Recipients(PEOPLE.billing_to, PEOPLE.billing_cc, PEOPLE.billing_bcc)),
        (Purpose.RECEIPTS, Recipients(PEOPLE.billing_to)),
    ],
)
def test_all_mail_goes_where_the_invoices_go_unless_the_client_says_otherwise(
    purpose: Purpose, expected: Recipients
) -> None:
    assert recipients_for(PEOPLE, purpose) == expected


def test_whoever_is_named_for_reminders_gets_them_without_the_copies_of_invoices() -> None:
    chased = replace(PEOPLE, reminders_to=("late@nordwind.example",))
    copied = replace(chased, reminders_cc=("boss@x.example",), reminders_bcc=("log@x.example",))

    assert recipients_for(chased, Purpose.REMINDERS) == Recipients(("late@nordwind.example",))
    assert recipients_for(copied, Purpose.REMINDERS) == Recipients(
        ("late@nordwind.example",), ("boss@x.example",), ("log@x.example",)
    )
    assert recipients_for(chased, Purpose.BILLING) == recipients_for(PEOPLE, Purpose.BILLING)


def test_reminders_may_have_copies_of_their_own_beside_the_usual_address() -> None:
    copied = replace(PEOPLE, reminders_cc=("boss@x.example",))

    assert recipients_for(copied, Purpose.REMINDERS) == Recipients(
        PEOPLE.billing_to, ("boss@x.example",), PEOPLE.billing_bcc
    )


def test_the_account_manager_is_on_copy_where_the_client_says_so() -> None:
    copied = replace(PEOPLE, copy_account_manager=True)

    assert recipients_for(copied, Purpose.RECEIPTS).cc == (MANAGER,)
    assert recipients_for(replace(copied, account_manager=""), Purpose.RECEIPTS).cc == ()


def test_an_address_gets_one_mail_and_stands_where_it_is_seen_most() -> None:
    doubled = replace(
        PEOPLE,
        billing_to=("ap@nordwind.example", "AP@nordwind.example"),
        billing_cc=("Ap@Nordwind.example", MANAGER),
        billing_bcc=(MANAGER.upper(), "archive@nordwind.example"),
        copy_account_manager=True,
    )

    assert recipients_for(doubled, Purpose.BILLING) == Recipients(
        ("ap@nordwind.example",), (MANAGER,), ("archive@nordwind.example",)
    )


def test_a_client_gets_a_document_in_each_of_its_ways() -> None:
    both = replace(PEOPLE, channels=(Channel.PORTAL, Channel.MAIL, Channel.SOURCE))

    portal, mail = client_messages("inv-1", MessageKind.INVOICE, "issue", both, SENDER)

    assert (portal.channel, portal.recipients) == (Channel.PORTAL, Recipients(()))
    assert mail == outbox_row(
        "inv-1", MessageKind.INVOICE, "issue", recipients_for(PEOPLE, Purpose.BILLING), SENDER
    )
    assert portal.id != mail.id


def _row(kind: MessageKind = MessageKind.INVOICE, step: str = "issue") -> OutboxRow:
    return outbox_row("inv-1", kind, step, TO, SENDER)


def test_the_same_message_to_another_address_is_a_message_of_its_own() -> None:
    row = _row()
    second = replace(
        row, step=step_to_other(row, copies_of(row, [row, _row(MessageKind.REMINDER)]))
    )
    third = replace(row, step=step_to_other(second, copies_of(second, [row, second])))

    assert (second.step, third.step) == ("issue~to2", "issue~to3")
    assert {one.plain_step for one in (row, second, third)} == {"issue"}


def test_a_step_that_another_system_named_keeps_its_own_marks() -> None:
    assert _row(MessageKind.NOTICE, "paid:p~to2").plain_step == "paid:p~to2"
    assert _row(MessageKind.RECEIPT, "paid:p~2").plain_step == "paid:p~2"


def test_a_message_names_every_invoice_it_is_about() -> None:
    about = (About("inv-2", "late"), About("inv-3", "late"))
    row = outbox_row("inv-1", MessageKind.REMINDER, "late", TO, SENDER, about=about)

    assert row.invoice_ids == ("inv-1", "inv-2", "inv-3")


@pytest.mark.parametrize("channel", Channel)
def test_only_a_mail_must_not_be_handed_over_twice(channel: Channel) -> None:
    row = outbox_row("inv-1", MessageKind.INVOICE, "", TO, SENDER, channel=channel)

    assert row.may_be_repeated is (channel is not Channel.MAIL)


def test_what_a_void_invoice_makes_pointless_ends_with_it() -> None:
    told = outbox_row("i", MessageKind.NOTICE, "late", TO, SENDER, channel=Channel.SOURCE)
    lasting = {kind for kind in MessageKind if not _row(kind).ends_with_invoice}

    assert lasting == {MessageKind.CREDIT_NOTE, MessageKind.APPROVAL}
    assert not told.ends_with_invoice
