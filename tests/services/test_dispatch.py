"""A mail is handed over at most once without a person, and its outcome is told as it is."""

import pytest

from invoicing.domain.dispatch import BACKOFF, Message, OutboxRow
from invoicing.domain.errors import StateError, TransientError
from invoicing.domain.exceptions import Action
from invoicing.domain.letters import Letter
from invoicing.domain.parties import Mode
from invoicing.domain.states import OutboxState
from invoicing.services import attend, dispatch, resolve
from invoicing.services.ports import MailText
from tests.support.services import LATER, REFUSED, UNCERTAIN, House, a_book


def message_of(house: House, invoice_id: str) -> OutboxRow:
    with house.s.ledger.read() as work:
        return work.outbox.of_invoices([invoice_id])[0]


def queue_id(house: House) -> str:
    with house.s.ledger.read() as work:
        return work.exceptions.list_open(10)[0].id


def test_the_mail_carries_the_stored_document_and_a_fixed_id(house: House) -> None:
    invoice = house.invoice_of("D-1")

    (mail,) = house.mailer.sent
    assert mail.message_id == message_of(house, invoice.id).message_id
    assert mail.attachments[0].name == "INV-2026-00001.pdf"
    assert mail.recipients.to == ("rechnung@nordwind.example",)


def test_what_is_sent_is_never_sent_again(house: House) -> None:
    house.win_deal("D-1")
    (parcel,) = house.plan("run-1")
    house.release(parcel)

    for _ in range(5):
        house.finish(parcel)
        dispatch.dispatch_due(house.s)

    assert len(house.mailer.sent) == 1


def test_the_claim_is_committed_before_the_mail_leaves(house: House) -> None:
    seen: list[OutboxState] = []

    house.mailer.on_send = lambda message: seen.append(_state(house, message))
    house.invoice_of("D-1")

    assert seen == [OutboxState.SENDING]


def _state(house: House, message: Message) -> OutboxState:
    with house.s.ledger.read() as work:
        return work.outbox.get(message.message_id[1:].partition("@")[0]).state


def test_an_uncertain_mail_waits_for_a_person(house: House) -> None:
    house.mailer.answers.append(UNCERTAIN)
    invoice = house.invoice_of("D-1")
    house.lease_clock.pass_by(days=30)
    dispatch.dispatch_due(house.s)
    assert len(house.mailer.sent) == 1
    assert house.open_codes() == ["send_uncertain"]

    attend.act(house.s, queue_id(house), Action.MARK_DELIVERED, "finance")

    assert message_of(house, invoice.id).state is OutboxState.DONE
    assert house.open_codes() == []
    assert "mark_delivered" in house.actions(invoice.id)


def test_a_person_may_send_an_uncertain_mail_again_under_its_old_id(house: House) -> None:
    house.mailer.answers.append(UNCERTAIN)
    invoice = house.invoice_of("D-1")

    attend.act(house.s, queue_id(house), Action.SEND_AGAIN, "finance")
    dispatch.dispatch_due(house.s)

    first, second = house.mailer.sent
    assert first.message_id == second.message_id
    assert message_of(house, invoice.id).state is OutboxState.DONE


def test_a_refused_mail_is_an_exception(house: House) -> None:
    house.mailer.answers.append(REFUSED)
    house.invoice_of("D-1")

    assert house.open_codes() == ["send_failed"]


def test_a_mail_put_off_is_tried_on_the_ladder_and_then_shown(house: House) -> None:
    house.mailer.answers += [LATER] * (len(BACKOFF) + 1)
    invoice = house.invoice_of("D-1")
    dispatch.dispatch_due(house.s)
    assert len(house.mailer.sent) == 1  # not before its time

    for pause in BACKOFF:
        house.lease_clock.at += pause
        dispatch.dispatch_due(house.s)

    assert len(house.mailer.sent) == len(BACKOFF) + 1
    assert message_of(house, invoice.id).state is OutboxState.FAILED
    assert house.open_codes() == ["send_failed"]


def test_a_sender_that_vanished_leaves_a_question_not_a_second_mail(house: House) -> None:
    class KilledError(BaseException):
        pass

    def die(_message: Message) -> None:
        raise KilledError

    house.mailer.on_send = die
    with pytest.raises(KilledError):
        house.invoice_of("D-1")
    house.mailer.on_send = None
    assert dispatch.dispatch_due(house.s) == []
    assert house.open_codes() == []

    house.lease_clock.pass_by(seconds=601)
    assert dispatch.dispatch_due(house.s) == []

    assert house.open_codes() == ["send_uncertain"]
    assert len(house.mailer.sent) == 1


def test_a_sender_that_comes_back_after_its_lease_changes_nothing(house: House) -> None:
    def oversleep(_message: Message) -> None:
        house.lease_clock.pass_by(seconds=601)
        dispatch.recover_expired(house.s)

    house.mailer.on_send = oversleep
    invoice = house.invoice_of("D-1")

    assert message_of(house, invoice.id).state is OutboxState.UNCERTAIN
    assert house.actions(invoice.id)[-1] == "late_result"


def test_nobody_decides_about_a_mail_that_arrived(house: House) -> None:
    invoice = house.invoice_of("D-1")

    with pytest.raises(StateError, match="nobody has to decide"):
        resolve.send_again(house.s, message_of(house, invoice.id).id, "finance")


def test_a_result_is_written_down_although_the_ledger_was_away(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    write, failures = house.s.ledger.write, [TransientError("gone"), TransientError("gone")]
    away: list[bool] = []

    def sometimes() -> object:
        if away and failures:
            raise failures.pop()
        return write()

    monkeypatch.setattr(house.s.ledger, "write", sometimes)
    house.mailer.on_send = lambda _message: away.append(True)
    invoice = house.invoice_of("D-1")

    assert failures == []
    assert message_of(house, invoice.id).state is OutboxState.DONE


def test_a_message_to_a_client_who_is_no_longer_live_is_shown(house: House) -> None:
    house.mailer.answers.append(LATER)
    invoice = house.invoice_of("D-1")
    house.lease_clock.at += BACKOFF[0]
    switched_off = house.with_book(a_book(modes={"nordwind": Mode.OFF}))

    assert dispatch.dispatch_due(switched_off.s) == []
    assert message_of(house, invoice.id).state is OutboxState.FAILED
    assert house.open_codes() == ["send_failed"]

    attend.act(house.s, queue_id(house), Action.SEND_AGAIN, "finance")
    assert len(dispatch.dispatch_due(house.s)) == 1


def test_a_mail_that_cannot_be_written_is_shown_and_keeps_no_other_from_leaving(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.mailer.answers += [LATER, LATER]
    broken, other = house.invoice_of("D-1"), house.invoice_of("D-2")
    house.lease_clock.pass_by(minutes=6)
    real = house.printer.mail

    def mail(letter: Letter) -> MailText:
        if letter.invoice == broken:
            raise RecursionError("rechnung@nordwind.example")
        return real(letter)

    monkeypatch.setattr(house.printer, "mail", mail)
    assert dispatch.dispatch_due(house.s) == [house.message_of(other.id).id]

    assert house.message_of(broken.id).state is OutboxState.FAILED
    with house.s.ledger.read() as work:
        (entry,) = work.exceptions.open_of("send_failed")
    assert entry.cause == "the mail could not be written: RecursionError"
