"""Agreements: what was promised to whom, and how each kind of promise is priced."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal, TypeAlias

from invoicing.domain.canonical import late
from invoicing.domain.discounts import Discount
from invoicing.domain.errors import MoneyError
from invoicing.domain.money import EXACT, Money, plain
from invoicing.domain.periods import MONTHLY, Cycle, Period
from invoicing.domain.terms import Terms

_WHOLE = Decimal(100)


class Proration(StrEnum):
    """How a part of a period is priced."""

    ACTUAL = "actual"
    THIRTY_360 = "30/360"
    NONE = "none"


class MinuteRounding(StrEnum):
    """Where minutes are rounded up to the increment: each entry, their sum, or nowhere."""

    PER_ENTRY_UP = "per_entry_up"
    TOTAL_UP = "total_up"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Increment:
    """The smallest time that is billed, and where it is rounded up."""

    minutes: int = 1
    rounding: MinuteRounding = MinuteRounding.NONE

    def __post_init__(self) -> None:
        if self.minutes < 1:
            raise MoneyError(f"time cannot be billed by {self.minutes} minutes; write 1 or more")


@dataclass(frozen=True, slots=True)
class FeeStep:
    """The fee per period from a day on; a later step is a change of plan."""

    from_on: date
    fee: Money


@dataclass(frozen=True, slots=True)
class RecurringItem:
    """A line of every period: a managed service, a resold subscription."""

    key: str
    description: str
    quantity: Decimal
    unit: str
    unit_price: Money
    tax_category: str
    from_on: date | None = None
    until_on: date | None = None


@dataclass(frozen=True, slots=True)
class IncludedHours:
    """Hours that a fee includes; more cost ``overage_rate`` each, unused ones may roll over."""

    hours: Decimal
    overage_rate: Money
    rollover_max_hours: Decimal = Decimal(0)
    increment: Increment = Increment()


@dataclass(frozen=True, slots=True)
class Retainer:
    """A fee for every period, in advance or in arrears, and what comes on top of it.

    Work that a source reports (hours above the included ones, outlays, missed service levels) is
    billed with the period that follows it.
    """

    fees: tuple[FeeStep, ...]
    cycle: Cycle = MONTHLY
    in_arrears: bool = False
    proration: Proration = Proration.ACTUAL
    items: tuple[RecurringItem, ...] = ()
    included: IncludedHours | None = None
    markup_percent: Decimal = Decimal(0)
    kind: Literal["retainer"] = "retainer"


@dataclass(frozen=True, slots=True)
class Rate:
    """The price of an hour in a role from a day on."""

    role: str
    per_hour: Money
    from_on: date


@dataclass(frozen=True, slots=True)
class Tier:
    """A band of a tariff: the price of a unit up to (and including) ``up_to``; None is the last."""

    up_to: Decimal | None
    price: Money


class TierMode(StrEnum):
    """Graduated: each band at its own price. Volume: everything at that of the band reached."""

    GRADUATED = "graduated"
    VOLUME = "volume"


@dataclass(frozen=True, slots=True)
class Tariff:
    """Hours by tiers instead of roles."""

    mode: TierMode
    tiers: tuple[Tier, ...]

    def __post_init__(self) -> None:
        bounds = [tier.up_to for tier in self.tiers]
        if not bounds or None in bounds[:-1]:
            raise MoneyError("a tariff needs tiers, and only its last one may have no upper bound")
        lower = Decimal(0)
        for bound in bounds:
            if bound is not None and not bound > lower:
                raise MoneyError(f"a tier up to {bound} follows one up to {lower}; let them rise")
            lower = bound or lower
        if len(currencies := {tier.price.currency for tier in self.tiers}) > 1:
            raise MoneyError(f"the tiers have prices in {', '.join(sorted(currencies))}; use one")


@dataclass(frozen=True, slots=True)
class TimeAndMaterials:
    """Hours and outlays as they come: at rates by role and day, or by tiers.

    With a ``cycle`` they are billed at the end of each period; without one, a threshold rule bills
    them. ``cap`` is the most that is ever billed, ``minimum`` the least in each period.
    """

    rates: tuple[Rate, ...] = ()
    tariff: Tariff | None = None
    increment: Increment = Increment()
    cycle: Cycle | None = None
    markup_percent: Decimal = Decimal(0)
    cap: Money | None = None
    minimum: Money | None = None
    kind: Literal["time_and_materials"] = "time_and_materials"


@dataclass(frozen=True, slots=True)
class Milestone:
    """A part of a project: worth an amount, or a percentage of the project's total.

    ``after_payment`` bills it as soon as the invoice before it is paid, done or not.
    """

    key: str
    description: str
    value: Money | None = None
    percent: Decimal | None = None
    after_payment: bool = late(default=False)


class DepositStyle(StrEnum):
    """How the last invoice settles a deposit.

    ``full``: it states the whole and deducts the deposit with its tax as paid. ``remainder``: it
    states only what is left (what German e-invoices need).
    """

    FULL = "full"
    REMAINDER = "remainder"


@dataclass(frozen=True, slots=True)
class DepositTerms:
    """A deposit: a percentage of the project's total, or an amount; settled by the last invoice."""

    percent: Decimal | None = None
    amount: Money | None = None
    style: DepositStyle = DepositStyle.FULL


@dataclass(frozen=True, slots=True)
class Project:
    """A fixed price, billed by milestones or at steps of progress (25, 50, 75, 100 percent).

    Approved change orders bring their own lines, within ``cap`` if there is one.
    """

    total: Money
    milestones: tuple[Milestone, ...] = ()
    steps: tuple[Decimal, ...] = ()
    deposit: DepositTerms | None = None
    cap: Money | None = None
    kind: Literal["project"] = "project"

    def __post_init__(self) -> None:
        before = Decimal(0)
        for step in self.steps:
            if not before < step <= _WHOLE:
                listed = ", ".join(map(plain, self.steps))
                raise MoneyError(f"the steps {listed} must rise, from above 0 up to 100 percent")
            before = step


@dataclass(frozen=True, slots=True)
class PrepaidBlock:
    """Hours bought ahead; the next block is due when only ``reorder_at_hours`` are left."""

    hours: Decimal
    price: Money
    reorder_at_hours: Decimal = Decimal(0)
    increment: Increment = Increment()
    kind: Literal["prepaid_block"] = "prepaid_block"

    def __post_init__(self) -> None:
        if self.hours <= 0:
            raise MoneyError(f"a block of {self.hours} hours is never used up; write more than 0")


@dataclass(frozen=True, slots=True)
class Instalments:
    """One sum, billed in parts: equal ones, or percentages of which the last takes the rest."""

    total: Money
    parts: int = 0
    percents: tuple[Decimal, ...] = ()
    cycle: Cycle = MONTHLY
    kind: Literal["instalments"] = "instalments"

    def __post_init__(self) -> None:
        if (self.parts > 0) == bool(self.percents):
            raise MoneyError(f"{self.total} is billed either in equal parts or by percentages")
        shares = Decimal(0)
        for percent in self.percents:
            shares = EXACT.add(shares, percent)
        if self.percents and shares != _WHOLE:
            raise MoneyError(f"the parts of {self.total} are {plain(shares)} percent, not 100")


@dataclass(frozen=True, slots=True)
class Frame:
    """No price of its own: deals, estimates and one-off requests bring their lines.

    ``onboarding`` are the lines that a client's onboarding is billed with.
    """

    onboarding: tuple[RecurringItem, ...] = ()
    kind: Literal["frame"] = "frame"


Pricing: TypeAlias = Retainer | TimeAndMaterials | Project | PrepaidBlock | Instalments | Frame


@dataclass(frozen=True, slots=True)
class Agreement:
    """What we agreed with a client.

    ``bill_from`` is the first day this product bills; periods before it were billed elsewhere.
    ``work_source`` is the system that knows hours and outlays; empty when there are none. Nothing
    is billed for a pause. An empty ``terms`` means the client's, an empty ``reminder_plan`` too.
    ``standard_terms`` is false where this contract differs from ours, so a person looks.
    ``timesheet`` adds the hours behind an invoice to its document.
    """

    key: str
    client: str
    entity: str
    description: str
    starts_on: date
    bill_from: date
    pricing: Pricing
    ends_on: date | None = None
    tax_category: str = "standard"
    terms: Terms | None = None
    pauses: tuple[Period, ...] = ()
    discounts: tuple[Discount, ...] = ()
    prices_include_tax: bool = False
    work_source: str = ""
    category: str = ""
    reminder_plan: str = ""
    standard_terms: bool = True
    order_number: str = ""
    timesheet: bool = late(default=False)

    def covers(self, day: date) -> bool:
        """Tell whether the agreement is in force on ``day`` (both ends included)."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)
