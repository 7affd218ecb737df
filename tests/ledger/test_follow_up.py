"""A reminder is planned once, falls due on its day, and is settled once."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from invoicing.domain.follow_up import Audience, PlannedReminder
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services.ledger_ports import QUEUED
from tests.ledger.given import issued
from tests.support.builders import NOW

DAY = date(2026, 12, 3)
FIRST, SECOND = PlannedReminder("one", DAY), PlannedReminder("two", DAY + timedelta(days=7))


def test_a_plan_is_kept_once(ledger: SqlLedger) -> None:
    (invoice,) = issued(ledger)
    with ledger.write() as work:
        work.reminders.plan(invoice.id, [SECOND, FIRST])
        work.reminders.plan(invoice.id, [PlannedReminder("one", DAY + timedelta(days=1))])
        work.reminders.plan(invoice.id, [])
        assert work.reminders.of_invoice(invoice.id) == [(FIRST, ""), (SECOND, "")]


def test_a_reminder_is_due_from_its_day_on_until_it_is_settled(ledger: SqlLedger) -> None:
    one, two = issued(ledger, ["D-1", "D-2"])
    with ledger.write() as work:
        work.reminders.plan(one.id, [FIRST, SECOND])
        work.reminders.plan(two.id, [FIRST])
        assert work.reminders.due(DAY - timedelta(days=1), 10) == []
        assert set(work.reminders.due(DAY, 10)) == {(one.id, FIRST), (two.id, FIRST)}
        assert len(work.reminders.due(SECOND.planned_on, 10)) == 3

        assert work.reminders.settle(one.id, "one", "queued", NOW)
        assert not work.reminders.settle(one.id, "one", "the invoice is paid", NOW)
        assert not work.reminders.settle(one.id, "none", "queued", NOW)
        assert work.reminders.due(DAY, 10) == [(two.id, FIRST)]
        assert work.reminders.of_invoice(one.id) == [(FIRST, "queued"), (SECOND, "")]


def test_whom_a_step_is_for_is_kept(ledger: SqlLedger) -> None:
    (invoice,) = issued(ledger)
    ours = PlannedReminder("escalation", DAY, Audience.US)
    with ledger.write() as work:
        work.reminders.plan(invoice.id, [ours])
        assert work.reminders.due(DAY, 10) == [(invoice.id, ours)]


def test_mails_of_a_week_are_those_queued_to_the_client(ledger: SqlLedger) -> None:
    one, two = issued(ledger, ["D-1", "D-2"])
    ours = PlannedReminder("escalation", DAY, Audience.US)
    later = NOW + timedelta(days=2)
    with ledger.write() as work:
        work.reminders.plan(one.id, [FIRST, SECOND, ours])
        work.reminders.plan(two.id, [FIRST, SECOND])
        work.reminders.settle(one.id, "one", QUEUED, NOW)
        work.reminders.settle(one.id, "escalation", QUEUED, later)
        work.reminders.settle(two.id, "one", "the invoice is paid", later)
        work.reminders.settle(two.id, "two", QUEUED, later)
        clients = ["nordwind", "aurora"]
        assert work.reminders.mailed_since(clients, NOW - timedelta(days=1)) == {
            "nordwind": [NOW, later],
            "aurora": [],
        }
        assert work.reminders.mailed_since(clients, NOW)["nordwind"] == [later]


def test_to_settle_is_to_say_how(ledger: SqlLedger) -> None:
    (invoice,) = issued(ledger)
    with ledger.write() as work, pytest.raises(ValueError, match="outcome"):
        work.reminders.settle(invoice.id, "one", "", NOW)


def test_a_mail_about_several_invoices_is_one_mail(ledger: SqlLedger) -> None:
    one, two, three = issued(ledger, ["D-1", "D-2", "D-3"])
    with ledger.write() as work:
        for invoice in (one, two, three):
            work.reminders.plan(invoice.id, [FIRST])
            work.reminders.settle(invoice.id, "one", QUEUED, NOW)
        work.reminders.carry("m-1", [(one.id, "one"), (two.id, "one")])
        work.reminders.carry("m-2", [(three.id, "one")])

        since = NOW - timedelta(days=1)
        assert work.reminders.mailed_since(["nordwind"], since) == {"nordwind": [NOW, NOW]}
        assert work.reminders.messages(two.id) == ["m-1"]
        assert work.reminders.messages("nobody") == []


def test_what_is_left_out_of_a_mail_was_not_mailed(ledger: SqlLedger) -> None:
    one, two = issued(ledger, ["D-1", "D-2"])
    later = NOW + timedelta(seconds=1)
    with ledger.write() as work:
        for invoice in (one, two):
            work.reminders.plan(invoice.id, [FIRST])
            work.reminders.settle(invoice.id, "one", QUEUED, NOW)
        work.reminders.carry("m-1", [(one.id, "one"), (two.id, "one")])

        assert work.reminders.leave_out("m-1", one.id, "the invoice is paid", later)
        assert not work.reminders.leave_out("m-1", one.id, "the invoice is void", later)
        assert not work.reminders.leave_out("m-2", two.id, "the invoice is paid", later)
        assert work.reminders.of_invoice(one.id) == [(FIRST, "the invoice is paid")]

        work.reminders.leave_out("m-1", two.id, "the invoice is paid", later)
        since = NOW - timedelta(days=1)
        assert work.reminders.mailed_since(["nordwind"], since) == {"nordwind": []}


def test_the_instant_it_is_planned_for_is_kept(ledger: SqlLedger) -> None:
    (invoice,) = issued(ledger)
    timed = replace(FIRST, planned_at=NOW)
    with ledger.write() as work:
        work.reminders.plan(invoice.id, [timed])
        assert work.reminders.due(DAY, 10) == [(invoice.id, timed)]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_of_a_client_come_all_that_are_due(ledger: SqlLedger, limit: int) -> None:
    one, two = issued(ledger, ["D-1", "D-2"])
    with ledger.write() as work:
        work.reminders.plan(one.id, [FIRST, SECOND])
        work.reminders.plan(two.id, [FIRST])
        assert len(work.reminders.due(SECOND.planned_on, limit)) == 3
        assert work.reminders.due(SECOND.planned_on, 0) == []
