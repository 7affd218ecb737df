"""Audit: verify the whole ledger, show what breaks a promise, and anchor the trail."""

from airflow.sdk import BaseOperator, Context

from invoicing.domain.promises import PROMISES
from invoicing.hooks.connections import services_from_airflow
from invoicing.services.anchor import anchor_trail
from invoicing.services.audit import audit_ledger


class AuditLedgerOperator(BaseOperator):
    """
    Verify every promise of the ledger and anchor the trail of the day.

    Returns the ids of the promises that are broken; what breaks them stands in the queue.
    """

    def execute(self, context: Context) -> list[str]:
        """Audit and anchor, and return ids."""
        services = services_from_airflow()
        findings = audit_ledger(services)
        anchor = anchor_trail(services)
        broken = [promise.value for promise in PROMISES if promise in {f.promise for f in findings}]
        self.log.info("%d findings about %s", len(findings), ", ".join(broken) or "nothing")
        if anchor is not None:
            self.log.info("anchored %d trails of %s", anchor.heads, anchor.day)
        return broken
