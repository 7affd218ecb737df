"""What is sold, as CRM and e-signature tell it: deals, estimates, signed documents, new clients."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from invoicing.adapters.sources.told import (
    MOST_LINES,
    MOST_WORDS,
    Day,
    Fact,
    Factor,
    Identifier,
    MaybeIdentifier,
    Number,
    Percent,
    ShownText,
    Size,
    Told,
    happened,
    money,
    refuse_twice,
)
from invoicing.domain.discounts import Discount, Spread
from invoicing.domain.events import BillingEvent, Claim, Hint
from invoicing.domain.money import Money
from invoicing.domain.work import WorkItem


class Line(Told):
    """Work with a price of its own, as a line of something sold."""

    id: Identifier
    description: ShownText
    quantity: Number
    unit: ShownText = ""
    unit_price: Size
    base_quantity: Factor = Decimal(1)
    tax_category: Identifier
    discount_percent: Percent = Decimal(0)

    def to_domain(self, source: str, where: str, currency: str) -> WorkItem:
        return WorkItem(
            source=source,
            record_id=f"{where}/line:{self.id}",
            description=self.description,
            quantity=self.quantity,
            unit=self.unit,
            unit_price=Money(self.unit_price, currency),
            tax_category=self.tax_category,
            discount_percent=self.discount_percent,
            base_quantity=self.base_quantity,
        )


class DiscountTold(Told):
    """A discount on the whole; a percentage or an amount, never both."""

    reason: Annotated[ShownText, Field(min_length=1)]
    percent: Percent | None = None
    amount: Size | None = None
    spread: Annotated[str, Field(pattern=f"^({'|'.join(Spread)})$")] = Spread.PER_GROUP.value
    approved_by: ShownText = ""

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if (self.percent is None) == (self.amount is None):
            raise ValueError("a discount needs either percent or amount")
        return self

    def to_domain(self, currency: str) -> Discount:
        amount = None if self.amount is None else money(self.amount, currency)
        spread = Spread(self.spread)
        return Discount(self.reason, self.percent, amount, spread, self.approved_by)


Lines = Annotated[list[Line], Field(max_length=MOST_LINES)]


class Sale(Fact):
    """Base of everything that brings its own lines."""

    currency: str
    lines: Lines
    discounts: list[DiscountTold] = Field(default=[], max_length=MOST_WORDS)

    def with_lines(self, event: BillingEvent, where: str) -> BillingEvent:
        """Return ``event`` with the lines and discounts; ``where`` begins their record ids."""
        refuse_twice([line.id for line in self.lines], "lines")
        return replace(
            event,
            work=tuple(line.to_domain(event.source, where, self.currency) for line in self.lines),
            discounts=tuple(one.to_domain(self.currency) for one in self.discounts),
        )


class Deal(Sale):
    """A deal, as a CRM tells it; ``won_on`` is missing until it is won."""

    lines: Annotated[Lines, Field(min_length=1)]
    won_on: Day | None = None
    value: Size | None = None

    def to_domain(self, hint: Hint) -> BillingEvent:
        won_on = happened(self.won_on, "won")
        event = self.with_lines(self.event(hint, won_on, ("deal", self.id)), f"deal:{self.id}")
        if self.value is None:
            return event
        claim = Claim(hint.source, f"value of deal {self.id}", money(self.value, self.currency))
        return replace(event, claims=(claim,))


class Estimate(Sale):
    """An estimate (quote), as a CRM tells it; ``accepted_on`` is missing until it is accepted."""

    lines: Annotated[Lines, Field(min_length=1)]
    accepted_on: Day | None = None
    deal: MaybeIdentifier = ""

    def to_domain(self, hint: Hint) -> BillingEvent:
        accepted_on = happened(self.accepted_on, "accepted")
        event = self.event(hint, accepted_on, ("deal", self.deal), ("estimate", self.id))
        return replace(self.with_lines(event, f"estimate:{self.id}"), deal=self.deal or "")


class Signed(Sale):
    """A document, as an e-signature service tells it; it may state a total, lines, or both."""

    lines: Lines = Field(default=[])
    deal: MaybeIdentifier = ""
    status: Identifier
    signed_on: Day | None = None
    total: Size

    def to_domain(self, hint: Hint) -> BillingEvent:
        signed_on = happened(self._signed(), "signed by all")
        event = self.event(hint, signed_on, ("deal", self.deal), ("document", self.id))
        claim = Claim(hint.source, f"total of document {self.id}", money(self.total, self.currency))
        event = self.with_lines(event, f"document:{self.id}")
        return replace(event, deal=self.deal or "", claims=(claim,))

    def _signed(self) -> date | None:
        return self.signed_on if self.status == "completed" else None


class NewClient(Fact):
    """A client, as a CRM tells it; ``onboarded_on`` is missing until the work with it begins."""

    client: MaybeIdentifier = ""  # type: ignore[assignment]
    onboarded_on: Day | None = None

    def to_domain(self, hint: Hint) -> BillingEvent:
        onboarded_on = happened(self.onboarded_on, "onboarded")
        return replace(self.event(hint, onboarded_on), client=self.client or self.id)
