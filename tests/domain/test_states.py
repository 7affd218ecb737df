"""States: only the steps of the table, and no way back from an end."""

from itertools import product

import pytest

from invoicing.domain.errors import StateError
from invoicing.domain.states import (
    DRAFT_MOVES,
    OUTBOX_MOVES,
    DraftState,
    OutboxState,
    check_draft_move,
    check_outbox_move,
)

D, BOX = DraftState, OutboxState
ENDS = {D.HELD, D.REJECTED, D.EXPIRED}
DRAFT_STEPS = {
    D.DRAFT: {D.AWAITING_REVIEW, D.APPROVED, *ENDS},
    D.AWAITING_REVIEW: {D.APPROVED, *ENDS},
    D.APPROVED: {D.ISSUED, *ENDS},
    D.HELD: {D.DRAFT, D.REJECTED, D.EXPIRED},
    D.ISSUED: set(),
    D.REJECTED: set(),
    D.EXPIRED: set(),
}
OUTBOX_STEPS = {
    BOX.PENDING: {BOX.SENDING, BOX.FAILED},
    BOX.SENDING: {BOX.PENDING, BOX.DONE, BOX.FAILED, BOX.UNCERTAIN},
    BOX.FAILED: {BOX.PENDING, BOX.DONE},
    BOX.UNCERTAIN: {BOX.PENDING, BOX.DONE, BOX.BOUNCED},
    BOX.DONE: {BOX.BOUNCED},
    BOX.BOUNCED: {BOX.PENDING, BOX.DONE},
}


@pytest.mark.parametrize(("before", "after"), list(product(DraftState, repeat=2)))
def test_a_draft_takes_the_steps_of_the_table_and_no_other(
    before: DraftState, after: DraftState
) -> None:
    if after in DRAFT_STEPS[before]:
        check_draft_move(before, after)
    else:
        with pytest.raises(StateError, match=f"a draft cannot go from {before} to {after}"):
            check_draft_move(before, after)


@pytest.mark.parametrize(("before", "after"), list(product(OutboxState, repeat=2)))
def test_a_message_takes_the_steps_of_the_table_and_no_other(
    before: OutboxState, after: OutboxState
) -> None:
    if after in OUTBOX_STEPS[before]:
        check_outbox_move(before, after)
    else:
        with pytest.raises(StateError, match=f"a message cannot go from {before} to {after}"):
            check_outbox_move(before, after)


def test_an_end_is_an_end() -> None:
    assert {state for state, after in DRAFT_MOVES.items() if not after} == {
        D.ISSUED,
        D.REJECTED,
        D.EXPIRED,
    }
    assert all(OUTBOX_MOVES.values())  # what was taken may still come back


def test_nothing_is_issued_but_from_approved() -> None:
    assert [state for state, after in DRAFT_MOVES.items() if D.ISSUED in after] == [D.APPROVED]


def test_no_message_is_sent_again_by_the_machine_once_it_may_have_arrived() -> None:
    # Back to sending leads through pending only, and only a person moves uncertain there.
    assert [state for state, after in OUTBOX_MOVES.items() if BOX.SENDING in after] == [BOX.PENDING]


@pytest.mark.parametrize("state", DraftState)
def test_every_state_of_a_draft_can_be_reached(state: DraftState) -> None:
    reached = {D.DRAFT}
    while more := {after for before in reached for after in DRAFT_MOVES[before]} - reached:
        reached |= more
    assert state in reached
