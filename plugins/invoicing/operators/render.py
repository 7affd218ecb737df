"""Render: make the document of each issued invoice."""

from airflow.sdk import Context

from invoicing.hooks.connections import services_from_airflow
from invoicing.operators.base import ParcelOperator
from invoicing.services.render import render_parcel


class RenderInvoicesOperator(ParcelOperator):
    """
    Render the invoices of a parcel; one that fails keeps its number and waits in the queue.

    Returns the ids of the invoices that have a document.

    :param parcel_id: id of the parcel (templated)
    """

    def execute(self, context: Context) -> list[str]:
        """Render, and return ids."""
        rendered = render_parcel(services_from_airflow(), self.parcel_id)
        self.log.info("%d invoices have a document", len(rendered))
        return rendered
