"""A chain of approvers is asked step by step, and only all of them together approve."""

from dataclasses import replace
from datetime import date

import pytest

from invoicing.domain.book import Book
from invoicing.domain.errors import RefusedError
from invoicing.domain.money import Money
from invoicing.domain.periods import Period
from invoicing.domain.review import Answer, Approver, ReviewRequest, ReviewStep
from invoicing.domain.states import DraftState
from invoicing.services import review
from invoicing.services.verify import verify
from tests.support.services import House, a_book

CHAIN = (("manager", ("anna",)), ("finance", ("anna", "ben")))


@pytest.fixture
def chained(house: House) -> House:
    """The house under a policy of two steps."""
    return house.with_book(a_book(chain=CHAIN))


def with_approver(book: Book, approver: Approver) -> Book:
    """Change what the policy says about one approver."""
    policy = book.review
    approvers = {**policy.approvers, approver.login: approver}
    return replace(book, review=replace(policy, approvers=approvers))


def asked(house: House, run_id: str = "run-1") -> tuple[str, ReviewRequest]:
    if run_id == "run-1":
        house.win_deal("D-1", "9000.00 EUR")
    (parcel,) = house.plan(run_id)
    request = review.open_review(house.s, parcel)
    assert request is not None
    return parcel, request


def say(
    house: House, parcel: str, request: ReviewRequest, login: str, word: str = "Approve"
) -> None:
    label = next(option for option in request.options if option.startswith(word))
    review.answer_review(house.s, parcel, label, login, "fine")


def state_of(house: House, draft_id: str) -> DraftState:
    with house.s.ledger.read() as work:
        return work.drafts.get([draft_id])[0].state


def test_each_step_is_a_question_of_its_own_and_the_last_answer_approves(chained: House) -> None:
    parcel, first = asked(chained)
    assert first.subject.endswith("step 1 of 2: manager")
    assert "step 1 of 2: manager: anna" in first.body
    say(chained, parcel, first, "anna")

    assert state_of(chained, first.draft_id) is DraftState.AWAITING_REVIEW
    assert chained.finish(parcel) == []
    assert chained.open_codes() == []
    again, second = asked(chained, "run-2")
    assert "step 2 of 2: finance: ben" in second.body
    assert "manager, anna, approve: fine" in second.body
    say(chained, again, second, "ben")

    assert chained.finish(again) == [first.draft_id]
    assert chained.actions(first.draft_id)[1:5] == [
        "review_asked", "step_approved", "review_asked", "approved",
    ]  # fmt: skip
    assert verify(chained.s) == []


def test_an_answer_delivered_twice_counts_once_and_opens_nothing(chained: House) -> None:
    parcel, first = asked(chained)

    for _ in range(2):
        say(chained, parcel, first, "anna")

    assert chained.open_codes() == []
    assert chained.actions(first.draft_id).count("step_approved") == 1


def test_nobody_answers_two_steps(chained: House) -> None:
    parcel, first = asked(chained)
    say(chained, parcel, first, "anna")
    again, second = asked(chained, "run-2")

    with pytest.raises(RefusedError, match="another person"):
        say(chained, again, second, "anna")

    assert chained.open_codes() == ["answer_refused"]


@pytest.mark.parametrize(
    ("word", "state", "code"),
    [("Reject", DraftState.REJECTED, "rejected"), ("Send back", DraftState.HELD, "sent_back")],
)
def test_a_step_that_says_no_asks_nobody_else(
    chained: House, word: str, state: DraftState, code: str
) -> None:
    parcel, first = asked(chained)

    say(chained, parcel, first, "anna", word)

    assert state_of(chained, first.draft_id) is state
    assert chained.plan("run-2") == []
    assert chained.open_codes() == [code]


def test_a_half_finished_chain_issues_nothing_whatever_the_tasks_say(chained: House) -> None:
    parcel, first = asked(chained)
    say(chained, parcel, first, "anna")
    again, _ = asked(chained, "run-2")

    assert chained.finish(again) == []
    assert chained.open_codes() == ["not_approved"]
    assert chained.mailer.sent == []


def test_a_delegate_answers_for_somebody_who_is_away_and_both_names_are_kept(
    chained: House,
) -> None:
    away = Approver("anna", delegate="ben", away=(Period(date(2026, 11, 1), date(2026, 11, 9)),))
    house = chained.with_book(with_approver(chained.s.book, away))
    parcel, first = asked(house)
    assert "manager: ben" in first.body

    with pytest.raises(RefusedError, match="away"):
        say(house, parcel, first, "anna")
    (parcel,) = house.plan("run-2")
    say(house, parcel, first, "ben")

    with house.s.ledger.read() as work:
        entry = work.trail.of(first.draft_id)[-1]
    assert (entry.actor, dict(entry.detail)["in_place_of"]) == ("ben", "anna")


def test_a_delegate_may_answer_what_nobody_answered_for_days(chained: House) -> None:
    with_delegate = with_approver(chained.s.book, Approver("anna", delegate="ben"))
    house = chained.with_book(with_delegate)
    parcel, first = asked(house)
    with pytest.raises(RefusedError, match="step manager asks anna"):
        say(house, parcel, first, "ben")

    house.clock.pass_by(days=3)
    (parcel,) = house.plan("run-2")
    say(house, parcel, first, "ben")

    assert house.actions(first.draft_id)[-1] == "step_approved"


def test_a_step_that_nobody_may_answer_says_so(chained: House) -> None:
    poor = Approver("anna", {"EUR": Money.parse("100.00 EUR")})
    house = chained.with_book(with_approver(chained.s.book, poor))

    parcel, first = asked(house)

    assert "nobody: no approver of this step may answer" in first.body
    with pytest.raises(RefusedError, match="over the limit of anna"):
        say(house, parcel, first, "anna")


def test_the_chain_that_was_asked_first_is_asked_to_its_end(chained: House) -> None:
    parcel, first = asked(chained)
    say(chained, parcel, first, "anna")
    policy = chained.s.book.review
    # From today on, nobody would be asked about this amount.
    lenient = replace(policy, thresholds={"EUR": Money.parse("90000.00 EUR")})
    house = chained.with_book(replace(chained.s.book, review=lenient))

    _, second = asked(house, "run-2")

    assert second.chain == first.chain
    assert second.step == "finance"


def test_a_chain_that_was_rewritten_is_asked_as_it_stands_today(chained: House) -> None:
    parcel, first = asked(chained)
    say(chained, parcel, first, "anna")
    policy = chained.s.book.review

    def under(*chain: ReviewStep) -> House:
        return chained.with_book(replace(chained.s.book, review=replace(policy, chain=chain)))

    renamed = under(policy.chain[0], ReviewStep("board", ("ben",)))
    again, second = asked(renamed, "run-2")
    assert (second.step, second.chain) == ("board", ("manager", "board"))

    shorter = under(policy.chain[0])
    with pytest.raises(RefusedError, match="step board is not in"):
        say(shorter, again, second, "ben")
    (last,) = shorter.plan("run-3")
    assert review.open_review(shorter.s, last) is None  # all of today's steps approved
    assert shorter.finish(last) == [first.draft_id]
    assert verify(shorter.s) == []


def test_the_answer_is_kept_with_its_step(chained: House) -> None:
    parcel, first = asked(chained)

    approval = review.answer_review(chained.s, parcel, first.options[0], "anna")

    assert (approval.answer, approval.step) == (Answer.APPROVE, "manager")


def test_a_step_that_nobody_may_answer_is_shown_until_somebody_may(chained: House) -> None:
    away = Approver("anna", away=(Period(date(2026, 11, 1), date(2026, 11, 7)),))
    alone = chained.with_book(with_approver(chained.s.book, away))
    parcel, request = asked(alone)
    assert alone.open_codes() == ["nobody_may_approve"]
    with alone.s.ledger.read() as work:
        (entry,) = work.exceptions.list_open(10)
    assert entry.subject == request.draft_id
    assert "step manager asks anna" in entry.cause

    review.expire_review(alone.s, parcel)
    again = chained.with_book(with_approver(chained.s.book, Approver("anna")))
    asked(again, "run-2")
    assert again.open_codes() == []
