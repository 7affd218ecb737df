"""config/company.yaml: our legal entities, who issue the invoices."""

import re
from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from invoicing.config.fields import (
    Bic,
    Country,
    Currency,
    Day,
    Email,
    Iban,
    Key,
    Line,
    NumberPattern,
    ResetWord,
    RoundingWord,
    SeriesName,
    ShortLine,
    TaxRoundingWord,
    Zone,
)
from invoicing.config.readers import FieldError
from invoicing.config.readers_company import fields_of
from invoicing.config.written import Written
from invoicing.domain.money import Rounding
from invoicing.domain.parties import (
    Address,
    Bank,
    ElectronicAddress,
    Entity,
    Reset,
    Series,
    TaxRounding,
)

_TURNS = {
    Reset.YEARLY: ("year",),
    Reset.MONTHLY: ("year", "month"),
    Reset.NEVER: (),
}


class WrittenAddress(Written):
    """A postal address, as it is printed."""

    noun: ClassVar[str] = "address"

    street: ShortLine = Field(description="Street and house number.")
    postal_code: ShortLine = Field(description="Postal code; leading zeros stay.")
    city: ShortLine = Field(description="City.")
    country: Country = Field(description="ISO 3166 code such as DE; decides about tax.")
    region: ShortLine = Field(default="", description="State or province, where it is printed.")

    def to_domain(self) -> Address:
        """Hand it to the domain."""
        return Address(self.street, self.postal_code, self.city, self.country, self.region)


class WrittenElectronicAddress(Written):
    """Where a party gets e-invoices."""

    noun: ClassVar[str] = "electronic address"

    scheme: ShortLine = Field(description="Code of the kind of address (EAS), such as 0204.")
    id: ShortLine = Field(description="The address in that scheme.")

    def to_domain(self) -> ElectronicAddress:
        """Hand it to the domain."""
        return ElectronicAddress(self.scheme, self.id)


class WrittenNote(Written):
    """A sentence that stands on every invoice, and in e-invoices under its code."""

    noun: ClassVar[str] = "note"

    code: ShortLine = Field(description="Code of its subject (UNTDID 4451): PMT, PMD, AAB, REG.")
    text: Line = Field(description="The sentence.")


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
    """A gapless row of numbers."""

    noun: ClassVar[str] = "series"

    name: SeriesName = Field(description="Name of the row; a new name begins a new row.")
    pattern: NumberPattern = Field(
        description="How a number looks, such as `INV-{year}-{number:05d}`; `{month:02d}` and"
        " `{series}` may stand in it too."
    )
    reset: ResetWord = Field(
        default=Reset.YEARLY,
        description="When it starts again at 1: `yearly`, `monthly` or `never`; what turns over"
        " must stand in the pattern.",
    )

    def mistakes(self) -> Iterator[FieldError]:
        """Yield a number that would come back when the row starts again."""
        fields = fields_of(self.pattern)
        for needed in _TURNS[self.reset]:
            if needed not in fields:
                text = f"{self.pattern!r} lacks {{{needed}}}: numbers begin at 1 {self.reset}"
                advice = "Two invoices would share a number: add the field, or change reset."
                yield FieldError(text, advice, ("pattern",))

    def to_domain(self) -> Series:
        """Hand it to the domain."""
        return Series(self.name, self.pattern, self.reset)


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
    credit_notes: WrittenSeries = Field(description="How our credit notes are numbered.")
    phone: ShortLine = Field(default="", description="Phone number for questions about invoices.")
    website: ShortLine = Field(default="", description="Our web address, as printed.")
    registration: ShortLine = Field(
        default="", description="Register and number, where law wants it."
    )
    brand: Key = Field(
        default="default", description="Look of our documents and mails, by the name of its folder."
    )
    logo: ShortLine = Field(
        default="",
        description="File below include/templates/invoice: a PNG, a JPEG, or an SVG of your own.",
    )
    contact: ShortLine = Field(
        default="", description="Person or team that clients ask; e-invoices want one."
    )
    legal_id: ShortLine = Field(
        default="", description="Number in the register of companies, such as a SIREN."
    )
    electronic_address: WrittenElectronicAddress | None = Field(
        default=None, description="Our own address for e-invoices, which some profiles want."
    )
    notes: tuple[WrittenNote, ...] = Field(
        default=(), description="Sentences that the law wants on invoices, each under its code."
    )
    process: ShortLine = Field(
        default="", description="Business process (BT-23), such as S1 in France."
    )
    rounding: RoundingWord = Field(
        default=Rounding.HALF_UP, description="How amounts between two minor units are rounded."
    )
    tax_rounding: TaxRoundingWord = Field(
        default=TaxRounding.PER_GROUP,
        description="Where tax is rounded: `per_group` (once for each rate) or `per_line`.",
    )
    holidays: tuple[Day, ...] = Field(
        default=(), description="Days on which nobody can pay; they move due dates and reminders."
    )

    def mistakes(self) -> Iterator[FieldError]:
        """Yield what lets an invoice and a credit note have the same number."""
        invoices, notes = self.series, self.credit_notes
        if invoices.name == notes.name:
            if invoices != notes:
                text = f"one row of numbers cannot look or start again in two ways: {notes.name!r}"
                advice = "Give the credit notes a name of their own, or write the same for both."
                yield FieldError(text, advice, ("credit_notes", "name"))
        elif _as_printed(invoices) == _as_printed(notes):
            text = "credit notes of an own row would get numbers that invoices have too"
            advice = "Give them a pattern of their own, such as CN-{year}-{number:05d}."
            yield FieldError(text, advice, ("credit_notes", "pattern"))

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
            credit_notes=self.credit_notes.to_domain(),
            phone=self.phone,
            website=self.website,
            registration=self.registration,
            brand=self.brand,
            rounding=self.rounding,
            tax_rounding=self.tax_rounding,
            holidays=self.holidays,
            contact=self.contact,
            legal_id=self.legal_id,
            electronic_address=(
                self.electronic_address.to_domain() if self.electronic_address else None
            ),
            notes=tuple((note.code, note.text) for note in self.notes),
            process=self.process,
            logo=self.logo,
        )


def _as_printed(series: WrittenSeries) -> str:
    """Return the pattern without what makes no difference: the name filled in, no padding.

    Files are named after numbers, and their names know no other sign than the dash.
    """
    named = series.pattern.replace("{series}", series.name)
    return re.sub(r"[._]", "-", re.sub(r"{number:\w+}", "{number}", named))


class CompanyFile(Written):
    """Our own company: who issues invoices."""

    noun: ClassVar[str] = "company.yaml"

    entities: dict[Key, WrittenEntity] = Field(
        min_length=1, description="Our legal entities by key; agreements name one of them."
    )

    def to_domain(self) -> dict[str, Entity]:
        """Hand the entities to the domain, by key."""
        return {key: entity.to_domain(key) for key, entity in self.entities.items()}
