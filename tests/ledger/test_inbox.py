"""The inbox takes each event once and moves it by compare-and-set."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from invoicing.domain.errors import NotFoundError
from invoicing.domain.events import EventKind, Hint
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services.ledger_ports import EventState, Receipt
from tests.support.builders import NOW, a_payment, an_event

HINT = Hint("crm", "evt-1", EventKind.DEAL_WON, "D-1", "hash-1")


def test_a_hint_is_new_once_then_known_or_changed(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        row_id, first = work.inbox.add_hint(HINT, NOW)
        again = work.inbox.add_hint(HINT, NOW)
        other = work.inbox.add_hint(replace(HINT, payload_hash="hash-2"), NOW)
        elsewhere = work.inbox.add_hint(replace(HINT, source="psa"), NOW)

    assert first is Receipt.NEW
    assert again == (row_id, Receipt.KNOWN)
    assert other == (row_id, Receipt.CHANGED)
    assert elsewhere[1] is Receipt.NEW
    with ledger.read() as work:
        assert work.inbox.get(row_id).hint == HINT


def test_a_fetched_fact_comes_back_as_it_was(ledger: SqlLedger) -> None:
    event, payment = an_event(), a_payment(reference="INV-2026-00001 \N{EURO SIGN}")
    paid = replace(HINT, event_id="evt-2", kind=EventKind.PAYMENT_RECEIVED)
    with ledger.write() as work:
        deal_id, _ = work.inbox.add_hint(HINT, NOW)
        payment_id, _ = work.inbox.add_hint(paid, NOW)
        assert work.inbox.fetched(deal_id, event)
        assert work.inbox.fetched(payment_id, payment)
        assert not work.inbox.fetched(deal_id, an_event("D-2"))

    with ledger.read() as work:
        row = work.inbox.get(deal_id)
        assert (row.state, row.event, row.payment) == (EventState.READY, event, None)
        assert work.inbox.get(payment_id).payment == payment
        assert work.inbox.hinted([EventKind.DEAL_WON], 10) == []


def test_complete_events_are_stored_once_and_only_new_ones_are_told(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        first = work.inbox.add_events([an_event("D-1")], NOW)
        again = work.inbox.add_events([an_event("D-1"), an_event("D-2"), an_event("D-2")], NOW)
        assert work.inbox.add_events([], NOW) == []
        rows = work.inbox.ready([EventKind.DEAL_WON], 10)
    assert len(first) == len(again) == 1
    assert {row.id for row in rows} == {*first, *again}


def test_a_thousand_events_fit_one_call(ledger: SqlLedger) -> None:
    events = [an_event(f"D-{at}") for at in range(1100)]
    with ledger.write() as work:
        new = work.inbox.add_events(events, NOW)
    assert len(set(new)) == 1100


def test_the_oldest_come_first_and_no_more_than_asked_for(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        (late,) = work.inbox.add_events([an_event("D-1")], NOW + timedelta(microseconds=1))
        (early,) = work.inbox.add_events([an_event("D-2")], NOW)
        assert [row.id for row in work.inbox.ready([EventKind.DEAL_WON], 10)] == [early, late]
        assert [row.id for row in work.inbox.ready([EventKind.DEAL_WON], 1)] == [early]
        assert work.inbox.ready([EventKind.RETAINER_DUE], 10) == []


def test_events_of_several_kinds_come_together_the_oldest_first(ledger: SqlLedger) -> None:
    signed = replace(an_event("D-2"), kind=EventKind.DOCUMENT_SIGNED)
    with ledger.write() as work:
        (late,) = work.inbox.add_events([an_event("D-1")], NOW + timedelta(seconds=1))
        (early,) = work.inbox.add_events([signed], NOW)
        kinds = (EventKind.DEAL_WON, EventKind.DOCUMENT_SIGNED)
        assert [row.id for row in work.inbox.ready(kinds, 10)] == [early, late]
        assert work.inbox.ready((), 10) == []


def test_known_are_those_that_are_there(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        (row_id,) = work.inbox.add_events([an_event()], NOW)
        assert work.inbox.known([row_id, "nothing"]) == {row_id}
        assert work.inbox.known([]) == set()


def test_an_event_of_ours_is_rewritten_where_it_stands(ledger: SqlLedger) -> None:
    renewed = replace(an_event(), title="another title")
    with ledger.write() as work:
        (row_id,) = work.inbox.add_events([an_event()], NOW)
        work.inbox.rewrite(row_id, renewed)
        row = work.inbox.get(row_id)
    assert (row.event, row.state) == (renewed, EventState.READY)


def test_an_event_is_settled_once(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        (row_id,) = work.inbox.add_events([an_event()], NOW)
        assert work.inbox.settle(row_id, EventState.READY, EventState.BILLED, "rule x")
        assert not work.inbox.settle(row_id, EventState.READY, EventState.HELD, "too late")
        assert work.inbox.get(row_id).state is EventState.BILLED


def test_two_sweeps_at_once_never_hold_the_same_event(ledger: SqlLedger) -> None:
    if "postgresql" not in ledger.place:
        pytest.skip("SQLite has one writer at a time")
    with ledger.write() as work:
        work.inbox.add_events([an_event(f"D-{at}") for at in range(4)], NOW)
    with ledger.write() as one, ledger.write() as two:
        first = {row.id for row in one.inbox.ready([EventKind.DEAL_WON], 3)}
        second = {row.id for row in two.inbox.ready([EventKind.DEAL_WON], 3)}
    assert (len(first), len(second)) == (3, 1)
    assert not first & second


def test_the_mark_of_what_waits_changes_with_it(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        empty = work.inbox.newest_waiting(EventKind.DEAL_WON)
        work.inbox.add_events([an_event("D-1")], NOW)
        one = work.inbox.newest_waiting(EventKind.DEAL_WON)
        work.inbox.add_hint(HINT, NOW + timedelta(seconds=1))
        two = work.inbox.newest_waiting(EventKind.DEAL_WON)
        assert work.inbox.newest_waiting(EventKind.PAYMENT_RECEIVED) == ""
    assert empty == ""
    assert "" < one < two


def test_an_unknown_event_is_named(ledger: SqlLedger) -> None:
    with pytest.raises(NotFoundError, match="'nothing'"), ledger.read() as work:
        work.inbox.get("nothing")


def test_what_came_together_is_decided_in_the_order_of_its_days(ledger: SqlLedger) -> None:
    days = [date(2026, 3, 1), date(2026, 1, 1), date(2026, 2, 1)]
    events = [
        replace(an_event(str(day)), event_id=f"agreement:{day}", subject=str(day), occurred_on=day)
        for day in days
    ]
    older = replace(an_event("D-1"), occurred_on=date(2026, 12, 1))
    with ledger.write() as work:
        work.inbox.add_events(events, NOW)
        work.inbox.add_events([older], NOW - timedelta(seconds=1))
        rows = work.inbox.ready([EventKind.DEAL_WON], 10)
        cut = work.inbox.ready([EventKind.DEAL_WON], 2)

    assert [row.event.occurred_on for row in rows if row.event] == [
        date(2026, 12, 1),
        *sorted(days),
    ]
    assert [row.id for row in cut] == [row.id for row in rows[:2]]
