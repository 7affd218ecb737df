"""Who invoices whom: our legal entity and the client, as they stand on the invoice."""

from dataclasses import dataclass
from enum import StrEnum

NUMBER_FIELDS = ("year", "number")


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


@dataclass(frozen=True, slots=True)
class Series:
    """How invoice numbers look: a name and a pattern with ``{year}`` and ``{number:05d}``."""

    name: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Entity:
    """A legal entity of ours: it issues, owns the number series, the zone and the currency."""

    key: str
    legal_name: str
    address: Address
    zone: str
    currency: str
    tax_id: str
    email: str
    bank: Bank
    series: Series
    phone: str = ""
    website: str = ""
    registration: str = ""


@dataclass(frozen=True, slots=True)
class Client:
    """A client of ours.

    ``established`` says that the client was invoiced before this product took over, so the first
    invoice from here is not the client's first. ``billing_to`` are verified addresses: mail goes
    nowhere else.
    """

    key: str
    name: str
    address: Address
    currency: str
    zone: str
    language: str
    terms_days: int
    billing_to: tuple[str, ...]
    billing_cc: tuple[str, ...] = ()
    tax_id: str = ""
    established: bool = False
    mode: Mode = Mode.LIVE
