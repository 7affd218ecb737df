"""Follow up: finish what was interrupted, and remind once where money is still owed."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from invoicing.domain.dispatch import (
    About,
    MessageKind,
    OutboxRow,
    Purpose,
    Recipients,
    outbox_row,
    recipients_for,
)
from invoicing.domain.follow_up import (
    Audience,
    DueReminder,
    MergedReminder,
    PlannedReminder,
    merge,
    reason_not_to_remind,
    within_weekly_cap,
)
from invoicing.domain.holds import reason_to_wait
from invoicing.domain.issue import Invoice
from invoicing.domain.parties import Channel, Client
from invoicing.domain.periods import local_date
from invoicing.domain.states import OutboxState
from invoicing.services.archive import archive_pending
from invoicing.services.dispatch import dispatch_due, recover_expired
from invoicing.services.gate import Gate
from invoicing.services.issue import plan_of
from invoicing.services.ledger_ports import QUEUED, UnitOfWork
from invoicing.services.news import tell_late
from invoicing.services.ports import Services
from invoicing.services.render import render_pending
from invoicing.services.resolve import resolve_uncertain

_WEEK = timedelta(days=7)


def follow_up(s: Services, limit: int = 1000) -> list[str]:
    """Recover, render and file what is missing, queue due reminders; return what was sent.

    What nobody knows the end of is looked for in the mailbox before anything is sent.
    """
    recover_expired(s)
    render_pending(s, limit)
    archive_pending(s, limit)
    queue_reminders(s, limit)
    resolve_uncertain(s)
    return dispatch_due(s, limit)


def queue_reminders(s: Services, limit: int = 1000) -> list[str]:
    """Put due reminders into the outbox, or drop them with the reason; return the ids queued.

    A client gets one mail about all its invoices, and so does each of our own people. What is
    disputed, paused or under way waits until its hold is lifted or over. After days without a run
    each audience gets only the last step that came due meanwhile. A client that is parked or not
    live, or has had its mails of the week, is reminded later.
    """
    now = s.clock.now()
    # The day after tomorrow in UTC is no client's today, so nothing due is missed.
    horizon = now.date() + timedelta(days=1)
    with s.write("remind") as work:
        due = work.reminders.due(horizon, limit)
        invoices = {one.id: one for one in work.invoices.get({invoice_id for invoice_id, _ in due})}
        work.invoices.claim(invoices)  # before their reminders, as payments do that end both
        s.fault("remind.due_computed")
        desk = _Desk(s, work, invoices)
        return [row for mail in merge(desk.ripe(due)) for row in desk.settle(mail)]


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
            invoice = self._invoices[invoice_id]
            content, ours = invoice.content, reminder.audience is Audience.US
            zone = content.entity.zone if ours else content.client.zone
            if self._has_come(reminder, zone) and (ours or invoice_id in arrived):
                manager = _manager(self._s, invoice) if ours else ""
                whom = (content.entity.key, content.client.key)
                yield DueReminder(*whom, invoice_id, reminder, manager)

    def _has_come(self, reminder: PlannedReminder, zone: str) -> bool:
        if reminder.planned_at is not None:
            return reminder.planned_at <= self._now
        return reminder.planned_on <= local_date(self._now, zone)

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

    def settle(self, mail: MergedReminder) -> list[str]:
        """Queue a mail about what may be reminded of now, and drop what never will be."""
        self._drop_superseded(mail)
        free = [one for one in mail.reminders if self.may_go(one)]
        for one in free:
            if reason := self.reason(one):
                self.drop(one, reason)
        self._s.fault("remind.rechecked")
        settle = self._work.reminders.settle
        mine = [
            one
            for one in free
            if not self.reason(one) and settle(one.invoice_id, one.reminder.step, QUEUED, self._now)
        ]
        return self._queue(mine) if mine else []

    def _drop_superseded(self, mail: MergedReminder) -> None:
        newest = {one.invoice_id: one.reminder.step for one in mail.reminders}
        for one in mail.superseded:
            if self.may_go(one):
                reason = f"{newest[one.invoice_id]} came due meanwhile"
                self.drop(one, self.reason(one) or reason)

    def _queue(self, mine: Sequence[DueReminder]) -> list[str]:
        """Put one message about these reminders into the outbox."""
        row = self._row(mine)
        self._work.reminders.carry(row.id, [(one.invoice_id, one.reminder.step) for one in mine])
        ours = row.kind is MessageKind.ESCALATION
        if not ours:
            self._mailed[mine[0].client].append(self._now)
        action = "escalation_queued" if ours else "reminder_queued"
        for one in mine:
            detail = _about(one.reminder) | {
                "balance": str(self._balances[one.invoice_id]),
                "message": row.id,
            }
            self._work.trail.add(one.invoice_id, action, self._now, detail)
        invoices = [self._invoices[one.invoice_id] for one in mine]
        late = [
            invoice
            for one, invoice in zip(mine, invoices, strict=True)
            if one.reminder.planned_on > invoice.due_on
        ]
        tell_late(self._s, self._work, late)
        return self._work.outbox.add([row])

    def _row(self, mine: Sequence[DueReminder]) -> OutboxRow:
        first, *others = mine
        content = self._invoices[first.invoice_id].content
        if first.reminder.audience is Audience.US:
            kind, recipients = MessageKind.ESCALATION, Recipients((first.ours,))
        else:
            client = self._s.book.clients.get(content.client.key, content.client)
            kind = MessageKind.REMINDER
            recipients = self._recipients(client, [one.invoice_id for one in mine])
        return outbox_row(
            first.invoice_id, kind, first.reminder.step, recipients,
            self._s.sender_for(content.entity),
            about=tuple(About(one.invoice_id, one.reminder.step) for one in others),
        )  # fmt: skip

    def _recipients(self, client: Client, invoice_ids: Sequence[str]) -> Recipients:
        """Return whom to remind: where an invoice came back from, nobody reads its reminders."""
        usual = recipients_for(client, Purpose.REMINDERS)
        mails = [
            row
            for row in self._work.outbox.of_invoices(invoice_ids)
            if row.kind is MessageKind.INVOICE and row.channel is Channel.MAIL
        ]
        returned = (row for row in mails if row.state is OutboxState.BOUNCED)
        if not any(set(row.recipients.to) & set(usual.to) for row in returned):
            return usual
        arrived = (row for row in mails if row.state is OutboxState.DONE)
        return next((row.recipients for row in arrived if row.step != row.plain_step), usual)

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


def _manager(s: Services, invoice: Invoice) -> str:
    """Return who of us hears of an invoice that stays unpaid."""
    client = invoice.content.client
    manager = s.book.clients.get(client.key, client).account_manager
    return manager or invoice.content.entity.email
