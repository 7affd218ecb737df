"""Document: what a structured invoice says, in the terms of EN 16931 and of no syntax."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from invoicing.domain.money import Money
from invoicing.domain.parties import Address, ElectronicAddress
from invoicing.domain.periods import Period

_NO_RATE = "O"


class DocumentType(StrEnum):
    """Kind of document (BT-3, UNTDID 1001)."""

    INVOICE = "380"
    CREDIT_NOTE = "381"
    PREPAYMENT = "386"


@dataclass(frozen=True, slots=True)
class LegalId:
    """Number in a register of companies; ``scheme`` is its ISO 6523 code, where it has one."""

    id: str
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom the buyer asks (BG-6)."""

    name: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True)
class Party:
    """Seller or buyer.

    ``vat_id`` begins with the letters of a country (BT-31, BT-48); ``tax_number`` is another
    number of a tax office (BT-32, sellers only); ``own_id`` identifies a seller that has neither
    VAT id nor register number (BT-29); ``registration`` is free text about the company (BT-33).
    """

    name: str
    address: Address
    vat_id: str = ""
    tax_number: str = ""
    own_id: str = ""
    legal_id: LegalId | None = None
    registration: str = ""
    contact: Contact | None = None
    endpoint: ElectronicAddress | None = None


@dataclass(frozen=True, slots=True)
class Vat:
    """What is taxed together: the category, and its rate, which category O does not have."""

    code: str
    percent: Decimal

    @property
    def rate(self) -> Decimal | None:
        """The rate as it is written, if the category has any."""
        return None if self.code == _NO_RATE else self.percent


@dataclass(frozen=True, slots=True)
class Adjustment:
    """An amount that is taken off, or put on as a charge; never below zero.

    ``percent`` and ``base`` say what it was computed from, both or neither.
    """

    amount: Money
    reason: str
    is_charge: bool = False
    percent: Decimal | None = None
    base: Money | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A line (BG-25): ``price`` of ``base`` units, without tax; ``unit`` is of UN/ECE rec 20."""

    number: str
    name: str
    description: str
    quantity: Decimal
    unit: str
    price: Decimal
    base: Decimal
    net: Money
    vat: Vat
    adjustment: Adjustment | None = None


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The tax of one category and rate (BG-23), with the reason where there is none."""

    vat: Vat
    net: Money
    tax: Money
    reason: str = ""
    reason_code: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """How to pay (BG-16); no ``account`` where amounts are set off against each other."""

    means: str
    account: str = ""
    holder: str = ""
    bic: str = ""


@dataclass(frozen=True, slots=True)
class Preceding:
    """The invoice that a credit note takes back (BG-3)."""

    number: str
    issued_on: date


@dataclass(frozen=True, slots=True)
class References:
    """What the buyer sorts the invoice by; ``buyer`` is its own routing id (BT-10)."""

    buyer: str = ""
    order: str = ""
    contract: str = ""
    project: str = ""
    preceding: Preceding | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """The totals (BG-22); ``tax_in_books`` is the tax in the currency of the seller's books."""

    lines: Money
    allowances: Money
    charges: Money
    net: Money
    tax: Money
    gross: Money
    prepaid: Money
    rounding: Money
    due: Money
    tax_in_books: Money | None = None


@dataclass(frozen=True, slots=True)
class StructuredInvoice:
    """A structured invoice or credit note, ready to be written in any syntax."""

    type: DocumentType
    number: str
    issued_on: date
    due_on: date | None
    currency: str
    notes: tuple[tuple[str, str], ...]
    process: str
    seller: Party
    buyer: Party
    references: References
    period: Period | None
    delivered_on: date | None
    deliver_to: Address | None
    payment: Payment | None
    items: tuple[Item, ...]
    adjustments: tuple[tuple[Vat, Adjustment], ...]
    breakdowns: tuple[Breakdown, ...]
    figures: Figures

    @property
    def is_credit_note(self) -> bool:
        """Tell whether it gives back instead of asking."""
        return self.type is DocumentType.CREDIT_NOTE

    @property
    def codes(self) -> frozenset[str]:
        """The tax categories it has."""
        return frozenset(group.vat.code for group in self.breakdowns)
