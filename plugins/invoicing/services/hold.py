"""Hold: an invoice, or a part of it, that is not followed up until somebody lifts the hold."""

from datetime import date

from invoicing.domain.errors import RefusedError, StateError
from invoicing.domain.exceptions import Action
from invoicing.domain.holds import HoldKind, InvoiceHold
from invoicing.domain.issue import Invoice
from invoicing.domain.money import Money
from invoicing.domain.periods import local_date
from invoicing.domain.review import SYSTEM
from invoicing.domain.states import InvoiceState
from invoicing.services.credit import invoice_in
from invoicing.services.ledger_ports import UnitOfWork
from invoicing.services.ports import Services


def place_hold(
    s: Services,
    invoice_id: str,
    kind: HoldKind,
    reason: str,
    actor: str,
    *,
    amount: Money | None = None,
    line: int = 0,
    ends_on: date | None = None,
) -> str:
    """Keep an invoice, or a part of what is open, from being reminded of; say what was done.

    One that is held like that already stays as it is. A dispute is shown to finance.
    """
    with s.write("place_hold") as work:
        state = work.invoices.claim([invoice_id]).get(invoice_id)
        now = s.clock.now()  # with the invoice claimed: a reminder that was first is seen as first
        hold = InvoiceHold(invoice_id, kind, reason.strip(), actor, now, amount, line, ends_on)
        invoice = invoice_in(work, invoice_id)
        if state is not InvoiceState.ISSUED:
            raise StateError(f"{invoice.number} is void; nothing of it is followed up")
        today = local_date(now, invoice.content.client.zone)
        _check(work, invoice, hold, today)
        for one in work.holds.open_on([invoice_id])[invoice_id]:
            if one.kind is kind and not one.counts_on(today):
                lift(s, work, invoice_id, kind, SYSTEM, f"it ended on {one.ends_on}")
        if not work.holds.place(hold):
            return f"{invoice.number} is {_SAID[kind]} already"
        work.trail.add(invoice_id, "hold_placed", now, _facts(hold), actor)
        if kind is HoldKind.DISPUTED:
            cause = f"{actor}: {hold.reason}{_part(hold)}"
            work.exceptions.open("disputed", invoice_id, cause, now)
        return f"{invoice.number} is {_SAID[kind]}"


def lift_hold(s: Services, invoice_id: str, kind: HoldKind, actor: str, reason: str = "") -> str:
    """Let an invoice be followed up again, under the name of ``actor``; say what was done."""
    with s.write("lift_hold") as work:
        work.invoices.claim([invoice_id])
        invoice = invoice_in(work, invoice_id)
        if lift(s, work, invoice_id, kind, actor, reason):
            return f"{invoice.number} is {_SAID[kind]} no more"
        return f"{invoice.number} was not {_SAID[kind]}"


def lift(
    s: Services, work: UnitOfWork, invoice_id: str, kind: HoldKind, actor: str, reason: str = ""
) -> bool:
    """Lift a hold within a unit of work; False when there is none."""
    now, reason = s.clock.now(), reason.strip()
    if not work.holds.lift(invoice_id, kind, actor, now):
        return False
    detail = {"kind": str(kind)} | ({"reason": reason} if reason else {})
    work.trail.add(invoice_id, "hold_lifted", now, detail, actor)
    if kind is HoldKind.DISPUTED:
        decision = f"{Action.LIFT_HOLD}: {reason}" if reason else str(Action.LIFT_HOLD)
        for code in ("disputed", "client_replied"):
            work.exceptions.close(code, invoice_id, actor, decision, now)
    return True


def _check(work: UnitOfWork, invoice: Invoice, hold: InvoiceHold, today: date) -> None:
    """Refuse a hold that would say nothing, or something impossible."""
    if not hold.reason or not hold.placed_by:
        raise RefusedError("a hold needs a reason and the name of whoever places it")
    if hold.ends_on is not None and hold.ends_on < today:
        raise RefusedError(f"a hold until {hold.ends_on} is over already")
    if hold.line and hold.line not in {line.position for line in invoice.content.lines}:
        raise RefusedError(f"{invoice.number} has no line {hold.line}")
    if hold.amount is None:
        return
    balance = work.payments.balances([invoice.id])[invoice.id]
    if hold.amount.currency != balance.currency:
        raise RefusedError(f"{invoice.number} is in {balance.currency}, not in {hold.amount}")
    if not Money.zero(balance.currency) < hold.amount <= balance:
        raise RefusedError(f"{hold.amount} cannot be held: {balance} of {invoice.number} are open")


def _facts(hold: InvoiceHold) -> dict[str, str]:
    told = {
        "kind": str(hold.kind),
        "reason": hold.reason,
        "amount": str(hold.amount or ""),
        "line": str(hold.line or ""),
        "ends_on": str(hold.ends_on or ""),
    }
    return {name: text for name, text in told.items() if text}


def _part(hold: InvoiceHold) -> str:
    line = f" (line {hold.line})" if hold.line else ""
    return f"{line}; {hold.amount} of it" if hold.amount else line


_SAID = {
    HoldKind.DISPUTED: "disputed",
    HoldKind.IN_TRANSIT: "waiting for a payment under way",
    HoldKind.PAUSED: "paused",
}
