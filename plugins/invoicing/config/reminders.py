"""config/reminders.yaml: when an unpaid invoice is reminded of, and whom."""

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from invoicing.config.fields import AudienceWord, Day, Key, StepText, TimeText, Whole
from invoicing.config.readers import FieldError
from invoicing.config.written import Written
from invoicing.domain.follow_up import DEFAULT_PLAN, Audience, ReminderPlan, ReminderStep


class WrittenStep(Written):
    """One reminder of a plan."""

    noun: ClassVar[str] = "reminder step"

    name: Key = Field(description="Name of the step, in the mail's template and in the trail.")
    when: StepText = Field(
        description="Its day: `3 days before due`, `on due`, `1 day after due`, `14 days after"
        " issue` or `7 days after cycle` (the first day of the billed period)."
    )
    to: AudienceWord = Field(
        default=Audience.CLIENT, description="Who gets it: `client`, or `us` (an escalation)."
    )

    def to_domain(self) -> ReminderStep:
        """Hand it to the domain."""
        days, anchor = self.when
        return ReminderStep(self.name, days, anchor, self.to)


class WrittenPlan(Written):
    """A row of reminders; clients and agreements name it."""

    noun: ClassVar[str] = "reminder plan"

    name: Key = Field(description="Name of the plan; `standard` is for all who name none.")
    most_per_week: Whole = Field(
        default=0, description="Most mails to one client in any seven days; 0: no limit."
    )
    at: TimeText = Field(
        default=DEFAULT_PLAN.at,
        description="Time of day from which on its mails go out, where they go to (09:00).",
    )
    holidays: tuple[Day, ...] = Field(
        default=(),
        description="Days off of those who follow this plan, besides those of our company.",
    )
    steps: tuple[WrittenStep, ...] = Field(
        description="The reminders, in any order; `[]` reminds nobody."
    )

    def mistakes(self) -> Iterator[FieldError]:
        """Yield steps that cannot be told apart."""
        names = [step.name for step in self.steps]
        for index, name in enumerate(names):
            if name in names[:index]:
                text = f"this plan has a step {name!r} already"
                advice = "Each step goes out once per invoice: give it a name of its own."
                yield FieldError(text, advice, ("steps", index, "name"))

    def to_domain(self) -> ReminderPlan:
        """Hand it to the domain."""
        steps = tuple(step.to_domain() for step in self.steps)
        return ReminderPlan(self.name, steps, self.most_per_week, self.at, self.holidays)


class RemindersFile(Written):
    """When we remind of what is unpaid."""

    noun: ClassVar[str] = "reminders.yaml"

    plans: tuple[WrittenPlan, ...] = Field(
        description="Plans of reminders; without one named `standard` the product's own holds."
    )

    def mistakes(self) -> Iterator[FieldError]:
        """Yield plans that cannot be told apart."""
        names = [plan.name for plan in self.plans]
        for index, name in enumerate(names):
            if name in names[:index]:
                text = f"there is a plan {name!r} already"
                yield FieldError(text, "Give every plan its own name.", ("plans", index, "name"))

    def to_domain(self) -> dict[str, ReminderPlan]:
        """Hand the plans to the domain, by name."""
        plans = {plan.name: plan.to_domain() for plan in self.plans}
        return {DEFAULT_PLAN.name: DEFAULT_PLAN, **plans}
