"""config/agreements.yaml: what was promised to whom."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from invoicing.config.fields import Day, Key, Line, MoneyText, OptionalDay, OptionalTermsDays
from invoicing.config.written import Written
from invoicing.domain.money import Money
from invoicing.domain.rules import Agreement, Model


class _WrittenAgreement(Written):
    """What every agreement says."""

    noun: ClassVar[str] = "agreement"

    client: Key = Field(description="Key of the client in clients.yaml.")
    entity: Key = Field(description="Key of our legal entity in company.yaml.")
    description: Line = Field(description="What the client pays for; printed on the invoice.")
    starts_on: Day = Field(description="First day; months are counted from it.")
    bill_from: OptionalDay = Field(
        default=None,
        description="First day this product bills, else `starts_on`; earlier months were billed"
        " elsewhere.",
    )
    ends_on: OptionalDay = Field(default=None, description="Last day, if an end is agreed.")
    tax_category: Key = Field(
        default="standard", description="Category of the work; taxes.yaml has its rate."
    )
    terms_days: OptionalTermsDays = Field(
        default=None, description="Days to pay, where they differ from the client's."
    )

    def _agreement(self, key: str, model: Model, fee: Money | None) -> Agreement:
        return Agreement(
            key=key,
            client=self.client,
            entity=self.entity,
            model=model,
            description=self.description,
            starts_on=self.starts_on,
            bill_from=self.bill_from or self.starts_on,
            ends_on=self.ends_on,
            fee=fee,
            tax_category=self.tax_category,
            terms_days=self.terms_days,
        )


class RetainerAgreement(_WrittenAgreement):
    """A fixed fee for every month, billed in advance."""

    noun: ClassVar[str] = "retainer agreement"

    model: Literal["retainer"] = Field(description="`retainer`: a fixed fee per month.")
    fee: MoneyText = Field(description="Fee per month without tax, such as `2400.00 EUR`.")

    def to_domain(self, key: str) -> Agreement:
        """Hand it to the domain under its key."""
        return self._agreement(key, Model.RETAINER, self.fee)


class DealAgreement(_WrittenAgreement):
    """A frame for deals; what is billed comes with each deal that is won."""

    noun: ClassVar[str] = "deal agreement"

    model: Literal["deal"] = Field(description="`deal`: lines come from the deals in the CRM.")

    def to_domain(self, key: str) -> Agreement:
        """Hand it to the domain under its key."""
        return self._agreement(key, Model.DEAL, None)


WrittenAgreement = Annotated[RetainerAgreement | DealAgreement, Field(discriminator="model")]


class AgreementsFile(Written):
    """What we agreed with our clients."""

    noun: ClassVar[str] = "agreements.yaml"

    agreements: dict[Key, WrittenAgreement] = Field(
        description="Agreements by key; the key never changes, it is part of what is owed."
    )

    def to_domain(self) -> dict[str, Agreement]:
        """Hand the agreements to the domain, by key."""
        return {key: agreement.to_domain(key) for key, agreement in self.agreements.items()}
