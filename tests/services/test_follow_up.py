"""Reminders go once, on the day they are for, and never to somebody who paid."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from invoicing.domain.exceptions import Action
from invoicing.domain.parties import Mode
from invoicing.domain.rules import Model
from invoicing.services import attend, dispatch, follow_up, issue, reconcile, report, review
from invoicing.services.ports import MailText
from tests.support.services import REFUSED, House, a_book

DAY_AFTER_DUE = datetime(2026, 12, 3, 9, 0, tzinfo=UTC)
INVOICE, REMINDER = "invoice INV-2026-00001", "reminder INV-2026-00001"


def subjects(house: House) -> list[str]:
    return [mail.subject for mail in house.mailer.sent]


def outcomes(house: House, invoice_id: str) -> dict[str, str]:
    with house.s.ledger.read() as work:
        return {one.step: outcome for one, outcome in work.reminders.of_invoice(invoice_id)}


def look_on(house: House, month: int, day: int, year: int = 2026) -> int:
    """Follow up three times on a day; returns how many mails that made."""
    house.clock.at = datetime(year, month, day, 9, 0, tzinfo=UTC)
    before = len(house.mailer.sent)
    for _ in range(3):
        follow_up.follow_up(house.s)
    return len(house.mailer.sent) - before


def test_each_step_goes_once_on_its_day_and_the_last_one_to_our_own_people(house: House) -> None:
    house.invoice_of("D-1")
    days = [(11, 15, 0), (11, 16, 1), (11, 26, 0), (11, 27, 1), (12, 2, 0), (12, 3, 1), (12, 31, 0)]

    assert [look_on(house, month, day) for month, day, _ in days] == [sent for *_, sent in days]
    assert subjects(house) == [INVOICE, REMINDER, REMINDER, REMINDER]
    assert look_on(house, 1, 1, 2027) == 1

    escalation = house.mailer.sent[-1]
    assert escalation.subject == "escalation INV-2026-00001"
    assert escalation.recipients.to == ("billing@brightwater.example",)


def test_an_escalation_goes_to_the_account_manager_if_there_is_one(house: House) -> None:
    house.invoice_of("D-1")
    book = a_book()
    managed = replace(book.client("nordwind"), account_manager="mona@brightwater.example")
    house = house.with_book(replace(book, clients={**book.clients, "nordwind": managed}))

    look_on(house, 1, 1, 2027)

    (escalation,) = [mail for mail in house.mailer.sent if "escalation" in mail.subject]
    assert escalation.recipients.to == ("mona@brightwater.example",)


def test_after_an_outage_an_invoice_makes_one_mail(house: House) -> None:
    invoice = house.invoice_of("D-1")

    assert look_on(house, 12, 4) == 1

    assert outcomes(house, invoice.id) == {
        "two_weeks": "day_after_due came due meanwhile",
        "before_due": "day_after_due came due meanwhile",
        "day_after_due": "queued",
        "escalation": "",
    }


def test_a_client_that_is_parked_is_reminded_when_it_is_live_again(house: House) -> None:
    house.invoice_of("D-1")
    parked = house.with_book(a_book(modes={"nordwind": Mode.OFF}))

    assert look_on(parked, 11, 16) == 0
    assert look_on(parked, 1, 1, 2027) == 0
    assert house.open_codes() == []
    assert look_on(house, 1, 2, 2027) == 2  # one to the client, one to our own people


def test_a_paid_invoice_is_not_reminded_and_the_trail_says_why(house: House) -> None:
    invoice = house.invoice_of("D-1")
    house.pay("P-1", "1428.00 EUR", invoice.number)
    report.report_payments(house.s)
    reconcile.reconcile_payments(house.s)

    # At once, not when the day of a step comes: nobody has to wonder about what is still planned.
    assert house.actions(invoice.id).count("reminder_dropped") == 4
    assert set(outcomes(house, invoice.id).values()) == {"the invoice is paid"}
    house.clock.at = DAY_AFTER_DUE
    follow_up.follow_up(house.s)

    assert len(house.mailer.sent) == 1


def test_a_payment_between_queue_and_claim_stops_the_reminder(house: House) -> None:
    invoice = house.invoice_of("D-1")
    house.clock.at = DAY_AFTER_DUE
    assert len(follow_up.queue_reminders(house.s)) == 1
    house.pay("P-1", "1428.00 EUR", invoice.number)
    report.report_payments(house.s)
    reconcile.reconcile_payments(house.s)

    follow_up.follow_up(house.s)

    assert len(house.mailer.sent) == 1


def test_a_partly_paid_invoice_is_reminded_of_the_rest(house: House) -> None:
    invoice = house.invoice_of("D-1")
    house.pay("P-1", "428.00 EUR", invoice.number)
    report.report_payments(house.s)
    reconcile.reconcile_payments(house.s)
    house.clock.at = DAY_AFTER_DUE

    follow_up.follow_up(house.s)

    assert house.mailer.sent[-1].text == "open: 1000.00 EUR"


def test_what_an_interrupted_run_left_behind_is_finished(house: House) -> None:
    house.win_deal("D-1")
    (parcel,) = house.plan("run-1", Model.DEAL)
    review.open_review(house.s, parcel)
    issue.issue_parcel(house.s, parcel)

    house.clock.pass_by(minutes=10)
    assert len(follow_up.follow_up(house.s)) == 1
    assert len(house.mailer.sent) == 1


def test_nobody_is_reminded_of_an_invoice_that_never_came(house: House) -> None:
    house.mailer.answers.append(REFUSED)
    house.invoice_of("D-1")
    house.clock.at = DAY_AFTER_DUE
    assert follow_up.follow_up(house.s) == []
    with house.s.ledger.read() as work:
        entry = work.exceptions.list_open(1)[0]

    attend.act(house.s, entry.id, Action.SEND_AGAIN, "finance")
    follow_up.follow_up(house.s)
    follow_up.follow_up(house.s)

    assert subjects(house)[1:] == [INVOICE, REMINDER]


def test_a_payment_while_the_mail_is_written_is_in_what_the_client_reads(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = house.invoice_of("D-1")
    house.clock.at = DAY_AFTER_DUE
    assert len(follow_up.queue_reminders(house.s)) == 1
    house.pay("P-1", "428.00 EUR", invoice.number)
    report.report_payments(house.s)
    plain = house.printer.mail

    def slow(*about: Any) -> MailText:
        reconcile.reconcile_payments(house.s)
        return plain(*about)

    monkeypatch.setattr(house.printer, "mail", slow)

    assert dispatch.dispatch_due(house.s) == []
    assert len(dispatch.dispatch_due(house.s)) == 1

    assert [mail.text for mail in house.mailer.sent[1:]] == ["open: 1000.00 EUR"]
