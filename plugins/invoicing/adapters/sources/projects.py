"""What a project system tells: milestones that are done, progress, completion, change orders."""

from dataclasses import replace
from datetime import date
from typing import Annotated

from pydantic import Field

from invoicing.adapters.sources.sales import Lines, Sale
from invoicing.adapters.sources.told import (
    Day,
    Fact,
    Identifier,
    MaybeIdentifier,
    Percent,
    Size,
    UnusableError,
    happened,
    money,
)
from invoicing.domain.events import BillingEvent, Claim, EventKind, Hint


class MilestoneReached(Fact):
    """A milestone; ``milestone`` is our key of it, ``value`` what the project system thinks."""

    milestone: Identifier
    project: MaybeIdentifier = ""
    status: Identifier
    done_on: Day | None = None
    value: Size | None = None
    currency: str = ""

    def to_domain(self, hint: Hint) -> BillingEvent:
        done_on = happened(self._done(), "done")
        links = (("project", self.project), ("milestone", self.milestone))
        return replace(
            self.event(hint, done_on, *links), subject=self.milestone, claims=self._claims(hint)
        )

    def _done(self) -> date | None:
        return self.done_on if self.status == "done" else None

    def _claims(self, hint: Hint) -> tuple[Claim, ...]:
        if self.value is None:
            return ()
        amount = money(self.value, self.currency)
        return (Claim(hint.source, f"value of milestone {self.milestone}", amount),)


class ProjectStand(Fact):
    """Where a project stands: how much of it is done, and since when all of it."""

    progress: Percent | None = None
    as_of: Day
    completed_on: Day | None = None

    def to_domain(self, hint: Hint) -> BillingEvent:
        if hint.kind is EventKind.PROJECT_COMPLETED:
            day = happened(self.completed_on, "completed")
        else:
            day = self.as_of
            if self.progress is None:
                raise UnusableError("tells no progress; nothing is billed")
        event = self.event(hint, day, ("project", self.id))
        return replace(event, progress=self.progress)


class ChangeOrder(Sale):
    """A change of a project; its lines are what it costs more, or less by negative quantities."""

    lines: Annotated[Lines, Field(min_length=1)]
    project: MaybeIdentifier = ""
    status: Identifier
    approved_on: Day | None = None

    def to_domain(self, hint: Hint) -> BillingEvent:
        approved_on = happened(self._approved(), "approved")
        event = self.event(hint, approved_on, ("project", self.project), ("change", self.id))
        return self.with_lines(event, f"change:{self.id}")

    def _approved(self) -> date | None:
        return self.approved_on if self.status == "approved" else None
