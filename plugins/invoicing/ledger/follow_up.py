"""The reminder plan of each invoice: what is planned, and what became of it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, and_, func, select, update

from invoicing.domain.follow_up import Audience, PlannedReminder
from invoicing.ledger.parking import PARKED
from invoicing.ledger.statements import Rows
from invoicing.ledger.tables import invoices
from invoicing.ledger.tables import reminders as reminders_table
from invoicing.services.ledger_ports import QUEUED

_PLANNED = ""


class ReminderRows(Rows):
    """The reminder plan of each invoice, UNIQUE (invoice, step)."""

    def plan(self, invoice_id: str, reminders: Sequence[PlannedReminder]) -> None:
        """Store the plan of an invoice; a step that is planned already stays as it is."""
        self.plan_all({invoice_id: reminders})

    def plan_all(self, plans: Mapping[str, Sequence[PlannedReminder]]) -> None:
        """Store the plans of several invoices, by id."""
        rows = [
            {"invoice_id": invoice_id, "step": one.step, "planned_on": one.planned_on,
             "audience": one.audience, "outcome": _PLANNED, "settled_at": None,
             "planned_at": one.planned_at, "message": None}
            for invoice_id, reminders in plans.items()
            for one in reminders
        ]  # fmt: skip
        self.insert_rest(reminders_table, rows)

    def due(self, today: date, limit: int) -> list[tuple[str, PlannedReminder]]:
        """Return planned reminders whose day has come, with their invoice's id.

        They are those of the clients that the first ``limit`` of them are for, each client's all
        together: cut apart, they would make two mails. Those of parked clients wait; taken along,
        they would use up the limit of all others.
        """
        whose = invoices.c.client
        here = and_(
            reminders_table.c.outcome == _PLANNED,
            reminders_table.c.planned_on <= today,
            whose.not_in(PARKED),
        )
        order = (
            reminders_table.c.planned_on, reminders_table.c.invoice_id, reminders_table.c.step,
        )  # fmt: skip
        joined = reminders_table.join(invoices, invoices.c.id == reminders_table.c.invoice_id)
        first = select(whose).select_from(joined).where(here).order_by(*order).limit(limit)
        clients = set(self.connection.scalars(first))
        query = select(reminders_table).select_from(joined).where(here).order_by(*order)
        found = [(row.invoice_id, _reminder(row)) for row in self.rows_by(query, whose, clients)]
        return sorted(found, key=lambda one: (one[1].planned_on, one[0], one[1].step))

    def settle(self, invoice_id: str, step: str, outcome: str, at: datetime) -> bool:
        """Close a planned reminder once, as ``queued`` or with the reason it was dropped."""
        if outcome == _PLANNED:
            raise ValueError("a reminder is settled with an outcome")
        here = and_(
            reminders_table.c.invoice_id == invoice_id,
            reminders_table.c.step == step,
            reminders_table.c.outcome == _PLANNED,
        )
        change = update(reminders_table).where(here).values(outcome=outcome, settled_at=at)
        return self.connection.execute(change).rowcount == 1

    def carry(self, message: str, steps: Collection[tuple[str, str]]) -> None:
        """Note which message the queued reminders (invoice, step) went into."""
        for invoice_id, step in steps:
            here = and_(reminders_table.c.invoice_id == invoice_id, reminders_table.c.step == step)
            change = update(reminders_table).where(here, reminders_table.c.outcome == QUEUED)
            self.connection.execute(change.values(message=message))

    def leave_out(self, message: str, invoice_id: str, outcome: str, at: datetime) -> bool:
        """Note why a message that goes out is not about an invoice after all."""
        here = and_(
            reminders_table.c.invoice_id == invoice_id,
            reminders_table.c.message == message,
            reminders_table.c.outcome == QUEUED,
        )
        change = update(reminders_table).where(here).values(outcome=outcome, settled_at=at)
        return self.connection.execute(change).rowcount == 1

    def messages(self, invoice_id: str) -> list[str]:
        """Return the ids of the messages that reminders of an invoice went into."""
        here = and_(
            reminders_table.c.invoice_id == invoice_id, reminders_table.c.message.is_not(None)
        )
        query = select(reminders_table.c.message).where(here).distinct()
        return sorted(self.connection.scalars(query))

    def mailed_since(self, clients: Collection[str], since: datetime) -> dict[str, list[datetime]]:
        """Return when mails with reminders were queued for each client after ``since``.

        The oldest come first; a mail about several invoices is one mail.
        """
        mail = func.coalesce(
            reminders_table.c.message, reminders_table.c.invoice_id + reminders_table.c.step
        )
        query = (
            select(invoices.c.client, reminders_table.c.settled_at, mail)
            .distinct()
            .join(invoices, invoices.c.id == reminders_table.c.invoice_id)
            .where(
                reminders_table.c.outcome == QUEUED,
                reminders_table.c.audience == Audience.CLIENT,
                reminders_table.c.settled_at > since,
            )
            .order_by(reminders_table.c.settled_at)
        )
        found: dict[str, list[datetime]] = {client: [] for client in clients}
        for row in self.rows_by(query, invoices.c.client, set(clients)):
            found[row.client].append(row.settled_at)
        return found

    def of_invoice(self, invoice_id: str) -> list[tuple[PlannedReminder, str]]:
        """Return the plan of an invoice with the outcome of each step (empty = still planned)."""
        query = select(reminders_table).where(reminders_table.c.invoice_id == invoice_id)
        rows = self.connection.execute(
            query.order_by(reminders_table.c.planned_on, reminders_table.c.step)
        )
        return [(_reminder(row), row.outcome) for row in rows]


def _reminder(row: Row[Any]) -> PlannedReminder:
    return PlannedReminder(row.step, row.planned_on, row.audience, row.planned_at)
