"""config/rules.yaml: which events of which clients are billed, and as what."""

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from invoicing.config.fields import (
    DealEventWord,
    Key,
    Line,
    MilestoneEventWord,
    OptionalEveryText,
    OptionalPositivePercent,
)
from invoicing.config.written import Written
from invoicing.domain.events import EventKind
from invoicing.domain.money import Money
from invoicing.domain.rules import EVENTS_OF_MODEL, BillingRule, Model

_DEAL_EVENTS = (EventKind.DEAL_WON, EventKind.DOCUMENT_SIGNED)


class WrittenRuleBase(Written):
    """What every billing rule says."""

    noun: ClassVar[str] = "rule"

    name: Key = Field(description="Name shown in Airflow, in explanations and in the trail.")
    clients: tuple[Key, ...] = Field(
        default=(), description="Keys of the clients it is about; without this key: all of them."
    )
    agreements: tuple[Key, ...] = Field(
        default=(), description="Keys of the agreements it is about; without this key: all."
    )
    client_types: tuple[Line, ...] = Field(
        default=(), description="Types of clients it is about; without this key: all."
    )
    categories: tuple[Line, ...] = Field(
        default=(), description="Categories of work it is about; without this key: all."
    )

    def to_domain(self) -> BillingRule:
        """Hand it to the domain."""
        raise TypeError("only the rules of a model bill something")

    def _rule(
        self,
        model: Model,
        events: tuple[EventKind, ...] = (),
        part: str = "",
        percent: Decimal | None = None,
        every: Decimal | Money | None = None,
    ) -> BillingRule:
        return BillingRule(
            name=self.name,
            model=model,
            events=frozenset(events or EVENTS_OF_MODEL[model]),
            clients=frozenset(self.clients),
            agreements=frozenset(self.agreements),
            client_types=frozenset(self.client_types),
            categories=frozenset(self.categories),
            part=part,
            percent=percent,
            every_hours=every if isinstance(every, Decimal) else None,
            every_spend=every if isinstance(every, Money) else None,
        )


class RetainerRule(WrittenRuleBase):
    """Bill what the calendar says: fees, hours of a period, instalments, first blocks."""

    noun: ClassVar[str] = "retainer rule"

    model: Literal["retainer"] = Field(description="`retainer`: what comes due by the calendar.")

    def to_domain(self) -> BillingRule:
        """Hand it to the domain."""
        return self._rule(Model.RETAINER)


class MilestoneRule(WrittenRuleBase):
    """Bill the parts of projects, and approved change orders."""

    noun: ClassVar[str] = "milestone rule"

    model: Literal["milestone"] = Field(description="`milestone`: parts of a project.")
    events: tuple[MilestoneEventWord, ...] = Field(
        default=(), description="Facts it is about; without this key: all of a project."
    )

    def to_domain(self) -> BillingRule:
        """Hand it to the domain."""
        return self._rule(Model.MILESTONE, self.events)


class ThresholdRule(WrittenRuleBase):
    """Bill each time that enough work has come together."""

    noun: ClassVar[str] = "threshold rule"

    model: Literal["threshold"] = Field(
        description="`threshold`: hours or spend that reach a limit, blocks that run out."
    )
    every: OptionalEveryText = Field(
        default=None,
        description="The limit: `40 h` or `5000.00 EUR`; leave it out for prepaid blocks, which"
        " have their own.",
    )

    def to_domain(self) -> BillingRule:
        """Hand it to the domain."""
        return self._rule(Model.THRESHOLD, every=self.every)


class EstimateRule(WrittenRuleBase):
    """Bill an estimate that was accepted, line by line."""

    noun: ClassVar[str] = "estimate rule"

    model: Literal["estimate"] = Field(description="`estimate`: an accepted estimate.")
    part: Line = Field(default="", description="Part of the deal this bills, if it has several.")
    percent: OptionalPositivePercent = Field(
        default=None, description="Share of the estimate that is billed; without this key: all."
    )

    def to_domain(self) -> BillingRule:
        """Hand it to the domain."""
        return self._rule(Model.ESTIMATE, part=self.part, percent=self.percent)


class DealRule(WrittenRuleBase):
    """Bill a part of every deal that is won, or of a contract that is signed."""

    noun: ClassVar[str] = "deal rule"

    model: Literal["deal"] = Field(description="`deal`: a deal won, a document signed.")
    part: Key = Field(
        description="Part of the deal this bills, such as `onboarding`; never rename it, it is part"
        " of what is owed."
    )
    events: tuple[DealEventWord, ...] = Field(
        default=_DEAL_EVENTS,
        description="Facts it is about: `deal_won`, `document_signed`, `client_onboarded`.",
    )
    percent: OptionalPositivePercent = Field(
        default=None, description="Share that is billed now, as a deposit; without this key: all."
    )

    def to_domain(self) -> BillingRule:
        """Hand it to the domain."""
        return self._rule(Model.DEAL, self.events, self.part, self.percent)


class OneOffRule(WrittenRuleBase):
    """Bill what a person asks for with the form."""

    noun: ClassVar[str] = "one-off rule"

    model: Literal["one_off"] = Field(description="`one_off`: what a person asks for.")

    def to_domain(self) -> BillingRule:
        """Hand it to the domain."""
        return self._rule(Model.ONE_OFF)


WrittenRule = Annotated[
    RetainerRule | MilestoneRule | ThresholdRule | EstimateRule | DealRule | OneOffRule,
    Field(discriminator="model"),
]


class RulesFile(Written):
    """Our billing rules; for one event exactly one of them must apply."""

    noun: ClassVar[str] = "rules.yaml"

    rules: tuple[WrittenRule, ...] = Field(description="Billing rules, in any order.")

    def to_domain(self) -> tuple[BillingRule, ...]:
        """Hand the rules to the domain."""
        return tuple(rule.to_domain() for rule in self.rules)
