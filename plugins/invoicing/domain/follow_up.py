"""Follow up: which reminders an unpaid invoice gets, and when one must not go out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from invoicing.domain.money import Money
from invoicing.domain.states import InvoiceState


@dataclass(frozen=True, slots=True)
class ReminderStep:
    """One reminder of the plan: its name and its distance from the due date in days."""

    name: str
    days_after_due: int


@dataclass(frozen=True, slots=True)
class PlannedReminder:
    """A reminder with its day."""

    step: str
    planned_on: date


DEFAULT_PLAN = (ReminderStep("day_after_due", 1),)


def plan_reminders(
    due_on: date, plan: Iterable[ReminderStep] = DEFAULT_PLAN
) -> tuple[PlannedReminder, ...]:
    """Return the reminders of an invoice that is due on ``due_on``."""
    return tuple(
        PlannedReminder(step.name, due_on + timedelta(days=step.days_after_due)) for step in plan
    )


def reason_not_to_remind(state: InvoiceState, balance: Money) -> str:
    """Say why an invoice must not be reminded, or nothing when it may be."""
    if state is InvoiceState.VOID:
        return "the invoice is void"
    if balance <= Money.zero(balance.currency):
        return "the invoice is paid"
    return ""
