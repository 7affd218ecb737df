"""Work: the records of a source that can be billed once, each of its own kind."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal, TypeAlias, assert_never

from invoicing.domain.money import Money


@dataclass(frozen=True, slots=True)
class RecordRef:
    """Names one record of one source; it can be on one invoice only."""

    source: str
    record_id: str

    def __str__(self) -> str:
        return f"{self.source} record {self.record_id}"


@dataclass(frozen=True, slots=True)
class WorkItem:
    """Work with a price of its own: a deal's line, a quote's line, a fee, a change order's delta.

    ``unit_price`` is the price of ``base_quantity`` units. A rebate has a negative quantity; a
    price is never negative (EN 16931 BR-27).
    """

    source: str
    record_id: str
    description: str
    quantity: Decimal
    unit: str
    unit_price: Money
    tax_category: str
    discount_percent: Decimal = Decimal(0)
    base_quantity: Decimal = Decimal(1)
    kind: Literal["item"] = "item"


@dataclass(frozen=True, slots=True)
class TimeEntry:
    """Time that somebody worked; its price comes from the agreement."""

    source: str
    record_id: str
    description: str
    person: str
    role: str
    worked_on: date
    minutes: Decimal
    approved: bool = True
    kind: Literal["time"] = "time"


class CostSort(StrEnum):
    """What kind of outlay is passed on to the client."""

    EXPENSE = "expense"
    HARDWARE = "hardware"
    RESALE = "resale"


@dataclass(frozen=True, slots=True)
class Cost:
    """An outlay that is passed on: an expense, hardware, a resold subscription.

    ``amount`` is what we paid, in the currency we paid in; ``fx`` is how much of the client's
    currency one unit of it is worth (None when they are the same). ``markup_percent`` wins over the
    agreement's, an empty ``tax_category`` means the agreement's.
    """

    source: str
    record_id: str
    description: str
    amount: Money
    spent_on: date
    sort: CostSort = CostSort.EXPENSE
    fx: Decimal | None = None
    markup_percent: Decimal | None = None
    tax_category: str = ""
    approved: bool = True
    kind: Literal["cost"] = "cost"


@dataclass(frozen=True, slots=True)
class SlaBreach:
    """A service level that we missed; it credits a percentage of the fee, or a fixed sum."""

    source: str
    record_id: str
    description: str
    breached_on: date
    percent: Decimal | None = None
    amount: Money | None = None
    kind: Literal["breach"] = "breach"


Work: TypeAlias = WorkItem | TimeEntry | Cost | SlaBreach


def ref_of(work: Work) -> RecordRef:
    """Name the record that ``work`` is."""
    return RecordRef(work.source, work.record_id)


def is_approved(work: Work) -> bool:
    """Tell whether ``work`` may be billed: time and outlays need somebody's word first."""
    return work.approved if isinstance(work, TimeEntry | Cost) else True


def worked_on(work: Work) -> date | None:
    """Return the day ``work`` was done, where the record has one."""
    match work:
        case TimeEntry():
            return work.worked_on
        case Cost():
            return work.spent_on
        case SlaBreach():
            return work.breached_on
        case WorkItem():
            return None
        case never:
            assert_never(never)
