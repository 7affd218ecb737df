"""Draft: an invoice before it has a number, with all that explains its figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from invoicing.domain.canonical import fingerprint, fingerprint_of, kept_json, late
from invoicing.domain.discounts import Discount
from invoicing.domain.events import Reference
from invoicing.domain.money import ROUNDING, Money
from invoicing.domain.obligations import ObligationKey
from invoicing.domain.parties import Client, Entity
from invoicing.domain.periods import Period
from invoicing.domain.states import DraftState
from invoicing.domain.tax import TaxGroup, TaxInBooks, TaxRate
from invoicing.domain.terms import Terms
from invoicing.domain.totals import Totals
from invoicing.domain.work import RecordRef, TimeEntry

CARRIED_MINUTES, CAP_REMAINING = "carried_minutes", "cap_remaining"  # names of balances
_INVOICE = "invoice"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the invoice: what, how much of it, and which records and rule say so.

    ``unit_price`` is the price of ``base_quantity`` units; ``discount`` is taken off already in
    ``net``. ``records`` are the source records that this line bills.
    """

    position: int
    description: str
    quantity: Decimal
    unit: str
    unit_price: Money
    net: Money
    rate: TaxRate
    records: tuple[RecordRef, ...]
    rule: str
    explanation: str
    base_quantity: Decimal = Decimal(1)
    discount_percent: Decimal = Decimal(0)
    discount: Money | None = None

    @property
    def settles_deposit(self) -> bool:
        """Tell whether this line takes a deposit off again, instead of billing work."""
        return any(ref.source == _INVOICE for ref in self.records)


@dataclass(frozen=True, slots=True)
class AppliedDiscount:
    """A discount on the document and what it came to."""

    discount: Discount
    amount: Money
    explanation: str


@dataclass(frozen=True, slots=True)
class DepositDeduction:
    """A deposit invoice that this invoice settles, as it was charged."""

    invoice_id: str
    title: str
    net: Money
    tax: Money
    gross: Money


def deposit_ref(invoice_id: str) -> RecordRef:
    """Name a deposit invoice as a record, so that it is settled once."""
    return RecordRef(_INVOICE, invoice_id)


@dataclass(frozen=True, slots=True)
class Balance:
    """A figure that later invoices need: what is left of a cap, the minutes counted in a period."""

    name: str
    amount: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Draft:
    """An invoice before it has a number: complete in content, without number and dates.

    ``id`` is also the id of the invoice it may become. ``supplied_on`` is the tax point, the day
    the tax rate was looked up for; ``period`` is the stretch of days it is about. ``rounding``
    names the rule that every amount was rounded by. ``flags`` are words that ask for a review.
    ``whole_discounts`` are those on the whole that a deposit or share is a part of: they are in its
    lines already, and only a reviewer is to see them. ``timesheet`` are the hours behind the lines,
    printed where that was agreed.
    """

    id: str
    entity: Entity
    client: Client
    obligations: tuple[ObligationKey, ...]
    title: str
    currency: str
    supplied_on: date
    terms: Terms
    lines: tuple[Line, ...]
    taxes: tuple[TaxGroup, ...]
    totals: Totals
    rounding: str = ROUNDING
    period: Period | None = None
    discounts: tuple[AppliedDiscount, ...] = ()
    deposits: tuple[DepositDeduction, ...] = ()
    balances: tuple[Balance, ...] = ()
    tax_in_books: TaxInBooks | None = None
    references: tuple[Reference, ...] = ()
    flags: tuple[str, ...] = ()
    category: str = ""
    prices_include_tax: bool = False
    is_deposit: bool = False
    whole_discounts: tuple[AppliedDiscount, ...] = ()
    timesheet: tuple[TimeEntry, ...] = late(())

    @property
    def content_hash(self) -> str:
        """What an approval is bound to: every fact of the draft, so any change changes it."""
        return fingerprint_of(kept_json(self))

    @property
    def records(self) -> frozenset[RecordRef]:
        """Every record that this draft uses up: the work it bills and the deposits it settles."""
        settled = (deposit_ref(deposit.invoice_id) for deposit in self.deposits)
        return frozenset(ref for line in self.lines for ref in line.records) | frozenset(settled)


@dataclass(frozen=True, slots=True)
class DraftRecord:
    """A draft as the ledger holds it: one version of its content, and where it stands."""

    draft: Draft
    version: int
    state: DraftState
    author: str
    config_hash: str
    content_hash: str

    @property
    def id(self) -> str:
        """The id of the draft, and of the invoice it may become."""
        return self.draft.id


@dataclass(frozen=True, slots=True)
class Standing:
    """What the ledger holds about one agreement besides the draft being made.

    ``drafts`` are its other drafts and invoices, the oldest first, without those that were rejected
    or expired. ``owed`` are all its units, drafted or not; ``deposits_owed`` those of them that are
    deposits. ``credited`` are the ids of its invoices that a credit note took a part back of: what
    is wrong with those, a person puts right. ``void`` are units whose invoice was taken back and
    that are not owed again: they are over, though nothing was billed for them.
    """

    drafts: tuple[DraftRecord, ...] = ()
    owed: frozenset[str] = frozenset()
    deposits_owed: frozenset[str] = frozenset()
    credited: frozenset[str] = frozenset()
    void: frozenset[str] = frozenset()


def invoice_id(keys: Sequence[ObligationKey]) -> str:
    """Derive the id from the things owed, so that the same things can never make two invoices."""
    return fingerprint(sorted(key.id for key in keys))[:32]
