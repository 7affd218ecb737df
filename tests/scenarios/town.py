"""The town around the company: what its sources report, and what its clients pay."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from invoicing.domain.discounts import Discount
from invoicing.domain.events import BillingEvent, Claim, EventKind, Hint
from invoicing.domain.money import Money
from invoicing.domain.reconcile import Payment
from invoicing.domain.work import Cost, CostSort, SlaBreach, TimeEntry, Work, WorkItem
from invoicing.services import report
from tests.golden.fields import CaseError, Fields
from tests.scenarios.months import Step
from tests.support.services import LATER, REFUSED, UNCERTAIN, BookOfObjects, House, a_hint

KINDS = {
    "deal_won": ("crm", EventKind.DEAL_WON),
    "estimate_accepted": ("crm", EventKind.ESTIMATE_ACCEPTED),
    "onboarded": ("crm", EventKind.CLIENT_ONBOARDED),
    "contract_signed": ("esign", EventKind.DOCUMENT_SIGNED),
    "milestone_done": ("psa", EventKind.MILESTONE_DONE),
    "project_progressed": ("psa", EventKind.PROJECT_PROGRESSED),
    "project_completed": ("psa", EventKind.PROJECT_COMPLETED),
    "change_approved": ("psa", EventKind.CHANGE_APPROVED),
    "hours_logged": ("psa", EventKind.HOURS_LOGGED),
}
ANSWERS = {"later": LATER, "refused": REFUSED, "uncertain": UNCERTAIN}


class Sources(BookOfObjects):
    """Sources that tell an object under the event that asks for it, as the real ones do."""

    def fetch(self, hint: Hint) -> BillingEvent | Payment:
        """Return the object as it is today."""
        fact = super().fetch(hint)
        return replace(fact, event_id=hint.event_id) if isinstance(fact, BillingEvent) else fact


@dataclass
class Town:
    """What a month's file can let happen outside the company."""

    house: House
    today: date = date.min
    hints: dict[str, Hint] = field(default_factory=dict)

    def happen(self, step: Step) -> None:
        """Let one thing happen."""
        fields = step.fields
        if step.verb in KINDS:
            self._tell(step.verb, fields)
        elif step.verb in self._others:
            self._others[step.verb](fields)
        else:
            raise CaseError(f"nothing in the town is called {step.verb!r}")
        fields.finish()

    @property
    def _others(self) -> Mapping[str, Callable[[Fields], None]]:
        return {
            "worked": self._worked,
            "one_off": self._one_off,
            "paid": self._paid,
            "told_again": self._told_again,
            "mail_server": self._mail_server,
        }

    def _tell(self, verb: str, fields: Fields) -> None:
        source, kind = KINDS[verb]
        event = self._event(source, kind, fields)
        self._keep(event.subject, event, kind, fields.text("event", f"{verb}-{event.subject}"))

    def _event(self, source: str, kind: EventKind, fields: Fields) -> BillingEvent:
        agreement = fields.text("agreement", "")
        subject = fields.text("id", agreement)
        book = self.house.s.book
        client = book.agreement(agreement).client if agreement else fields.text("client")
        work = self.house.sources.work.get(agreement, ()) if kind in _WITH_HOURS else ()
        progress = fields.decimal("progress") if "progress" in fields else None
        return BillingEvent(
            source,
            f"{kind}-{subject}",
            kind,
            client,
            agreement,
            subject,
            self.today,
            (*_lines(source, subject, fields.list("lines")), *work),
            title=fields.text("title", ""),
            deal=fields.text("deal", ""),
            progress=progress,
            claims=_claims(source, fields),
            discounts=_discounts(fields),
        )

    def _keep(self, subject: str, fact: BillingEvent, kind: EventKind, event_id: str) -> None:
        address = f"{kind}/{subject}"
        self.house.sources.objects[address] = fact
        self.hints[event_id] = a_hint(address, kind, fact.source, event_id)
        report.accept_hint(self.house.s, self.hints[event_id])

    def _told_again(self, fields: Fields) -> None:
        """Deliver a webhook a second time, as it was."""
        report.accept_hint(self.house.s, self.hints[fields.text("event")])

    def _one_off(self, fields: Fields) -> None:
        """A colleague fills in the form."""
        subject = fields.text("id")
        lines = _lines("form", subject, fields.list("lines"))
        event = BillingEvent(
            "form",
            subject,
            EventKind.ONE_OFF_REQUESTED,
            fields.text("client"),
            fields.text("agreement"),
            subject,
            self.today,
            lines,
            title=fields.text("title"),
            reported_by=fields.text("by"),
        )
        report.report_request(self.house.s, event)

    def _worked(self, fields: Fields) -> None:
        """The time tool and the PSA learn of hours, outlays and missed service levels."""
        agreement = fields.text("agreement")
        work = [*map(_hours, fields.list("hours")), *map(_cost, fields.list("costs"))]
        work += map(_breach, fields.list("breaches"))
        before = self.house.sources.work.get(agreement, ())
        new = {one.record_id for one in work}
        kept = (one for one in before if one.record_id not in new)
        self.house.sources.work[agreement] = (*kept, *work)

    def _paid(self, fields: Fields) -> None:
        """The bank tells accounting of money."""
        payment = Payment(
            "accounting",
            fields.text("id"),
            Money.parse(fields.text("amount")),
            self.today,
            fields.text("reference"),
        )
        self.house.sources.objects[payment.external_id] = payment
        kind = EventKind.PAYMENT_RECEIVED
        event_id = fields.text("event", f"evt-{payment.external_id}")
        report.accept_hint(self.house.s, a_hint(payment.external_id, kind, "accounting", event_id))

    def _mail_server(self, fields: Fields) -> None:
        """What the mail server says to the next mails."""
        self.house.mailer.answers += [ANSWERS[str(each)] for each in fields.list("says")]


_WITH_HOURS = {EventKind.HOURS_LOGGED, EventKind.PROJECT_COMPLETED}


def _parts(raw: object) -> list[str]:
    return [part.strip() for part in str(raw).split("|")]


def _lines(source: str, subject: str, raw: Iterable[object]) -> tuple[WorkItem, ...]:
    """Read `what | quantity | unit | price of one | percent off`."""
    lines = []
    for number, each in enumerate(raw, 1):
        what, quantity, unit, price, *off = _parts(each)
        record = f"{subject}/line:{number}"
        amount, percent = Decimal(quantity), Decimal(off[0] if off else 0)
        line = WorkItem(
            source, record, what, amount, unit, Money.parse(price), "standard", percent
        )  # fmt: skip
        lines.append(line)
    return tuple(lines)


def _claims(source: str, fields: Fields) -> tuple[Claim, ...]:
    if "total" not in fields:
        return ()
    return (Claim(source, "total", Money.parse(fields.text("total"))),)


def _discounts(fields: Fields) -> tuple[Discount, ...]:
    found = []
    for each in fields.list("discounts"):
        reason, percent, *granted = _parts(each)
        by = granted[0] if granted else ""
        found.append(Discount(reason, percent=Decimal(percent), approved_by=by))
    return tuple(found)


def _hours(raw: object) -> Work:
    """Read `record | person | role | day | hours | not approved`."""
    record, person, role, day, hours, *rest = _parts(raw)
    minutes = Decimal(hours) * 60
    on = date.fromisoformat(day)
    return TimeEntry("psa", record, "Work", person, role, on, minutes, approved=not rest)


def _cost(raw: object) -> Work:
    """Read `record | what | day | amount | sort`."""
    record, what, day, amount, *sort = _parts(raw)
    kind = CostSort(sort[0]) if sort else CostSort.EXPENSE
    return Cost("psa", record, what, Money.parse(amount), date.fromisoformat(day), kind)


def _breach(raw: object) -> Work:
    """Read `record | what | day | percent of the fee`."""
    record, what, day, percent = _parts(raw)
    return SlaBreach("psa", record, what, date.fromisoformat(day), percent=Decimal(percent))
