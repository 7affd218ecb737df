"""Metrics: how fast work becomes an invoice, and how fast an invoice becomes money."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from invoicing.domain.errors import MoneyError
from invoicing.domain.money import EXACT, Money, Rounding, total

AGEING_DAYS = (30, 60, 90)


def days_sales_outstanding(
    receivables: Money,
    credit_sales: Money,
    days: int,
    decimals: int = 1,
    rounding: Rounding = Rounding.HALF_UP,
) -> Decimal | None:
    """Return for how many days' sales we wait, or None when nothing was sold on credit."""
    if receivables.currency != credit_sales.currency:
        raise MoneyError(f"{receivables} and {credit_sales} are of two currencies")
    return _share(receivables.times(Decimal(days)).amount, credit_sales.amount, decimals, rounding)


def _share(
    part: Decimal, whole: Decimal, decimals: int, rounding: Rounding = Rounding.HALF_UP
) -> Decimal | None:
    if not whole:
        return None
    digit = Decimal(1).scaleb(-decimals)
    # A quotient with an endless fraction is never in the middle, so 200 digits decide rightly.
    return EXACT.divide(part, whole).quantize(digit, f"ROUND_{rounding.upper()}", EXACT)


@dataclass(frozen=True, slots=True)
class Delivered:
    """An invoice as the lag sees it: the work was done, it should have gone out, it went out."""

    done_on: date
    sent_on: date
    planned_on: date | None = None


@dataclass(frozen=True, slots=True)
class Lag:
    """Days from work done to invoice sent: the middle one, and what nine of ten stay within."""

    count: int
    median_days: Decimal
    p90_days: int


def invoice_lag(delivered: Iterable[Delivered]) -> Lag | None:
    """Measure how long clients waited for their invoices; None when none was sent.

    The 90th percentile is a lag that really occurred (nearest rank), not one between two.
    """
    days = sorted((one.sent_on - one.done_on).days for one in delivered)
    if not days:
        return None
    count = len(days)
    middle = Decimal(days[(count - 1) // 2] + days[count // 2]) / 2
    return Lag(count, middle, days[-(-count * 9 // 10) - 1])


def on_schedule_percent(delivered: Iterable[Delivered], decimals: int = 1) -> Decimal | None:
    """Return how many percent of the planned invoices went out on their day or before it."""
    planned = [(one.sent_on, one.planned_on) for one in delivered if one.planned_on]
    in_time = [sent for sent, planned_on in planned if sent <= planned_on]
    return _share(Decimal(100 * len(in_time)), Decimal(len(planned)), decimals)


@dataclass(frozen=True, slots=True)
class Receivable:
    """What is open on an invoice, and the day it is or was due."""

    due_on: date
    open: Money


@dataclass(frozen=True, slots=True)
class AgeBucket:
    """Open amounts that are late by the same stretch of days; ``to_days`` None is without end.

    What is not due yet has ``from_days`` None and ``to_days`` 0.
    """

    from_days: int | None
    to_days: int | None
    count: int
    open: Money


def ageing(
    receivables: Sequence[Receivable],
    today: date,
    currency: str,
    bounds: Sequence[int] = AGEING_DAYS,
) -> tuple[AgeBucket, ...]:
    """Sort what is open by how many days it is late: not late, 1-30, 31-60, 61-90, more."""
    firsts = [None, 1, *(bound + 1 for bound in bounds)]
    lasts = [0, *bounds, None]
    buckets: list[list[Money]] = [[] for _ in firsts]
    for one in receivables:
        late = (today - one.due_on).days
        reached = [index for index, last in enumerate(lasts) if last is None or late <= last]
        buckets[reached[0]].append(one.open)
    return tuple(
        AgeBucket(first, last, len(amounts), total(amounts, currency))
        for first, last, amounts in zip(firsts, lasts, buckets, strict=True)
    )
