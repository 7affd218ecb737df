"""Dispatch: claim a message, commit, hand it over once, and record the true outcome."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_urlsafe
from threading import Lock
from uuid import uuid4

from invoicing.domain.dispatch import (
    Delivery,
    MessageKind,
    OutboxRow,
    Outcome,
    next_attempt_at,
)
from invoicing.domain.errors import InvoicingError, RefusedError, TransientError
from invoicing.domain.letters import Letter, Note
from invoicing.domain.parties import Channel
from invoicing.domain.render import Archived, DocumentKind
from invoicing.domain.review import SYSTEM
from invoicing.domain.states import InvoiceState, OutboxState
from invoicing.services.compose import (
    ABOUT_MESSAGES,
    IS_VOID,
    REMINDING,
    Papers,
    Said,
    copy_of,
    follows,
    is_void,
    mail_of,
    needless,
    papers,
    said,
    with_letter,
)
from invoicing.services.gate import Gate
from invoicing.services.ledger_ports import Document, UnitOfWork
from invoicing.services.letters import drop_left_out
from invoicing.services.mail_answers import keep_token
from invoicing.services.ports import MailSession, Services

_MOST_LANES = 6  # each may hold two connections to the ledger at once, and a pool has fifteen
_MARGIN_SECONDS = 30  # the result is written this long before the lease runs out, or not at all


def dispatch_parcel(s: Services, parcel_id: str) -> list[str]:
    """Send the invoices of a parcel; return the ids of the messages that are handed over."""
    recover_expired(s)
    with s.ledger.read() as work:
        invoice_ids = [item.draft_id for item in work.parcels.get(parcel_id).items]
        mine = {row.id for row in work.outbox.of_invoices(invoice_ids)}
        due = [row for row in work.outbox.due(s.lease_clock.now(), 10_000) if row.id in mine]
    _dispatch(s, due)
    with s.ledger.read() as work:
        rows = work.outbox.of_invoices(invoice_ids)
    return [row.id for row in rows if row.state is OutboxState.DONE]


def dispatch_due(s: Services, limit: int = 1000) -> list[str]:
    """Send every message that may be tried now; return the ids of those handed over."""
    recover_expired(s)
    with s.ledger.read() as work:
        rows = work.outbox.due(s.lease_clock.now(), limit)
    return _dispatch(s, rows)


def recover_expired(s: Services) -> list[str]:
    """Turn messages whose sender vanished into questions: they may or may not have arrived.

    What the other side keeps once, however often it gets it, is tried again instead.
    """
    now = s.lease_clock.now()
    with s.ledger.read() as work:
        late = {one for row in work.outbox.expired(now) for one in row.invoice_ids}
    with s.write("recover") as work:
        # Before their messages, as all others do: a sender may be coming back with its result.
        work.invoices.claim(late)
        rows = [row for row in work.outbox.expired(now) if late.issuperset(row.invoice_ids)]
        for row in rows:
            outcome = Outcome.RETRY if row.may_be_repeated else Outcome.UNCERTAIN
            _record(s, work, row, row.owner, Delivery(outcome, "lease", 0, _LEASE_OVER))
        return [row.id for row in rows]


_LEASE_OVER = "the sender's lease ran out"


def _dispatch(s: Services, rows: Sequence[OutboxRow]) -> list[str]:
    """Send messages over as many connections as the mail server may be given at once."""
    lanes = min(s.mailer.connections, len(rows), _MOST_LANES)
    printer = Lock()
    if lanes <= 1:
        done = set(_send_share(s, rows, printer))
    else:
        shares = [rows[at::lanes] for at in range(lanes)]
        with ThreadPoolExecutor(lanes) as pool:
            sent = [pool.submit(_send_share, s, share, printer) for share in shares]
        done = {row_id for share in sent for row_id in share.result()}
    return [row.id for row in rows if row.id in done]


@dataclass(frozen=True, slots=True)
class _Lane:
    """What one sender has: a connection of its own, and its turn at the one printer of letters.

    Several printers would each have to be started, which takes longer than waiting for one.
    """

    session: MailSession
    printer: Lock


def _send_share(s: Services, rows: Sequence[OutboxRow], printer: Lock) -> list[str]:
    with s.mailer.session() as session:
        lane = _Lane(session, printer)
        return [row.id for row in rows if _send(s, lane, row)]


@dataclass(frozen=True, slots=True)
class _Ready:
    """A message as it is to be handed over: what it says, how, and what the ledger keeps of it."""

    told: Said
    hand_over: Callable[[], Delivery]
    token: str = ""
    letter: Document | None = None


def _send(s: Services, lane: _Lane, row: OutboxRow) -> bool:
    """Send one message; True when the other side accepted it."""
    if row.channel is Channel.MAIL:
        lane.session.wait()
    try:
        ready = _prepared(s, lane, row)
    except TransientError:
        raise
    except InvoicingError as error:
        return _give_up(s, row, f"the mail could not be written: {error}")
    except Exception as error:  # noqa: BLE001 - a mail fails alone, those behind it go out
        return _give_up(s, row, f"the mail could not be written: {type(error).__name__}")
    # The lease begins with the claim, so that is where its end is counted from.
    ends = time.monotonic() + max(1, s.limits.lease_seconds - _MARGIN_SECONDS)
    owner = uuid4().hex
    if not _claim(s, row, ready, owner) or ready is None:
        return False
    delivery = _stopped(s, row, ready.told) or ready.hand_over()
    s.fault("dispatch.reply_read")
    return _commit_result(s, row, owner, delivery, ends)


def _prepared(s: Services, lane: _Lane, row: OutboxRow) -> _Ready | None:
    """Write a message before it is claimed; None when it has nothing to say any more."""
    token = token_urlsafe(32) if row.kind is MessageKind.APPROVAL else ""
    with s.ledger.read() as work:
        told = said(s, work, row, token)
        if told is None:
            return None
        if isinstance(told, Note):
            return _Ready(told, lambda: s.sources.tell(told.source, told.object_id, told))
        if row.channel is Channel.PORTAL:
            copy = copy_of(s, work, told)
            return _Ready(told, lambda: _put(s, copy))
        found, before = papers(work, row, told), follows(work, row)
    return _mail(s, lane, (row, told, token), found, before)


def _mail(
    s: Services,
    lane: _Lane,
    asked: tuple[OutboxRow, Letter, str],
    found: Papers,
    before: tuple[str, ...],
) -> _Ready:
    row, letter, token = asked
    with lane.printer:
        whole = with_letter(s, row, letter, found)
    message = mail_of(s, row, letter, whole.files, before)
    return _Ready(letter, lambda: lane.session.send(message), token, whole.letter)


def _put(s: Services, copy: Archived) -> Delivery:
    """Put files into the portal's folder; what lies there already counts as arrived."""
    if s.portal is None:
        return Delivery(Outcome.FAILED, "portal", 0, _NO_PORTAL)
    try:
        s.portal.keep(copy)
    except TransientError as error:
        return Delivery(Outcome.RETRY, "portal", 0, str(error))
    except RefusedError as error:
        return Delivery(Outcome.FAILED, "portal", 0, str(error))
    return Delivery(Outcome.ACCEPTED, "portal", 0, "the files lie in the portal's folder")


_NO_PORTAL = (
    "no portal is known: set INVOICING_PORTAL to its folder, or take `portal` out of the client's"
    " channels, then send again"
)


def _claim(s: Services, row: OutboxRow, ready: _Ready | None, owner: str) -> bool:
    """Commit the intent before connecting, if the message would say the same now.

    Payments, holds, corrections and answers wait until this ends. When what it says changed since
    it was written, the next look writes it anew.
    """
    now = s.lease_clock.now()
    with s.write("claim") as work:
        work.invoices.claim(row.invoice_ids)
        if row.kind is MessageKind.APPROVAL:
            work.drafts.claim(row.invoice_ids)
        if not work.outbox.is_free(row) or (ready and not _let_through(s, work, row, ready.told)):
            return False
        told = said(s, work, row, ready.token if ready else "")
        if told is None:
            _drop(s, work, row)
        if ready is None or told != ready.told:
            return False
        lease = now + timedelta(seconds=s.limits.lease_seconds)
        if not work.outbox.claim(row, owner, lease, now):
            return False
        _keep(s, work, row, ready)
        return True


def _drop(s: Services, work: UnitOfWork, row: OutboxRow) -> None:
    """Take a message off the list that there is no reason for any more, and say why."""
    if not (reason := needless(work, row)):
        return
    if not work.outbox.resolve(row.id, OutboxState.PENDING, OutboxState.FAILED):
        return
    if row.kind in REMINDING:
        drop_left_out(s, work, row)
        return
    detail = {"message": row.id, "step": row.step, "reason": reason}
    work.trail.add(row.invoice_id, "message_dropped", s.clock.now(), detail)


def _keep(s: Services, work: UnitOfWork, row: OutboxRow, ready: _Ready) -> None:
    """Write down, with the claim, what leaves with this attempt."""
    if ready.token:
        keep_token(s, work, row, ready.token)
    if ready.letter:
        work.documents.put(row.id, row.attempt + 1, DocumentKind.REMINDER, ready.letter)
    if row.kind not in REMINDING or not isinstance(ready.told, Letter):
        return
    # Written while the invoices are kept from payments and holds, so the order of their trails
    # proves that nothing spoke against this reminder, whatever the clocks say.
    for item in ready.told.items:
        detail = {"message": row.id, "step": item.step}
        work.trail.add(item.invoice_id, "reminder_claimed", s.clock.now(), detail)
    drop_left_out(s, work, row)


def _let_through(s: Services, work: UnitOfWork, row: OutboxRow, told: Said) -> bool:
    """Let a message of a parked client wait, and show one of a client that is not live."""
    if isinstance(told, Note):
        return True
    client = told.client.key
    gate = Gate(s, work, [client])
    if not gate.is_live(client):
        _fail(s, work, row, f"{client} is not a live client in config/clients.yaml")
    return gate.lets(client)


def _stopped(s: Services, row: OutboxRow, told: Said) -> Delivery | None:
    """Look once more right before connecting: whoever was stopped since the claim gets no mail."""
    if isinstance(told, Note):
        return None
    client = told.client.key
    try:
        with s.ledger.read() as work:
            about = [item.invoice_id for item in told.items] or row.invoice_ids
            states = set(work.invoices.states(about).values())
            free = Gate(s, work, [client]).lets(client)
    except TransientError:  # raised, it would leave a claim behind, and a question about no mail
        return Delivery(Outcome.RETRY, "claim", 0, "the ledger was away before the mail left")
    if row.ends_with_invoice and InvoiceState.VOID in states:
        if len(states) == 1:
            return Delivery(Outcome.FAILED, "claim", 0, IS_VOID)
        return Delivery(Outcome.RETRY, "claim", 0, "one of its invoices was taken back")
    if not free:
        return Delivery(Outcome.RETRY, "claim", 0, f"{client} was stopped before the mail left")
    return None


def _commit_result(
    s: Services, row: OutboxRow, owner: str, delivery: Delivery, ends: float
) -> bool:
    """Write the result down, even if the ledger is away for a while, as long as the lease lasts."""
    while True:
        try:
            with s.write("dispatch") as work:
                claimed = work.outbox.get(row.id)
                _record(s, work, claimed, owner, delivery)
        except TransientError:
            if time.monotonic() > ends:
                raise
            time.sleep(1)
        else:
            return delivery.outcome is Outcome.ACCEPTED


def _record(s: Services, work: UnitOfWork, row: OutboxRow, owner: str, delivery: Delivery) -> None:
    now = s.lease_clock.now()
    gone = is_void(work, row)
    after, not_before = OutboxState.DONE, None
    if delivery.outcome is Outcome.UNCERTAIN:
        after = OutboxState.UNCERTAIN
    elif delivery.outcome is Outcome.FAILED:
        after = OutboxState.FAILED
    elif delivery.outcome is Outcome.RETRY:
        not_before = None if gone else next_attempt_at(row.attempt, now)
        after = OutboxState.PENDING if not_before else OutboxState.FAILED
    if not work.outbox.finish(row.id, owner, after, delivery, now, not_before):
        _note_late_result(s, work, row, delivery)
        return
    detail = {
        "message": row.id,
        "kind": str(row.kind),
        "step": row.step,
        "attempt": str(row.attempt),
        "outcome": str(delivery.outcome),
        "phase": delivery.phase,
        "reply": delivery.detail,
    }
    work.trail.add(row.invoice_id, f"dispatch_{after}", s.clock.now(), detail)
    _show(s, work, row, after, delivery)
    if gone:  # on record, but nothing is left to do about it
        for code in ABOUT_MESSAGES:
            work.exceptions.close(code, row.id, SYSTEM, IS_VOID, s.clock.now())


def _show(
    s: Services, work: UnitOfWork, row: OutboxRow, after: OutboxState, delivery: Delivery
) -> None:
    """Open an exception for what a person must know."""
    now, cause = s.clock.now(), f"{delivery.phase}: {delivery.detail}"
    if after is OutboxState.FAILED:
        work.exceptions.open("send_failed", row.id, cause, now)
    elif after is OutboxState.UNCERTAIN:
        work.exceptions.open("send_uncertain", row.id, cause, now)


def _note_late_result(s: Services, work: UnitOfWork, row: OutboxRow, delivery: Delivery) -> None:
    """A sender came back after its lease: its word is evidence, the state stays as it is."""
    detail = {"message": row.id, "outcome": str(delivery.outcome), "phase": delivery.phase}
    work.trail.add(row.invoice_id, "late_result", s.clock.now(), detail)


def _give_up(s: Services, row: OutboxRow, cause: str) -> bool:
    """Show a message that cannot be tried to a person instead of letting it wait for ever."""
    with s.write("give_up") as work:
        _fail(s, work, row, cause)
    return False


def _fail(s: Services, work: UnitOfWork, row: OutboxRow, cause: str) -> None:
    now = s.clock.now()
    if work.outbox.resolve(row.id, OutboxState.PENDING, OutboxState.FAILED):
        work.exceptions.open("send_failed", row.id, cause, now)
        detail = {"message": row.id, "reason": cause}
        work.trail.add(row.invoice_id, "dispatch_failed", now, detail)
