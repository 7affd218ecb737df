"""config/rules.yaml: which events of which clients are billed, and as what."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from invoicing.config.fields import Key
from invoicing.config.written import Written
from invoicing.domain.rules import BillingRule, Model


class _WrittenRule(Written):
    """What every billing rule says."""

    noun: ClassVar[str] = "rule"

    name: Key = Field(description="Name shown in Airflow, in explanations and in the trail.")
    clients: tuple[Key, ...] = Field(
        default=(), description="Keys of the clients it is about; without this key: all of them."
    )


class RetainerRule(_WrittenRule):
    """Bill the fee of every retainer agreement at the start of each month."""

    noun: ClassVar[str] = "retainer rule"

    model: Literal["retainer"] = Field(description="`retainer`: a fixed fee per month.")

    def to_domain(self) -> BillingRule:
        """Hand it to the domain."""
        return BillingRule(self.name, Model.RETAINER, frozenset(self.clients))


class DealRule(_WrittenRule):
    """Bill a part of every deal that is won."""

    noun: ClassVar[str] = "deal rule"

    model: Literal["deal"] = Field(description="`deal`: bill a deal that was won.")
    part: Key = Field(
        description="Part of the deal this bills, such as `onboarding`; never rename it, it is part"
        " of what is owed."
    )

    def to_domain(self) -> BillingRule:
        """Hand it to the domain."""
        return BillingRule(self.name, Model.DEAL, frozenset(self.clients), self.part)


WrittenRule = Annotated[RetainerRule | DealRule, Field(discriminator="model")]


class RulesFile(Written):
    """Our billing rules; for one event exactly one of them must apply."""

    noun: ClassVar[str] = "rules.yaml"

    rules: tuple[WrittenRule, ...] = Field(description="Billing rules, in any order.")

    def to_domain(self) -> tuple[BillingRule, ...]:
        """Hand the rules to the domain."""
        return tuple(rule.to_domain() for rule in self.rules)
