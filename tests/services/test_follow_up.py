"""Reminders go once, on the client's day, and never to somebody who paid."""

from datetime import UTC, datetime

from invoicing.domain.exceptions import Action
from invoicing.domain.rules import Model
from invoicing.services import attend, follow_up, issue, reconcile, report, review
from tests.support.services import REFUSED, House

DAY_AFTER_DUE = datetime(2026, 12, 3, 9, 0, tzinfo=UTC)


def subjects(house: House) -> list[str]:
    return [mail.subject for mail in house.mailer.sent]


def test_an_unpaid_invoice_is_reminded_once_the_day_after_due(house: House) -> None:
    house.invoice_of("D-1")
    house.clock.at = datetime(2026, 12, 2, 9, 0, tzinfo=UTC)
    follow_up.follow_up(house.s)
    assert subjects(house) == ["invoice INV-2026-00001"]

    house.clock.at = DAY_AFTER_DUE
    for _ in range(3):
        follow_up.follow_up(house.s)

    assert subjects(house) == ["invoice INV-2026-00001", "reminder INV-2026-00001"]


def test_a_paid_invoice_is_not_reminded_and_the_trail_says_why(house: House) -> None:
    invoice = house.invoice_of("D-1")
    house.pay("P-1", "1428.00 EUR", invoice.number)
    report.report_payments(house.s)
    reconcile.reconcile_payments(house.s)

    house.clock.at = DAY_AFTER_DUE
    follow_up.follow_up(house.s)

    assert len(house.mailer.sent) == 1
    assert "reminder_dropped" in house.actions(invoice.id)


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

    assert subjects(house)[1:] == ["invoice INV-2026-00001", "reminder INV-2026-00001"]
