"""Safety bounds: what no draft may exceed, whatever rules and configuration say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from invoicing.domain.errors import MoneyError
from invoicing.domain.money import Money, plain, total
from invoicing.domain.obligations import Hold
from invoicing.domain.usual import usual_amount

if TYPE_CHECKING:  # a draft knows the book, and the book these bounds
    from invoicing.domain.draft import Draft

BROKEN = "bound_broken"
RELEASED = "bound_released"  # flags a thing owed that a person let pass the bounds
_WHERE = "(safety bounds, config/review.yaml)"


@dataclass(frozen=True, slots=True)
class SafetyBounds:
    """Limits that are checked after the arithmetic and know nothing of it.

    ``gross`` is the most an invoice may come to, by currency; ``lines`` the most lines.
    ``per_client_and_day`` is the most drafts of one client with the same tax point, and
    ``gross_per_client_and_day`` the most they may come to together, by currency.
    ``per_client_and_run`` is the most drafts that one run may make for one client. With a
    ``median_factor``, an invoice may come to so many times the median of the latest ``median_of``
    invoices of its agreement, once there are ``median_after``.
    """

    gross: Mapping[str, Money] = field(default_factory=dict)
    lines: int = 1000
    per_client_and_day: int = 20
    gross_per_client_and_day: Mapping[str, Money] = field(default_factory=dict)
    per_client_and_run: int = 100
    median_factor: Decimal | None = None
    median_after: int = 3
    median_of: int = 12


def breaches(
    draft: "Draft",
    bounds: SafetyBounds,
    same_day: Sequence[Money] = (),
    history: Sequence[Money] = (),
) -> Hold | None:
    """Return why ``draft`` must not go on, or None when it keeps within every bound.

    ``same_day`` is the gross of the client's other drafts with the same tax point; ``history`` that
    of the agreement's earlier invoices, the oldest first. A draft that a person released passes.
    """
    if RELEASED in draft.flags:
        return None
    gross = draft.totals.gross
    try:
        broken = [
            *_size(draft, bounds, len(same_day)),
            *_amount(gross, bounds, history),
            *_together(draft, bounds, same_day),
        ]
    except MoneyError as error:  # more than can be counted is more than any bound
        broken = [str(error)]
    return Hold(BROKEN, f"{'; '.join(broken)} {_WHERE}") if broken else None


def floods(client: str, drafts: int, bounds: SafetyBounds) -> Hold | None:
    """Return why a run must not make so many ``drafts`` for a client, or None when it may."""
    if drafts <= bounds.per_client_and_run:
        return None
    most = f"{bounds.per_client_and_run} is the most"
    return Hold(BROKEN, f"{client} would get {drafts} drafts in one run, and {most} {_WHERE}")


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


def _together(draft: "Draft", bounds: SafetyBounds, same_day: Sequence[Money]) -> Iterator[str]:
    gross = draft.totals.gross
    most = bounds.gross_per_client_and_day.get(gross.currency)
    others = total((one for one in same_day if one.currency == gross.currency), gross.currency)
    if most is not None and others + gross > most:
        yield (
            f"with this one {draft.client.key} comes to {others + gross} for {draft.supplied_on},"
            f" more than {most}"
        )
