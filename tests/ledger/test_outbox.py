"""Messages are planned once, claimed by one sender, and their true outcome is kept."""

from dataclasses import replace
from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy import text

from invoicing.domain.dispatch import (
    ISSUED,
    Delivery,
    MessageKind,
    OutboxRow,
    Outcome,
    Recipients,
    outbox_row,
)
from invoicing.domain.errors import NotFoundError, StateError
from invoicing.domain.render import DocumentKind
from invoicing.domain.states import OutboxState
from invoicing.ledger.unit_of_work import SqlLedger
from tests.ledger.given import a_document, issued, owed_and_drafted, rendered
from tests.support.builders import NOW, a_delivery, a_message

LEASE = NOW + timedelta(minutes=10)
LATER = NOW + timedelta(minutes=11)
NOTE_ID = "c" * 32


@pytest.fixture
def message(ledger: SqlLedger) -> OutboxRow:
    """A message that is planned, and whose document is there."""
    (invoice,) = issued(ledger)
    rendered(ledger, invoice)
    row = a_message(invoice)
    with ledger.write() as work:
        assert work.outbox.add([row]) == [row.id]
    return row


def _claimed(ledger: SqlLedger, message: OutboxRow, owner: str = "me") -> None:
    with ledger.write() as work:
        assert work.outbox.claim(work.outbox.get(message.id), owner, LEASE, NOW)


def test_a_message_is_planned_once(ledger: SqlLedger, message: OutboxRow) -> None:
    with ledger.write() as work:
        assert work.outbox.get(message.id) == message
        assert work.outbox.add([message, replace(message, id="another id")]) == []


def test_messages_come_in_the_order_of_their_invoices(ledger: SqlLedger) -> None:
    one, two = issued(ledger, ["D-1", "D-2"])
    with ledger.write() as work:
        work.outbox.add([a_message(one), a_message(two), a_message(one, "day_after_due")])
        rows = work.outbox.of_invoices([two.id, one.id])
    assert [row.invoice_id for row in rows] == [two.id, one.id, one.id]
    assert [row.step for row in rows] == ["", "", "day_after_due"]


def test_only_what_can_be_sent_is_due(ledger: SqlLedger) -> None:
    ready, bare, void, delayed = issued(ledger, ["D-1", "D-2", "D-3", "D-4"])
    for invoice in (ready, void, delayed):
        rendered(ledger, invoice)
    with ledger.write() as work:
        work.outbox.add([a_message(invoice) for invoice in (ready, bare, void)])
        work.outbox.add([replace(a_message(delayed), not_before=LATER)])
        change = text("UPDATE invoices SET state = 'void' WHERE id = :id")
        work.clock.connection.execute(change, {"id": void.id})
        assert [row.invoice_id for row in work.outbox.due(NOW, 10)] == [ready.id]
        assert [row.invoice_id for row in work.outbox.due(LATER, 10)] == [ready.id, delayed.id]
        assert [row.invoice_id for row in work.outbox.due(LATER, 1)] == [ready.id]


def test_a_claim_begins_an_attempt(ledger: SqlLedger, message: OutboxRow) -> None:
    _claimed(ledger, message)
    with ledger.read() as work:
        row = work.outbox.get(message.id)
        (attempt,) = work.outbox.attempts(message.invoice_id)
        assert work.outbox.due(LATER, 10) == []
    assert (row.state, row.attempt, row.owner) == (OutboxState.SENDING, 1, "me")
    assert row.lease_until == LEASE
    assert (attempt.attempt, attempt.owner, attempt.started_at) == (1, "me", NOW)
    assert (attempt.outcome, attempt.ended_at) == ("", None)


def test_of_two_claims_at_once_one_wins(url: str, ledger: SqlLedger, message: OutboxRow) -> None:
    won: list[str] = []

    def claim(owner: str) -> None:
        mine = SqlLedger(url)
        with mine.write() as work:
            if work.outbox.claim(message, owner, LEASE, NOW):
                won.append(owner)
        mine.close()

    threads = [Thread(target=claim, args=(f"worker {at}",)) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with ledger.read() as work:
        assert [work.outbox.get(message.id).owner] == won
        assert len(work.outbox.attempts(message.invoice_id)) == 1


def test_a_result_is_written_by_the_owner_alone(ledger: SqlLedger, message: OutboxRow) -> None:
    _claimed(ledger, message)
    with ledger.write() as work:
        assert work.outbox.finish(message.id, "me", OutboxState.DONE, a_delivery(), LATER)
        row = work.outbox.get(message.id)
        (attempt,) = work.outbox.attempts(message.invoice_id)
    assert (row.state, row.owner, row.lease_until) == (OutboxState.DONE, "", None)
    assert (attempt.outcome, attempt.phase, attempt.code) == ("accepted", "reply", 250)
    assert attempt.ended_at == LATER


def test_a_retry_waits_and_is_a_new_attempt(ledger: SqlLedger, message: OutboxRow) -> None:
    _claimed(ledger, message)
    with ledger.write() as work:
        later = a_delivery(Outcome.RETRY)
        work.outbox.finish(message.id, "me", OutboxState.PENDING, later, NOW, not_before=LATER)
        assert work.outbox.due(NOW, 10) == []
        assert not work.outbox.claim(message, "stale", LEASE, NOW)
        (due,) = work.outbox.due(LATER, 10)
        assert work.outbox.claim(due, "you", LEASE, LATER)
        attempts = work.outbox.attempts(message.invoice_id)
    assert [(one.attempt, one.outcome) for one in attempts] == [(1, "retry"), (2, "")]


def test_a_late_result_is_evidence_and_changes_nothing(
    ledger: SqlLedger, message: OutboxRow
) -> None:
    _claimed(ledger, message)
    gone = Delivery(Outcome.UNCERTAIN, "lease", 0, "the lease ran out")
    with ledger.write() as work:
        assert [row.id for row in work.outbox.expired(LATER)] == [message.id]
        assert work.outbox.expired(NOW) == []
        assert work.outbox.finish(message.id, "me", OutboxState.UNCERTAIN, gone, LATER)
    with ledger.write() as work:
        assert not work.outbox.finish(message.id, "me", OutboxState.DONE, a_delivery(), LATER)
        assert not work.outbox.finish(message.id, "nobody", OutboxState.DONE, a_delivery(), LATER)
        assert work.outbox.get(message.id).state is OutboxState.UNCERTAIN
        attempts = work.outbox.attempts(message.invoice_id)
    told = [(one.attempt, one.owner, one.outcome) for one in attempts]
    assert told == [(1, "me", "uncertain"), (1, "me", "accepted"), (1, "nobody", "accepted")]


def test_what_a_server_says_is_kept_whatever_it_says(ledger: SqlLedger, message: OutboxRow) -> None:
    _claimed(ledger, message)
    odd = replace(a_delivery(), detail="250 \0 \udc80 thanks")
    with ledger.write() as work:
        assert work.outbox.finish(message.id, "me", OutboxState.DONE, odd, LATER)
        (attempt,) = work.outbox.attempts(message.invoice_id)
    assert attempt.detail == "250 \ufffd \ufffd thanks"


def test_a_person_decides_once(ledger: SqlLedger, message: OutboxRow) -> None:
    _claimed(ledger, message)
    before, after = OutboxState.UNCERTAIN, OutboxState.PENDING
    with ledger.write() as work:
        assert not work.outbox.resolve(message.id, before, after)
        work.outbox.finish(message.id, "me", before, a_delivery(Outcome.UNCERTAIN), LATER)
        assert work.outbox.resolve(message.id, before, after)
        assert not work.outbox.resolve(message.id, before, after)
        assert [row.id for row in work.outbox.due(NOW, 10)] == [message.id]


def test_steps_that_do_not_exist_are_refused(ledger: SqlLedger, message: OutboxRow) -> None:
    with ledger.write() as work:
        with pytest.raises(StateError, match="cannot go from done"):
            work.outbox.resolve(message.id, OutboxState.DONE, OutboxState.PENDING)
        with pytest.raises(StateError, match="cannot go from sending"):
            work.outbox.finish(message.id, "me", OutboxState.SENDING, a_delivery(), NOW)


def test_an_unknown_message_is_named(ledger: SqlLedger) -> None:
    with pytest.raises(NotFoundError, match="'nothing'"), ledger.read() as work:
        work.outbox.get("nothing")


def _of_kind(ledger: SqlLedger, kind: MessageKind, step: str, invoice_id: str) -> OutboxRow:
    row = outbox_row(invoice_id, kind, step, Recipients(("ap@x.example",)), "us@b.example")
    with ledger.write() as work:
        assert work.outbox.add([row])
    return row


def _due(ledger: SqlLedger) -> list[str]:
    with ledger.read() as work:
        return [row.id for row in work.outbox.due(LATER, 10)]


def _is_now(ledger: SqlLedger, message: OutboxRow, after: OutboxState) -> None:
    change = text("UPDATE outbox SET state = :state WHERE id = :id")
    with ledger.write() as work:
        work.clock.connection.execute(change, {"state": after.value, "id": message.id})


def test_a_question_to_an_approver_needs_no_invoice_and_goes_first(
    ledger: SqlLedger, message: OutboxRow
) -> None:
    with ledger.write() as work:
        draft = owed_and_drafted(work, "D-9")
    asked = _of_kind(ledger, MessageKind.APPROVAL, "1/finance/lead", draft.id)

    assert _due(ledger) == [asked.id, message.id]


def test_our_own_people_hear_that_an_invoice_left_once_it_did(
    ledger: SqlLedger, message: OutboxRow
) -> None:
    notice = _of_kind(ledger, MessageKind.NOTICE, ISSUED, message.invoice_id)
    paid = _of_kind(ledger, MessageKind.NOTICE, "paid:1", message.invoice_id)

    assert _due(ledger) == sorted([message.id, paid.id])
    _is_now(ledger, message, OutboxState.UNCERTAIN)
    assert _due(ledger) == [paid.id]
    _is_now(ledger, message, OutboxState.DONE)
    assert _due(ledger) == sorted([notice.id, paid.id])


@pytest.mark.parametrize("step", [NOTE_ID, f"{NOTE_ID}~to2"])
def test_a_credit_note_waits_for_its_document_and_for_the_invoice(
    ledger: SqlLedger, message: OutboxRow, step: str
) -> None:
    note = _of_kind(ledger, MessageKind.CREDIT_NOTE, step, message.invoice_id)
    _is_now(ledger, message, OutboxState.DONE)
    assert _due(ledger) == []

    with ledger.write() as work:
        work.documents.put(NOTE_ID, 1, DocumentKind.CREDIT_NOTE, a_document("note"))

    for state in OutboxState:
        _is_now(ledger, message, state)
        came = state in {OutboxState.DONE, OutboxState.UNCERTAIN, OutboxState.BOUNCED}
        assert (note.id in _due(ledger)) is came


def test_the_credit_note_of_a_void_invoice_waits_only_for_a_mail_under_way(
    ledger: SqlLedger, message: OutboxRow
) -> None:
    note = _of_kind(ledger, MessageKind.CREDIT_NOTE, NOTE_ID, message.invoice_id)
    with ledger.write() as work:
        work.documents.put(NOTE_ID, 1, DocumentKind.CREDIT_NOTE, a_document("note"))
        change = text("UPDATE invoices SET state = 'void' WHERE id = :id")
        work.clock.connection.execute(change, {"id": message.invoice_id})

    for state in OutboxState:
        _is_now(ledger, message, state)
        under_way = state in {OutboxState.PENDING, OutboxState.SENDING}
        assert _due(ledger) == ([] if under_way else [note.id])


def test_a_message_is_free_while_it_waits_as_it_was_read(
    ledger: SqlLedger, message: OutboxRow
) -> None:
    with ledger.write() as work:
        assert work.outbox.is_free(message)
        assert not work.outbox.is_free(replace(message, attempt=1))
    _claimed(ledger, message)
    with ledger.write() as work:
        assert not work.outbox.is_free(message)


def test_mails_with_an_unknown_outcome_are_found_while_they_are_young(
    ledger: SqlLedger, message: OutboxRow
) -> None:
    _claimed(ledger, message)
    unknown = Delivery(Outcome.UNCERTAIN, "reply", 0, "no reply")
    with ledger.write() as work:
        assert work.outbox.finish(message.id, "me", OutboxState.UNCERTAIN, unknown, LATER)
    with ledger.read() as work:
        assert [row.id for row in work.outbox.uncertain(LATER, 10)] == [message.id]
        assert work.outbox.uncertain(LATER + timedelta(seconds=1), 10) == []
