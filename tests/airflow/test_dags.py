"""The DAG files load without complaint and have the shape that the cycle relies on."""

from datetime import timedelta

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG, Asset, AssetAny, AssetOrTimeSchedule, CronTriggerTimetable
from airflow.sdk.definitions.retry_policy import RetryAction
from airflow.serialization.serialized_objects import DagSerialization

from invoicing.blueprints.cycle import RETRY, wake_up_asset
from invoicing.domain.errors import NotFoundError, TransientError
from invoicing.domain.events import EventKind
from invoicing.domain.rules import EVENTS_OF_MODEL, Model
from invoicing.operators.review import ReviewDraftOperator
from sandbox.airflow_setup import ROOT

FORM = "one_off_invoice"
BILLING = {
    "deal_invoices": Model.DEAL,
    "estimate_invoices": Model.ESTIMATE,
    "milestone_invoices": Model.MILESTONE,
    "one_off_invoices": Model.ONE_OFF,
    "retainer_invoices": Model.RETAINER,
    "threshold_invoices": Model.THRESHOLD,
}
DAGS = sorted([*BILLING, "follow_up", "reconcile", "data_audit", "approval_mail", FORM])


@pytest.fixture(scope="module")
def bag() -> DagBag:
    return DagBag(dag_folder=str(ROOT / "dags"))


def dag_of(bag: DagBag, dag_id: str) -> DAG:
    dag = bag.dags[dag_id]
    assert isinstance(dag, DAG)
    return dag


def test_every_file_loads(bag: DagBag) -> None:
    assert bag.import_errors == {}
    assert sorted(bag.dags) == DAGS


@pytest.mark.parametrize("dag_id", DAGS)
def test_every_dag_explains_itself_to_finance(bag: DagBag, dag_id: str) -> None:
    dag = dag_of(bag, dag_id)

    assert len(str(dag.doc_md)) > 100
    assert "invoicing" in dag.tags
    assert {task.owner for task in dag.tasks} == {"finance"}


@pytest.mark.parametrize("dag_id", DAGS)
def test_unpausing_starts_no_past_run_and_failures_are_tried_again(
    bag: DagBag, dag_id: str
) -> None:
    dag = dag_of(bag, dag_id)

    assert dag.start_date is None
    assert dag.catchup is False
    assert all(task.start_date is None for task in dag.tasks)
    assert all(task.retries and task.retry_policy for task in dag.tasks)


@pytest.mark.parametrize("dag_id", DAGS)
def test_a_dag_survives_the_trip_to_the_scheduler(bag: DagBag, dag_id: str) -> None:
    stored = DagSerialization.to_dict(dag_of(bag, dag_id))

    assert DagSerialization.from_dict(stored).task_ids == bag.dags[dag_id].task_ids


@pytest.mark.parametrize("dag_id", BILLING)
def test_parked_runs_do_not_stop_billing(bag: DagBag, dag_id: str) -> None:
    assert dag_of(bag, dag_id).max_active_runs == 1000


@pytest.mark.parametrize("dag_id", BILLING)
def test_there_is_one_way_out_and_it_leads_past_the_review(bag: DagBag, dag_id: str) -> None:
    dag = dag_of(bag, dag_id)
    stages = ["report", "decide", "draft", "plan_parcels"]
    group = [f"release.{stage}" for stage in ("review", "issue", "render", "dispatch")]

    assert set(dag.task_ids) == {*stages, *group}
    assert dag.get_task("release.issue").upstream_task_ids >= {"release.review"}
    assert dag.get_task("release.dispatch").downstream_task_ids == set()
    assert isinstance(dag.get_task("release.review"), ReviewDraftOperator)


def test_every_way_of_billing_has_its_dag() -> None:
    assert set(BILLING.values()) == set(Model)
    assert all(dag_id == f"{model}_invoices" for dag_id, model in BILLING.items())


@pytest.mark.parametrize("dag_id", [*BILLING, "reconcile"])
def test_a_dag_sweeps_every_minute_and_any_of_its_events_wakes_it(bag: DagBag, dag_id: str) -> None:
    kinds: tuple[EventKind, ...] = (EventKind.PAYMENT_RECEIVED,)
    if dag_id in BILLING:
        kinds = EVENTS_OF_MODEL[BILLING[dag_id]]

    schedule = dag_of(bag, dag_id).schedule

    assert isinstance(schedule, AssetOrTimeSchedule)
    assert schedule.timetable == CronTriggerTimetable("* * * * *", timezone="UTC")
    assert type(schedule.asset_condition) is AssetAny
    names = [one.name for one in schedule.asset_condition.objects if isinstance(one, Asset)]
    assert names == [f"invoicing_{kind}" for kind in kinds]


def test_the_audit_runs_every_night_and_by_itself(bag: DagBag) -> None:
    dag = dag_of(bag, "data_audit")

    assert dag.schedule == CronTriggerTimetable("17 1 * * *", timezone="UTC")
    assert dag.max_active_runs == 1
    assert dag.task_ids == ["audit"]


@pytest.mark.parametrize("kind", EventKind)
def test_only_events_from_outside_are_watched(kind: EventKind) -> None:
    watched = [watcher.trigger.serialize()[1]["kind"] for watcher in wake_up_asset(kind).watchers]

    inside = {EventKind.RETAINER_DUE, EventKind.ONE_OFF_REQUESTED}
    assert watched == ([] if kind in inside else [kind])


def test_the_form_wakes_up_the_dag_that_bills_what_it_asks_for(bag: DagBag) -> None:
    form = dag_of(bag, FORM)
    (asset,) = form.get_task("request").outlets

    assert form.schedule is None
    assert asset.name == f"invoicing_{EventKind.ONE_OFF_REQUESTED}"


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (NotFoundError("gone"), RetryAction.FAIL),
        (TransientError("locked"), RetryAction.RETRY),
        (RuntimeError("surprise"), RetryAction.DEFAULT),
    ],
)
def test_only_what_time_can_heal_is_tried_again(error: Exception, action: RetryAction) -> None:
    assert RETRY.evaluate(error, try_number=1, max_tries=3).action is action


def test_a_review_is_asked_again_quickly_when_an_answer_came_too_fast(bag: DagBag) -> None:
    review = dag_of(bag, "deal_invoices").get_task("release.review")

    assert (review.retries, review.retry_delay) == (2, timedelta(seconds=2))
