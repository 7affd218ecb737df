"""Cycle: the shape of every DAG here; a DAG file only names what it bills and explains it."""

from datetime import timedelta
from typing import Any

from airflow.sdk import (
    DAG,
    Asset,
    AssetAny,
    AssetOrTimeSchedule,
    AssetWatcher,
    CronTriggerTimetable,
    ExceptionRetryPolicy,
    RetryRule,
    chain,
)
from airflow.sdk.definitions.retry_policy import RetryAction

from invoicing.blueprints.release import release_parcels
from invoicing.domain.errors import TerminalError, TransientError
from invoicing.domain.events import EventKind
from invoicing.domain.rules import EVENTS_OF_MODEL, Model
from invoicing.operators.audit import AuditLedgerOperator
from invoicing.operators.decide import DecideEventsOperator
from invoicing.operators.draft import DraftInvoicesOperator
from invoicing.operators.follow_up import FollowUpInvoicesOperator
from invoicing.operators.parcels import PlanParcelsOperator
from invoicing.operators.read_mail import ReadMailOperator
from invoicing.operators.reconcile import ReconcilePaymentsOperator
from invoicing.operators.report import ReportEventsOperator, ReportPaymentsOperator
from invoicing.services.report import OURS
from invoicing.triggers.events import UndecidedEventsTrigger

# A wake-up can get lost, so a sweep completes it. A sweep that finds nothing costs four short
# tasks; it asks no "is there anything?" first, because that would be a second, weaker definition
# of what every stage looks for, and work it overlooked would wait for ever.
SWEEP = CronTriggerTimetable("* * * * *", timezone="UTC")
# After midnight where anchors count their days, so that a day is anchored soon after its end.
NIGHTLY = CronTriggerTimetable("17 1 * * *", timezone="UTC")

# A run waits as long as its approvals do. Airflow's default of 16 would stop all billing after 16.
MAX_PARKED_RUNS = 1000

PAYMENTS = (EventKind.PAYMENT_RECEIVED,)

RETRY = ExceptionRetryPolicy(
    rules=[
        RetryRule(TerminalError, RetryAction.FAIL, reason="trying again cannot help"),
        RetryRule(TransientError, RetryAction.RETRY, reason="trying again may help"),
    ]
)
DEFAULTS: dict[str, Any] = {
    "owner": "finance",
    "retries": 3,
    "retry_delay": timedelta(seconds=30),
    "retry_policy": RETRY,
}


def billing_dag(model: str, *, doc: str | None) -> DAG:
    """Return the DAG of a way of billing, called ``<model>_invoices``.

    :param model: billing model, such as ``retainer``, ``milestone`` or ``one_off``
    :param doc: what finance reads about the DAG in Airflow (Markdown)
    """
    with _dag(f"{model}_invoices", EVENTS_OF_MODEL[Model(model)], doc, model) as dag:
        plan = PlanParcelsOperator(task_id="plan_parcels", model=model)
        chain(
            ReportEventsOperator(task_id="report", model=model),
            DecideEventsOperator(task_id="decide", model=model),
            # One at a time: a sweep that comes while a large batch is drafted would render it too.
            DraftInvoicesOperator(task_id="draft", model=model, max_active_tis_per_dag=1),
            plan,
        )
        release_parcels(plan)
    return dag


def follow_up_dag(*, doc: str | None) -> DAG:
    """Return the DAG that finishes what was interrupted and reminds.

    :param doc: what finance reads about the DAG in Airflow (Markdown)
    """
    with _dag("follow_up", (), doc, "reminders", max_active_runs=1) as dag:
        FollowUpInvoicesOperator(task_id="follow_up")
    return dag


def reconcile_dag(*, doc: str | None) -> DAG:
    """Return the DAG that applies payments to invoices.

    :param doc: what finance reads about the DAG in Airflow (Markdown)
    """
    with _dag("reconcile", PAYMENTS, doc, "payments", max_active_runs=1) as dag:
        chain(
            ReportPaymentsOperator(task_id="report"),
            ReconcilePaymentsOperator(task_id="reconcile"),
        )
    return dag


def approval_mail_dag(*, doc: str | None) -> DAG:
    """Return the DAG that reads the answers to our mails.

    :param doc: what finance reads about the DAG in Airflow (Markdown)
    """
    with _dag("approval_mail", (), doc, "mail", max_active_runs=1) as dag:
        ReadMailOperator(task_id="read_mail")
    return dag


def data_audit_dag(*, doc: str | None) -> DAG:
    """Return the DAG that verifies the ledger every night and anchors its trail.

    :param doc: what is read about the DAG in Airflow (Markdown)
    """
    with _dag("data_audit", (), doc, "audit", max_active_runs=1, schedule=NIGHTLY) as dag:
        AuditLedgerOperator(task_id="audit")
    return dag


def wake_up_asset(kind: EventKind) -> Asset:
    """Return the asset whose events wake up the DAGs that wait for ``kind``.

    It carries no work: whoever stored an event in the ledger may wake up or not.
    """
    watchers = []
    if kind not in OURS:  # runs of our own report those
        trigger = UndecidedEventsTrigger(kind=kind.value)
        watchers = [AssetWatcher(name=f"undecided_{kind}", trigger=trigger)]
    return Asset(name=f"invoicing_{kind}", group="invoicing", watchers=watchers)


def _dag(
    dag_id: str,
    kinds: tuple[EventKind, ...],
    doc: str | None,
    tag: str,
    max_active_runs: int = MAX_PARKED_RUNS,
    schedule: CronTriggerTimetable | None = None,
) -> DAG:
    """Return an empty DAG; it has no start date, because then unpausing starts no past run."""
    return DAG(
        dag_id=dag_id,
        schedule=schedule or _schedule(kinds),
        catchup=False,
        max_active_runs=max_active_runs,
        default_args=DEFAULTS,
        doc_md=doc,
        tags=["invoicing", tag],
    )


def _schedule(kinds: tuple[EventKind, ...]) -> AssetOrTimeSchedule | CronTriggerTimetable:
    """Sweep every minute, and wake up at any of ``kinds``; a plain list would wait for all."""
    if not kinds:
        return SWEEP
    return AssetOrTimeSchedule(timetable=SWEEP, assets=AssetAny(*map(wake_up_asset, kinds)))
