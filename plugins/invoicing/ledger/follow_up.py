"""The reminder plan of each invoice: what is planned, and what became of it."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import and_, select, update

from invoicing.domain.follow_up import PlannedReminder
from invoicing.ledger.statements import Rows
from invoicing.ledger.tables import reminders as reminders_table

_PLANNED = ""


class ReminderRows(Rows):
    """The reminder plan of each invoice, UNIQUE (invoice, step)."""

    def plan(self, invoice_id: str, reminders: Sequence[PlannedReminder]) -> None:
        """Store the plan of an invoice; a step that is planned already stays as it is."""
        rows = [
            {"invoice_id": invoice_id, "step": one.step, "planned_on": one.planned_on,
             "outcome": _PLANNED, "settled_at": None}
            for one in reminders
        ]  # fmt: skip
        self.insert_rest(reminders_table, rows)

    def due(self, today: date, limit: int) -> list[tuple[str, PlannedReminder]]:
        """Return planned reminders whose day has come, with their invoice's id."""
        query = (
            select(reminders_table)
            .where(reminders_table.c.outcome == _PLANNED, reminders_table.c.planned_on <= today)
            .order_by(
                reminders_table.c.planned_on, reminders_table.c.invoice_id, reminders_table.c.step
            )
            .limit(limit)
        )
        rows = self.connection.execute(query)
        return [(row.invoice_id, PlannedReminder(row.step, row.planned_on)) for row in rows]

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

    def of_invoice(self, invoice_id: str) -> list[tuple[PlannedReminder, str]]:
        """Return the plan of an invoice with the outcome of each step (empty = still planned)."""
        query = select(reminders_table).where(reminders_table.c.invoice_id == invoice_id)
        rows = self.connection.execute(
            query.order_by(reminders_table.c.planned_on, reminders_table.c.step)
        )
        return [(PlannedReminder(row.step, row.planned_on), row.outcome) for row in rows]
