"""Contradictions: sources that say different amounts about one thing are put before a person."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from invoicing.domain.deciding.case import Case, items_of
from invoicing.domain.discounts import Discount
from invoicing.domain.events import Claim
from invoicing.domain.money import Money, Rounding, total
from invoicing.domain.obligations import Hold, Obligation
from invoicing.domain.totals import line_net
from invoicing.domain.work import WorkItem

BOOK = "config/agreements.yaml"
_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody says the whole comes to.

    Lines with a discount on the document have two readings, before and after it, and the second
    may be off by ``slack``, since the discount is rounded tax group by tax group.
    """

    source: str
    what: str
    readings: tuple[Money, ...]
    slack: Decimal = Decimal(0)

    def __str__(self) -> str:
        return f"{self.source} says {self.readings[-1]} ({self.what})"

    def agrees(self, other: "Statement") -> bool:
        """Tell whether both may mean the same amount; two currencies never do."""
        slack = max(self.slack, other.slack)
        return any(
            mine.currency == theirs.currency and abs(mine.amount - theirs.amount) <= slack
            for mine in self.readings
            for theirs in other.readings
        )


def contradiction(
    case: Case, units: Iterable[str], worth: tuple[Money, str] | None = None
) -> Hold | None:
    """Return the question to a person when two statements about the same thing disagree.

    They are the event's claims and lines, those of what is owed as ``units`` already, and what the
    agreement says it is ``worth``.
    """
    about = tuple(case.key(unit) for unit in units if case.is_owed(unit))
    statements = list(_told(case.event.claims, case.items, case.event.discounts, case.rounding))
    for key in about:
        statements += _owed(case.owed.obligations[key], case.rounding)
    if worth is not None:
        statements.append(Statement(BOOK, worth[1], (worth[0],)))
    for one, other in combinations(statements, 2):
        if not one.agrees(other):
            text = f"{one}, but {other}; nothing is billed until they agree"
            return Hold("amounts_disagree", f"amounts disagree: {text}", about)
    return None


def _owed(obligation: Obligation, rounding: Rounding) -> Iterator[Statement]:
    items = items_of(obligation.work)
    yield from _told(obligation.claims, items, obligation.discounts, rounding)


def _told(
    claims: tuple[Claim, ...],
    items: tuple[WorkItem, ...],
    discounts: tuple[Discount, ...],
    rounding: Rounding,
) -> Iterator[Statement]:
    for claim in claims:
        yield Statement(claim.source, claim.what, (claim.amount,))
    if items:
        yield _lines(items, discounts, rounding)


def _lines(
    items: tuple[WorkItem, ...], discounts: tuple[Discount, ...], rounding: Rounding
) -> Statement:
    whole = lines_total(items, rounding)
    what = f"its {len(items)} lines" if len(items) > 1 else "its line"
    if not discounts:
        return Statement(items[0].source, what, (whole,))
    after = whole
    for discount in discounts:
        after -= discount.amount or whole.times((discount.percent or Decimal(0)) * _HUNDREDTH)
    slack = whole.minor_unit * len(items) * len(discounts)
    return Statement(items[0].source, what, (whole, after.rounded(rounding)), slack)


def lines_total(items: tuple[WorkItem, ...], rounding: Rounding) -> Money:
    """Add up lines, each rounded as it will be on the invoice."""
    return total((net_of(item, rounding) for item in items), items[0].unit_price.currency)


def net_of(item: WorkItem, rounding: Rounding) -> Money:
    """Return what one line comes to."""
    net, _ = line_net(
        item.quantity, item.unit_price, item.base_quantity, item.discount_percent, rounding
    )
    return net
