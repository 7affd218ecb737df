"""The outbox: messages planned with the invoice, claimed before anybody connects, tried once."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, func, insert, or_, select, update

from invoicing.domain.dispatch import (
    ISSUED,
    Attempt,
    Delivery,
    MessageKind,
    OutboxRow,
    Outcome,
)
from invoicing.domain.errors import NotFoundError
from invoicing.domain.parties import Channel
from invoicing.domain.render import DocumentKind
from invoicing.domain.states import InvoiceState, OutboxState, check_outbox_move
from invoicing.ledger.invoices import HAS_DOCUMENT
from invoicing.ledger.parking import PARKED
from invoicing.ledger.statements import Rows
from invoicing.ledger.tables import attempts, document_links, invoices, outbox

_NOTE_ID = 32  # characters; a message to another address has a mark behind it
_FREE: dict[str, object] = {"owner": "", "lease_until": None}


def _invoice_is(*states: OutboxState) -> ColumnElement[bool]:
    """Tell whether a message with the invoice itself, by whatever way, is in one of ``states``."""
    other = outbox.alias("other")
    return exists().where(
        other.c.invoice_id == outbox.c.invoice_id,
        other.c.kind == MessageKind.INVOICE,
        other.c.state.in_(states),
    )


def _is_any(*kinds: MessageKind) -> ColumnElement[bool]:
    return outbox.c.kind.in_(kinds)


_IS_ISSUED = invoices.c.state == InvoiceState.ISSUED
_NOTE_HAS_DOCUMENT = exists().where(
    document_links.c.subject == func.substr(outbox.c.step, 1, _NOTE_ID),
    document_links.c.kind == DocumentKind.CREDIT_NOTE,
)
_CAME_FIRST = _invoice_is(OutboxState.DONE, OutboxState.UNCERTAIN, OutboxState.BOUNCED)
_IS_READY = or_(
    _is_any(MessageKind.APPROVAL),
    and_(_is_any(MessageKind.INVOICE), _IS_ISSUED, HAS_DOCUMENT),
    # About several invoices, of which the first may be void by now: each is looked at when claimed.
    and_(_is_any(MessageKind.REMINDER, MessageKind.ESCALATION), HAS_DOCUMENT),
    # A client does not get the correction before what it corrects.
    and_(
        _is_any(MessageKind.CREDIT_NOTE),
        _NOTE_HAS_DOCUMENT,
        or_(
            _CAME_FIRST,
            and_(
                invoices.c.state == InvoiceState.VOID,
                ~_invoice_is(OutboxState.PENDING, OutboxState.SENDING),
            ),
        ),
    ),
    and_(_is_any(MessageKind.NOTICE), outbox.c.step == ISSUED, _invoice_is(OutboxState.DONE)),
    and_(_is_any(MessageKind.NOTICE, MessageKind.RECEIPT), outbox.c.step != ISSUED),
)


class OutboxRows(Rows):
    """Messages, UNIQUE (invoice, kind, step, channel)."""

    def add(self, rows: Sequence[OutboxRow]) -> list[str]:
        """Plan messages; those that are planned already stay as they are."""
        return self.insert_new(outbox, [_values(row) for row in rows], outbox.c.id)

    def get(self, row_id: str) -> OutboxRow:
        """Return one message."""
        row = self.connection.execute(select(outbox).where(outbox.c.id == row_id)).first()
        if row is None:
            raise NotFoundError(f"the outbox has no message {row_id!r}")
        return _message(row)

    def of_invoices(self, invoice_ids: Collection[str]) -> list[OutboxRow]:
        """Return all messages of these invoices, in the order of the invoices."""
        query = select(outbox).order_by(outbox.c.kind, outbox.c.step, outbox.c.id)
        rows = list(self.rows_by(query, outbox.c.invoice_id, set(invoice_ids)))
        place = {invoice_id: at for at, invoice_id in enumerate(invoice_ids)}
        return [_message(row) for row in sorted(rows, key=lambda row: place[row.invoice_id])]

    def due(self, now: datetime, limit: int) -> list[OutboxRow]:
        """Return pending messages that may be tried now and whose document is there.

        Those of parked clients wait; taken along, they would use up the limit of all others.
        """
        query = (
            select(outbox)
            .outerjoin(invoices, invoices.c.id == outbox.c.invoice_id)
            .where(
                outbox.c.state == OutboxState.PENDING,
                or_(outbox.c.not_before.is_(None), outbox.c.not_before <= now),
                func.coalesce(invoices.c.client, "").not_in(PARKED),
                _IS_READY,
            )
            # Questions first: an approver's answer is what the rest of a month waits for.
            .order_by(
                outbox.c.kind != MessageKind.APPROVAL,
                invoices.c.issued_at,
                invoices.c.sequence,
                outbox.c.id,
            )
            .limit(limit)
        )
        return [_message(row) for row in self.connection.execute(query)]

    def is_free(self, row: OutboxRow) -> bool:
        """Tell whether a message waits as ``row`` says, and keep it so until this ends."""
        query = select(outbox.c.id).where(
            outbox.c.id == row.id,
            outbox.c.state == OutboxState.PENDING,
            outbox.c.attempt == row.attempt,
        )
        return self.connection.execute(query.with_for_update()).first() is not None

    def uncertain(self, since: datetime, limit: int) -> list[OutboxRow]:
        """Return mails of which nobody knows whether they arrived, tried after ``since``.

        Not those that may have left with an earlier attempt: all of them carry one Message-ID, so a
        copy of that one, which perhaps came back, would be taken for one of the last.
        """
        mine = attempts.c.outbox_id == outbox.c.id
        tried = exists().where(mine, attempts.c.ended_at >= since)
        left_before = exists().where(
            mine,
            attempts.c.attempt < outbox.c.attempt,
            attempts.c.outcome.in_([Outcome.ACCEPTED, Outcome.UNCERTAIN]),
        )
        query = select(outbox).where(
            outbox.c.state == OutboxState.UNCERTAIN,
            outbox.c.channel == Channel.MAIL,
            tried,
            ~left_before,
        )
        rows = self.connection.execute(query.order_by(outbox.c.id).limit(limit))
        return [_message(row) for row in rows]

    def claim(self, row: OutboxRow, owner: str, lease_until: datetime, now: datetime) -> bool:
        """PENDING -> SENDING, if it is as ``row`` says; begins a new attempt."""
        attempt = row.attempt + 1
        here = and_(
            outbox.c.id == row.id,
            outbox.c.state == OutboxState.PENDING,
            outbox.c.attempt == row.attempt,
        )
        values = {
            "state": OutboxState.SENDING, "attempt": attempt, "owner": owner,
            "lease_until": lease_until, "not_before": None,
        }  # fmt: skip
        if not self._changed(here, values):
            return False
        begun = _attempt_values(row.id, attempt, owner, now)
        self.connection.execute(insert(attempts), {**begun, "entry": 0})
        return True

    def finish(
        self,
        row_id: str,
        owner: str,
        after: OutboxState,
        delivery: Delivery,
        ended_at: datetime,
        not_before: datetime | None = None,
    ) -> bool:
        """SENDING -> ``after`` if ``owner`` still holds it; a late result is kept as evidence."""
        check_outbox_move(OutboxState.SENDING, after)
        here = and_(
            outbox.c.id == row_id,
            outbox.c.state == OutboxState.SENDING,
            outbox.c.owner == owner,
        )
        held = self._changed(here, {"state": after, "not_before": not_before, **_FREE})
        self._record(row_id, owner, delivery, ended_at)
        return held

    def expired(self, now: datetime) -> list[OutboxRow]:
        """Claim messages whose sender let the lease run out, the oldest lease first."""
        query = (
            select(outbox)
            .where(outbox.c.state == OutboxState.SENDING, outbox.c.lease_until <= now)
            .order_by(outbox.c.lease_until, outbox.c.id)
        )
        return [_message(row) for row in self.connection.execute(self.claimed(query))]

    def resolve(self, row_id: str, before: OutboxState, after: OutboxState) -> bool:
        """Move a message that nobody is sending as was decided, by compare-and-set."""
        check_outbox_move(before, after)
        here = and_(outbox.c.id == row_id, outbox.c.state == before)
        return self._changed(here, {"state": after, "not_before": None, **_FREE})

    def attempts(self, invoice_id: str) -> list[Attempt]:
        """Return every attempt for the messages of an invoice, oldest first.

        A result that came too late stands as an attempt of the same number after the first.
        """
        query = (
            select(attempts)
            .join(outbox, outbox.c.id == attempts.c.outbox_id)
            .where(outbox.c.invoice_id == invoice_id)
            .order_by(
                attempts.c.started_at,
                attempts.c.outbox_id,
                attempts.c.attempt,
                attempts.c.entry,
            )
        )
        return [_attempt(row) for row in self.connection.execute(query)]

    def _changed(self, here: ColumnElement[bool], values: dict[str, object]) -> bool:
        return self.connection.execute(update(outbox).where(here).values(values)).rowcount == 1

    def _record(self, row_id: str, owner: str, delivery: Delivery, ended_at: datetime) -> None:
        result = {
            "outcome": delivery.outcome.value, "phase": delivery.phase, "code": delivery.code,
            "detail": delivery.detail, "ended_at": ended_at,
        }  # fmt: skip
        mine = and_(attempts.c.outbox_id == row_id, attempts.c.owner == owner)
        under_way = and_(mine, attempts.c.ended_at.is_(None))
        if self.connection.execute(update(attempts).where(under_way).values(result)).rowcount:
            return
        newest = select(attempts).where(mine).order_by(attempts.c.attempt.desc()).limit(1)
        begun = self.connection.execute(newest).first()
        attempt = begun.attempt if begun else self.get(row_id).attempt
        late = _attempt_values(row_id, attempt, owner, begun.started_at if begun else ended_at)
        entry = self._next_entry(row_id, attempt)
        self.connection.execute(insert(attempts), {**late, **result, "entry": entry})

    def _next_entry(self, row_id: str, attempt: int) -> int:
        here = and_(attempts.c.outbox_id == row_id, attempts.c.attempt == attempt)
        last = self.connection.scalar(select(func.max(attempts.c.entry)).where(here))
        return 0 if last is None else last + 1


def _values(row: OutboxRow) -> dict[str, object]:
    return {
        "id": row.id,
        "invoice_id": row.invoice_id,
        "kind": row.kind,
        "step": row.step,
        "channel": row.channel,
        "recipients": row.recipients,
        "message_id": row.message_id,
        "state": row.state,
        "attempt": row.attempt,
        "owner": row.owner,
        "lease_until": row.lease_until,
        "not_before": row.not_before,
        "about": row.about,
    }


def _message(row: Row[Any]) -> OutboxRow:
    return OutboxRow(
        row.id, row.invoice_id, row.kind, row.step, row.channel, row.recipients, row.message_id,
        row.state, row.attempt, row.owner, row.lease_until, row.not_before, row.about,
    )  # fmt: skip


def _attempt_values(
    row_id: str, attempt: int, owner: str, started_at: datetime
) -> dict[str, object]:
    return {
        "outbox_id": row_id,
        "attempt": attempt,
        "owner": owner,
        "started_at": started_at,
        "outcome": "",
        "phase": "",
        "code": 0,
        "detail": "",
        "ended_at": None,
    }


def _attempt(row: Row[Any]) -> Attempt:
    return Attempt(
        row.outbox_id, row.attempt, row.owner, row.started_at, row.outcome, row.phase, row.code,
        row.detail, row.ended_at,
    )  # fmt: skip
