"""Milestones and money: which part of a project comes next when one before it is paid."""

from collections.abc import Collection
from datetime import date

from invoicing.domain.agreements import Agreement, Milestone, Project
from invoicing.domain.events import BillingEvent, EventKind
from invoicing.domain.report import LEDGER


def next_milestone(
    project: Project, units: Collection[str], *, is_deposit: bool
) -> Milestone | None:
    """Return the milestone after those that an invoice bills; after a deposit it is the first."""
    billed = [at for at, one in enumerate(project.milestones) if one.key in units]
    if not billed and not is_deposit:
        return None
    at = max(billed, default=-1) + 1
    return project.milestones[at] if at < len(project.milestones) else None


def due_by_payment(
    agreement: Agreement, milestone: Milestone, invoice_id: str, paid_on: date
) -> BillingEvent:
    """Return the fact that a milestone is due since the invoice before it is paid, once for it."""
    return BillingEvent(
        source=LEDGER,
        event_id=f"paid:{invoice_id}",
        kind=EventKind.MILESTONE_DONE,
        client=agreement.client,
        agreement=agreement.key,
        subject=milestone.key,
        occurred_on=paid_on,
        work=(),
        category=agreement.category,
    )
