"""Follow up: when to remind, when not to, and never more than one mail at a time."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.follow_up import (
    DEFAULT_PLAN,
    Anchor,
    Audience,
    DueReminder,
    PlannedReminder,
    ReminderPlan,
    ReminderStep,
    merge,
    plan_reminders,
    reason_not_to_remind,
    timed,
    within_weekly_cap,
)
from invoicing.domain.money import Money
from invoicing.domain.states import InvoiceState
from tests.domain.builders import eur

ISSUED = date(2026, 11, 2)
DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))


def day(text: str) -> date:
    return date.fromisoformat(text)


def plan(*steps: ReminderStep) -> ReminderPlan:
    return ReminderPlan("own", steps)


@pytest.mark.parametrize(
    ("net", "expected"),
    [
        (15, {"before_due": "2026-11-13", "day_after_due": "2026-11-18",
              "two_weeks": "2026-11-16", "escalation": "2026-12-17"}),
        (30, {"before_due": "2026-11-27", "day_after_due": "2026-12-03",
              "two_weeks": "2026-11-16", "escalation": "2027-01-01"}),
        (60, {"before_due": "2026-12-29", "day_after_due": "2027-01-04",
              "two_weeks": "2026-11-16", "escalation": "2027-02-01"}),
    ],
)  # fmt: skip
def test_the_standard_cadence(net: int, expected: dict[str, str]) -> None:
    planned = plan_reminders(DEFAULT_PLAN, ISSUED, ISSUED + timedelta(days=net))
    assert {one.step: str(one.planned_on) for one in planned} == expected
    assert [one.step for one in planned if one.audience is Audience.US] == ["escalation"]
    assert list(planned) == sorted(planned, key=lambda one: one.planned_on)


def test_steps_count_from_the_due_date_the_issue_or_the_cycle() -> None:
    steps = (
        ReminderStep("due", 1),
        ReminderStep("issued", 1, Anchor.ISSUED),
        ReminderStep("cycle", 1, Anchor.CYCLE),
    )
    due_on, cycle_on = day("2026-11-16"), day("2026-11-09")
    planned = plan_reminders(plan(*steps), ISSUED, due_on, cycle_on)
    assert planned == (
        PlannedReminder("issued", day("2026-11-03")),
        PlannedReminder("cycle", day("2026-11-10")),
        PlannedReminder("due", day("2026-11-17")),
    )
    without = plan_reminders(plan(steps[2]), ISSUED, due_on)
    assert without == (PlannedReminder("cycle", day("2026-11-03")),)


@pytest.mark.parametrize(
    ("days", "due_on", "planned_on"),
    [
        (1, "2026-11-13", "2026-11-16"),
        (1, "2026-11-14", "2026-11-16"),
        (1, "2026-12-23", "2026-12-28"),
        (-3, "2026-11-17", "2026-11-13"),
        (-3, "2026-12-28", "2026-12-23"),
        (0, "2026-11-15", "2026-11-16"),
    ],
)
def test_nobody_is_reminded_on_a_day_off_nor_of_something_due_after_it_was(
    days: int, due_on: str, planned_on: str
) -> None:
    holidays = (day("2026-12-24"), day("2026-12-25"))
    (one,) = plan_reminders(plan(ReminderStep("s", days)), ISSUED, day(due_on), None, holidays)
    assert one.planned_on == day(planned_on)


def test_nobody_is_reminded_of_a_new_invoice() -> None:
    steps = (ReminderStep("soon", -3), ReminderStep("late", 1))
    assert plan_reminders(plan(*steps), ISSUED, ISSUED) == (
        PlannedReminder("late", ISSUED + timedelta(days=1)),
    )
    assert plan_reminders(plan(), ISSUED, ISSUED) == ()


@given(DAYS, st.integers(0, 90), st.integers(-30, 90), st.sampled_from(Anchor), st.sets(DAYS))
def test_every_reminder_is_on_a_business_day_on_its_side_of_the_anchor(
    issued_on: date, net: int, days: int, anchor: Anchor, holidays: set[date]
) -> None:
    due_on = issued_on + timedelta(days=net)
    step = ReminderStep("s", days, anchor)
    for one in plan_reminders(plan(step), issued_on, due_on, None, holidays):
        counted = due_on if anchor is Anchor.DUE else issued_on
        assert one.planned_on.weekday() < 5
        assert one.planned_on not in holidays
        assert one.planned_on > issued_on
        assert (one.planned_on < counted) is (days < 0)


STATE = InvoiceState


@pytest.mark.parametrize(
    ("state", "balance", "disputed", "in_transit", "reason"),
    [
        (STATE.ISSUED, "0.01", None, None, ""),
        (STATE.ISSUED, "119.00", None, None, ""),
        (STATE.ISSUED, "0.00", None, None, "the invoice is paid"),
        (STATE.ISSUED, "-1.00", None, None, "the invoice is paid"),
        (STATE.VOID, "119.00", None, None, "the invoice is void"),
        (STATE.VOID, "0.00", "9.00", "9.00", "the invoice is void"),
        (STATE.ISSUED, "119.00", "118.99", None, ""),
        (STATE.ISSUED, "119.00", "119.00", None, "all that is open is disputed"),
        (STATE.ISSUED, "119.00", None, "118.99", ""),
        (STATE.ISSUED, "119.00", None, "119.00", "a payment of what is open is under way"),
        (STATE.ISSUED, "119.00", "19.00", "99.99", ""),
        (STATE.ISSUED, "119.00", "19.00", "100.00", "a payment of what is open is under way"),
    ],
)
def test_only_what_is_owed_and_not_contested_is_reminded(
    state: InvoiceState, balance: str, disputed: str | None, in_transit: str | None, reason: str
) -> None:
    def money(text: str | None) -> Money | None:
        return None if text is None else eur(text)

    found = reason_not_to_remind(
        state, eur(balance), disputed=money(disputed), in_transit=money(in_transit)
    )
    assert found == reason


def test_paused_reminders_wait_but_a_paid_invoice_is_paid() -> None:
    assert reason_not_to_remind(STATE.ISSUED, eur("1.00"), paused=True) == "reminders are paused"
    assert reason_not_to_remind(STATE.ISSUED, eur("0.00"), paused=True) == "the invoice is paid"


def due(invoice: str, step: str, on: str, client: str = "nordwind") -> DueReminder:
    return DueReminder("brightwater", client, invoice, PlannedReminder(step, day(on)))


def test_a_client_gets_one_mail_about_all_its_invoices() -> None:
    one, other = due("A", "late", "2026-11-03"), due("B", "soon", "2026-11-02")
    stranger = due("C", "late", "2026-11-03", "aurora")
    mails = merge([one, stranger, other])
    assert [(mail.client, mail.reminders) for mail in mails] == [
        ("aurora", (stranger,)),
        ("nordwind", (other, one)),
    ]
    assert merge([]) == ()


def test_after_an_outage_only_the_newest_step_of_each_invoice_goes_out() -> None:
    missed = [due("A", f"step {at}", f"2026-10-{at + 10}") for at in range(9)]
    (mail,) = merge([*reversed(missed), due("B", "late", "2026-10-01")])
    assert [one.reminder.step for one in mail.reminders] == ["late", "step 8"]
    assert len(mail.superseded) == 8


def test_one_of_our_people_gets_one_mail_about_all_clients() -> None:
    def ours(invoice: str, client: str, who: str) -> DueReminder:
        escalation = PlannedReminder("late", day("2026-11-03"), Audience.US)
        return DueReminder("brightwater", client, invoice, escalation, who)

    mona, other = ours("A", "nordwind", "mona@a"), ours("B", "aurora", "mona@a")
    mails = merge([mona, other, ours("C", "nordwind", "jan@a")])
    assert [(mail.client, len(mail.reminders)) for mail in mails] == [
        ("nordwind", 1), ("nordwind", 2),
    ]  # fmt: skip


def test_a_plan_may_have_days_off_of_its_own() -> None:
    own = ReminderPlan("own", (ReminderStep("s", 1),), holidays=(day("2026-11-17"),))
    (one,) = plan_reminders(own, ISSUED, day("2026-11-16"), None, (day("2026-11-18"),))
    assert one.planned_on == day("2026-11-19")


def test_a_reminder_goes_out_in_the_morning_where_it_goes_to() -> None:
    planned = plan_reminders(DEFAULT_PLAN, ISSUED, day("2026-12-02"))
    found = timed(planned, DEFAULT_PLAN, "America/New_York", "Europe/Berlin")
    assert {one.step: str(one.planned_at) for one in found} == {
        "two_weeks": "2026-11-16 14:00:00+00:00",
        "before_due": "2026-11-27 14:00:00+00:00",
        "day_after_due": "2026-12-03 14:00:00+00:00",
        "escalation": "2027-01-01 08:00:00+00:00",
    }
    early = replace(DEFAULT_PLAN, at=time(6, 30))
    assert str(timed(planned, early, "UTC", "UTC")[0].planned_at) == "2026-11-16 06:30:00+00:00"


def test_our_own_people_and_other_entities_get_their_own() -> None:
    client = due("A", "late", "2026-11-03")
    ours = replace(client, reminder=replace(client.reminder, audience=Audience.US))
    other = replace(client, entity="cloudbridge", invoice_id="B")
    mails = merge([client, ours, other])
    assert [(mail.entity, mail.audience) for mail in mails] == [
        ("brightwater", Audience.CLIENT),
        ("brightwater", Audience.US),
        ("cloudbridge", Audience.CLIENT),
    ]
    assert {mail.superseded for mail in mails} == {()}


@given(st.lists(st.builds(
    due, st.sampled_from("ABC"), st.sampled_from(["s", "t"]),
    st.sampled_from(["2026-11-02", "2026-11-03"]), st.sampled_from(["x", "y"]),
), unique=True))  # fmt: skip
def test_every_due_reminder_is_sent_or_superseded_once(dues: list[DueReminder]) -> None:
    mails = merge(dues)
    found = [one for mail in mails for one in (*mail.reminders, *mail.superseded)]
    assert sorted(map(str, found)) == sorted(map(str, dues))
    for mail in mails:
        invoices = [one.invoice_id for one in mail.reminders]
        assert len(set(invoices)) == len(invoices)
    assert len({mail.client for mail in mails}) == len(mails)


@pytest.mark.parametrize(
    ("most", "ago", "may"),
    [
        (0, [0, 0, 1], True),
        (2, [], True),
        (2, [6], True),
        (2, [0, 6], False),
        (2, [0, 7], True),
        (2, [7, 8, 9], True),
        (1, [-1], True),
    ],
)
def test_no_more_mails_in_any_seven_days_than_the_cap(
    most: int, ago: Sequence[int], may: bool
) -> None:
    mailed = [ISSUED - timedelta(days=days) for days in ago]
    assert within_weekly_cap(most, mailed, ISSUED) is may


def test_a_cycle_that_began_long_before_the_invoice_counts_from_the_issue() -> None:
    steps = ReminderStep("first", 7, Anchor.CYCLE), ReminderStep("second", 40, Anchor.CYCLE)
    planned = plan_reminders(plan(*steps), ISSUED, day("2026-11-16"), day("2026-10-01"))
    assert planned == (
        PlannedReminder("first", day("2026-11-09")),
        PlannedReminder("second", day("2026-12-14")),
    )


@pytest.mark.parametrize("days", [-30, 0, 1])
def test_an_escalation_is_never_dropped(days: int) -> None:
    step = ReminderStep("escalation", days, Anchor.ISSUED, Audience.US)
    (planned,) = plan_reminders(plan(step), ISSUED, day("2026-11-16"))
    assert planned == PlannedReminder("escalation", day("2026-11-03"), Audience.US)
