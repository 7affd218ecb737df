"""Safety bounds: what no draft may exceed, whatever rules and configuration say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from invoicing.domain.money import Money, plain
from invoicing.domain.obligations import Hold
from invoicing.domain.usual import usual_amount

if TYPE_CHECKING:  # a draft knows the book, and the book these bounds
    from invoicing.domain.draft import Draft


@dataclass(frozen=True, slots=True)
class SafetyBounds:
    """Limits that are checked after the arithmetic and know nothing of it.

    ``gross`` is the most an invoice may come to, by currency; ``lines`` the most lines;
    ``per_client_and_day`` the most drafts of one client with the same tax point. With a
    ``median_factor``, an invoice may come to so many times the median of the latest
    ``median_of`` invoices of its agreement, once there are ``median_after``.
    """

    gross: Mapping[str, Money] = field(default_factory=dict)
    lines: int = 1000
    per_client_and_day: int = 20
    median_factor: Decimal | None = None
    median_after: int = 3
    median_of: int = 12


def breaches(
    draft: "Draft", bounds: SafetyBounds, drafts_that_day: int, history: Sequence[Money] = ()
) -> Hold | None:
    """Return why ``draft`` must not go on, or None when it keeps within every bound.

    ``drafts_that_day`` counts the client's other drafts with the same tax point; ``history`` is the
    gross of the agreement's earlier invoices, the oldest first.
    """
    broken = [
        *_size(draft, bounds, drafts_that_day),
        *_amount(draft.totals.gross, bounds, history),
    ]
    if not broken:
        return None
    return Hold("bound_broken", f"{'; '.join(broken)} (safety bounds, config/review.yaml)")


def _size(draft: "Draft", bounds: SafetyBounds, drafts_that_day: int) -> Iterator[str]:
    if len(draft.lines) > bounds.lines:
        yield f"{len(draft.lines)} lines are more than {bounds.lines}"
    if drafts_that_day >= bounds.per_client_and_day:
        yield (
            f"{draft.client.key} has {drafts_that_day} other drafts for {draft.supplied_on}, and"
            f" {bounds.per_client_and_day} is the most"
        )


def _amount(gross: Money, bounds: SafetyBounds, history: Sequence[Money]) -> Iterator[str]:
    most = bounds.gross.get(gross.currency)
    if most is not None and gross > most:
        yield f"{gross} is more than {most}"
    if bounds.median_factor is None:
        return
    usual = usual_amount(history, gross.currency, bounds.median_after, bounds.median_of)
    if usual is not None and gross > usual.times(bounds.median_factor):
        yield (
            f"{gross} is more than {plain(bounds.median_factor)} times {usual.rounded()}, the"
            " median of this agreement's latest invoices"
        )
