"""Who invoices whom: our legal entity and the client, as they stand on the invoice."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from invoicing.domain.canonical import late
from invoicing.domain.money import Money, Rounding
from invoicing.domain.terms import Terms


class Mode(StrEnum):
    """How far the product may go for a client."""

    OFF = "off"
    SHADOW = "shadow"
    LIVE = "live"


class Channel(StrEnum):
    """The way a message takes: a mail, a copy in the client's portal, a note at the source."""

    MAIL = "mail"
    PORTAL = "portal"
    SOURCE = "source"


class EInvoice(StrEnum):
    """A form of the structured invoice; Factur-X lies inside the PDF, the others are files.

    ``peppol`` and ``xrechnung`` are UBL with the identifiers of Peppol BIS and XRechnung, ``cii``
    is the EN 16931 profile as a file of its own.
    """

    FACTUR_X = "factur-x"
    CII = "cii"
    PEPPOL = "peppol"
    XRECHNUNG = "xrechnung"


class Paper(StrEnum):
    """The size of the sheets."""

    A4 = "A4"
    LETTER = "Letter"


@dataclass(frozen=True, slots=True)
class ElectronicAddress:
    """Where a party gets e-invoices: the code of the scheme (EAS, such as 0204), and the id."""

    scheme: str
    id: str


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
    which nobody can pay. ``brand`` names the templates' look, ``logo`` a file beside them.
    ``contact`` is whom clients ask about invoices, ``legal_id`` the number in the register of
    companies (SIREN in France), ``notes`` are sentences by the code that a profile wants them
    under (PMT, PMD, AAB in France); ``process`` is the business process (BT-23).
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
    contact: str = late("")
    legal_id: str = late("")
    electronic_address: ElectronicAddress | None = late(None)
    notes: tuple[tuple[str, str], ...] = late(())
    process: str = late("")
    logo: str = late("")


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
    ``reminders_to``, ``reminders_cc`` and ``reminders_bcc`` are used for reminders where they are
    given; ``alternate_to`` is proposed when a mail came back. ``copy_account_manager`` puts that
    person on copy of what the client gets, ``tell_account_manager`` sends a note of its own when an
    invoice left and when it is paid; ``receipts`` thanks the client for a payment. ``e_invoice`` is
    None where the product decides (Factur-X wherever the facts allow it), empty for no e-invoice.
    ``buyer_reference`` is the client's own routing id (BT-10, Leitweg-ID).
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
    billing_bcc: tuple[str, ...] = late(())
    reminders_to: tuple[str, ...] = late(())
    reminders_cc: tuple[str, ...] = late(())
    reminders_bcc: tuple[str, ...] = late(())
    alternate_to: tuple[str, ...] = late(())
    copy_account_manager: bool = late(default=False)
    tell_account_manager: bool = late(default=False)
    receipts: bool = late(default=False)
    channels: tuple[Channel, ...] = late((Channel.MAIL,))
    paper: Paper | None = late(None)
    e_invoice: tuple[EInvoice, ...] | None = late(None)
    buyer_reference: str = late("")
    electronic_address: ElectronicAddress | None = late(None)
    legal_id: str = late("")
