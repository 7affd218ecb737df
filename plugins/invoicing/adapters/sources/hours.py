"""What a time system tells: hours, outlays and missed service levels of an agreement."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from invoicing.adapters.sources.told import (
    Answer,
    Day,
    Factor,
    Identifier,
    MaybeIdentifier,
    Percent,
    ShownText,
    Size,
    Told,
    money,
    refuse_twice,
)
from invoicing.domain.events import BillingEvent, Hint
from invoicing.domain.money import Money
from invoicing.domain.work import Cost, CostSort, SlaBreach, TimeEntry, Work

MOST_ENTRIES = 50_000
_WEEK = Decimal(7 * 24 * 60)


class TimeTold(Told):
    """Time that somebody worked. ``approved`` must be said: forgetting it is no approval."""

    kind: Literal["time"]
    id: Identifier
    description: ShownText = ""
    person: ShownText
    role: Identifier
    worked_on: Day
    minutes: Annotated[Size, Field(le=_WEEK)]
    approved: bool

    @property
    def day(self) -> date:
        return self.worked_on

    def to_domain(self, source: str) -> TimeEntry:
        return TimeEntry(
            source=source,
            record_id=f"time:{self.id}",
            description=self.description,
            person=self.person,
            role=self.role,
            worked_on=self.worked_on,
            minutes=self.minutes,
            approved=self.approved,
        )


class CostTold(Told):
    """An outlay, in the currency that we paid in; ``fx`` is what one unit of it is worth."""

    kind: Literal["cost"]
    id: Identifier
    description: ShownText
    amount: Size
    currency: str
    spent_on: Day
    sort: Annotated[str, Field(pattern=f"^({'|'.join(CostSort)})$")] = CostSort.EXPENSE.value
    fx: Factor | None = None
    markup_percent: Percent | None = None
    tax_category: MaybeIdentifier = ""
    approved: bool

    @property
    def day(self) -> date:
        return self.spent_on

    def to_domain(self, source: str) -> Cost:
        return Cost(
            source=source,
            record_id=f"cost:{self.id}",
            description=self.description,
            amount=money(self.amount, self.currency),
            spent_on=self.spent_on,
            sort=CostSort(self.sort),
            fx=self.fx,
            markup_percent=self.markup_percent,
            tax_category=self.tax_category or "",
            approved=self.approved,
        )


class BreachTold(Told):
    """A service level that we missed: a percentage of the fee is credited, or an amount."""

    kind: Literal["breach"]
    id: Identifier
    description: ShownText
    breached_on: Day
    percent: Percent | None = None
    amount: Size | None = None
    currency: str = ""

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if (self.percent is None) == (self.amount is None):
            raise ValueError("a missed service level needs either percent or amount")
        return self

    @property
    def day(self) -> date:
        return self.breached_on

    def to_domain(self, source: str) -> SlaBreach:
        return SlaBreach(
            source=source,
            record_id=f"breach:{self.id}",
            description=self.description,
            breached_on=self.breached_on,
            percent=self.percent,
            amount=None if self.amount is None else Money(self.amount, self.currency),
        )


Entry: TypeAlias = Annotated[TimeTold | CostTold | BreachTold, Field(discriminator="kind")]


class WorkLog(Told):
    """All work of an agreement up to a day."""

    agreement: Identifier
    entries: Annotated[list[Entry], Field(max_length=MOST_ENTRIES)]

    def work(self, source: str, until: date) -> tuple[Work, ...]:
        """Return the work up to ``until``, in the order of the source."""
        refuse_twice([f"{entry.kind}:{entry.id}" for entry in self.entries], "entries")
        return tuple(entry.to_domain(source) for entry in self.entries if entry.day <= until)


class Timesheet(WorkLog, Answer):
    """Hours that were logged for an agreement; asked for by the agreement's key."""

    client: Identifier
    title: ShownText = ""
    as_of: Day

    @property
    def name(self) -> str:
        return self.agreement

    def to_domain(self, hint: Hint) -> BillingEvent:
        return BillingEvent(
            source=hint.source,
            event_id=hint.event_id,
            kind=hint.kind,
            client=self.client,
            agreement=self.agreement,
            subject=self.agreement,
            occurred_on=self.as_of,
            work=self.work(hint.source, self.as_of),
            title=self.title,
        )
