"""Routing: the kind of agreement and its terms choose the rule, the due date and the reminders."""

from dataclasses import replace
from datetime import date

import pytest

from invoicing.domain.agreements import Agreement, Pricing
from invoicing.domain.events import BillingEvent, EventKind
from invoicing.domain.follow_up import Anchor, ReminderPlan, ReminderStep, plan_reminders
from invoicing.domain.report import due_event, dues
from invoicing.domain.rules import Model
from invoicing.domain.terms import Terms, due_date
from tests.domain.builders import (
    MONTHLY_HOURS,
    NORDWIND,
    PROJECT,
    RETAINER,
    agreement,
    book,
    decided,
    event,
    hours,
    rule,
)

ISSUED = date(2026, 11, 9)  # a Monday, a week into the cycle
BY_CYCLE = ReminderPlan("retainers", (ReminderStep("follow_up", 14, Anchor.CYCLE),))
BY_ISSUE = ReminderPlan("projects", (ReminderStep("follow_up", 14, Anchor.ISSUED),))
RULES = (rule(Model.RETAINER, "monthly"), rule(Model.MILESTONE, "milestones"))


def agreed(pricing: Pricing, net: int, plan: ReminderPlan) -> Agreement:
    started = date(2026, 10, 1) if pricing is MONTHLY_HOURS else date(2026, 11, 1)
    terms = Terms(net, next_business_day=True)
    return replace(
        agreement(pricing), starts_on=started, bill_from=started, terms=terms,
        reminder_plan=plan.name,
    )  # fmt: skip


def reported(one: Agreement) -> BillingEvent:
    if one.pricing is PROJECT:
        return event(kind=EventKind.MILESTONE_DONE, subject="build", occurred_on=ISSUED)
    (due,) = dues(one, ISSUED)
    worked = hours(on=date(2026, 10, 20))
    return due_event(one, due, (worked,) if one.pricing is MONTHLY_HOURS else ())


@pytest.mark.parametrize(
    ("pricing", "net", "path", "due_on", "follow_up_on"),
    [
        (RETAINER, 15, "monthly 2026-11-01", "2026-11-24", "2026-11-16"),
        (RETAINER, 30, "monthly 2026-11-01", "2026-12-09", "2026-11-16"),
        (RETAINER, 60, "monthly 2026-11-01", "2027-01-08", "2026-11-16"),
        (PROJECT, 15, "milestones build", "2026-11-24", "2026-11-23"),
        (PROJECT, 30, "milestones build", "2026-12-09", "2026-11-23"),
        (PROJECT, 60, "milestones build", "2027-01-08", "2026-11-23"),
        (MONTHLY_HOURS, 15, "monthly 2026-10-01", "2026-11-24", "2026-11-23"),
        (MONTHLY_HOURS, 30, "monthly 2026-10-01", "2026-12-09", "2026-11-23"),
        (MONTHLY_HOURS, 60, "monthly 2026-10-01", "2027-01-08", "2026-11-23"),
    ],
)
def test_the_path_of_an_invoice(
    pricing: Pricing, net: int, path: str, due_on: str, follow_up_on: str
) -> None:
    plan = BY_CYCLE if pricing is RETAINER else BY_ISSUE
    one = agreed(pricing, net, plan)
    books = replace(
        book(agreements=(one,), rules=RULES, clients=(NORDWIND,)),
        reminders={plan.name: plan for plan in (BY_CYCLE, BY_ISSUE)},
    )
    (owed,) = decided(reported(one), books).obligations
    assert f"{owed.rule} {owed.key.unit}" == path
    assert one.terms is not None
    pay_by = due_date(ISSUED, one.terms)
    assert str(pay_by) == due_on
    cycle_on = owed.period.starts_on if owed.period else None
    (follow_up,) = plan_reminders(books.reminder_plan(one), ISSUED, pay_by, cycle_on)
    assert str(follow_up.planned_on) == follow_up_on
