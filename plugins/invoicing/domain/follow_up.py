"""Follow up: which reminders an unpaid invoice gets, and when one must not go out."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from invoicing.domain.money import Money
from invoicing.domain.periods import instant_at
from invoicing.domain.states import InvoiceState

_SATURDAY = 5  # date.weekday()
_MORNING = time(9)
IS_PAID = "the invoice is paid"


class Anchor(StrEnum):
    """The day a reminder is counted from: the due date, the issue, or the cycle's first day."""

    DUE = "due"
    ISSUED = "issued"
    CYCLE = "cycle"


class Audience(StrEnum):
    """Whom a step is for: the client, or our own people (an escalation)."""

    CLIENT = "client"
    US = "us"


@dataclass(frozen=True, slots=True)
class ReminderStep:
    """One step of a plan: its name and its distance in days from the anchor (minus is before)."""

    name: str
    days: int
    anchor: Anchor = Anchor.DUE
    audience: Audience = Audience.CLIENT


@dataclass(frozen=True, slots=True)
class ReminderPlan:
    """The steps of a cadence; at most ``most_per_week`` mails go to one client (0: no cap).

    A reminder goes out from ``at`` on, by the clocks where it goes to. ``holidays`` are days off of
    those who follow this plan, besides those of our entity.
    """

    name: str
    steps: tuple[ReminderStep, ...]
    most_per_week: int = 0
    at: time = _MORNING
    holidays: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedReminder:
    """A reminder with its day, and the instant from which on it may go out.

    Without ``planned_at`` it may go out all of that day where it goes to.
    """

    step: str
    planned_on: date
    audience: Audience = Audience.CLIENT
    planned_at: datetime | None = None


DEFAULT_PLAN = ReminderPlan(
    "standard",
    (
        ReminderStep("before_due", -3),
        ReminderStep("day_after_due", 1),
        ReminderStep("two_weeks", 14, Anchor.ISSUED),
        ReminderStep("escalation", 30, Anchor.DUE, Audience.US),
    ),
)


@dataclass(frozen=True, slots=True)
class DueReminder:
    """A reminder whose day has come, with whom it would go to and in whose name.

    ``ours`` is the address at which our own people hear of it (an escalation).
    """

    entity: str
    client: str
    invoice_id: str
    reminder: PlannedReminder
    ours: str = ""


@dataclass(frozen=True, slots=True)
class MergedReminder:
    """One mail about all that one client is to be reminded of: the newest step of each invoice.

    One to our own people is about all clients whose invoices the same person looks after; then
    ``client`` is the first of them. ``superseded`` are older steps that were missed meanwhile; they
    are not made up for.
    """

    entity: str
    client: str
    audience: Audience
    reminders: tuple[DueReminder, ...]
    superseded: tuple[DueReminder, ...] = ()


def plan_reminders(
    plan: ReminderPlan,
    issued_on: date,
    due_on: date,
    cycle_on: date | None = None,
    holidays: Collection[date] = (),
) -> tuple[PlannedReminder, ...]:
    """Return every reminder of one invoice with its day, the earliest first.

    A day off gives way to the next business day, before the due date to the one before. A cycle
    that began too long before the invoice (in arrears, or caught up with) counts from the issue. A
    step that would come no later than the invoice itself is left out: nobody is reminded of a new
    invoice. An escalation to our own people comes on the next business day instead.
    """
    holidays = {*holidays, *plan.holidays}
    began = _cycle_anchor(plan, issued_on, cycle_on or issued_on)
    anchors = {Anchor.DUE: due_on, Anchor.ISSUED: issued_on, Anchor.CYCLE: began}
    planned = [
        PlannedReminder(
            step.name, _business_day(anchors[step.anchor], step, holidays), step.audience
        )
        for step in plan.steps
    ]
    soonest = _business_day(issued_on, ReminderStep("", 1), holidays)
    ours = (one for one in planned if one.audience is Audience.US)
    later = [replace(one, planned_on=max(one.planned_on, soonest)) for one in ours]
    later += [
        one for one in planned if one.audience is not Audience.US and one.planned_on > issued_on
    ]
    return tuple(sorted(later, key=lambda reminder: reminder.planned_on))


def timed(
    planned: Iterable[PlannedReminder], plan: ReminderPlan, client_zone: str, our_zone: str
) -> tuple[PlannedReminder, ...]:
    """Give each reminder its instant: the plan's time of day where the reminder goes to."""
    zones = {Audience.CLIENT: client_zone, Audience.US: our_zone}
    return tuple(
        replace(one, planned_at=instant_at(one.planned_on, plan.at, zones[one.audience]))
        for one in planned
    )


def _cycle_anchor(plan: ReminderPlan, issued_on: date, cycle_on: date) -> date:
    """Return the cycle's first day, or the issue if a step would be over before the invoice."""
    days = [step.days for step in plan.steps if step.anchor is Anchor.CYCLE and step.days > 0]
    is_over = any(cycle_on + timedelta(days=each) <= issued_on for each in days)
    return issued_on if is_over else cycle_on


def _business_day(anchor: date, step: ReminderStep, holidays: Collection[date]) -> date:
    day = anchor + timedelta(days=step.days)
    onward = timedelta(days=-1 if step.days < 0 else 1)
    while day.weekday() >= _SATURDAY or day in holidays:
        day += onward
    return day


def reason_not_to_remind(
    state: InvoiceState,
    balance: Money,
    *,
    disputed: Money | None = None,
    in_transit: Money | None = None,
    paused: bool = False,
) -> str:
    """Say why an invoice must not be reminded, or nothing when it may be.

    ``disputed`` is what of it the client contests, ``in_transit`` what has been paid and not yet
    arrived; ``paused`` means that a person stopped the reminders.
    """
    nothing = Money.zero(balance.currency)
    if state is InvoiceState.VOID:
        return "the invoice is void"
    if balance <= nothing:
        return IS_PAID
    if paused:
        return "reminders are paused"
    undisputed = balance - (disputed or nothing)
    if undisputed <= nothing:
        return "all that is open is disputed"
    if undisputed - (in_transit or nothing) <= nothing:
        return "a payment of what is open is under way"
    return ""


def merge(due: Iterable[DueReminder]) -> tuple[MergedReminder, ...]:
    """Make one mail of all due reminders of a client: after an outage, too, it gets no storm.

    What our entities send in their own names, and what goes to our own people, stays apart.
    """
    mails: dict[tuple[str, Audience, str], dict[str, list[DueReminder]]] = {}
    for one in sorted(due, key=lambda one: (one.reminder.planned_on, one.invoice_id)):
        audience = one.reminder.audience
        whom = one.client if audience is Audience.CLIENT else one.ours
        mail = mails.setdefault((one.entity, audience, whom), {})
        mail.setdefault(one.invoice_id, []).append(one)
    return tuple(
        _mail(entity, audience, invoices)
        for (entity, audience, _), invoices in sorted(mails.items())
    )


def _mail(
    entity: str, audience: Audience, invoices: Mapping[str, list[DueReminder]]
) -> MergedReminder:
    newest = tuple(steps[-1] for steps in invoices.values())
    missed = tuple(one for steps in invoices.values() for one in steps[:-1])
    return MergedReminder(entity, newest[0].client, audience, newest, missed)


def within_weekly_cap(most_per_week: int, mailed_on: Iterable[date], today: date) -> bool:
    """Tell whether one more mail to a client keeps to the cap of any seven days (0: no cap)."""
    week = today - timedelta(days=7)
    return not most_per_week or sum(week < day <= today for day in mailed_on) < most_per_week
