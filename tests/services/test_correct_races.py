"""Corrections at the same time as something else: one of them wins, and the books agree."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from threading import Thread

import pytest

from invoicing.domain.credit import LineCredit
from invoicing.domain.dispatch import Delivery
from invoicing.domain.errors import RefusedError, StateError
from invoicing.domain.exceptions import Action
from invoicing.domain.holds import HoldKind
from invoicing.domain.money import Money
from invoicing.domain.states import InvoiceState, OutboxState
from invoicing.ledger.invoices import InvoiceRows
from invoicing.ledger.outbox import OutboxRows
from invoicing.ledger.reconcile import PaymentRows
from invoicing.services import attend, correct, dispatch, follow_up, hold, reconcile, report
from invoicing.services.faults import FaultError, fault_point
from invoicing.services.ports import Limits
from tests.services.corrections import (
    WHY,
    asked,
    balance_of,
    done,
    entry_of,
    keeps_every_promise,
    notes_of,
    numbers_of,
    pay,
    state_of,
)
from tests.services.test_races import at_once, meet
from tests.support.services import ACCEPTED, LATER, REFUSED, UNCERTAIN, House, a_book

__all__ = ["keeps_every_promise"]

CHAIN = (("finance", ("finance", "lead", "eve")),)


@pytest.fixture
def company(house: House) -> House:
    """A house with three approvers, so that two may carry out what the third asked for."""
    return house.with_book(a_book(chain=CHAIN))


def test_two_people_who_void_at_once_make_one_credit_note(
    company: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = company.invoice_of("D-1")
    entry = asked(company, invoice)
    meet(monkeypatch, InvoiceRows, "get")

    said = at_once(
        *[partial(attend.act, company.s, entry, Action.VOID, by) for by in ("lead", "eve")]
    )

    assert sorted("already" in text for text in said) == [False, True]
    assert numbers_of(company, invoice) == ["CN-2026-00001"]
    assert company.actions(invoice.id).count("voided") == 1


@pytest.mark.parametrize("other", [Action.VOID, Action.CORRECT])
def test_two_who_decide_differently_at_once_do_one_of_both(
    company: House, monkeypatch: pytest.MonkeyPatch, other: Action
) -> None:
    invoice = company.invoice_of("D-1")
    asked(company, invoice)
    meet(monkeypatch, InvoiceRows, "claim")
    steps: dict[Action, Callable[..., str]] = {
        Action.VOID: correct.void_invoice, Action.CORRECT: correct.correct_invoice,
    }  # fmt: skip

    def carried(action: Action, by: str) -> str:
        try:
            return steps[action](company.s, invoice.id, by)
        except StateError as error:  # it was decided otherwise a moment before
            return str(error)

    at_once(lambda: carried(other, "lead"), lambda: carried(Action.CORRECT, "eve"))

    assert numbers_of(company, invoice) == ["CN-2026-00001"]
    is_owed_again = "owed_again" in company.actions(invoice.id)
    assert len(company.plan("again")) == int(is_owed_again)
    assert other is Action.VOID or is_owed_again
    assert company.open_codes() == []


def test_a_payment_that_arrives_while_voiding_is_never_lost(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = house.invoice_of("D-1")
    entry = asked(house, invoice)
    house.pay("P-1", "1428.00 EUR", invoice.number)
    report.report_payments(house.s)
    meet(monkeypatch, PaymentRows, "claim_invoices")
    meet(monkeypatch, InvoiceRows, "get")

    at_once(
        lambda: str(reconcile.reconcile_payments(house.s)),
        lambda: attend.act(house.s, entry, Action.VOID, "lead"),
    )

    assert state_of(house, invoice) is InvoiceState.VOID
    shown = {"0.00 EUR": ["payment_unmatched"], "-1428.00 EUR": ["credit_left"]}
    assert house.open_codes() == shown[balance_of(house, invoice)]


@pytest.mark.parametrize(
    ("answer", "after"),
    [
        (ACCEPTED, OutboxState.DONE),
        (LATER, OutboxState.FAILED),
        (REFUSED, OutboxState.FAILED),
        (UNCERTAIN, OutboxState.UNCERTAIN),
    ],
)
def test_a_mail_in_flight_arrives_or_ends_with_its_void_invoice(
    house: House, answer: Delivery, after: OutboxState
) -> None:
    house.mailer.answers += [LATER, answer]
    invoice = house.invoice_of("D-1")
    entry = asked(house, invoice)

    def void_it(_message: object) -> None:
        attend.act(house.s, entry, Action.VOID, "lead")

    house.mailer.on_send = void_it
    house.lease_clock.pass_by(minutes=10)

    dispatch.dispatch_due(house.s)

    message = house.message_of(invoice.id)
    with house.s.ledger.read() as work:
        entries = work.exceptions.of_subjects([message.id])
    assert message.state is after
    assert state_of(house, invoice) is InvoiceState.VOID
    assert house.open_codes() == []
    assert {one.decision for one in entries} <= {"the invoice is void"}
    house.lease_clock.pass_by(days=3)
    assert dispatch.dispatch_due(house.s) == []
    assert len(house.mailer.sent) == 2


def test_an_invoice_that_is_voided_after_the_claim_is_not_sent(house: House) -> None:
    house.mailer.answers += [LATER]
    invoice = house.invoice_of("D-1")
    entry = asked(house, invoice)
    house.lease_clock.pass_by(minutes=10)

    def void_then(point: str) -> None:
        if point == "claim.committed":
            attend.act(house.s, entry, Action.VOID, "lead")

    dispatch.dispatch_due(replace(house.s, fault=void_then))

    assert len(house.mailer.sent) == 1
    message = house.message_of(invoice.id)
    assert message.state is OutboxState.FAILED
    assert house.open_codes() == []


def test_a_reminder_claimed_while_its_payment_arrives_is_right_about_the_balance(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = house.invoice_of("D-1")
    house.pay("P-1", "1428.00 EUR", invoice.number)
    report.report_payments(house.s)
    house.clock.pass_by(days=31)
    follow_up.queue_reminders(house.s)
    meet(monkeypatch, PaymentRows, "balances")

    at_once(
        lambda: str(reconcile.reconcile_payments(house.s)),
        lambda: str(dispatch.dispatch_due(house.s)),
    )

    assert balance_of(house, invoice) == "0.00 EUR"  # and verify compares the order of both


def test_a_sender_that_vanished_leaves_no_question_about_a_void_invoice(house: House) -> None:
    house.mailer.answers += [LATER]
    invoice = house.invoice_of("D-1")
    house.lease_clock.pass_by(minutes=10)

    def vanish(_message: object) -> None:
        raise FaultError

    house.mailer.on_send = vanish
    with pytest.raises(FaultError):
        dispatch.dispatch_due(house.s)
    done(house, invoice, Action.VOID)
    house.lease_clock.pass_by(seconds=601)

    assert len(dispatch.recover_expired(house.s)) == 1

    assert house.open_codes() == []


def test_a_message_is_claimed_or_dropped_but_never_both(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.mailer.answers += [LATER]
    invoice = house.invoice_of("D-1")
    entry = asked(house, invoice)
    house.lease_clock.pass_by(minutes=10)
    meet(monkeypatch, InvoiceRows, "get")

    at_once(
        lambda: str(dispatch.dispatch_due(house.s)),
        lambda: attend.act(house.s, entry, Action.VOID, "lead"),
    )

    message = house.message_of(invoice.id)
    was_sent = len(house.mailer.sent) == 2
    assert message.state is (OutboxState.DONE if was_sent else OutboxState.FAILED)


def test_one_request_made_twice_at_once_is_credited_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = house.invoice_of("D-1")
    wanted = [LineCredit(1, net=Money.parse("200.00 EUR"))]
    meet(monkeypatch, InvoiceRows, "get")
    step = partial(correct.credit_lines, house.s, invoice.id, wanted, WHY, "finance", "lead")

    assert at_once(step, step) == ["CN-2026-00001"] * 2

    assert balance_of(house, invoice) == "1190.00 EUR"


def test_a_payment_is_placed_once_by_two_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = house.invoice_of("D-1"), house.invoice_of("D-2")
    pay(house, "P-1", "1428.00 EUR", "thank you")
    entry = entry_of(house, "payment_unmatched")
    meet(monkeypatch, PaymentRows, "claim_rest")

    def placed(number: str) -> str:
        try:
            return attend.act(house.s, entry, Action.PLACE, "finance", number)
        except RefusedError as error:
            return str(error)

    said = at_once(lambda: placed(one.number), lambda: placed(other.number))

    assert sum("are placed on" in text for text in said) == 1
    assert sorted([balance_of(house, one), balance_of(house, other)]) == ["0.00 EUR", "1428.00 EUR"]


def test_two_who_hold_or_ask_at_once_do_it_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = house.invoice_of("D-1")
    meet(monkeypatch, InvoiceRows, "claim")

    at_once(*[lambda: hold.place_hold(house.s, invoice.id, HoldKind.DISPUTED, "no", "finance")] * 2)
    at_once(*[lambda: asked(house, invoice)] * 2)

    assert house.actions(invoice.id).count("hold_placed") == 1
    assert house.actions(invoice.id).count("correction_asked") == 1
    assert sorted(house.open_codes()) == ["correction_asked", "disputed"]


@pytest.mark.parametrize(
    "point",
    [
        "correct.source_read", "credit.begin", "credit.number_taken", "credit.numbered",
        "correct.before_commit", "correct.committed",
    ],
)  # fmt: skip
def test_a_correction_that_is_cut_off_is_done_wholly_or_not_at_all(
    house: House, point: str
) -> None:
    invoice = house.invoice_of("D-1")
    entry = asked(house, invoice)
    broken = replace(house.s, fault=fault_point(f"{point}=raise"))
    with pytest.raises(FaultError):
        attend.act(broken, entry, Action.CORRECT, "lead")
    is_done = point == "correct.committed"
    assert len(notes_of(house, invoice)) == int(is_done)
    assert state_of(house, invoice) is (InvoiceState.VOID if is_done else InvoiceState.ISSUED)

    attend.act(house.s, entry, Action.CORRECT, "lead")

    assert numbers_of(house, invoice) == ["CN-2026-00001"]
    assert len(house.plan("again")) == 1
    assert house.plan("and again") == []


def test_a_sender_that_comes_back_while_its_lease_is_found_over_keeps_its_word(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.s = replace(house.s, limits=Limits(1, 1))  # no time is left to write it a second time
    found: list[list[str]] = []
    finders: list[Thread] = []

    def come_back(_message: object) -> None:
        house.lease_clock.pass_by(seconds=601)
        monkeypatch.undo()
        meet(monkeypatch, OutboxRows, "expired")
        meet(monkeypatch, InvoiceRows, "claim")
        finders.append(Thread(target=lambda: found.append(dispatch.recover_expired(house.s))))
        finders[0].start()

    house.mailer.on_send = come_back

    house.invoice_of("D-1")
    finders[0].join()

    assert len(found) == 1
    assert house.open_codes() in ([], ["send_uncertain"])


def test_two_pages_of_payments_about_the_same_invoices_get_past_each_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = house.invoice_of("D-1"), house.invoice_of("D-2")
    for payment, invoice in (("P-1", one), ("P-2", two), ("P-3", two), ("P-4", one)):
        house.pay(payment, "10.00 EUR", invoice.number)
        house.clock.pass_by(seconds=1)
    report.report_payments(house.s)
    meet(monkeypatch, PaymentRows, "claim_invoices")

    at_once(*[lambda: reconcile.reconcile_payments(house.s, limit=2)] * 2)
    reconcile.reconcile_payments(house.s)

    assert [balance_of(house, each) for each in (one, two)] == ["1408.00 EUR"] * 2
