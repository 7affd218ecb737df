"""Follow up: finish what was interrupted, and remind once where money is still owed."""

from collections.abc import Collection
from datetime import timedelta

from invoicing.domain.dispatch import MessageKind, Recipients, outbox_row
from invoicing.domain.follow_up import PlannedReminder, reason_not_to_remind
from invoicing.domain.issue import Invoice
from invoicing.domain.periods import local_date
from invoicing.domain.states import InvoiceState, OutboxState
from invoicing.services.dispatch import dispatch_due, recover_expired
from invoicing.services.ports import Services, UnitOfWork
from invoicing.services.render import render_pending


def follow_up(s: Services, limit: int = 1000) -> list[str]:
    """Recover, render what is missing, queue due reminders and send; return what was sent."""
    recover_expired(s)
    render_pending(s, limit)
    queue_reminders(s, limit)
    return dispatch_due(s, limit)


def queue_reminders(s: Services, limit: int = 1000) -> list[str]:
    """Put due reminders into the outbox, or drop them with the reason; return the ids queued."""
    now = s.clock.now()
    # The day after tomorrow in UTC is no client's today, so nothing due is missed.
    horizon = now.date() + timedelta(days=1)
    queued: list[str] = []
    with s.ledger.write() as work:
        due = work.reminders.due(horizon, limit)
        ids = {invoice_id for invoice_id, _ in due}
        invoices = {invoice.id: invoice for invoice in work.invoices.get(ids)}
        arrived = _with_mail_sent(work, ids)
        for invoice_id, reminder in due:
            invoice = invoices[invoice_id]
            today = local_date(now, invoice.content.client.zone)
            if invoice_id in arrived and reminder.planned_on <= today:
                queued += _queue(s, work, invoice, reminder)
    return queued


def _with_mail_sent(work: UnitOfWork, invoice_ids: Collection[str]) -> set[str]:
    """Return the invoices that the client has; nobody is reminded of one that never came."""
    return {
        row.invoice_id
        for row in work.outbox.of_invoices(invoice_ids)
        if row.kind is MessageKind.INVOICE and row.state is OutboxState.DONE
    }


def _queue(s: Services, work: UnitOfWork, invoice: Invoice, reminder: PlannedReminder) -> list[str]:
    now = s.clock.now()
    balance = work.payments.balances([invoice.id])[invoice.id]
    reason = reason_not_to_remind(InvoiceState.ISSUED, balance)
    if not work.reminders.settle(invoice.id, reminder.step, reason or "queued", now):
        return []
    detail = {"step": reminder.step, "planned_on": str(reminder.planned_on)}
    if reason:
        work.trail.add(invoice.id, "reminder_dropped", now, detail | {"reason": reason})
        return []
    work.trail.add(invoice.id, "reminder_queued", now, detail | {"balance": str(balance)})
    client = invoice.content.client
    recipients = Recipients(client.billing_to, client.billing_cc)
    row = outbox_row(
        invoice.id,
        MessageKind.REMINDER,
        reminder.step,
        recipients,
        s.sender_for(invoice.content.entity),
    )
    return work.outbox.add([row])
