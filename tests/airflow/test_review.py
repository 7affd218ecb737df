"""A review asks what the ledger asks, and every answer ends in the ledger before anything else."""

from typing import Any

import pytest
from airflow.providers.standard.operators import hitl
from airflow.sdk.exceptions import AirflowSkipException, TaskAwaitingInput

from invoicing.domain.errors import TransientError
from invoicing.domain.review import Approval
from invoicing.domain.rules import Model
from invoicing.domain.states import DraftState
from invoicing.operators import review
from invoicing.operators.review import ReviewDraftOperator
from invoicing.services.review import answer_review
from tests.support.services import House

Asked = list[dict[str, Any]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What Airflow is told to show, in the order of asking."""
    asked: Asked = []
    monkeypatch.setattr(hitl, "upsert_hitl_detail", lambda **question: asked.append(question))
    return asked


@pytest.fixture
def parcel(house: House) -> str:
    """The parcel of a draft over the threshold."""
    house.win_deal("D-1", "9000.00 EUR")
    return house.plan("run-1")[0]


def ask(parcel: str) -> None:
    """Start a review that parks."""
    with pytest.raises(TaskAwaitingInput):
        execute(parcel)


def execute(parcel: str) -> list[str]:
    context: Any = {"task_instance": type("Instance", (), {"id": "ti"})}
    return ReviewDraftOperator(task_id="review", parcel_id=parcel).execute(context)


def answer(
    parcel: str, label: str, login: str | None = "finance", said: dict[str, Any] | None = None
) -> list[str]:
    """Resume a review in what is a new process in real life."""
    user = {"id": "17", "name": login} if login else None
    event = {"chosen_options": [label], "params_input": said, "responded_by_user": user}
    context: Any = {}
    operator = ReviewDraftOperator(task_id="review", parcel_id=parcel)
    return operator.execute_complete(context, event | {"responded_at": None})


def state(house: House) -> DraftState:
    with house.s.ledger.read() as work:
        for state in DraftState:
            if work.drafts.in_state(state, 1):
                return state
    raise AssertionError("there is no draft")


def test_nobody_is_asked_about_a_small_draft(house: House, asked: Asked) -> None:
    house.win_deal("D-1")
    (parcel,) = house.plan("run-1")

    assert execute(parcel) == []
    assert asked == []


def test_the_question_is_the_ledgers(house: House, asked: Asked, parcel: str) -> None:
    ask(parcel)

    (question,) = asked
    assert [option.split()[0] for option in question["options"]] == ["Approve", "Reject", "Send"]
    assert all(" v1-" in option for option in question["options"])
    assert "DE89370400440532013000" in question["body"]
    assert question["defaults"] is None
    assert state(house) is DraftState.AWAITING_REVIEW


def test_what_clients_write_is_no_template() -> None:
    assert ReviewDraftOperator.template_fields == ("parcel_id",)


def test_an_approval_is_recorded_and_only_the_id_goes_on(
    house: House, asked: Asked, parcel: str
) -> None:
    ask(parcel)

    (draft_id,) = answer(parcel, asked[0]["options"][0], said={"comment": "fine with me"})

    assert state(house) is DraftState.APPROVED
    with house.s.ledger.read() as work:
        decision = work.reviews.decision(draft_id, 1)
    assert decision is not None
    assert (decision.decided_by, decision.comment) == ("finance", "fine with me")


@pytest.mark.parametrize(
    ("option", "after"), [(1, DraftState.REJECTED), (2, DraftState.HELD)], ids=["reject", "back"]
)
def test_anything_but_an_approval_skips_the_rest(
    house: House, asked: Asked, parcel: str, option: int, after: DraftState
) -> None:
    ask(parcel)

    with pytest.raises(AirflowSkipException):
        answer(parcel, asked[0]["options"][option])

    assert state(house) is after


@pytest.mark.parametrize("login", ["viewer", None])
def test_a_refused_answer_leaves_the_draft_waiting(
    house: House, asked: Asked, parcel: str, login: str | None
) -> None:
    ask(parcel)

    with pytest.raises(AirflowSkipException, match="refused"):
        answer(parcel, asked[0]["options"][0], login)

    assert state(house) is DraftState.AWAITING_REVIEW
    assert house.open_codes() == ["answer_refused"]
    (again,) = house.plan("run-2", Model.DEAL, "run-1")
    ask(again)


@pytest.mark.parametrize("label", ["Approve", "Approve v9-000000", ""])
def test_an_answer_to_another_version_is_refused(
    house: House, asked: Asked, parcel: str, label: str
) -> None:
    ask(parcel)

    with pytest.raises(AirflowSkipException, match="refused"):
        answer(parcel, label)

    assert state(house) is DraftState.AWAITING_REVIEW


def test_a_time_out_approves_nothing(house: House, asked: Asked, parcel: str) -> None:
    ask(parcel)
    context: Any = {}
    operator = ReviewDraftOperator(task_id="review", parcel_id=parcel)

    with pytest.raises(AirflowSkipException, match="nobody answered"):
        operator.execute_complete(context, {"error": "too late", "error_type": "timeout"})

    assert state(house) is DraftState.AWAITING_REVIEW


def test_a_decided_draft_is_not_asked_about_again(house: House, asked: Asked, parcel: str) -> None:
    ask(parcel)
    answer(parcel, asked[0]["options"][0])

    assert execute(parcel) == []
    assert len(asked) == 1


def test_the_first_answer_stays(house: House, asked: Asked, parcel: str) -> None:
    ask(parcel)
    first = answer(parcel, asked[0]["options"][0])

    assert answer(parcel, asked[0]["options"][1], "lead") == first
    assert state(house) is DraftState.APPROVED


@pytest.mark.parametrize("said", [None, {}, {"comment": None}, {"comment": 7, "discount": 99}])
def test_a_sloppy_form_loses_no_answer(
    house: House, asked: Asked, parcel: str, said: dict[str, Any] | None
) -> None:
    ask(parcel)

    assert len(answer(parcel, asked[0]["options"][0], said=said)) == 1


def test_an_answer_outlives_a_ledger_that_is_away(
    house: House, asked: Asked, parcel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(parcel)
    really = answer_review
    failures = iter([TransientError("locked"), TransientError("locked")])

    def sometimes(*arguments: Any) -> Approval:
        if failure := next(failures, None):
            raise failure
        return really(*arguments)

    monkeypatch.setattr(review, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(review, "answer_review", sometimes)

    assert len(answer(parcel, asked[0]["options"][0])) == 1


def test_a_ledger_that_stays_away_fails_the_attempt(
    house: House, asked: Asked, parcel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(parcel)

    def never(*arguments: Any) -> Approval:
        raise TransientError("locked")

    monkeypatch.setattr(review, "LEDGER_AWAY_SECONDS", 0)
    monkeypatch.setattr(review, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(review, "answer_review", never)

    with pytest.raises(TransientError):
        answer(parcel, asked[0]["options"][0])
