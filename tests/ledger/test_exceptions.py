"""At most one entry about the same thing is open, and closing it is on record."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest

from invoicing.domain.errors import NotFoundError
from invoicing.domain.exceptions import Action
from invoicing.ledger.unit_of_work import SqlLedger
from tests.support.builders import NOW

LATER = NOW + timedelta(hours=1)


def test_the_same_cause_is_one_entry_until_it_is_closed(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        first = work.exceptions.open("no_rule", "E-1", "nobody covers it", NOW)
        assert work.exceptions.open("no_rule", "E-1", "still nobody", LATER) == first
        assert work.exceptions.open("no_rule", "E-2", "nobody covers it", LATER) != first
        assert work.exceptions.close("no_rule", "E-1", "finance", "decide_again", LATER)
        assert not work.exceptions.close("no_rule", "E-1", "lead", "acknowledge", LATER)
        second = work.exceptions.open("no_rule", "E-1", "again", LATER)
        entry = work.exceptions.get(first)
    assert second != first
    assert (entry.cause, entry.opened_at) == ("nobody covers it", NOW)
    assert (entry.closed_at, entry.closed_by, entry.decision) == (LATER, "finance", "decide_again")


def test_open_entries_come_oldest_first(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        late = work.exceptions.open("no_rule", "E-1", "", LATER)
        early = work.exceptions.open("overpaid", "P-1", "", NOW)
        assert [entry.id for entry in work.exceptions.list_open(10)] == [early, late]
        assert [entry.id for entry in work.exceptions.list_open(1)] == [early]
        work.exceptions.close("overpaid", "P-1", "finance", "acknowledge", LATER)
        assert [entry.id for entry in work.exceptions.list_open(10)] == [late]
        told = work.exceptions.of_subjects(["P-1", "E-1", "E-9"])
        assert [entry.id for entry in told] == [early, late]


def test_many_that_open_the_same_at_once_open_one(url: str, ledger: SqlLedger) -> None:
    ids: set[str] = set()
    together = Barrier(4)

    def report() -> None:
        mine = SqlLedger(url)
        together.wait()
        with mine.write() as work:
            ids.add(work.exceptions.open("no_rule", "E-1", "nobody covers it", NOW))
        mine.close()

    threads = [Thread(target=report) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with ledger.read() as work:
        assert {entry.id for entry in work.exceptions.list_open(10)} == ids
    assert len(ids) == 1


def test_an_unknown_entry_is_named(ledger: SqlLedger) -> None:
    with pytest.raises(NotFoundError, match="'nothing'"), ledger.read() as work:
        work.exceptions.get("nothing")


def test_an_action_settles_what_offered_it_and_nothing_else(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        failed = work.exceptions.open("send_failed", "M-1", "refused", NOW)
        work.exceptions.open("send_failed", "M-2", "refused", NOW)
        work.exceptions.open("event_changed", "M-1", "another content", NOW)

        work.exceptions.settle(Action.SEND_AGAIN, "M-1", "finance", NOW)

        entry = work.exceptions.get(failed)
        still = [(one.code, one.subject) for one in work.exceptions.list_open(10)]
    assert (entry.closed_by, entry.decision) == ("finance", "send_again")
    assert sorted(still) == [("event_changed", "M-1"), ("send_failed", "M-2")]
