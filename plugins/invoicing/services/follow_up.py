"""Follow up: finish what was interrupted, and remind once where money is still owed."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import timedelta

from invoicing.domain.dispatch import MessageKind, Recipients, outbox_row
from invoicing.domain.follow_up import (
    Audience,
    DueReminder,
    PlannedReminder,
    merge,
    reason_not_to_remind,
    within_weekly_cap,
)
from invoicing.domain.holds import reason_to_wait
from invoicing.domain.issue import Invoice
from invoicing.domain.periods import local_date
from invoicing.domain.states import OutboxState
from invoicing.services.dispatch import dispatch_due, recover_expired
from invoicing.services.gate import Gate
from invoicing.services.issue import plan_of
from invoicing.services.ledger_ports import QUEUED, UnitOfWork
from invoicing.services.ports import Services
from invoicing.services.render import render_pending

_WEEK = timedelta(days=7)


def follow_up(s: Services, limit: int = 1000) -> list[str]:
    """Recover, render what is missing, queue due reminders and send; return what was sent."""
    recover_expired(s)
    render_pending(s, limit)
    queue_reminders(s, limit)
    return dispatch_due(s, limit)


def queue_reminders(s: Services, limit: int = 1000) -> list[str]:
    """Put due reminders into the outbox, or drop them with the reason; return the ids queued.

    What is disputed, paused or under way waits until its hold is lifted or over.
    After days without a run each audience gets only the last step that came due meanwhile. A
    client that is parked or not live, or has had its mails of the week, is reminded later.
    """
    now = s.clock.now()
    # The day after tomorrow in UTC is no client's today, so nothing due is missed.
    horizon = now.date() + timedelta(days=1)
    queued: list[str] = []
    with s.write("remind") as work:
        due = work.reminders.due(horizon, limit)
        invoices = {one.id: one for one in work.invoices.get({invoice_id for invoice_id, _ in due})}
        s.fault("remind.due_computed")
        desk = _Desk(s, work, invoices)
        for mail in merge(desk.ripe(due)):
            newest = {one.invoice_id: one.reminder for one in mail.reminders}
            for one in mail.superseded:
                if desk.may_go(one):
                    step = newest[one.invoice_id].step
                    desk.drop(one, desk.reason(one) or f"{step} came due meanwhile")
            for one in mail.reminders:
                if desk.may_go(one):
                    queued += desk.settle(one)
    return queued


class _Desk:
    """What a look for reminders needs to know: balances, and what went out this week."""

    def __init__(self, s: Services, work: UnitOfWork, invoices: Mapping[str, Invoice]) -> None:
        self._s, self._work, self._invoices, self._now = s, work, invoices, s.clock.now()
        self._balances = work.payments.balances(invoices)
        self._states = work.invoices.states(invoices)
        self._holds = work.holds.open_on(invoices)
        clients = {one.content.client.key for one in invoices.values()}
        self._mailed = work.reminders.mailed_since(clients, self._now - _WEEK)
        self._gate = Gate(s, work, clients)

    def ripe(self, due: Iterable[tuple[str, PlannedReminder]]) -> Iterator[DueReminder]:
        """Yield what is due on the day it is where it goes to, about invoices that arrived."""
        arrived = _with_mail_sent(self._work, self._invoices)
        for invoice_id, reminder in due:
            content, ours = self._invoices[invoice_id].content, reminder.audience is Audience.US
            zone = content.entity.zone if ours else content.client.zone
            if reminder.planned_on <= local_date(self._now, zone) and (
                ours or invoice_id in arrived
            ):
                yield DueReminder(content.entity.key, content.client.key, invoice_id, reminder)

    def reason(self, one: DueReminder) -> str:
        """Say why an invoice is never to be reminded any more, or nothing."""
        return reason_not_to_remind(self._states[one.invoice_id], self._balances[one.invoice_id])

    def is_held(self, one: DueReminder) -> bool:
        """Tell whether a hold keeps an invoice from being reminded; the step waits for its end."""
        invoice_id = one.invoice_id
        today = local_date(self._now, self._invoices[invoice_id].content.client.zone)
        state, balance = self._states[invoice_id], self._balances[invoice_id]
        return bool(reason_to_wait(state, balance, self._holds[invoice_id], today))

    def may_go(self, one: DueReminder) -> bool:
        """Tell whether a step is settled now; one of a paid invoice is, whatever it waited for."""
        if self.reason(one):
            return True
        if self.is_held(one) or not self._gate.lets(one.client):
            return False
        if one.reminder.audience is Audience.US:
            return True
        most = plan_of(self._s, self._invoices[one.invoice_id].content).most_per_week
        zone = self._s.book.client(one.client).zone
        mailed = [local_date(at, zone) for at in self._mailed[one.client]]
        return within_weekly_cap(most, mailed, local_date(self._now, zone))

    def settle(self, one: DueReminder) -> list[str]:
        """Queue a step, or drop it with the reason."""
        if reason := self.reason(one):
            self.drop(one, reason)
            return []
        self._s.fault("remind.rechecked")
        invoice, reminder = self._invoices[one.invoice_id], one.reminder
        if not self._work.reminders.settle(invoice.id, reminder.step, QUEUED, self._now):
            return []
        ours = reminder.audience is Audience.US
        if not ours:
            self._mailed[one.client].append(self._now)
        detail = _about(reminder) | {"balance": str(self._balances[invoice.id])}
        action = "escalation_queued" if ours else "reminder_queued"
        self._work.trail.add(invoice.id, action, self._now, detail)
        kind = MessageKind.ESCALATION if ours else MessageKind.REMINDER
        sender = self._s.sender_for(invoice.content.entity)
        recipients = _recipients(self._s, invoice, reminder.audience)
        row = outbox_row(invoice.id, kind, reminder.step, recipients, sender)
        return self._work.outbox.add([row])

    def drop(self, one: DueReminder, reason: str) -> None:
        """Settle a step without a mail."""
        if self._work.reminders.settle(one.invoice_id, one.reminder.step, reason, self._now):
            detail = _about(one.reminder) | {"reason": reason}
            self._work.trail.add(one.invoice_id, "reminder_dropped", self._now, detail)


def _about(reminder: PlannedReminder) -> dict[str, str]:
    return {"step": reminder.step, "planned_on": str(reminder.planned_on)}


def _with_mail_sent(work: UnitOfWork, invoice_ids: Collection[str]) -> set[str]:
    """Return the invoices that the client has; nobody is reminded of one that never came."""
    return {
        row.invoice_id
        for row in work.outbox.of_invoices(invoice_ids)
        if row.kind is MessageKind.INVOICE and row.state is OutboxState.DONE
    }


def _recipients(s: Services, invoice: Invoice, audience: Audience) -> Recipients:
    client = invoice.content.client
    if audience is Audience.CLIENT:
        return Recipients(client.billing_to, client.billing_cc)
    manager = s.book.clients.get(client.key, client).account_manager
    return Recipients((manager or invoice.content.entity.email,))
