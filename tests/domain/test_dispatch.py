"""Dispatch: planning twice plans once, and trying again has an end."""

from datetime import timedelta

import pytest

from invoicing.domain.dispatch import (
    Attempt,
    MessageKind,
    Outcome,
    Recipients,
    message_id,
    next_attempt_at,
    outbox_row,
)
from invoicing.domain.parties import Channel
from invoicing.domain.states import OutboxState
from tests.domain.builders import NOW

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
