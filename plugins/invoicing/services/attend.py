"""Attend: what a person does about an exception, each action a service of its own."""

from invoicing.domain.errors import RefusedError, StateError
from invoicing.domain.exceptions import Action, ExceptionEntry
from invoicing.services.decide import decide_again
from invoicing.services.dispatch import mark_delivered, send_again
from invoicing.services.draft import draft_again
from invoicing.services.ports import Services
from invoicing.services.render import render_invoices


def act(s: Services, exception_id: str, action: Action, actor: str) -> str:
    """Carry out an allowed action, which closes the exception with it; say what was done."""
    with s.ledger.read() as work:
        entry = work.exceptions.get(exception_id)
    if entry.closed_at is not None:
        return f"it was closed before by {entry.closed_by}: {entry.decision}"
    if action not in entry.kind.actions:
        allowed = ", ".join(entry.kind.actions)
        raise RefusedError(f"{action} is not allowed for {entry.code}; allowed: {allowed}")
    _carry_out(s, entry, action, actor)
    return str(action)


def _carry_out(s: Services, entry: ExceptionEntry, action: Action, actor: str) -> None:
    match action:
        case Action.DRAFT_AGAIN:
            draft_again(s, entry.subject, actor)
        case Action.DECIDE_AGAIN:
            decide_again(s, entry.subject, actor)
        case Action.MARK_DELIVERED:
            mark_delivered(s, entry.subject, actor)
        case Action.SEND_AGAIN:
            send_again(s, entry.subject, actor)
        case Action.RENDER_AGAIN:
            if not render_invoices(s, [entry.subject]):
                raise StateError("the document still cannot be rendered; see the new cause")
        case Action.ACKNOWLEDGE:
            _acknowledge(s, entry, actor)


def _acknowledge(s: Services, entry: ExceptionEntry, actor: str) -> None:
    now = s.clock.now()
    with s.write("acknowledge") as work:
        if work.exceptions.close(entry.code, entry.subject, actor, Action.ACKNOWLEDGE, now):
            detail = {"exception": entry.code, "decision": Action.ACKNOWLEDGE.value}
            work.trail.add(entry.subject, "attended", now, detail, actor)
