"""Thresholds: records collected in order until their sum reaches what makes an invoice worth it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from invoicing.domain.errors import MoneyError
from invoicing.domain.money import EXACT

Measure = Callable[[Decimal], Decimal]


@dataclass(frozen=True, slots=True)
class Crossings:
    """The places of the records of each crossing, and of those that wait for the next one."""

    groups: tuple[tuple[int, ...], ...]
    rest: tuple[int, ...]


def crossings(
    sizes: Sequence[Decimal], threshold: Decimal, measure: Measure | None = None
) -> Crossings:
    """Group ``sizes`` in their order: each group ends with the one that reaches ``threshold``.

    The sum starts from zero again after each crossing, so every record is in one group only.
    ``measure`` makes of a sum what is compared, where only the sum is rounded.
    """
    if not threshold.is_finite() or threshold <= 0:
        raise MoneyError(f"a threshold of {threshold} is always reached; it must be more than 0")
    groups: list[tuple[int, ...]] = []
    waiting: list[int] = []
    reached = Decimal(0)
    for place, size in enumerate(sizes):
        waiting.append(place)
        reached = EXACT.add(reached, size)
        if (measure(reached) if measure else reached) >= threshold:
            groups.append(tuple(waiting))
            waiting, reached = [], Decimal(0)
    return Crossings(tuple(groups), tuple(waiting))
