"""Stretches of days that several files write down: pauses of agreements, people who are away."""

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from invoicing.config.fields import Day
from invoicing.config.readers import FieldError
from invoicing.config.written import Written
from invoicing.domain.periods import Period


class WrittenPeriod(Written):
    """A stretch of days, both ends included."""

    noun: ClassVar[str] = "stretch of days"

    from_on: Day = Field(alias="from", description="First day.")
    to_on: Day = Field(alias="to", description="Last day; it belongs to the stretch.")

    def mistakes(self) -> Iterator[FieldError]:
        """Yield a stretch that ends before it begins."""
        if self.to_on < self.from_on:
            text = f"{self.to_on} is before from {self.from_on}"
            yield FieldError(text, "Write the first day as from, the last as to.", ("to",))

    def to_domain(self) -> Period:
        """Hand it to the domain."""
        return Period(self.from_on, self.to_on)
