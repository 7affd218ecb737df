"""Reconcile: apply reported payments to the invoices they pay."""

from airflow.sdk import BaseOperator, Context

from invoicing.hooks.connections import services_from_airflow
from invoicing.services.reconcile import reconcile_payments


class ReconcilePaymentsOperator(BaseOperator):
    """
    Apply every reported payment once; what no rule can place goes to a person.

    Returns the ids of the invoices whose money changed.
    """

    def execute(self, context: Context) -> list[str]:
        """Reconcile, and return ids."""
        changed = reconcile_payments(services_from_airflow())
        self.log.info("%d invoices changed", len(changed))
        return changed
