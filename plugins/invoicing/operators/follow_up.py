"""Follow up: finish what was interrupted and remind where money is still owed."""

from airflow.sdk import BaseOperator, Context

from invoicing.hooks.connections import services_from_airflow
from invoicing.services.follow_up import follow_up


class FollowUpInvoicesOperator(BaseOperator):
    """
    Recover interrupted messages, render what is missing, and send what is due.

    Returns the ids of the messages that were handed over.
    """

    def execute(self, context: Context) -> list[str]:
        """Follow up, and return ids."""
        sent = follow_up(services_from_airflow())
        self.log.info("%d messages were handed over", len(sent))
        return sent
