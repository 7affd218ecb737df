"""Parcels: pack the drafts that may go on into what the mapped tasks of this run carry."""

from airflow.sdk import Context

from invoicing.hooks.connections import services_from_airflow
from invoicing.operators.base import ModelOperator
from invoicing.services.parcels import plan_parcels

ALIVE = ["queued", "running"]


class PlanParcelsOperator(ModelOperator):
    """
    Pack the drafts that no living run carries into parcels of this run.

    Returns the ids of the parcels, over which the release group is mapped.

    :param model: billing model, such as ``retainer``, ``milestone`` or ``one_off``
    """

    def execute(self, context: Context) -> list[str]:
        """Plan, and return ids."""
        task_instance = context["ti"]
        # Run ids repeat between DAGs: two that sweep every minute have the same ones.
        this_run = f"{task_instance.dag_id}:{task_instance.run_id}"

        def is_over(run: str) -> bool:
            dag_id, _, run_id = run.partition(":")
            return not task_instance.get_dr_count(dag_id, run_ids=[run_id], states=ALIVE)

        planned = plan_parcels(services_from_airflow(), self.model, this_run, is_over)
        self.log.info("%d parcels planned", len(planned))
        return planned
