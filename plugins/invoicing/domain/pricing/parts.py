"""Parts: one sum billed in several, which add up to it to the last cent."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from invoicing.domain.errors import MoneyError
from invoicing.domain.money import EXACT, ROUNDING, Money, Rounding, percent_of, plain, ratio, total

_ALL = Decimal(100)


def equal_parts(whole: Money, count: int, rounding: Rounding = ROUNDING) -> tuple[Money, ...]:
    """Cut ``whole`` into ``count`` parts: each is the growth of the rounded sum so far.

    So the parts add up, and no two of them differ by more than one minor unit.
    """
    if count < 1:
        raise MoneyError(f"{whole} cannot be cut into {count} parts; there must be one at least")
    sums = [ratio(whole, Decimal(done), Decimal(count), rounding) for done in range(count + 1)]
    return tuple(after - before for before, after in pairwise(sums))


def percent_parts(
    whole: Money, percents: Sequence[Decimal], rounding: Rounding = ROUNDING
) -> tuple[Money, ...]:
    """Cut ``whole`` by ``percents``: each part is rounded, the last one takes the rest."""
    if not percents:
        raise MoneyError(f"{whole} cannot be cut into no parts; give at least one percentage")
    _check(percents)
    parts = [percent_of(whole, percent, rounding) for percent in percents[:-1]]
    return (*parts, whole.rounded(rounding) - total(parts, whole.currency))


def _check(percents: Sequence[Decimal]) -> None:
    before_last = Decimal(0)
    for percent in percents:
        if not percent.is_finite() or percent < 0:
            raise MoneyError(f"{percent} % is no part of a sum; write a percentage from 0 to 100")
    for percent in percents[:-1]:
        before_last = EXACT.add(before_last, percent)
    if before_last > _ALL:
        raise MoneyError(
            f"the parts before the last are {plain(before_last)} %, more than the whole"
        )


def cumulative_part(
    whole: Money, from_percent: Decimal, to_percent: Decimal, rounding: Rounding = ROUNDING
) -> Money:
    """Return what progress from one percentage to another is worth.

    Both ends are rounded, so the steps of a project add up to the whole wherever they are cut.
    """
    if not 0 <= from_percent <= to_percent <= _ALL:
        raise MoneyError(
            f"progress from {from_percent} % to {to_percent} % is not possible; "
            "it grows from 0 to 100"
        )
    done = percent_of(whole, to_percent, rounding)
    return done - percent_of(whole, from_percent, rounding)


def equal_parts_and_rest(
    whole: Money, count: int, rounding: Rounding = ROUNDING
) -> tuple[Money, ...]:
    """Cut ``whole`` into ``count`` parts that are rounded alike; the last one takes the rest."""
    if count < 1:
        raise MoneyError(f"{whole} cannot be cut into {count} parts; there must be one at least")
    part = ratio(whole, Decimal(1), Decimal(count), rounding)
    others = [part] * (count - 1)
    return (*others, whole.rounded(rounding) - total(others, whole.currency))


def cumulative_parts(
    whole: Money, percents: Sequence[Decimal], rounding: Rounding = ROUNDING
) -> tuple[Money, ...]:
    """Cut ``whole`` by ``percents``: each part is the growth of the rounded sum so far."""
    parts: list[Money] = []
    before = Decimal(0)
    for percent in percents:
        after = EXACT.add(before, percent)
        parts.append(cumulative_part(whole, before, after, rounding))
        before = after
    return tuple(parts)
