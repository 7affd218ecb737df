"""A reminder is planned once, falls due on its day, and is settled once."""

from datetime import date, timedelta

import pytest

from invoicing.domain.follow_up import PlannedReminder
from invoicing.ledger.unit_of_work import SqlLedger
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


def test_to_settle_is_to_say_how(ledger: SqlLedger) -> None:
    (invoice,) = issued(ledger)
    with ledger.write() as work, pytest.raises(ValueError, match="outcome"):
        work.reminders.settle(invoice.id, "one", "", NOW)
