"""config/taxes.yaml: the tax on each category of work, by the client's country and the day."""

from enum import StrEnum
from functools import partial
from typing import Annotated, ClassVar

from pydantic import Field, PlainValidator, WithJsonSchema

from invoicing.config.fields import Country, Day, Key, Line, OptionalDay, Percent
from invoicing.config.readers import read_choice
from invoicing.config.written import Written
from invoicing.domain.tax import TaxRate, TaxRule, TaxTable


class TaxCode(StrEnum):
    """The VAT categories of EN 16931 (UNCL 5305) that e-invoices name."""

    STANDARD = "S"
    ZERO = "Z"
    EXEMPT = "E"
    REVERSE_CHARGE = "AE"
    INTRA_COMMUNITY = "K"
    EXPORT = "G"
    OUT_OF_SCOPE = "O"
    CANARY_ISLANDS = "L"
    CEUTA_AND_MELILLA = "M"


# EN 16931: these carry a rate (BR-S-05 wants it above zero); all others charge nothing.
CHARGED = frozenset({TaxCode.STANDARD, TaxCode.CANARY_ISLANDS, TaxCode.CEUTA_AND_MELILLA})
# EN 16931 BR-E-10, BR-AE-10, BR-IC-10, BR-G-10, BR-O-10: no tax needs a reason in words.
NOTED = frozenset(
    {
        TaxCode.EXEMPT,
        TaxCode.REVERSE_CHARGE,
        TaxCode.INTRA_COMMUNITY,
        TaxCode.EXPORT,
        TaxCode.OUT_OF_SCOPE,
    }
)

TaxCodeWord = Annotated[
    TaxCode,
    PlainValidator(partial(read_choice, TaxCode)),
    WithJsonSchema({"title": "word", "type": "string", "enum": [code.value for code in TaxCode]}),
]


class WrittenTax(Written):
    """The tax on one category of work for clients of one country, while it is in force."""

    noun: ClassVar[str] = "tax rule"

    country: Country = Field(description="Country of the client, ISO 3166.")
    category: Key = Field(description="Category of work, such as `standard`.")
    code: TaxCodeWord = Field(
        description="EN 16931 category: S standard, Z zero, E exempt, AE reverse charge, K inside"
        " the EU, G export, O outside the scope, L and M Spanish islands and towns."
    )
    percent: Percent = Field(description="Rate in percent, such as 19 or 5.5; 0 unless S, L or M.")
    label: Line = Field(description="Name of the tax as printed, such as `VAT 19 %`.")
    note: Line = Field(
        default="", description="Sentence the invoice must carry; AE, E, G, K and O need one."
    )
    valid_from: Day = Field(description="First day this rate applies.")
    valid_to: OptionalDay = Field(default=None, description="Last day, once it is known.")

    def to_domain(self) -> TaxRule:
        """Hand it to the domain."""
        rate = TaxRate(self.category, self.code.value, self.percent, self.label, self.note)
        return TaxRule(self.country, rate, self.valid_from, self.valid_to)


class TaxesFile(Written):
    """The taxes we charge, or why we charge none."""

    noun: ClassVar[str] = "taxes.yaml"

    taxes: tuple[WrittenTax, ...] = Field(
        description="Tax rules; for a country, a category and a day at most one may apply."
    )

    def to_domain(self) -> TaxTable:
        """Hand the taxes to the domain."""
        return TaxTable(tuple(tax.to_domain() for tax in self.taxes))
