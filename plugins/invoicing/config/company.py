"""config/company.yaml: our legal entities, who issue the invoices."""

from typing import ClassVar

from pydantic import Field

from invoicing.config.fields import (
    Bic,
    Country,
    Currency,
    Email,
    Iban,
    Key,
    Line,
    NumberPattern,
    SeriesName,
    Zone,
)
from invoicing.config.written import Written
from invoicing.domain.parties import Address, Bank, Entity, Series


class WrittenAddress(Written):
    """A postal address, as it is printed."""

    noun: ClassVar[str] = "address"

    street: Line = Field(description="Street and house number.")
    postal_code: Line = Field(description="Postal code; leading zeros stay.")
    city: Line = Field(description="City.")
    country: Country = Field(description="ISO 3166 code such as DE; decides about tax.")
    region: Line = Field(default="", description="State or province, where it is printed.")

    def to_domain(self) -> Address:
        """Hand it to the domain."""
        return Address(self.street, self.postal_code, self.city, self.country, self.region)


class WrittenBank(Written):
    """The account our clients pay to."""

    noun: ClassVar[str] = "bank account"

    holder: Line = Field(description="Name the account is kept under.")
    name: Line = Field(description="Name of the bank.")
    iban: Iban = Field(description="Account number, printed as written; check digits are checked.")
    bic: Bic = Field(default="", description="Code of the bank, for payers abroad.")

    def to_domain(self) -> Bank:
        """Hand it to the domain."""
        return Bank(self.holder, self.name, self.iban, self.bic)


class WrittenSeries(Written):
    """A gapless row of invoice numbers that begins at 1 every year."""

    noun: ClassVar[str] = "series"

    name: SeriesName = Field(description="Name of the row; a new name begins a new row.")
    pattern: NumberPattern = Field(
        description="How a number looks, such as `INV-{year}-{number:05d}`; both fields are needed."
    )

    def to_domain(self) -> Series:
        """Hand it to the domain."""
        return Series(self.name, self.pattern)


class WrittenEntity(Written):
    """A legal entity of ours: it owns the number series, the time zone and the currency."""

    noun: ClassVar[str] = "entity"

    legal_name: Line = Field(description="Full name with the legal form, as registered.")
    address: WrittenAddress = Field(description="Registered address.")
    zone: Zone = Field(description="Time zone that decides on which day an invoice is issued.")
    currency: Currency = Field(description="Currency of our books, ISO 4217.")
    tax_id: Line = Field(description="Our VAT id or tax number, printed on every invoice.")
    email: Email = Field(description="Address that clients answer to; sender of our mails.")
    bank: WrittenBank = Field(description="Account that clients pay to.")
    series: WrittenSeries = Field(description="How our invoices are numbered.")
    phone: Line = Field(default="", description="Phone number for questions about invoices.")
    website: Line = Field(default="", description="Our web address, as printed.")
    registration: Line = Field(default="", description="Register and number, where law wants it.")

    def to_domain(self, key: str) -> Entity:
        """Hand it to the domain under its key."""
        return Entity(
            key=key,
            legal_name=self.legal_name,
            address=self.address.to_domain(),
            zone=self.zone,
            currency=self.currency,
            tax_id=self.tax_id,
            email=self.email,
            bank=self.bank.to_domain(),
            series=self.series.to_domain(),
            phone=self.phone,
            website=self.website,
            registration=self.registration,
        )


class CompanyFile(Written):
    """Our own company: who issues invoices."""

    noun: ClassVar[str] = "company.yaml"

    entities: dict[Key, WrittenEntity] = Field(
        min_length=1, description="Our legal entities by key; agreements name one of them."
    )

    def to_domain(self) -> dict[str, Entity]:
        """Hand the entities to the domain, by key."""
        return {key: entity.to_domain(key) for key, entity in self.entities.items()}
