"""Decide: turn reported events into things owed, with today's billing rules."""

from airflow.sdk import Context

from invoicing.hooks.connections import services_from_airflow
from invoicing.operators.base import ModelOperator
from invoicing.services.decide import decide_events


class DecideEventsOperator(ModelOperator):
    """
    Decide which events become invoices; what is unclear is held for a person.

    Returns the ids of the new obligations.

    :param model: billing model, such as ``retainer``, ``milestone`` or ``one_off``
    """

    def execute(self, context: Context) -> list[str]:
        """Decide, and return ids."""
        owed = decide_events(services_from_airflow(), self.model)
        self.log.info("%d obligations arose", len(owed))
        return owed
