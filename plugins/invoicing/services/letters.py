"""Letters: what a message about open or paid invoices says, read anew each time it may leave.

A letter is read from one unit of work. Whoever sends writes the mail outside of it, reads the
letter again in the claiming transaction, and lets the mail go only if both are the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from invoicing.domain.account import account_item, sums
from invoicing.domain.dispatch import MessageKind, OutboxRow
from invoicing.domain.errors import NotFoundError
from invoicing.domain.holds import reason_to_wait
from invoicing.domain.issue import Invoice
from invoicing.domain.letters import Letter, Note
from invoicing.domain.money import Money
from invoicing.domain.periods import local_date
from invoicing.domain.reconcile import money_state
from invoicing.domain.render import AccountItem, AccountPage, DocumentKind
from invoicing.domain.states import InvoiceState, MoneyState, OutboxState
from invoicing.services.gate import Gate
from invoicing.services.ledger_ports import UnitOfWork
from invoicing.services.ports import Services

PAID, LATE = "paid", "late"  # how the steps of messages about money begin
_REMINDING = (MessageKind.REMINDER, MessageKind.ESCALATION)


def reminder_letter(s: Services, work: UnitOfWork, row: OutboxRow) -> Letter | None:
    """Return what a reminder or escalation says now; None when nothing may be reminded any more.

    It asks for what is open and neither contested nor under way; what is due first stands first.
    """
    left = [one for one in _standings(s, work, row) if not one.reason]
    left.sort(key=lambda one: (one.invoice.due_on, one.invoice.issued_on, one.invoice.number))
    if not left:
        return None
    items = tuple(one.item for one in left)
    content, totals = left[0].invoice.content, sums(item.asked for item in items)
    client = s.book.clients.get(content.client.key, content.client)
    today = local_date(s.clock.now(), _zone(row, left[0].invoice))
    return Letter(
        row.kind, content.entity, client, today, invoice=left[0].invoice, balance=totals[0],
        items=items, totals=totals, step=row.plain_step,
    )  # fmt: skip


def account_page(letter: Letter) -> AccountPage:
    """Return the page of a reminder: the letter as it goes with the mail."""
    return AccountPage(
        DocumentKind.REMINDER,
        letter.entity,
        letter.client,
        letter.today,
        letter.items,
        letter.totals,
    )


def drop_left_out(s: Services, work: UnitOfWork, row: OutboxRow) -> None:
    """Write down which invoices of a reminder are not reminded after all, and why."""
    now = s.clock.now()
    for one in _standings(s, work, row):
        if one.reason:
            invoice_id, is_copy = one.invoice.id, row.step != row.plain_step
            # Only the first time: a message that is put off is claimed again and again.
            if work.reminders.leave_out(row.id, invoice_id, one.reason, now) or is_copy:
                detail = {"message": row.id, "step": one.item.step, "reason": one.reason}
                work.trail.add(invoice_id, "reminder_dropped", now, detail)


def drop_waiting(s: Services, work: UnitOfWork, invoice_id: str, reason: str) -> None:
    """Let no reminder of an invoice leave any more, in the transaction that makes it needless.

    Reminders first: one that is being queued meanwhile is seen among the messages then. A message
    about other invoices as well goes on to wait, and leaves this one out when it is claimed.
    """
    now = s.clock.now()
    for reminder, outcome in work.reminders.of_invoice(invoice_id):
        if not outcome and work.reminders.settle(invoice_id, reminder.step, reason, now):
            detail = {"step": reminder.step, "planned_on": str(reminder.planned_on)}
            work.trail.add(invoice_id, "reminder_dropped", now, detail | {"reason": reason})
    for row in _waiting(work, invoice_id):
        if all(one.reason for one in _standings(s, work, row)) and work.outbox.resolve(
            row.id, OutboxState.PENDING, OutboxState.FAILED
        ):
            drop_left_out(s, work, row)


def _waiting(work: UnitOfWork, invoice_id: str) -> list[OutboxRow]:
    """Return the reminders about an invoice, alone or among others, that wait to be sent."""
    mine = {row.id: row for row in work.outbox.of_invoices([invoice_id])}
    for message in work.reminders.messages(invoice_id):
        if message not in mine:
            mine[message] = work.outbox.get(message)
    return [
        row for row in mine.values() if row.kind in _REMINDING and row.state is OutboxState.PENDING
    ]


def money_letter(s: Services, work: UnitOfWork, row: OutboxRow) -> Letter | None:
    """Return a receipt, or what an account manager hears of money that came or is late.

    None when the occasion is gone: an invoice that is not late any more needs no such note.
    """
    invoice = _invoice(work, row.invoice_id)
    content, step = invoice.content, row.plain_step
    balance = work.payments.balances([invoice.id])[invoice.id]
    ours = row.kind is MessageKind.NOTICE
    today = local_date(s.clock.now(), (content.entity if ours else content.client).zone)
    occasion, _, payment = step.partition(":")  # a payment's id may hold anything
    paid = _paid(work, invoice.id, payment) if occasion == PAID else None
    if paid is None and (occasion != LATE or not _is_late(work, invoice, balance)):
        return None
    client = s.book.clients.get(content.client.key, content.client)
    return Letter(
        row.kind, content.entity, client, today, invoice=invoice, balance=balance, paid=paid,
        step=step,
    )  # fmt: skip


def source_note(s: Services, work: UnitOfWork, row: OutboxRow) -> Note:
    """Return what a source is told about an invoice, as it stands now."""
    invoice = _invoice(work, row.invoice_id)
    source, collection, object_id = row.recipients.to[0].split("/", 2)
    balance = work.payments.balances([invoice.id])[invoice.id]
    due = invoice.content.totals.due
    today = local_date(s.clock.now(), invoice.content.entity.zone)
    late = max((today - invoice.due_on).days, 0)
    state: str = money_state(due, due - balance)
    if work.invoices.states([invoice.id])[invoice.id] is InvoiceState.VOID:
        state, late = InvoiceState.VOID, 0
    elif state == MoneyState.PAID:
        late = 0
    elif late:
        state = LATE
    return Note(
        key=row.id,
        source=source,
        collection=collection,
        object_id=object_id,
        invoice_id=invoice.id,
        number=invoice.number,
        state=str(state),
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        due=due,
        open=balance,
        days_late=late,
    )


@dataclass(frozen=True)
class _Standing:
    """An invoice of a message as it stands now, and why it is not reminded of, if it is not."""

    invoice: Invoice
    item: AccountItem
    reason: str


def _standings(s: Services, work: UnitOfWork, row: OutboxRow) -> Iterator[_Standing]:
    ids, now = row.invoice_ids, s.clock.now()
    steps = {row.invoice_id: row.plain_step} | {one.invoice_id: one.step for one in row.about}
    states, balances = work.invoices.states(ids), work.payments.balances(ids)
    holds = work.holds.open_on(ids)
    invoices = work.invoices.get(ids)
    gate = Gate(s, work, {one.content.client.key for one in invoices})
    for one in invoices:
        today = local_date(now, _zone(row, one))
        facts = (states[one.id], balances[one.id], holds[one.id])
        reason = reason_to_wait(*facts, local_date(now, one.content.client.zone))
        key = one.content.client.key
        if not reason and row.about and key != invoices[0].content.client.key:
            reason = "" if gate.lets(key) else f"{key} is parked, or not live"
        item = account_item(one, balances[one.id], holds[one.id], today, steps[one.id])
        yield _Standing(one, item, reason)


def _zone(row: OutboxRow, invoice: Invoice) -> str:
    """Return the zone whose day counts: where the message goes to."""
    content = invoice.content
    return content.entity.zone if row.kind is MessageKind.ESCALATION else content.client.zone


def _invoice(work: UnitOfWork, invoice_id: str) -> Invoice:
    found = work.invoices.get([invoice_id])
    if not found:
        raise NotFoundError(f"the ledger has no invoice {invoice_id!r}")
    return found[0]


def _paid(work: UnitOfWork, invoice_id: str, key: str) -> Money | None:
    """Return what a payment settled of an invoice, if it did."""
    for payment, allocation in work.payments.of_invoice(invoice_id):
        if payment.key == key:
            return allocation.amount
    return None


def _is_late(work: UnitOfWork, invoice: Invoice, balance: Money) -> bool:
    state = work.invoices.states([invoice.id])[invoice.id]
    return state is InvoiceState.ISSUED and balance > Money.zero(balance.currency)
