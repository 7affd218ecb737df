"""What is wrong with an issued invoice is put right by two people, with credit notes, once."""

from dataclasses import replace
from datetime import date

import pytest

from invoicing.domain.dispatch import MessageKind
from invoicing.domain.errors import NotFoundError, RefusedError, StateError
from invoicing.domain.exceptions import Action
from invoicing.domain.holds import HoldKind
from invoicing.domain.issue import Invoice
from invoicing.domain.parties import Mode
from invoicing.domain.periods import Period
from invoicing.domain.render import DocumentKind
from invoicing.domain.review import Approver
from invoicing.domain.rules import Model
from invoicing.domain.states import InvoiceState, OutboxState
from invoicing.services import (
    attend,
    correct,
    dispatch,
    follow_up,
    hold,
    issue,
    report,
    resolve,
    review,
)
from invoicing.services.ledger_ports import ObligationState
from tests.services.corrections import (
    WHY,
    asked,
    balance_of,
    done,
    entry_of,
    keeps_every_promise,
    limited,
    notes_of,
    numbers_of,
    pay,
    state_of,
)
from tests.support.services import LATER, UNCERTAIN, House, a_book, a_deal, a_hint

__all__ = ["keeps_every_promise"]

GROSS = "1428.00 EUR"


def test_a_void_invoice_is_taken_back_in_full(house: House) -> None:
    invoice = house.invoice_of("D-1")

    said = done(house, invoice, Action.VOID)

    (record,) = notes_of(house, invoice)
    note = record.note
    assert said == f"{invoice.number} is void with CN-2026-00001"
    assert state_of(house, invoice) is InvoiceState.VOID
    assert (note.number, note.content.closes, str(note.content.totals.due)) == (
        "CN-2026-00001", True, GROSS,
    )  # fmt: skip
    assert (record.asked_by, record.approved_by, note.content.reason) == ("finance", "lead", WHY)
    assert note.content_hash == note.content.content_hash
    assert balance_of(house, invoice) == "0.00 EUR"
    assert house.open_codes() == []


def test_the_trail_names_who_asked_and_who_carried_it_out(house: House) -> None:
    invoice = house.invoice_of("D-1")
    done(house, invoice, Action.VOID)

    with house.s.ledger.read() as work:
        entries = {entry.action: entry for entry in work.trail.of(invoice.id)}

    assert (entries["correction_asked"].actor, dict(entries["correction_asked"].detail)) == (
        "finance", {"reason": WHY},
    )  # fmt: skip
    assert entries["voided"].actor == entries["credited"].actor == "lead"
    assert dict(entries["credited"].detail)["asked_by"] == "finance"


def test_asking_twice_is_asking_once(house: House) -> None:
    invoice = house.invoice_of("D-1")

    assert asked(house, invoice) == asked(house, invoice, "lead")

    assert house.open_codes() == ["correction_asked"]
    assert house.actions(invoice.id).count("correction_asked") == 1


@pytest.mark.parametrize(("reason", "by"), [("  ", "finance"), ("too much", "")])
def test_nobody_asks_without_a_reason_and_a_name(house: House, reason: str, by: str) -> None:
    invoice = house.invoice_of("D-1")

    with pytest.raises(RefusedError, match="a name and a reason"):
        correct.ask_correction(house.s, invoice.id, reason, by)


def test_an_unknown_invoice_cannot_be_asked_about(house: House) -> None:
    with pytest.raises(NotFoundError, match="no invoice 'nothing'"):
        correct.ask_correction(house.s, "nothing", WHY, "finance")


@pytest.mark.parametrize("action", [Action.VOID, Action.CORRECT])
def test_whoever_asked_may_not_carry_it_out(house: House, action: Action) -> None:
    invoice = house.invoice_of("D-1")
    entry = asked(house, invoice)

    with pytest.raises(RefusedError, match="finance asked for this"):
        attend.act(house.s, entry, action, "finance")

    assert state_of(house, invoice) is InvoiceState.ISSUED
    assert numbers_of(house, invoice) == []
    assert house.open_codes() == ["correction_asked"]
    assert house.actions(invoice.id)[-1] == "action_refused"


@pytest.mark.parametrize("login", ["mallory", ""])
def test_a_stranger_carries_nothing_out(house: House, login: str) -> None:
    invoice = house.invoice_of("D-1")

    with pytest.raises(RefusedError, match=r"not among the approvers in config/review\.yaml"):
        done(house, invoice, Action.VOID, login)

    assert state_of(house, invoice) is InvoiceState.ISSUED


@pytest.mark.parametrize("action", [Action.VOID, Action.CORRECT, Action.WRITE_OFF])
def test_no_limit_is_passed_by(house: House, action: Action) -> None:
    invoice = house.invoice_of("D-1")
    company = limited(house, "lead", "1427.99 EUR")
    ask = correct.ask_write_off if action is Action.WRITE_OFF else correct.ask_correction
    entry = ask(company.s, invoice.id, WHY, "finance")

    with pytest.raises(RefusedError, match=r"1428\.00 EUR is over the limit of lead"):
        attend.act(company.s, entry, action, "lead")

    assert balance_of(house, invoice) == GROSS
    attend.act(limited(house, "lead", GROSS).s, entry, action, "lead")
    assert balance_of(house, invoice) == "0.00 EUR"


def test_whoever_is_away_carries_nothing_out(house: House) -> None:
    invoice = house.invoice_of("D-1")
    review = house.s.book.review
    away = Approver("lead", away=(Period(date(2026, 11, 1), date(2026, 11, 2)),))
    policy = replace(review, approvers={**review.approvers, "lead": away})
    company = house.with_book(replace(house.s.book, review=policy))

    with pytest.raises(RefusedError, match="lead is away on 2026-11-02"):
        done(company, invoice, Action.VOID)


def test_a_declined_request_is_closed_with_the_reason_and_counts_no_more(house: House) -> None:
    invoice = house.invoice_of("D-1")
    entry = asked(house, invoice)

    attend.act(house.s, entry, Action.ACKNOWLEDGE, "lead", "the price is right")

    with house.s.ledger.read() as work:
        assert work.exceptions.get(entry).decision == "acknowledge: the price is right"
    with pytest.raises(StateError, match="nobody asked"):
        correct.void_invoice(house.s, invoice.id, "lead")
    assert state_of(house, invoice) is InvoiceState.ISSUED


def test_void_a_second_time_changes_nothing_and_says_so(house: House) -> None:
    invoice = house.invoice_of("D-1")
    entry = asked(house, invoice)
    attend.act(house.s, entry, Action.VOID, "lead")
    before = house.actions(invoice.id)

    assert correct.void_invoice(house.s, invoice.id, "lead") == f"{invoice.number} is void already"
    assert "closed before by lead: void" in attend.act(house.s, entry, Action.VOID, "lead")

    assert house.actions(invoice.id) == before
    assert numbers_of(house, invoice) == ["CN-2026-00001"]


def test_credit_notes_have_a_gapless_row_of_their_own(house: House) -> None:
    invoices = [house.invoice_of(f"D-{number}") for number in (1, 2, 3)]
    for invoice in invoices:
        with pytest.raises(RefusedError):  # takes no number
            done(house, invoice, Action.VOID, "finance")

    for invoice in reversed(invoices):
        done(house, invoice, Action.VOID)
    last = house.invoice_of("D-4")

    assert numbers_of(house, *invoices) == [f"CN-2026-0000{n}" for n in (1, 2, 3)]
    assert last.number == "INV-2026-00004"


def test_what_waits_to_be_sent_is_dropped_with_the_reason(house: House) -> None:
    house.mailer.answers += [LATER]
    invoice = house.invoice_of("D-1")

    done(house, invoice, Action.VOID)

    message = house.message_of(invoice.id)
    with house.s.ledger.read() as work:
        outcomes = {outcome for _, outcome in work.reminders.of_invoice(invoice.id)}
    assert message.state is OutboxState.FAILED
    assert outcomes == {"the invoice is void"}
    assert house.actions(invoice.id).count("reminder_dropped") == 4
    assert "message_dropped" in house.actions(invoice.id)
    house.lease_clock.pass_by(days=2)
    assert dispatch.dispatch_due(house.s) == []
    assert house.open_codes() == []


def test_a_question_about_its_mail_is_settled_with_the_invoice(house: House) -> None:
    house.mailer.answers += [UNCERTAIN]
    invoice = house.invoice_of("D-1")
    assert house.open_codes() == ["send_uncertain"]

    done(house, invoice, Action.VOID)

    assert house.open_codes() == []
    message = house.message_of(invoice.id)
    with pytest.raises(StateError, match="void; it is not sent again"):
        resolve.send_again(house.s, message.id, "finance")


def test_an_invoice_that_is_voided_before_it_was_rendered_gets_its_document_and_no_mail(
    house: House,
) -> None:
    house.win_deal("D-1")
    (parcel,) = house.plan("run-1")
    review.open_review(house.s, parcel)
    (invoice_id,) = issue.issue_parcel(house.s, parcel)
    with house.s.ledger.read() as work:
        (invoice,) = work.invoices.get([invoice_id])
    done(house, invoice, Action.VOID)
    house.clock.pass_by(days=1)

    follow_up.follow_up(house.s)

    with house.s.ledger.read() as work:
        assert work.documents.find(invoice_id, 1, DocumentKind.INVOICE) is not None
    assert house.mailer.sent == []


def test_holds_end_with_the_invoice(house: House) -> None:
    invoice = house.invoice_of("D-1")
    for kind in HoldKind:
        hold.place_hold(house.s, invoice.id, kind, "wait", "finance")

    done(house, invoice, Action.VOID)

    with house.s.ledger.read() as work:
        assert work.holds.open_on([invoice.id]) == {invoice.id: []}
        assert {one.lifted_by for one in work.holds.of_invoice(invoice.id)} == {"lead"}
    assert house.open_codes() == []


def test_what_was_paid_on_a_void_invoice_is_the_clients_again(house: House) -> None:
    invoice = house.invoice_of("D-1")
    pay(house, "P-1", "400.00 EUR", invoice.number)

    said = done(house, invoice, Action.VOID)

    assert said.endswith("400.00 EUR that was paid is the client's again")
    assert balance_of(house, invoice) == "-400.00 EUR"
    entry = entry_of(house, "credit_left")
    with pytest.raises(RefusedError, match="what was decided, in words"):
        attend.act(house.s, entry, Action.ACKNOWLEDGE, "finance", "  ")
    attend.act(house.s, entry, Action.ACKNOWLEDGE, "finance", "paid back on 4 November")
    with house.s.ledger.read() as work:
        assert work.exceptions.get(entry).decision == "acknowledge: paid back on 4 November"
    assert house.open_codes() == []


def test_a_payment_that_names_a_void_invoice_waits_for_a_person(house: House) -> None:
    invoice = house.invoice_of("D-1")
    done(house, invoice, Action.VOID)

    pay(house, "P-1", GROSS, invoice.number)

    assert house.open_codes() == ["payment_unmatched"]
    with house.s.ledger.read() as work:
        assert "INV-2026-00001 is void" in work.exceptions.list_open(1)[0].cause
    assert balance_of(house, invoice) == "0.00 EUR"


def test_an_event_about_a_void_invoice_bills_nothing(house: House) -> None:
    invoice = house.invoice_of("D-1")
    done(house, invoice, Action.VOID)

    report.accept_hint(house.s, a_hint("D-1", event_id="told again"))

    assert house.plan("run-2") == []
    assert house.open_codes() == []


def test_a_void_invoice_counts_nowhere_as_billed(house: House) -> None:
    invoice = house.invoice_of("D-1")
    agreement = invoice.content.obligations[0].agreement
    done(house, invoice, Action.VOID)

    with house.s.ledger.read() as work:
        assert work.drafts.of_agreements([agreement]) == {agreement: []}
        assert work.drafts.versions_of([agreement]) == {agreement: frozenset()}
        assert work.obligations.units([agreement]) == {agreement: frozenset()}
        owed = work.obligations.of_agreements([agreement])
        assert (owed.unpaid, owed.void) == (frozenset(), frozenset(invoice.content.obligations))
        assert work.invoices.gross_by_agreement([agreement]) == {agreement: ()}
        assert work.invoices.billed_clients(["nordwind"]) == set()
        assert [work.drafts.bound_to(ref) for ref in invoice.content.records] == [""]


def corrected(house: House, invoice: Invoice) -> Invoice:
    """Correct an invoice and carry what is owed again the whole way."""
    assert "is owed again" in done(house, invoice, Action.CORRECT)
    (parcel,) = house.plan(f"again-{invoice.number}")
    (new,) = house.release(parcel)
    with house.s.ledger.read() as work:
        return work.invoices.get([new])[0]


def test_a_corrected_invoice_is_billed_once_again_with_todays_facts(house: House) -> None:
    invoice = house.invoice_of("D-1")
    house.sources.objects["D-1"] = a_deal("D-1", "1000.00 EUR", "nordwind")

    new = corrected(house, invoice)

    assert (state_of(house, invoice), state_of(house, new)) == (
        InvoiceState.VOID, InvoiceState.ISSUED,
    )  # fmt: skip
    assert [key.revision for key in new.content.obligations] == [1]
    assert (new.number, str(new.content.totals.net)) == ("INV-2026-00002", "1000.00 EUR")
    assert new.content.records == invoice.content.records
    report.accept_hint(house.s, a_hint("D-1", event_id="told again"))
    assert house.plan("run-3") == []
    assert house.open_codes() == []


def test_a_corrected_invoice_can_be_corrected_again(house: House) -> None:
    second = corrected(house, house.invoice_of("D-1"))

    third = corrected(house, second)

    assert [key.revision for key in third.content.obligations] == [2]
    agreement = third.content.obligations[0].agreement
    with house.s.ledger.read() as work:
        owed = work.obligations.of_agreements([agreement])
    assert set(owed.obligations) == set(third.content.obligations)


def test_whoever_asked_for_a_correction_is_its_author(house: House) -> None:
    invoice = house.invoice_of("D-1")

    new = corrected(house, invoice)

    with house.s.ledger.read() as work:
        assert work.drafts.get([new.id])[0].author == "finance"
        assert work.trail.of(new.content.obligations[0].id)[0].action == "owed_again"


def test_correct_a_second_time_changes_nothing_and_says_so(house: House) -> None:
    invoice = house.invoice_of("D-1")
    done(house, invoice, Action.CORRECT)
    before = house.actions(invoice.id)

    said = correct.correct_invoice(house.s, invoice.id, "lead")

    assert said == f"{invoice.number} is void, and owed again already"
    assert house.actions(invoice.id) == before
    assert len(house.plan("again")) == 1
    with pytest.raises(StateError, match="owed again already"):
        asked(house, invoice)


def test_what_is_void_may_be_owed_again_later_once(house: House) -> None:
    invoice = house.invoice_of("D-1")
    done(house, invoice, Action.VOID)

    done(house, invoice, Action.CORRECT)

    assert numbers_of(house, invoice) == ["CN-2026-00001"]
    assert len(house.plan("again")) == 1
    assert house.open_codes() == []


def test_what_is_owed_no_more_by_todays_facts_is_not_owed_again(house: House) -> None:
    invoice = house.invoice_of("D-1")
    house.sources.objects["D-1"] = replace(a_deal("D-1", "1.00 EUR", "nordwind"), work=())

    with pytest.raises(StateError, match="nothing is owed"):
        done(house, invoice, Action.CORRECT)

    assert state_of(house, invoice) is InvoiceState.ISSUED
    assert house.open_codes() == ["correction_asked"]


def test_nothing_is_owed_again_to_be_lost_in_shadow(house: House) -> None:
    invoice = house.invoice_of("D-1")
    entry = asked(house, invoice)
    shadow = house.with_book(a_book(modes={"nordwind": Mode.SHADOW}))

    with pytest.raises(StateError, match="nordwind is in shadow"):
        attend.act(shadow.s, entry, Action.CORRECT, "lead")

    assert state_of(house, invoice) is InvoiceState.ISSUED
    house = house.with_book(a_book())
    attend.act(house.s, entry, Action.CORRECT, "lead")
    assert len(house.plan("run-again")) == 1


def test_a_void_invoice_is_not_reminded_of(house: House) -> None:
    invoice = house.invoice_of("D-1")
    house.clock.pass_by(days=31)
    follow_up.queue_reminders(house.s)
    done(house, invoice, Action.VOID)

    assert dispatch.dispatch_due(house.s) == []

    with house.s.ledger.read() as work:
        states = {
            row.state
            for row in work.outbox.of_invoices([invoice.id])
            if row.kind is MessageKind.REMINDER
        }
    assert states == {OutboxState.FAILED}
    assert len(house.mailer.sent) == 1


def test_what_is_owed_again_waits_open(house: House) -> None:
    invoice = house.invoice_of("D-1")
    done(house, invoice, Action.CORRECT)

    with house.s.ledger.read() as work:
        (owed,) = work.obligations.open(Model.DEAL, 10)
        assert work.obligations.where([owed.key.id])[owed.key.id] == (ObligationState.OPEN, "")
    assert (owed.key.revision, owed.event_id, owed.reported_by) == (1, "evt-D-1", "finance")
