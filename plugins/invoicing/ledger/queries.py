"""Read models of the pages: counts and lists, a few statements whatever their length."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Select,
    Table,
    and_,
    func,
    or_,
    select,
    true,
    tuple_,
)

from invoicing.domain.dispatch import MessageKind
from invoicing.domain.events import Hint
from invoicing.domain.exceptions import ExceptionEntry
from invoicing.domain.issue import Invoice
from invoicing.domain.money import Money
from invoicing.domain.obligations import Obligation
from invoicing.domain.states import DraftState, InvoiceState, OutboxState
from invoicing.ledger.invoices import invoice_of_row
from invoicing.ledger.reconcile import BALANCE
from invoicing.ledger.statements import Rows, chunks, in_order
from invoicing.ledger.tables import (
    allocations,
    billing_events,
    credit_notes,
    drafts,
    exceptions,
    obligations,
    outbox,
    payments,
    review_requests,
    write_offs,
)
from invoicing.ledger.tables import invoices as invoices_table
from invoicing.services.ledger_ports import EventRow
from invoicing.services.ledger_ports.queries import (
    OpenCode,
    OpenSum,
    Part,
    Settlement,
    Shown,
    Waiting,
    Wanted,
)

_IS_OPEN = exceptions.c.closed_at.is_(None)
_AWAITS = drafts.c.state == DraftState.AWAITING_REVIEW
_ISSUED = invoices_table.c.state == InvoiceState.ISSUED
_MAIL_STATES = {
    Shown.MAIL_WAITING: (OutboxState.PENDING, OutboxState.SENDING),
    Shown.MAIL_TROUBLE: (OutboxState.FAILED, OutboxState.UNCERTAIN),
}


class QueryRows(Rows):
    """Read models of the pages; no list here costs a statement per row."""

    def open_codes(self) -> list[OpenCode]:
        """Count the open exceptions of each kind, the kind with the oldest one first."""
        oldest = func.min(exceptions.c.opened_at)
        query = (
            select(exceptions.c.code, func.count().label("entries"), oldest.label("oldest_at"))
            .where(_IS_OPEN)
            .group_by(exceptions.c.code)
            .order_by(oldest, exceptions.c.code)
        )
        return [
            OpenCode(row.code, row.entries, row.oldest_at) for row in self.connection.execute(query)
        ]

    def open_entries(self, codes: Collection[str], part: Part) -> list[ExceptionEntry]:
        """Return open exceptions of these kinds, the oldest first."""
        query = (
            select(exceptions)
            .where(_IS_OPEN, exceptions.c.code.in_(list(codes)))
            .order_by(exceptions.c.opened_at, exceptions.c.id)
        )
        return [
            ExceptionEntry(row.id, row.code, row.subject, row.cause, row.opened_at)
            for row in self.connection.execute(_of(part, query))
        ]

    def waiting_count(self) -> int:
        """Count the drafts that wait for an answer."""
        return self.connection.scalar(select(func.count()).where(_AWAITS)) or 0

    def waiting(self, part: Part) -> list[Waiting]:
        """Return the drafts that wait for an answer, those that wait the longest first.

        What counts is the newest question of a version: each step of a chain waits for its own.
        """
        asked = and_(
            review_requests.c.draft_id == drafts.c.id, review_requests.c.version == drafts.c.version
        )
        asked_at = func.max(review_requests.c.asked_at)
        query = (
            select(drafts.c.id, asked_at.label("asked_at"))
            .outerjoin(review_requests, asked)
            .where(_AWAITS)
            .group_by(drafts.c.id)
            .order_by(asked_at.is_not(None), asked_at, drafts.c.id)
        )
        return [Waiting(row.id, row.asked_at) for row in self.connection.execute(_of(part, query))]

    def owners_of_messages(self, message_ids: Collection[str]) -> dict[str, str]:
        """Return the invoice that each of these messages, or credit notes, is about."""
        found: dict[str, str] = {}
        for table in (outbox, credit_notes):
            query = select(table.c.id, table.c.invoice_id)
            rows = self.rows_by(query, table.c.id, message_ids)
            found |= {row.id: row.invoice_id for row in rows}
        return found

    def events(self, row_ids: Collection[str]) -> list[EventRow]:
        """Return the events that exist."""
        rows = self.rows_by(select(billing_events), billing_events.c.id, row_ids)
        return [
            EventRow(
                row.id,
                Hint(row.source, row.event_id, row.kind, row.object_id, row.payload_hash),
                row.state,
                row.event,
                row.payment,
            )
            for row in rows
        ]

    def owed(self, obligation_ids: Collection[str]) -> list[Obligation]:
        """Return the obligations that exist."""
        rows = self.rows_by(select(obligations.c.content), obligations.c.id, obligation_ids)
        return [row.content for row in rows]

    def unplaced(self, payment_keys: Collection[str]) -> dict[str, Money]:
        """Return what of each payment is on no invoice."""
        key = (payments.c.source, payments.c.external_id)
        placed = (
            select(func.coalesce(func.sum(allocations.c.amount_minor), 0))
            .where(
                allocations.c.source == payments.c.source,
                allocations.c.external_id == payments.c.external_id,
            )
            .scalar_subquery()
        )
        query = select(*key, payments.c.amount, payments.c.currency, placed.label("placed"))
        found: dict[str, Money] = {}
        for chunk in chunks({tuple(one.partition(":")[::2]) for one in payment_keys}):
            for row in self.connection.execute(query.where(tuple_(*key).in_(chunk))):
                whole = Money.parse(f"{row.amount} {row.currency}")
                rest = whole - Money.of_minor(int(row.placed), row.currency)
                found[f"{row.source}:{row.external_id}"] = rest
        return found

    def invoices(self, wanted: Wanted, part: Part) -> list[Invoice]:
        """Return invoices, those issued last first; what is late comes by its due date."""
        newest = (
            invoices_table.c.issued_at.desc(),
            invoices_table.c.entity,
            invoices_table.c.sequence.desc(),
        )
        order = (invoices_table.c.due_on, *newest) if wanted.shown is Shown.LATE else newest
        # The ids first: a sort over whole contents would move megabytes.
        ids = select(invoices_table.c.id).where(_wanted(wanted)).order_by(*order)
        asked = list(self.connection.scalars(_of(part, ids)))
        rows = self.rows_by(select(invoices_table), invoices_table.c.id, asked)
        return in_order(asked, {row.id: invoice_of_row(row) for row in rows})

    def count_invoices(self, wanted: Wanted) -> int:
        """Count the invoices that `invoices` would return."""
        query = select(func.count()).select_from(invoices_table).where(_wanted(wanted))
        return self.connection.scalar(query) or 0

    def settlements(self, invoice_ids: Collection[str]) -> dict[str, Settlement]:
        """Return what settles each invoice."""
        paid = self._sums(allocations, allocations.c.amount_minor, invoice_ids)
        credited = self._sums(credit_notes, credit_notes.c.due_minor, invoice_ids)
        given_up = self._sums(write_offs, write_offs.c.amount_minor, invoice_ids)
        query = select(invoices_table.c.id, invoices_table.c.currency)
        return {
            row.id: Settlement(
                *(
                    Money.of_minor(sums.get(row.id, 0), row.currency)
                    for sums in (paid, credited, given_up)
                )
            )
            for row in self.rows_by(query, invoices_table.c.id, invoice_ids)
        }

    def open_sums(self, client: str = "") -> list[OpenSum]:
        """Add up what is still owed, on all invoices or on those to one client."""
        columns = (invoices_table.c.entity, invoices_table.c.currency, invoices_table.c.due_on)
        owed = (
            select(*columns, BALANCE.label("balance"))
            .where(_wanted(Wanted(Shown.OPEN, client)))
            .subquery()
        )
        by = (owed.c.entity, owed.c.currency, owed.c.due_on)
        sums = (func.sum(owed.c.balance).label("minor"), func.count().label("invoices"))
        query = select(*by, *sums).group_by(*by).order_by(*by)
        return [
            OpenSum(
                row.entity, row.due_on, Money.of_minor(int(row.minor), row.currency), row.invoices
            )
            for row in self.connection.execute(query)
        ]

    def _sums(
        self, table: Table, minor: Column[Any], invoice_ids: Collection[str]
    ) -> dict[str, int]:
        query = select(table.c.invoice_id, func.sum(minor).label("minor")).group_by(
            table.c.invoice_id
        )
        rows = self.rows_by(query, table.c.invoice_id, invoice_ids)
        return {row.invoice_id: int(row.minor) for row in rows}


def _of(part: Part, query: Select[Any]) -> Select[Any]:
    return query.limit(part.limit).offset(part.offset)


def _wanted(wanted: Wanted) -> ColumnElement[bool]:
    of_client = invoices_table.c.client == wanted.client if wanted.client else true()
    return and_(of_client, _shown(wanted))


def _shown(wanted: Wanted) -> ColumnElement[bool]:
    match wanted.shown:
        case Shown.ALL:
            return true()
        case Shown.OPEN:
            return and_(_ISSUED, BALANCE > 0)
        case Shown.LATE:
            return and_(_ISSUED, BALANCE > 0, _overdue(wanted))
        case Shown.PAID:
            return and_(_ISSUED, BALANCE <= 0)
        case Shown.VOID:
            return invoices_table.c.state == InvoiceState.VOID
        case Shown.MAIL_WAITING | Shown.MAIL_TROUBLE:
            mails = select(outbox.c.invoice_id).where(
                outbox.c.kind == MessageKind.INVOICE,
                outbox.c.state.in_(_MAIL_STATES[wanted.shown]),
            )
            return and_(_ISSUED, invoices_table.c.id.in_(mails))


def _overdue(wanted: Wanted) -> ColumnElement[bool]:
    """An entity that left the configuration is late by the earliest of the days we know."""
    known = [_late_for(entity, day) for entity, day in wanted.today.items()]
    left = and_(
        invoices_table.c.entity.not_in(list(wanted.today)),
        invoices_table.c.due_on < min(wanted.today.values(), default=date.min),
    )
    return or_(*known, left)


def _late_for(entity: str, day: date) -> ColumnElement[bool]:
    return and_(invoices_table.c.entity == entity, invoices_table.c.due_on < day)
