"""Reconcile: payments find their invoices; what no rule can place goes to a person."""

from invoicing.domain.errors import RefusedError
from invoicing.domain.events import EventKind
from invoicing.domain.exceptions import Action
from invoicing.domain.follow_up import IS_PAID
from invoicing.domain.holds import HoldKind
from invoicing.domain.money import Money
from invoicing.domain.reconcile import (
    Allocation,
    Difference,
    Payment,
    allocate,
    money_state,
    named_in,
    place_rest,
)
from invoicing.domain.review import SYSTEM
from invoicing.services.hold import lift
from invoicing.services.ledger_ports import EventRow, EventState, UnitOfWork
from invoicing.services.letters import drop_waiting
from invoicing.services.news import arm_next, tell_paid
from invoicing.services.ports import Services


def reconcile_payments(s: Services, limit: int = 1000) -> list[str]:
    """Apply every fetched payment once; return the ids of the invoices whose money changed."""
    changed: list[str] = []
    with s.write("reconcile") as work:
        rows = work.inbox.ready((EventKind.PAYMENT_RECEIVED,), limit)
        s.fault("reconcile.page_read")
        # All at once and in one order: two pages may name the same invoices the other way round.
        paid = [row.payment.reference for row in rows if row.payment is not None]
        work.payments.claim_invoices({name for text in paid for name in named_in(text)})
        for row in rows:
            if row.payment is not None:
                changed += _apply(s, work, row, row.payment)
    return changed


def _apply(s: Services, work: UnitOfWork, row: EventRow, payment: Payment) -> list[str]:
    now, key = s.clock.now(), payment.key
    try:
        new = work.payments.add(payment, now)
    except RefusedError as error:
        work.exceptions.open("event_differs", row.id, str(error), now)
        work.inbox.settle(row.id, EventState.READY, EventState.HELD, str(error))
        return []
    s.fault("reconcile.inserted")
    work.inbox.settle(row.id, EventState.READY, EventState.APPLIED, key)
    if not new:
        return []
    invoices = work.payments.claim_invoices(named_in(payment.reference))
    allocation, difference = allocate(payment, invoices)
    if difference:
        _show(s, work, key, difference)
    return [_settle(s, work, payment, allocation)] if allocation else []


def place_payment(s: Services, code: str, key: str, number: str, actor: str) -> str:
    """Place the rest of a payment on the invoice that a person names; say what was done.

    ``code`` is the exception it is done about, which closes. What is more than the invoice's
    balance is shown again.
    """
    if not number:
        raise RefusedError("name the number of the invoice that the payment is for")
    source, _, external_id = key.partition(":")
    now = s.clock.now()
    with s.write("place") as work:
        payment, rest = work.payments.claim_rest(source, external_id)
        found = work.payments.claim_invoices({number})
        if len(found) != 1:
            raise RefusedError(f"{len(found)} of our invoices have the number {number!r}")
        allocation = place_rest(payment, rest, found[0], actor)
        _settle(s, work, payment, allocation, actor)
        said = f"{allocation.amount} of {payment.amount} are placed on {number}"
        work.exceptions.close(code, key, actor, f"{Action.PLACE}: {said}", now)
        detail = {"invoice": number, "amount": str(allocation.amount)}
        work.trail.add(key, "placed", now, detail, actor)
        left = rest - allocation.amount
        if left > Money.zero(left.currency):
            reason = f"{left} of {payment.amount} are left after {number}"
            _show(s, work, key, Difference(code, left, reason))
            return f"{said}; {left} are left"
        return said


def _show(s: Services, work: UnitOfWork, key: str, difference: Difference) -> None:
    now = s.clock.now()
    work.exceptions.open(difference.code, key, difference.reason, now)
    detail = {"amount": str(difference.amount), "reason": difference.reason}
    work.trail.add(key, difference.code, now, detail)


def _settle(
    s: Services, work: UnitOfWork, payment: Payment, allocation: Allocation, actor: str = SYSTEM
) -> str:
    """Settle (a part of) an invoice, and plan in the same transaction all that follows from it."""
    now = s.clock.now()
    work.payments.allocate(payment, allocation, now)
    invoice = work.invoices.get([allocation.invoice_id])[0]
    balance = work.payments.balances([invoice.id])[invoice.id]
    due = invoice.content.totals.due
    detail = {
        "payment": payment.key,
        "amount": str(allocation.amount),
        "reason": allocation.reason,
        "balance": str(balance),
        "state": str(money_state(due, due - balance)),
    }
    work.trail.add(invoice.id, "payment_allocated", now, detail, actor)
    lift(s, work, invoice.id, HoldKind.IN_TRANSIT, actor, "the payment arrived")
    if balance <= Money.zero(balance.currency):
        drop_waiting(s, work, invoice.id, IS_PAID)
        arm_next(s, work, invoice)
    tell_paid(s, work, invoice, payment)
    return invoice.id
