"""Drafts keep every version, move by compare-and-set, and bind the records they bill."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from invoicing.domain.draft import Draft, invoice_id
from invoicing.domain.errors import NotFoundError, StateError
from invoicing.domain.obligations import Obligation
from invoicing.domain.parcels import Parcel, ParcelItem
from invoicing.domain.parties import Mode
from invoicing.domain.rules import Model
from invoicing.domain.states import DraftState
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services.ledger_ports import ObligationState, UnitOfWork
from tests.ledger.given import drafted, in_parcel, owed_and_drafted
from tests.support.builders import CONFIG, a_client, a_draft, a_work_item, an_obligation

_WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


def _plan(work: UnitOfWork, _items: list[ParcelItem]) -> None:
    work.drafts.claim_releasable(Model.DEAL)


def _move(work: UnitOfWork, items: list[ParcelItem]) -> None:
    assert len(work.drafts.move_all(items, DraftState.DRAFT, DraftState.APPROVED)) == len(items)


def _draft_id(owed: Obligation) -> str:
    return invoice_id([owed.key])


def _difficult() -> Draft:
    draft = a_draft(
        "D-9",
        a_work_item(
            "r/1", quantity="0.3333", price="99.90 EUR", description="Ümläut 'x' \"y\" \\ \t \0"
        ),
        a_work_item("r/2", quantity="100000000000", price="0.01 EUR"),
    )
    client = a_client("harbor", mode=Mode.SHADOW, billing_cc=("cc@x.example",))
    return replace(draft, client=client, title="\N{SNOWMAN} :colon %s {brace}")


@pytest.mark.parametrize("draft", [a_draft(), _difficult()], ids=["plain", "difficult"])
def test_content_and_hash_survive_the_database(ledger: SqlLedger, draft: Draft) -> None:
    with ledger.write() as work:
        drafted(work, draft)
    with ledger.read() as work:
        (record,) = work.drafts.get([draft.id])
    assert record.draft == draft
    assert record.draft.content_hash == record.content_hash == draft.content_hash
    assert all(isinstance(line.quantity, Decimal) for line in record.draft.lines)
    assert type(record.draft.client.mode) is Mode


def test_a_draft_is_added_once(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        draft = drafted(work, a_draft(), "finance").draft
        assert not work.drafts.add(draft, "lead", CONFIG, DraftState.HELD)
        (record,) = work.drafts.get([draft.id])
    assert (record.author, record.version, record.state) == ("finance", 1, DraftState.DRAFT)


def test_drafts_come_in_the_order_asked_for_without_the_unknown(ledger: SqlLedger) -> None:
    drafts = [a_draft(f"D-{at}") for at in range(3)]
    asked = [drafts[2].id, "nothing", drafts[0].id]
    with ledger.write() as work:
        for draft in drafts:
            drafted(work, draft)
        assert [record.id for record in work.drafts.get(asked)] == [asked[0], asked[2]]


def test_a_new_version_takes_the_place_of_the_one_it_was_made_from(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        first = drafted(work, a_draft())
        item = ParcelItem(first.id, 1)
        work.drafts.move(item, DraftState.DRAFT, DraftState.AWAITING_REVIEW)
        (asked,) = work.drafts.get([first.id])
        changed = replace(first.draft, title="another title")
        assert not work.drafts.add_version(changed, "lead", CONFIG, first)
        assert work.drafts.add_version(changed, "lead", "other config", asked)
        (record,) = work.drafts.get([first.id])
        assert not work.drafts.move(item, DraftState.DRAFT, DraftState.APPROVED)
    assert (record.version, record.state, record.author) == (2, DraftState.DRAFT, "lead")
    assert (record.draft, record.config_hash) == (changed, "other config")


def test_an_issued_draft_has_no_next_version(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        record = replace(drafted(work, a_draft()), state=DraftState.ISSUED)
        with pytest.raises(StateError, match="is issued"):
            work.drafts.add_version(record.draft, "lead", CONFIG, record)


def test_a_step_is_taken_once_and_only_a_legal_one(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        item = ParcelItem(drafted(work, a_draft()).id, 1)
        assert work.drafts.move(item, DraftState.DRAFT, DraftState.APPROVED)
        assert not work.drafts.move(item, DraftState.DRAFT, DraftState.APPROVED)
        with pytest.raises(StateError, match="cannot go from"):
            work.drafts.move(item, DraftState.DRAFT, DraftState.ISSUED)


def test_releasable_drafts_come_with_the_run_that_carries_their_version(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        packed, free, held = (owed_and_drafted(work, name) for name in ("D-1", "D-2", "D-3"))
        newer = owed_and_drafted(work, "D-4")
        work.drafts.move(ParcelItem(held.id, 1), DraftState.DRAFT, DraftState.HELD)
        parcel = in_parcel(work, packed, newer)
        work.drafts.add_version(newer, "lead", CONFIG, work.drafts.get([newer.id])[0])
        found = work.drafts.releasable(Model.DEAL)
        assert work.drafts.releasable(Model.RETAINER) == []

    assert {one.item: one.run_id for one in found} == {
        ParcelItem(packed.id, 1): parcel.run_id,
        ParcelItem(free.id, 1): "",
        ParcelItem(newer.id, 2): "",
    }


@pytest.mark.parametrize("step", [_plan, _move], ids=["plan", "move"])
def test_many_drafts_are_locked_in_one_order(
    ledger: SqlLedger, step: Callable[[UnitOfWork, list[ParcelItem]], object]
) -> None:
    if "postgresql" not in ledger.place:
        pytest.skip("SQLite has one writer at a time")
    owed = sorted((an_obligation(f"D-{at}") for at in range(20)), key=_draft_id, reverse=True)
    with ledger.write() as work:
        work.obligations.add(owed)
        for at, one in enumerate(owed):
            day = date(2026, 10, 1) + timedelta(days=at)
            drafted(work, replace(a_draft(one.subject), supplied_on=day))
            ids, drafted_by = [one.key.id], _draft_id(one)
            work.obligations.move(ids, ObligationState.OPEN, ObligationState.DRAFTED, drafted_by)
    ids = sorted(map(_draft_id, owed))

    def other() -> None:
        with ledger.write() as work:
            step(work, [ParcelItem(one, 1) for one in reversed(ids)])

    with ThreadPoolExecutor(1) as pool:
        with ledger.write() as work:
            work.drafts.claim(ids[:1])
            running = pool.submit(other)
            while not work.clock.connection.scalar(_WAITING) and not running.done():
                work.clock.connection.execute(text("SELECT pg_stat_clear_snapshot()"))
            work.drafts.claim(ids[1:])  # the other one waits for the first and has none of these
        running.result(timeout=10)


def test_drafts_of_one_state_newest_first(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        new, old = (
            a_draft("D-1"),
            replace(a_draft("D-2"), supplied_on=a_draft().supplied_on.replace(day=1)),
        )
        drafted(work, old)
        drafted(work, new)
        assert [r.id for r in work.drafts.in_state(DraftState.DRAFT, 10)] == [new.id, old.id]
        assert [r.id for r in work.drafts.in_state(DraftState.DRAFT, 1)] == [new.id]
        assert work.drafts.in_state(DraftState.HELD, 10) == []


def test_the_drafts_of_an_agreement_are_those_that_live_the_oldest_first(
    ledger: SqlLedger,
) -> None:
    nordwind = "nordwind-projects"
    with ledger.write() as work:
        one, two, gone = (owed_and_drafted(work, name) for name in ("D-1", "D-2", "D-3"))
        work.obligations.add([extra := an_obligation("D-4")])
        before, after = ObligationState.OPEN, ObligationState.DRAFTED
        work.obligations.move([extra.key.id], before, after, one.id)  # one draft, two things owed
        work.drafts.move(ParcelItem(gone.id, 1), DraftState.DRAFT, DraftState.EXPIRED)
        (record,) = work.drafts.get([two.id])
        older = replace(two, supplied_on=two.supplied_on.replace(day=1))
        work.drafts.add_version(older, "lead", CONFIG, record)

        found = work.drafts.of_agreements([nordwind, "nothing"])
        versions = work.drafts.versions_of([nordwind, "nothing"])
        days = work.drafts.gross_per_day([nordwind], [one.supplied_on, older.supplied_on])

    assert [(one.id, one.version) for one in found[nordwind]] == [(two.id, 2), (one.id, 1)]
    assert found["nothing"] == []
    assert versions == {
        nordwind: {(ParcelItem(one.id, 1), False), (ParcelItem(two.id, 2), False)},
        "nothing": frozenset(),
    }
    assert days == {
        (nordwind, one.supplied_on): (one.totals.gross,),
        (nordwind, older.supplied_on): (older.totals.gross,),
    }


def test_an_odd_character_in_a_text_hides_no_amount(ledger: SqlLedger) -> None:
    odd = a_draft("D-1", a_work_item("r/1", description="a \0 b \\u0000"))
    with ledger.write() as work:
        work.obligations.add([owed := an_obligation("D-1")])
        drafted(work, odd)
        before, after = ObligationState.OPEN, ObligationState.DRAFTED
        work.obligations.move([owed.key.id], before, after, odd.id)
        found = work.drafts.gross_per_day([owed.key.agreement], [odd.supplied_on])
    assert found == {(owed.key.agreement, odd.supplied_on): (odd.totals.gross,)}


def test_a_record_is_billed_once_and_a_conflict_binds_nothing(ledger: SqlLedger) -> None:
    one = a_draft("D-1", a_work_item("hour-1"), a_work_item("hour-2"))
    two = a_draft("D-2", a_work_item("hour-2"), a_work_item("hour-3"))
    three = a_draft("D-3", a_work_item("hour-3"))
    with ledger.write() as work:
        for draft in (one, two, three):
            drafted(work, draft)
        assert work.drafts.consume(one) == []
        assert work.drafts.consume(one) == []
        assert work.drafts.consume(two) == [("hour-2", one.id)]
        assert work.drafts.consume(three) == []


def test_a_new_version_frees_the_records_it_bills_no_more(ledger: SqlLedger) -> None:
    one = a_draft("D-1", a_work_item("hour-1"), a_work_item("hour-2"))
    two = a_draft("D-2", a_work_item("hour-2"))
    with ledger.write() as work:
        record = drafted(work, one)
        work.drafts.consume(one)
        drafted(work, two)
        fewer = replace(one, lines=one.lines[:1])
        assert work.drafts.consume(fewer) == []
        assert work.drafts.add_version(fewer, "lead", CONFIG, record)
        assert work.drafts.consume(two) == []
        assert work.drafts.consume(one) == [("hour-2", two.id)]


def test_a_planned_item_moves_over_to_the_new_parcel(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        one, two = drafted(work, a_draft("D-1")).draft, drafted(work, a_draft("D-2")).draft
        old = in_parcel(work, one, two, run_id="run-1")
        work.parcels.put([old])
        new = in_parcel(work, two, run_id="run-2")
        assert work.parcels.get(new.id) == new
        assert work.parcels.get(old.id).items == (ParcelItem(one.id, 1),)


def test_the_parcels_of_a_run_come_as_they_were_planned(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        drafts = [drafted(work, a_draft(f"D-{at}")).draft for at in range(3)]
        planned = [
            Parcel(f"{9 - at}", "run-1", bool(at), (ParcelItem(draft.id, 1),))
            for at, draft in enumerate(drafts)
        ]
        work.parcels.put(planned)
        assert work.parcels.of_run("run-1") == planned
        assert work.parcels.of_run("run-2") == []
        work.parcels.put([])


def test_an_unknown_parcel_is_named(ledger: SqlLedger) -> None:
    with pytest.raises(NotFoundError, match="'nothing'"), ledger.read() as work:
        work.parcels.get("nothing")
