"""Issue: give approved drafts their number and freeze them."""

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from invoicing.hooks.connections import services_from_airflow
from invoicing.operators.base import ParcelOperator
from invoicing.services.issue import issue_parcel


class IssueInvoicesOperator(ParcelOperator):
    """
    Issue the drafts of a parcel that the ledger holds an approval for.

    The state of the review task counts for nothing: marking it as success issues nothing. A parcel
    without any invoice is skipped. Returns the ids of the parcel's invoices.

    :param parcel_id: id of the parcel (templated)
    """

    def execute(self, context: Context) -> list[str]:
        """Issue, and return ids."""
        issued = issue_parcel(services_from_airflow(), self.parcel_id)
        if not issued:
            raise AirflowSkipException("the ledger holds no approval for this parcel: not issued")
        self.log.info("%d invoices are issued", len(issued))
        return issued
