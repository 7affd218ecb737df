"""Our own company: holidays that are written twice."""

from collections.abc import Iterator

from invoicing.config.checks.entries import repeated
from invoicing.config.company import WrittenEntity
from invoicing.config.desk import Desk
from invoicing.config.problems import Problem


def warn(desk: Desk) -> Iterator[Problem]:
    """Yield holidays that stand twice: one of the two was meant to be another day."""
    for route, entity in desk.company.parts(WrittenEntity).items():
        days = [((*route, "holidays", i), day) for i, day in enumerate(entity.holidays)]
        for again, first in repeated(days):
            line = desk.company.document.value_at(first).line
            text = f"{entity.holidays[int(again[-1])]} is a holiday already, see line {line}"
            advice = "Remove one of the two, or write the day that was meant."
            yield desk.company.at(again, text, advice)
