"""A reminder is planned once, falls due on its day, and is settled once."""

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
        assert len(work.reminders.due(SECOND.planned_on, 2)) == 2

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
