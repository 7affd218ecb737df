"""What is usual: the middle of earlier invoices, to see that one is out of the ordinary."""

from collections.abc import Sequence
from decimal import Decimal
from statistics import median_high, median_low

from invoicing.domain.money import Money

_HALF = Decimal("0.5")


def usual_amount(history: Sequence[Money], currency: str, after: int, of: int) -> Money | None:
    """Return the median of the latest ``of`` amounts, or None when fewer than ``after`` are known.

    Amounts of another currency do not count: they were not made by the same price.
    """
    latest = [one.amount for one in history if one.currency == currency][-of:]
    if not latest or len(latest) < after:
        return None
    low, high = Money(median_low(latest), currency), Money(median_high(latest), currency)
    return (low + high).times(_HALF)
