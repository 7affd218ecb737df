"""Who invoices whom: our legal entity and the client, as they stand on the invoice."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from invoicing.domain.money import Money, Rounding
from invoicing.domain.terms import Terms


class Mode(StrEnum):
    """How far the product may go for a client."""

    OFF = "off"
    SHADOW = "shadow"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; ``country`` is the ISO 3166 code that decides about tax."""

    street: str
    postal_code: str
    city: str
    country: str
    region: str = ""


@dataclass(frozen=True, slots=True)
class Bank:
    """The account the client pays to, as printed on the invoice."""

    holder: str
    name: str
    iban: str
    bic: str = ""


class Reset(StrEnum):
    """When a series starts again at 1: with each year of our own zone, each month, or never."""

    YEARLY = "yearly"
    MONTHLY = "monthly"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Series:
    """How invoice numbers look: a name and a pattern with ``{year}`` and ``{number:05d}``.

    A pattern may also hold ``{month:02d}`` and ``{series}``.
    """

    name: str
    pattern: str
    reset: Reset = Reset.YEARLY


class TaxRounding(StrEnum):
    """Where tax is rounded: once per (category, rate), or line by line where a seller may."""

    PER_GROUP = "per_group"
    PER_LINE = "per_line"


@dataclass(frozen=True, slots=True)
class Entity:
    """A legal entity of ours: it issues, owns the number series, the zone and the currency.

    ``credit_notes`` is the series of its credit notes. ``holidays`` move due dates off days on
    which nobody can pay. ``brand`` names the templates' look.
    """

    key: str
    legal_name: str
    address: Address
    zone: str
    currency: str
    tax_id: str
    email: str
    bank: Bank
    series: Series
    credit_notes: Series
    phone: str = ""
    website: str = ""
    registration: str = ""
    brand: str = "default"
    rounding: Rounding = Rounding.HALF_UP
    tax_rounding: TaxRounding = TaxRounding.PER_GROUP
    holidays: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Exemption:
    """Why a client pays no tax: the sentence for the invoice, the certificate, and its days."""

    reason: str
    certificate: str
    valid_from: date
    valid_to: date | None = None

    def covers(self, day: date) -> bool:
        """Tell whether the exemption holds on ``day`` (both ends included)."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Client:
    """A client of ours.

    ``established`` says that the client was invoiced before this product took over, so the first
    invoice from here is not the client's first. ``billing_to`` are verified addresses: mail goes
    nowhere else. ``type`` is our word for the kind of client; rules and reviews may name it.
    ``withholding_percent`` of the net is kept back by the client for its tax office.
    """

    key: str
    name: str
    address: Address
    currency: str
    zone: str
    language: str
    terms: Terms
    billing_to: tuple[str, ...]
    billing_cc: tuple[str, ...] = ()
    tax_id: str = ""
    established: bool = False
    mode: Mode = Mode.LIVE
    type: str = ""
    account_manager: str = ""
    credit_hold: bool = False
    exemption: Exemption | None = None
    withholding_percent: Decimal = Decimal(0)
    cash_rounding: Money | None = None
    reminder_plan: str = ""
