"""Report: bring facts into the inbox, from our calendar and from what sources hinted at."""

from airflow.sdk import BaseOperator, Context

from invoicing.hooks.connections import services_from_airflow
from invoicing.operators.base import ModelOperator
from invoicing.services.report import report_events, report_payments


class ReportEventsOperator(ModelOperator):
    """
    Report the events of a billing model: fetch what sources hinted at, or ask the calendar.

    Returns the ids of the events that are now complete.

    :param model: billing model, such as ``retainer`` or ``deal``
    """

    def execute(self, context: Context) -> list[str]:
        """Report, and return ids."""
        reported = report_events(services_from_airflow(), self.model)
        self.log.info("%d events reported", len(reported))
        return reported


class ReportPaymentsOperator(BaseOperator):
    """
    Fetch the payments that accounting systems told us of.

    Returns the ids of the events that are now complete.
    """

    def execute(self, context: Context) -> list[str]:
        """Report, and return ids."""
        reported = report_payments(services_from_airflow())
        self.log.info("%d payments reported", len(reported))
        return reported
