"""A client is parked once at a time, and every stay is kept."""

from datetime import date

import pytest
from sqlalchemy import text

from invoicing.domain.dispatch import OutboxRow
from invoicing.domain.errors import StateError
from invoicing.domain.follow_up import Audience, PlannedReminder
from invoicing.domain.parking import Parked
from invoicing.ledger.unit_of_work import SqlLedger
from tests.ledger.given import issued, rendered
from tests.support.builders import NOW, a_message


def test_a_client_is_parked_once_until_somebody_lets_it_go_on(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        assert work.parking.park("nordwind", "too many drafts", NOW)
        assert not work.parking.park("nordwind", "too much money", NOW.replace(hour=12))
        assert not work.parking.unpark("aurora", "finance", NOW)
    with ledger.read() as work:
        stay = Parked("nordwind", "too many drafts", NOW)
        assert work.parking.parked() == {"nordwind": stay}
        assert work.parking.parked(["aurora", "nordwind"]) == {"nordwind": stay}
        assert work.parking.parked(["aurora"]) == {}
        assert work.parking.parked([]) == {}
    with ledger.write() as work:
        assert work.parking.unpark("nordwind", "finance", NOW)
        assert not work.parking.unpark("nordwind", "finance", NOW)
        assert work.parking.parked() == {}


def test_a_client_that_is_parked_again_at_the_same_instant_is_parked(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        for _ in range(3):
            assert work.parking.park("nordwind", "too many drafts", NOW)
            assert work.parking.unpark("nordwind", "finance", NOW)
        assert work.parking.park("nordwind", "too many drafts", NOW)
        assert "nordwind" in work.parking.parked()
    with ledger.read() as work:
        query = text("SELECT count(*) FROM parking WHERE unparked_by = 'finance'")
        assert work.clock.connection.scalar(query) == 3


@pytest.mark.parametrize("change", ["SET cause = 'nothing'", "SET client = 'aurora'"])
def test_why_a_client_was_parked_is_never_changed(ledger: SqlLedger, change: str) -> None:
    with ledger.write() as work:
        work.parking.park("nordwind", "too many drafts", NOW)
    with pytest.raises(StateError, match="parking"), ledger.write() as work:
        work.clock.connection.execute(text(f"UPDATE parking {change}"))


def test_messages_and_reminders_of_a_parked_client_are_not_due(ledger: SqlLedger) -> None:
    (invoice,) = issued(ledger)
    rendered(ledger, invoice)
    message: OutboxRow = a_message(invoice)
    day = date(2026, 12, 1)
    with ledger.write() as work:
        work.outbox.add([message])
        work.reminders.plan(invoice.id, [PlannedReminder("due", day, Audience.CLIENT)])
        assert [row.id for row in work.outbox.due(NOW, 10)] == [message.id]
        assert [step.step for _, step in work.reminders.due(day, 10)] == ["due"]
        work.parking.park("nordwind", "too many drafts", NOW)
        assert work.outbox.due(NOW, 10) == []
        assert work.reminders.due(day, 10) == []
        work.parking.unpark("nordwind", "finance", NOW)
        assert work.outbox.due(NOW, 10) != []
        assert work.reminders.due(day, 10) != []
