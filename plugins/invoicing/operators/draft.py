"""Draft: compute the invoices that are owed, with a preview of each."""

from airflow.sdk import Context

from invoicing.domain.review import SYSTEM
from invoicing.hooks.connections import services_from_airflow
from invoicing.operators.base import ModelOperator
from invoicing.services.draft import draft_obligations


class DraftInvoicesOperator(ModelOperator):
    """
    Draft every obligation that has no draft yet; what cannot be computed is held.

    Whoever started the run by hand is the author of its drafts and may not approve them; a draft
    that somebody asked for is theirs.
    Returns the ids of the new drafts.

    :param model: billing model, such as ``retainer``, ``milestone`` or ``one_off``
    """

    def execute(self, context: Context) -> list[str]:
        """Draft, and return ids."""
        author = context["dag_run"].triggering_user_name or SYSTEM
        drafted = draft_obligations(services_from_airflow(), self.model, author=author)
        self.log.info("%d drafts made", len(drafted))
        return drafted
