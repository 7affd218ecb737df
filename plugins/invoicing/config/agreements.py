"""config/agreements.yaml: what we agreed with whom; each kind of agreement has its own price."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from invoicing.config.agreement_parts import (
    WrittenDeposit,
    WrittenDiscount,
    WrittenFeeStep,
    WrittenIncluded,
    WrittenItem,
    WrittenMilestone,
    WrittenPause,
    WrittenRate,
    WrittenTariff,
)
from invoicing.config.fields import (
    CycleText,
    Day,
    Flag,
    HoursNumber,
    IncrementText,
    Key,
    Line,
    MarkupPercent,
    MoneyText,
    OptionalCycleText,
    OptionalDay,
    OptionalMoneyText,
    OptionalTermsText,
    PositivePercent,
    ProrationWord,
    Whole,
)
from invoicing.config.readers import FieldError
from invoicing.config.written import ENTRY, Written
from invoicing.domain.agreements import (
    Agreement,
    FeeStep,
    Frame,
    Increment,
    Instalments,
    PrepaidBlock,
    Pricing,
    Project,
    Proration,
    Retainer,
    TimeAndMaterials,
)
from invoicing.domain.money import plain
from invoicing.domain.periods import Cycle

NOTHING = Decimal(0)
WHOLE = Decimal(100)


class WrittenBase(Written):
    """What every agreement says."""

    noun: ClassVar[str] = "agreement"

    client: Key = Field(description="Key of the client in clients.yaml.")
    entity: Key = Field(description="Key of our legal entity in company.yaml.")
    description: Line = Field(description="What the client pays for; printed on the invoice.")
    starts_on: Day = Field(description="First day; periods are counted from it.")
    bill_from: OptionalDay = Field(
        default=None,
        description="First day this product bills, else `starts_on`; what was before is billed"
        " elsewhere.",
    )
    ends_on: OptionalDay = Field(default=None, description="Last day, if an end is agreed.")
    tax_category: Key = Field(
        default="standard", description="Category of the work; taxes.yaml has its rate."
    )
    terms: OptionalTermsText = Field(
        default=None, description="When to pay, where it differs from the client's terms."
    )
    pauses: tuple[WrittenPause, ...] = Field(
        default=(), description="Stretches of days for which nothing is billed."
    )
    discounts: tuple[WrittenDiscount, ...] = Field(
        default=(), description="Discounts on every invoice of this agreement."
    )
    prices_include_tax: Flag = Field(
        default=False, description="`true`: the prices of this agreement hold the tax already."
    )
    work_source: Line = Field(
        default="", description="Source that knows hours and outlays, such as `psa`."
    )
    category: Line = Field(
        default="", description="Our word for the kind of work; rules and reviews may name it."
    )
    reminder_plan: Line = Field(
        default="", description="Plan of reminders.yaml, where it differs from the client's."
    )
    standard_terms: Flag = Field(
        default=True,
        description="`false`: this contract differs from our standard, so a person looks at every"
        " invoice.",
    )
    order_number: Line = Field(
        default="", description="The client's order number; printed on every invoice."
    )
    timesheet: Flag = Field(
        default=False,
        description="`true`: the hours behind an invoice, by day and person, go with it.",
    )

    @property
    def pricing(self) -> Pricing:
        """Return how this kind of agreement is priced."""
        raise TypeError("only the kinds of agreements have a price")

    def to_domain(self, key: str) -> Agreement:
        """Hand it to the domain under its key."""
        return Agreement(
            key=key,
            client=self.client,
            entity=self.entity,
            description=self.description,
            starts_on=self.starts_on,
            bill_from=self.bill_from or self.starts_on,
            pricing=self.pricing,
            ends_on=self.ends_on,
            tax_category=self.tax_category,
            terms=self.terms,
            pauses=tuple(pause.to_domain() for pause in self.pauses),
            discounts=tuple(discount.to_domain() for discount in self.discounts),
            prices_include_tax=self.prices_include_tax,
            work_source=self.work_source,
            category=self.category,
            reminder_plan=self.reminder_plan,
            standard_terms=self.standard_terms,
            order_number=self.order_number,
            timesheet=self.timesheet,
        )


class RetainerAgreement(WrittenBase):
    """A fee for every period, and what comes on top of it."""

    noun: ClassVar[str] = "retainer"

    kind: Literal["retainer"] = Field(description="`retainer`: a fixed fee for every period.")
    fee: OptionalMoneyText = Field(
        default=None, description="Fee per period without tax, such as `2400.00 EUR`."
    )
    fees: tuple[WrittenFeeStep, ...] = Field(
        default=(),
        description="Instead of `fee`: fees with the day each begins; one in the middle of a period"
        " is a change of plan.",
    )
    cycle: CycleText = Field(
        default=Cycle(), description="Length of a period: `month`, `quarter`, `year`, `90 days`."
    )
    in_arrears: Flag = Field(
        default=False,
        description="`true`: billed when the period has ended, else on its first day.",
    )
    proration: ProrationWord = Field(
        default=Proration.ACTUAL,
        description="Price of a part of a period: by `actual` days, `30/360`, or `none` (all).",
    )
    items: tuple[WrittenItem, ...] = Field(
        default=(), description="Further lines of every period, such as resold subscriptions."
    )
    included: WrittenIncluded | None = Field(
        default=None, description="Hours that the fee includes, and the price of more."
    )
    markup_percent: MarkupPercent = Field(
        default=NOTHING, description="What is put on expenses and hardware."
    )

    @property
    def pricing(self) -> Retainer:
        """Return the fee and what comes on top of it."""
        steps = tuple(step.to_domain() for step in self.fees)
        if self.fee is not None:
            steps = (FeeStep(self.starts_on, self.fee), *steps)
        return Retainer(
            fees=steps,
            cycle=self.cycle,
            in_arrears=self.in_arrears,
            proration=self.proration,
            items=tuple(item.to_domain(self.tax_category) for item in self.items),
            included=self.included.to_domain() if self.included else None,
            markup_percent=self.markup_percent,
        )


class TimeAgreement(WrittenBase):
    """Hours and outlays as they come."""

    noun: ClassVar[str] = "time and materials agreement"

    kind: Literal["time_and_materials"] = Field(
        description="`time_and_materials`: hours by role and rate, or by tiers, and outlays."
    )
    rates: tuple[WrittenRate, ...] = Field(
        default=(), description="The rate card: price of an hour by role and first day."
    )
    tariff: WrittenTariff | None = Field(
        default=None, description="Instead of `rates`: hours by tiers."
    )
    increment: IncrementText = Field(
        default=Increment(),
        description="Smallest time that is billed: `15 min per entry`, `15 min in total`, `exact`.",
    )
    cycle: OptionalCycleText = Field(
        default=None,
        description="How often it is billed; without it a rule with `model: threshold` bills it.",
    )
    markup_percent: MarkupPercent = Field(
        default=NOTHING, description="What is put on expenses and hardware."
    )
    cap: OptionalMoneyText = Field(default=None, description="Most that is billed in all.")
    minimum: OptionalMoneyText = Field(
        default=None, description="Least that is billed for each period."
    )

    @property
    def pricing(self) -> TimeAndMaterials:
        """Return rates or tiers with their limits."""
        return TimeAndMaterials(
            rates=tuple(rate.to_domain(self.starts_on) for rate in self.rates),
            tariff=self.tariff.to_domain() if self.tariff else None,
            increment=self.increment,
            cycle=self.cycle,
            markup_percent=self.markup_percent,
            cap=self.cap,
            minimum=self.minimum,
        )


class ProjectAgreement(WrittenBase):
    """A fixed price, billed by milestones or steps of progress."""

    noun: ClassVar[str] = "project"

    kind: Literal["project"] = Field(description="`project`: a fixed price in parts.")
    total: MoneyText = Field(description="Price of the whole, without tax.")
    milestones: tuple[WrittenMilestone, ...] = Field(
        default=(), description="Parts that are billed when they are done."
    )
    steps: tuple[PositivePercent, ...] = Field(
        default=(),
        description="Instead of milestones: percentages of progress at which the part up to there"
        " is billed, such as `[25, 50, 75, 100]`.",
    )
    deposit: WrittenDeposit | None = Field(
        default=None, description="What is due when the contract is signed."
    )
    cap: OptionalMoneyText = Field(
        default=None, description="Most that is billed in all, change orders included."
    )

    def mistakes(self) -> Iterator[FieldError]:
        """Yield steps that do not rise, and a milestone that waits for nothing."""
        for index, (before, step) in enumerate(pairwise(self.steps), start=1):
            if step <= before:
                text = f"a step of {plain(step)} percent follows one of {plain(before)}"
                advice = "Write the steps in rising order, each once, such as [25, 50, 75, 100]."
                yield FieldError(text, advice, ("steps", index))
        if self.deposit is None and self.milestones and self.milestones[0].after_payment:
            text = "the first milestone waits for a payment, but nothing is billed before it"
            advice = "Let it be billed when it is done, or agree on a deposit."
            yield FieldError(text, advice, ("milestones", 0, "after_payment"))

    @property
    def pricing(self) -> Project:
        """Return the total and its parts."""
        return Project(
            total=self.total,
            milestones=tuple(milestone.to_domain() for milestone in self.milestones),
            steps=self.steps,
            deposit=self.deposit.to_domain() if self.deposit else None,
            cap=self.cap,
        )


class BlockAgreement(WrittenBase):
    """Hours bought ahead."""

    noun: ClassVar[str] = "prepaid block"

    kind: Literal["prepaid_block"] = Field(description="`prepaid_block`: hours bought ahead.")
    hours: HoursNumber = Field(description="Hours of one block.")
    price: MoneyText = Field(description="Price of one block, without tax.")
    reorder_at_hours: HoursNumber = Field(
        default=NOTHING,
        description="The next block is billed when no more hours than this are left.",
    )
    increment: IncrementText = Field(
        default=Increment(), description="Smallest time that is counted."
    )

    def mistakes(self) -> Iterator[FieldError]:
        """Yield a block that is never used up."""
        if not self.hours:
            text = "a block of 0 hours is never used up"
            yield FieldError(text, "Write how many hours the client buys at a time.", ("hours",))

    @property
    def pricing(self) -> PrepaidBlock:
        """Return the block."""
        return PrepaidBlock(self.hours, self.price, self.reorder_at_hours, self.increment)


class InstalmentsAgreement(WrittenBase):
    """One sum, billed in parts."""

    noun: ClassVar[str] = "instalments agreement"

    kind: Literal["instalments"] = Field(description="`instalments`: one sum in parts.")
    total: MoneyText = Field(description="The whole sum, without tax.")
    parts: Whole = Field(default=0, description="Number of equal parts.")
    percents: tuple[PositivePercent, ...] = Field(
        default=(), description="Instead of `parts`: percentages; the last takes the rest."
    )
    cycle: CycleText = Field(default=Cycle(), description="Time from one part to the next.")

    def mistakes(self) -> Iterator[FieldError]:
        """Yield parts that are said in two ways or not at all, or that are not the whole."""
        shares = sum(self.percents, NOTHING)
        if self.parts and self.percents:
            text = "they say the same as 'parts' in another way"
            yield FieldError(text, "Keep one of the two.", ("percents",))
        elif not self.parts and not self.percents:
            text = "this agreement has neither 'parts' nor 'percents'"
            advice = "Write parts: 12 for equal parts, or percents: [50, 30, 20]."
            yield FieldError(text, advice, (ENTRY,))
        elif self.percents and shares != WHOLE:
            text = f"they are {plain(shares)} percent together, not 100"
            yield FieldError(text, "Correct one of them.", ("percents",))

    @property
    def pricing(self) -> Instalments:
        """Return the sum and its parts."""
        return Instalments(self.total, self.parts, self.percents, self.cycle)


class FrameAgreement(WrittenBase):
    """No price of its own: deals, estimates and one-off requests bring their lines."""

    noun: ClassVar[str] = "frame agreement"

    kind: Literal["frame"] = Field(
        description="`frame`: the lines come with each deal, estimate or request."
    )
    onboarding: tuple[WrittenItem, ...] = Field(
        default=(), description="Lines that are billed when the client is onboarded."
    )

    @property
    def pricing(self) -> Frame:
        """Return the lines of the onboarding."""
        return Frame(tuple(item.to_domain(self.tax_category) for item in self.onboarding))


WrittenAgreement = Annotated[
    RetainerAgreement
    | TimeAgreement
    | ProjectAgreement
    | BlockAgreement
    | InstalmentsAgreement
    | FrameAgreement,
    Field(discriminator="kind"),
]


class AgreementsFile(Written):
    """What we agreed with our clients."""

    noun: ClassVar[str] = "agreements.yaml"

    agreements: dict[Key, WrittenAgreement] = Field(
        description="Agreements by key; the key never changes, it is part of what is owed."
    )

    def to_domain(self) -> dict[str, Agreement]:
        """Hand the agreements to the domain, by key."""
        return {key: agreement.to_domain(key) for key, agreement in self.agreements.items()}
