"""Dispatch: hand the invoices of a parcel over to the mail server, each once."""

from airflow.sdk import Context

from invoicing.hooks.connections import services_from_airflow
from invoicing.operators.base import ParcelOperator
from invoicing.services.dispatch import dispatch_parcel


class DispatchInvoicesOperator(ParcelOperator):
    """
    Send the invoices of a parcel; what failed or may have arrived is shown in the queue.

    Returns the ids of the messages that were handed over.

    :param parcel_id: id of the parcel (templated)
    """

    def execute(self, context: Context) -> list[str]:
        """Dispatch, and return ids."""
        sent = dispatch_parcel(services_from_airflow(), self.parcel_id)
        self.log.info("%d messages are handed over", len(sent))
        return sent
