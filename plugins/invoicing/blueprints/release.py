"""Release: the mapped group that carries each parcel from review to dispatch, the only way out."""

from datetime import timedelta

from airflow.sdk import chain, task_group

from invoicing.operators.dispatch import DispatchInvoicesOperator
from invoicing.operators.issue import IssueInvoicesOperator
from invoicing.operators.parcels import PlanParcelsOperator
from invoicing.operators.render import RenderInvoicesOperator
from invoicing.operators.review import ReviewDraftOperator

ASK_FOR = timedelta(days=14)  # then the run ends and the next one asks again
LABEL = "{{ task.parcel_id[:8] }}"


def release_parcels(plan: PlanParcelsOperator) -> None:
    """Map the release group over the parcels that ``plan`` returns.

    Each parcel goes its own way: one that is rejected or still waits stops no other. A parcel that
    needs nobody's answer passes the same review task, which then returns at once.
    """

    @task_group(group_id="release", tooltip="review, issue, render and dispatch one parcel")
    def release(parcel_id: str) -> None:
        chain(
            ReviewDraftOperator(
                task_id="review",
                parcel_id=parcel_id,
                map_index_template=LABEL,
                response_timeout=ASK_FOR,
                # An answer given while the task is still parking fails this attempt; the next one
                # finds the answer in the ledger or asks again.
                retries=2,
                retry_delay=timedelta(seconds=2),
            ),
            IssueInvoicesOperator(task_id="issue", parcel_id=parcel_id, map_index_template=LABEL),
            RenderInvoicesOperator(task_id="render", parcel_id=parcel_id, map_index_template=LABEL),
            DispatchInvoicesOperator(
                task_id="dispatch", parcel_id=parcel_id, map_index_template=LABEL
            ),
        )

    release.expand(parcel_id=plan.output)
