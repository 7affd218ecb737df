"""A thing is owed once, and its draft is linked by compare-and-set."""

from dataclasses import replace
from datetime import date

import pytest

from invoicing.domain.errors import NotFoundError
from invoicing.domain.rules import Model
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services.ports import ObligationState
from tests.ledger.given import drafted
from tests.support.builders import a_draft, an_obligation


def test_the_same_thing_is_stored_once(ledger: SqlLedger) -> None:
    one, two = an_obligation("D-1"), an_obligation("D-2")
    same = replace(one, event_id="another event", title="another title")
    with ledger.write() as work:
        assert work.obligations.add([one]) == [one.key.id]
        assert work.obligations.add([same, two]) == [two.key.id]
        assert work.obligations.owed([one.key, two.key, an_obligation("D-3").key]) == {
            one.key: one,
            two.key: two,
        }
        assert work.obligations.get(one.key.id) == one


def test_a_higher_revision_is_another_thing(ledger: SqlLedger) -> None:
    owed = an_obligation()
    again = replace(owed, key=replace(owed.key, revision=1))
    with ledger.write() as work:
        assert work.obligations.add([owed, again]) == [owed.key.id, again.key.id]


def test_open_ones_are_those_without_a_draft_oldest_first(ledger: SqlLedger) -> None:
    late, early = an_obligation("D-1"), an_obligation("D-2", day=date(2026, 10, 1))
    with ledger.write() as work:
        work.obligations.add([late, early])
        assert work.obligations.open(Model.DEAL, 10) == [early, late]
        assert work.obligations.open(Model.DEAL, 1) == [early]
        assert work.obligations.open(Model.RETAINER, 10) == []
        work.obligations.move([early.key.id], ObligationState.OPEN, ObligationState.HELD, "")
        assert work.obligations.open(Model.DEAL, 10) == [late]


def test_moving_tells_which_moved_and_links_the_draft(ledger: SqlLedger) -> None:
    one, two, draft = an_obligation("D-1"), an_obligation("D-2"), a_draft("D-1")
    ids = [two.key.id, one.key.id]
    before, after = ObligationState.OPEN, ObligationState.DRAFTED
    with ledger.write() as work:
        drafted(work, draft)
        work.obligations.add([one, two])
        assert work.obligations.move([one.key.id], before, after, draft.id) == [one.key.id]
        assert work.obligations.move(ids, before, after, draft.id) == [two.key.id]
        assert work.obligations.move(ids, before, after, draft.id) == []
        assert {one.title for one in work.obligations.of_draft(draft.id)} == {
            "Deal D-1",
            "Deal D-2",
        }
        assert work.obligations.move(ids, after, before, "") == ids
        assert work.obligations.of_draft(draft.id) == []


def test_more_than_one_list_of_ids_fits(ledger: SqlLedger) -> None:
    owed = [an_obligation(f"D-{at}") for at in range(1100)]
    ids = [one.key.id for one in owed]
    with ledger.write() as work:
        work.obligations.add(owed)
        assert len(work.obligations.owed([one.key for one in owed])) == 1100
        held = work.obligations.move(ids, ObligationState.OPEN, ObligationState.HELD, "")
    assert held == ids


def test_an_unknown_obligation_is_named(ledger: SqlLedger) -> None:
    with pytest.raises(NotFoundError, match="'nothing'"), ledger.read() as work:
        work.obligations.get("nothing")
