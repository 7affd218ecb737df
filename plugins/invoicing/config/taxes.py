"""config/taxes.yaml: the tax on each category of work, by the client's country and the day."""

from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import Annotated, ClassVar

from pydantic import Field, PlainValidator, WithJsonSchema

from invoicing.config.fields import (
    Country,
    Currency,
    Day,
    Key,
    Line,
    OptionalDay,
    OptionalKey,
    OptionalPercent,
    Percent,
    PositiveNumber,
    ShortLine,
)
from invoicing.config.readers import FieldError, read_choice
from invoicing.config.written import Written
from invoicing.domain.money import plain
from invoicing.domain.tax import ExchangeRate, TaxPart, TaxRate, TaxRule, TaxTable


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


class WrittenTaxPart(Written):
    """The share of one authority in a combined rate."""

    noun: ClassVar[str] = "part of a tax"

    name: ShortLine = Field(description="Name of the part as printed, such as `City 1.5 %`.")
    percent: Percent = Field(description="Its share of the rate, in percent.")

    def to_domain(self) -> TaxPart:
        """Hand it to the domain."""
        return TaxPart(self.name, self.percent)


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
    label: ShortLine = Field(description="Name of the tax as printed, such as `VAT 19 %`.")
    note: Line = Field(
        default="", description="Sentence the invoice must carry; AE, E, G, K and O need one."
    )
    valid_from: Day = Field(description="First day this rate applies.")
    valid_to: OptionalDay = Field(default=None, description="Last day, once it is known.")
    region: Line = Field(
        default="", description="Region of the client's address; without this key: all regions."
    )
    entity: OptionalKey = Field(
        default=None, description="Key of our legal entity; without this key: all of them."
    )
    taxable_percent: OptionalPercent = Field(
        default=None, description="Share of the net that is taxed, in percent; else all of it."
    )
    parts: tuple[WrittenTaxPart, ...] = Field(
        default=(), description="Authorities that share a combined rate; they add up to `percent`."
    )

    def mistakes(self) -> Iterator[FieldError]:
        """Yield shares that contradict the rate."""
        shares = sum((part.percent for part in self.parts), Decimal(0))
        if self.parts and shares != self.percent:
            text = f"they add up to {plain(shares)} %, but percent is {plain(self.percent)}"
            yield FieldError(text, "Correct a part, or the whole.", ("parts",))
        if self.taxable_percent == 0:
            text = "nothing of the net would be taxed"
            advice = "For no tax use a code such as Z or E; leave the key out to tax all of it."
            yield FieldError(text, advice, ("taxable_percent",))

    def to_domain(self) -> TaxRule:
        """Hand it to the domain."""
        taxable = Decimal(100) if self.taxable_percent is None else self.taxable_percent
        rate = TaxRate(
            category=self.category,
            code=self.code.value,
            percent=self.percent,
            label=self.label,
            note=self.note,
            taxable_percent=taxable,
            parts=tuple(part.to_domain() for part in self.parts),
        )
        return TaxRule(
            self.country, rate, self.valid_from, self.valid_to, self.region, self.entity or ""
        )


class WrittenExchangeRate(Written):
    """What a currency is worth in our books, from a day on."""

    noun: ClassVar[str] = "exchange rate"

    base: Currency = Field(description="Currency that is converted: one unit of it.")
    currency: Currency = Field(description="Currency it is converted into.")
    rate: PositiveNumber = Field(description="How much of `currency` one unit of `base` is worth.")
    valid_from: Day = Field(description="First day of this rate; it holds until the next one.")
    source: ShortLine = Field(description="Who published it, such as `ECB`; printed with it.")

    def mistakes(self) -> Iterator[FieldError]:
        """Yield a rate of a currency to itself."""
        if self.base == self.currency:
            text = f"{self.base} needs no rate to itself"
            yield FieldError(text, "Name the other currency.", ("currency",))

    def to_domain(self) -> ExchangeRate:
        """Hand it to the domain."""
        return ExchangeRate(self.base, self.currency, self.rate, self.valid_from, self.source)


class TaxesFile(Written):
    """The taxes we charge, or why we charge none."""

    noun: ClassVar[str] = "taxes.yaml"

    taxes: tuple[WrittenTax, ...] = Field(
        description="Tax rules; for a place, a category and a day at most one may apply."
    )
    exchange_rates: tuple[WrittenExchangeRate, ...] = Field(
        default=(), description="Rates that state tax in the currency of our books."
    )

    def to_domain(self) -> TaxTable:
        """Hand the taxes to the domain."""
        rules = tuple(tax.to_domain() for tax in self.taxes)
        return TaxTable(rules, tuple(rate.to_domain() for rate in self.exchange_rates))
