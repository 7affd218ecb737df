"""Attend: what a person does about an exception, each action a service of its own."""

from invoicing.domain.errors import InvoicingError, RefusedError, StateError
from invoicing.domain.exceptions import Action, ExceptionEntry
from invoicing.domain.holds import HoldKind
from invoicing.services.correct import correct_invoice, void_invoice, write_off
from invoicing.services.decide import decide_again
from invoicing.services.draft import draft_again
from invoicing.services.hold import lift_hold
from invoicing.services.park import release, unpark
from invoicing.services.ports import Services
from invoicing.services.reconcile import place_payment
from invoicing.services.render import render_again
from invoicing.services.resolve import mark_delivered, send_again, send_to_other

_NEEDS_TWO = {Action.VOID, Action.CORRECT, Action.WRITE_OFF}
_NEEDS_A_DECISION = {"credit_left"}


def act(s: Services, exception_id: str, action: Action, actor: str, word: str = "") -> str:
    """Carry out an allowed action, which closes the exception with it; say what was done.

    ``word`` is what the action needs besides: the number of an invoice for PLACE, the reason for
    the others. What a rule refuses is on record.
    """
    with s.ledger.read() as work:
        entry = work.exceptions.get(exception_id)
    if entry.closed_at is not None:
        return f"it was closed before by {entry.closed_by}: {entry.decision}"
    if action not in entry.kind.actions:
        allowed = ", ".join(entry.kind.actions)
        raise RefusedError(f"{action} is not allowed for {entry.code}; allowed: {allowed}")
    try:
        return _carry_out(s, entry, action, actor, word.strip()) or str(action)
    except RefusedError as refusal:
        if action in _NEEDS_TWO:
            _note_refusal(s, entry, action, actor, refusal)
        raise


def _carry_out(s: Services, entry: ExceptionEntry, action: Action, actor: str, word: str) -> str:
    """Do it; returns what there is to say beyond the name of the action."""
    subject = entry.subject
    match action:
        case Action.DRAFT_AGAIN:
            draft_again(s, subject, actor)
        case Action.DECIDE_AGAIN:
            decide_again(s, subject, actor)
        case Action.MARK_DELIVERED | Action.SEND_AGAIN | Action.SEND_TO_OTHER:
            _decide_message(s, subject, action, actor)
        case Action.RENDER_AGAIN:
            if not render_again(s, subject):
                raise StateError("the document still cannot be rendered; see the new cause")
        case Action.ACKNOWLEDGE:
            _acknowledge(s, entry, actor, word)
        case _:
            return _put_right(s, entry, action, actor, word)
    return ""


def _decide_message(s: Services, outbox_id: str, action: Action, actor: str) -> None:
    """Say what becomes of a message that did not arrive, or of which nobody knows."""
    if action is Action.MARK_DELIVERED:
        mark_delivered(s, outbox_id, actor)
    elif action is Action.SEND_AGAIN:
        send_again(s, outbox_id, actor)
    else:
        send_to_other(s, outbox_id, actor)


def _put_right(s: Services, entry: ExceptionEntry, action: Action, actor: str, word: str) -> str:
    """Change what is issued, held or paid."""
    subject = entry.subject
    match action:
        case Action.VOID:
            return void_invoice(s, subject, actor)
        case Action.CORRECT:
            return correct_invoice(s, subject, actor)
        case Action.WRITE_OFF:
            return write_off(s, subject, actor)
        case Action.LIFT_HOLD:
            return lift_hold(s, subject, HoldKind.DISPUTED, actor, word)
        case Action.PLACE:
            return place_payment(s, entry.code, subject, word, actor)
        case Action.UN_PARK | Action.RELEASE:
            let_go = unpark if action is Action.UN_PARK else release
            return let_go(s, subject, actor, word)
        case _:
            raise StateError(f"nothing carries out {action}")


def _acknowledge(s: Services, entry: ExceptionEntry, actor: str, word: str) -> None:
    if entry.code in _NEEDS_A_DECISION and not word:
        raise RefusedError(f"{entry.code} is closed only with what was decided, in words")
    now = s.clock.now()
    with s.write("acknowledge") as work:
        decision = f"{Action.ACKNOWLEDGE}: {word}" if word else str(Action.ACKNOWLEDGE)
        if work.exceptions.close(entry.code, entry.subject, actor, decision, now):
            detail = {"exception": entry.code, "decision": Action.ACKNOWLEDGE.value}
            told = detail | ({"reason": word} if word else {})
            work.trail.add(entry.subject, "attended", now, told, actor)


def _note_refusal(
    s: Services, entry: ExceptionEntry, action: Action, actor: str, refusal: InvoicingError
) -> None:
    """Keep on record who tried what must be done by another person."""
    now = s.clock.now()
    with s.write("refuse_act") as work:
        detail = {"exception": entry.code, "action": str(action), "refused": str(refusal)}
        work.trail.add(entry.subject, "action_refused", now, detail, actor or "nobody")
