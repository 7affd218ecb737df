"""Parts of the agreements in config/: fees, items, rates, tiers, milestones, deposits."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import ClassVar

from pydantic import Field

from invoicing.config.days import WrittenPeriod
from invoicing.config.fields import (
    Day,
    DepositStyleWord,
    Flag,
    HoursNumber,
    IncrementText,
    Key,
    Line,
    MoneyText,
    OptionalDay,
    OptionalHoursNumber,
    OptionalMoneyText,
    OptionalPositivePercent,
    PriceText,
    Quantity,
    TierModeWord,
)
from invoicing.config.readers import FieldError
from invoicing.config.written import ENTRY, Written
from invoicing.domain.agreements import (
    DepositStyle,
    DepositTerms,
    FeeStep,
    IncludedHours,
    Increment,
    Milestone,
    Rate,
    RecurringItem,
    Tariff,
    Tier,
)
from invoicing.domain.discounts import Discount, Spread
from invoicing.domain.money import plain

NO_HOURS = Decimal(0)
ONE = Decimal(1)


class WrittenPause(WrittenPeriod):
    """Days for which nothing is billed, both ends included."""

    noun: ClassVar[str] = "pause"


class WrittenDiscount(Written):
    """A discount on the whole invoice: a percentage or an amount."""

    noun: ClassVar[str] = "discount"

    reason: Line = Field(description="Why it is given; printed on the invoice.")
    percent: OptionalPositivePercent = Field(default=None, description="Percentage of the sum.")
    amount: OptionalMoneyText = Field(default=None, description="Or a fixed amount.")
    approved_by: Line = Field(
        default="", description="Login of the approver who granted it; else a person is asked."
    )

    def to_domain(self) -> Discount:
        """Hand it to the domain."""
        spread = Spread.PER_GROUP if self.amount is None else Spread.PRO_RATA
        return Discount(self.reason, self.percent, self.amount, spread, self.approved_by)


class WrittenFeeStep(Written):
    """The fee from a day on."""

    noun: ClassVar[str] = "fee"

    from_on: Day = Field(alias="from", description="First day this fee holds.")
    fee: MoneyText = Field(description="Fee per period, without tax.")

    def to_domain(self) -> FeeStep:
        """Hand it to the domain."""
        return FeeStep(self.from_on, self.fee)


class WrittenItem(Written):
    """A line with a price of its own."""

    noun: ClassVar[str] = "item"

    key: Key = Field(description="Name of the line; never rename it.")
    description: Line = Field(description="What is printed on the invoice.")
    quantity: Quantity = Field(default=ONE, description="How many.")
    unit: Line = Field(default="", description="Of what, such as `user` or `month`.")
    unit_price: PriceText = Field(description="Price of one, without tax.")
    tax_category: Line = Field(
        default="", description="Category for tax, where it differs from the agreement's."
    )
    from_on: OptionalDay = Field(default=None, alias="from", description="First day it is billed.")
    until_on: OptionalDay = Field(default=None, alias="until", description="Last day it is billed.")

    def to_domain(self, tax_category: str) -> RecurringItem:
        """Hand it to the domain; an item without a category has the agreement's."""
        return RecurringItem(
            self.key,
            self.description,
            self.quantity,
            self.unit,
            self.unit_price,
            self.tax_category or tax_category,
            self.from_on,
            self.until_on,
        )


class WrittenIncluded(Written):
    """Hours that a fee includes."""

    noun: ClassVar[str] = "included hours"

    hours: HoursNumber = Field(description="Hours included in each period.")
    overage_rate: MoneyText = Field(description="Price of an hour above them, without tax.")
    rollover_max_hours: HoursNumber = Field(
        default=NO_HOURS, description="Most hours that may be carried to the next period."
    )
    increment: IncrementText = Field(
        default=Increment(), description="Smallest time that is counted."
    )

    def to_domain(self) -> IncludedHours:
        """Hand it to the domain."""
        return IncludedHours(self.hours, self.overage_rate, self.rollover_max_hours, self.increment)


class WrittenRate(Written):
    """The price of an hour in a role."""

    noun: ClassVar[str] = "rate"

    role: Line = Field(description="The role as the source of the hours names it.")
    per_hour: MoneyText = Field(description="Price of an hour, without tax.")
    from_on: OptionalDay = Field(
        default=None, alias="from", description="First day of this price; else the agreement's."
    )

    def to_domain(self, starts_on: date) -> Rate:
        """Hand it to the domain."""
        return Rate(self.role, self.per_hour, self.from_on or starts_on)


class WrittenTier(Written):
    """A band of a tariff."""

    noun: ClassVar[str] = "tier"

    up_to: OptionalHoursNumber = Field(
        default=None, description="Last hour of the band; leave it out for the last band."
    )
    price: PriceText = Field(description="Price of an hour in this band, without tax.")

    def to_domain(self) -> Tier:
        """Hand it to the domain."""
        return Tier(self.up_to, self.price)


class WrittenTariff(Written):
    """Hours by tiers."""

    noun: ClassVar[str] = "tariff"

    mode: TierModeWord = Field(
        description="`graduated`: each band at its price; `volume`: all at the band reached."
    )
    tiers: tuple[WrittenTier, ...] = Field(min_length=1, description="Bands, the lowest first.")

    def mistakes(self) -> Iterator[FieldError]:
        """Yield bands that are out of order, or after which none could come."""
        currency, lower = self.tiers[0].price.currency, NO_HOURS
        for index, tier in enumerate(self.tiers):
            if tier.price.currency != currency:
                text = f"a price in {tier.price.currency} after one in {currency}"
                yield FieldError(text, "Use the client's currency.", ("tiers", index, "price"))
            if tier.up_to is None and index < len(self.tiers) - 1:
                text = "a tier without up_to has no end, so nothing can come after it"
                advice = "Write where it ends (up_to: 10); only the last tier has no end."
                yield FieldError(text, advice, ("tiers", index, ENTRY))
            elif tier.up_to is not None and tier.up_to <= lower:
                text = f"a tier up to {plain(tier.up_to)} follows {_lower_end(lower)}"
                advice = "Write the tiers in rising order: each ends above the one before it."
                yield FieldError(text, advice, ("tiers", index, "up_to"))
            lower = max(lower, tier.up_to or lower)

    def to_domain(self) -> Tariff:
        """Hand it to the domain."""
        return Tariff(self.mode, tuple(tier.to_domain() for tier in self.tiers))


def _lower_end(hours: Decimal) -> str:
    return f"one up to {plain(hours)}" if hours else "nothing: it holds no hour"


class WrittenMilestone(Written):
    """A part of a project."""

    noun: ClassVar[str] = "milestone"

    key: Key = Field(description="Name of the milestone as the project system reports it.")
    description: Line = Field(description="What was delivered; printed on the invoice.")
    value: OptionalMoneyText = Field(default=None, description="Its price, without tax.")
    percent: OptionalPositivePercent = Field(
        default=None, description="Or its share of the project's total."
    )
    after_payment: Flag = Field(
        default=False,
        description="Billed as soon as the milestone before it (or the deposit) is paid, even if"
        " the project system does not call it done yet.",
    )

    def to_domain(self) -> Milestone:
        """Hand it to the domain."""
        return Milestone(self.key, self.description, self.value, self.percent, self.after_payment)


class WrittenDeposit(Written):
    """What is due when the contract is signed."""

    noun: ClassVar[str] = "deposit"

    percent: OptionalPositivePercent = Field(
        default=None, description="Share of the project's total."
    )
    amount: OptionalMoneyText = Field(default=None, description="Or a fixed amount.")
    style: DepositStyleWord = Field(
        default=DepositStyle.FULL,
        description="How the last invoice settles it: `full` states everything and deducts the"
        " deposit, `remainder` states only what is left.",
    )

    def to_domain(self) -> DepositTerms:
        """Hand it to the domain."""
        return DepositTerms(self.percent, self.amount, self.style)
