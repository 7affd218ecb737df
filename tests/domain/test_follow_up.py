"""Follow up: when to remind, and when not to."""

from datetime import date

import pytest

from invoicing.domain.follow_up import (
    PlannedReminder,
    ReminderStep,
    plan_reminders,
    reason_not_to_remind,
)
from invoicing.domain.states import InvoiceState
from tests.domain.builders import eur


def test_the_first_reminder_goes_out_the_day_after_the_due_date() -> None:
    assert plan_reminders(date(2026, 2, 28)) == (
        PlannedReminder("day_after_due", date(2026, 3, 1)),
    )


def test_a_plan_may_have_steps_before_and_after_the_due_date() -> None:
    plan = (ReminderStep("soon", -3), ReminderStep("late", 1))
    assert plan_reminders(date(2026, 5, 4), plan) == (
        PlannedReminder("soon", date(2026, 5, 1)),
        PlannedReminder("late", date(2026, 5, 5)),
    )
    assert plan_reminders(date(2026, 5, 4), ()) == ()


@pytest.mark.parametrize(
    ("state", "balance", "reason"),
    [
        (InvoiceState.ISSUED, "0.01", ""),
        (InvoiceState.ISSUED, "119.00", ""),
        (InvoiceState.ISSUED, "0.00", "the invoice is paid"),
        (InvoiceState.ISSUED, "-1.00", "the invoice is paid"),
        (InvoiceState.VOID, "119.00", "the invoice is void"),
        (InvoiceState.VOID, "0.00", "the invoice is void"),
    ],
)
def test_only_what_is_owed_is_reminded(state: InvoiceState, balance: str, reason: str) -> None:
    assert reason_not_to_remind(state, eur(balance)) == reason
