"""Every draft that may go on is in exactly one parcel of a living run."""

from datetime import UTC, datetime

from invoicing.domain.parties import Mode
from invoicing.domain.rules import Model
from invoicing.domain.states import DraftState
from invoicing.services import parcels, review
from tests.support.services import House, a_book


def test_small_drafts_share_a_parcel_and_each_review_has_its_own(house: House) -> None:
    for deal_id, amount in (("D-1", "100.00"), ("D-2", "200.00"), ("D-3", "9000.00")):
        house.win_deal(deal_id, f"{amount} EUR")
    house.win_deal("D-4", "300.00 EUR", "aurora")

    planned = house.plan("run-1")

    with house.s.ledger.read() as work:
        found = [work.parcels.get(parcel) for parcel in planned]
    assert sorted((p.needs_review, len(p.items)) for p in found) == [
        (False, 2), (True, 1), (True, 1),
    ]  # fmt: skip


def test_a_task_tried_again_plans_the_same(house: House) -> None:
    house.win_deal("D-1")

    assert house.plan("run-1") == house.plan("run-1") != []


def test_a_living_runs_draft_is_left_to_it_and_a_dead_runs_is_planned_again(house: House) -> None:
    house.win_deal("D-1")
    (first,) = house.plan("run-1")

    assert parcels.plan_parcels(house.s, Model.DEAL, "run-2", lambda _: False) == []
    (second,) = parcels.plan_parcels(house.s, Model.DEAL, "run-3", lambda _: True)

    assert first != second
    with house.s.ledger.read() as work:
        assert work.parcels.get(first).items == ()


def test_what_was_drafted_in_shadow_mode_is_never_billed_even_when_live(house: House) -> None:
    shadow = house.with_book(a_book(modes={"nordwind": Mode.SHADOW}))
    house.win_deal("D-1")

    assert shadow.plan("run-1") == []

    with house.s.ledger.read() as work:
        (record,) = work.drafts.in_state(DraftState.EXPIRED, 10)
    assert house.actions(record.id) == ["drafted", "shadowed"]
    assert house.plan("run-2") == []
    assert house.invoice_of("D-2").number == "INV-2026-00001"


def test_retainers_and_deals_do_not_mix(house: House) -> None:
    house.clock.at = datetime(2026, 11, 2, 9, tzinfo=UTC)
    house.win_deal("D-1")

    retainers, deals = house.plan("run-r", Model.RETAINER), house.plan("run-d")

    assert len(retainers) == len(deals) == 1
    assert retainers != deals


def test_a_question_that_was_asked_is_asked_again_although_its_reason_is_gone(
    house: House,
) -> None:
    for deal_id in ("D-1", "D-2"):
        house.win_deal(deal_id, "300.00 EUR", "aurora")
    first, second = house.plan("run-1")
    asked = review.open_review(house.s, first)
    question = review.open_review(house.s, second)
    assert asked
    assert question
    review.answer_review(house.s, first, asked.options[0], "finance")
    house.finish(first)  # from now on aurora is no new client

    (again,) = house.plan("run-2", Model.DEAL, "run-1")

    assert review.open_review(house.s, again) == question
    review.answer_review(house.s, again, question.options[0], "finance")
    assert house.finish(again) == [question.draft_id]


def test_a_draft_whose_tasks_failed_does_not_wait_for_the_questions_of_its_run(
    house: House,
) -> None:
    house.win_deal("D-1")
    house.win_deal("D-2", "9000.00 EUR")
    for parcel in house.plan("run-1"):
        review.open_review(house.s, parcel)  # then the task that issues fails for good

    assert house.plan("run-2") == []
    house.clock.pass_by(hours=2)
    (again,) = house.plan("run-3")

    assert len(house.finish(again)) == 1
    assert house.plan("run-4") == []
