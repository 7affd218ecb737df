"""Letters: what a mail of ours is about, apart from its words."""

from dataclasses import dataclass
from datetime import date

from invoicing.domain.credit import IssuedCreditNote
from invoicing.domain.dispatch import MessageKind
from invoicing.domain.issue import Invoice
from invoicing.domain.money import Money
from invoicing.domain.parties import Client, Entity
from invoicing.domain.render import AccountItem


@dataclass(frozen=True, slots=True)
class Question:
    """A question about a draft, as it is mailed to one approver.

    ``token`` stands for this one question to this one person and works once; ``commands`` are the
    words that answer it.
    """

    login: str
    title: str
    gross: Money
    reasons: tuple[str, ...]
    body: str
    token: str
    commands: tuple[str, ...]
    link: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything that a mail may say; which of it is there depends on its kind.

    ``balance`` is what is open on the invoice, ``items`` are all invoices of a reminder, ``paid``
    is the payment of a receipt or notice.
    """

    kind: MessageKind
    entity: Entity
    client: Client
    today: date
    invoice: Invoice | None = None
    balance: Money | None = None
    items: tuple[AccountItem, ...] = ()
    totals: tuple[Money, ...] = ()
    credit_note: IssuedCreditNote | None = None
    paid: Money | None = None
    question: Question | None = None
    step: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """What a source is told about an invoice for something of its own: a project, a client, a deal.

    ``key`` is the same however often it is told. ``state`` is the word that stands in the record:
    open, partially_paid, paid, late or void.
    """

    key: str
    source: str
    collection: str
    object_id: str
    invoice_id: str
    number: str
    state: str
    issued_on: date
    due_on: date
    due: Money
    open: Money
    days_late: int = 0
