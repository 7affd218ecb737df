"""Month: a made-up company at the end of its month: as many retainers of 8 lines as are wanted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256

from invoicing.domain.agreements import Agreement, FeeStep, RecurringItem, Retainer
from invoicing.domain.book import Book
from invoicing.domain.canonical import fingerprint
from invoicing.domain.dispatch import Delivery
from invoicing.domain.errors import NotFoundError
from invoicing.domain.events import BillingEvent, Hint
from invoicing.domain.letters import Letter, Note
from invoicing.domain.money import Money
from invoicing.domain.parties import Address, Bank, Client, Entity, Series
from invoicing.domain.reconcile import Payment
from invoicing.domain.render import AnyPage
from invoicing.domain.review import Approver, ReviewPolicy, ReviewStep
from invoicing.domain.rules import EVENTS_OF_MODEL, BillingRule, Model
from invoicing.domain.tax import TaxRate, TaxRule, TaxTable
from invoicing.domain.terms import Terms
from invoicing.domain.work import Work
from invoicing.services.ledger_ports import Document, Ledger
from invoicing.services.ports import MailText, Rendered, Services
from invoicing.wiring import NoMailer

LINES = 8
FIRST = date(2026, 11, 1)
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
_SALES = (("standard", Decimal(19)), ("reduced", Decimal(7)))


class _StillClock:
    """It is always the same morning."""

    def now(self) -> datetime:
        """Tell that morning."""
        return NOW


class _NoSources:
    """The calendar alone reports here."""

    def fetch(self, hint: Hint) -> BillingEvent | Payment:
        """Find nothing: nobody hints."""
        raise NotFoundError(f"there is no {hint.object_id}")

    def work_of(self, source: str, agreement: str, until: date) -> tuple[Work, ...]:
        """Find nothing: no agreement has a source."""
        return ()

    def listeners(self) -> dict[str, tuple[str, ...]]:
        """Find nobody who wants to be told."""
        return {}

    def tell(self, source: str, object_id: str, note: Note) -> Delivery:
        """Refuse: nobody wants to be told."""
        raise NotFoundError(f"{source} is not told about {object_id} ({note.key})")


@dataclass(frozen=True)
class _NullPrinter:
    """A renderer that costs next to nothing: rendering has a measurement of its own."""

    def render(self, pages: Sequence[AnyPage]) -> list[Rendered]:
        """Print the id of each page."""
        return [Rendered(_printed(page)) for page in pages]

    def mail(self, letter: Letter) -> MailText:
        """Write nothing: nothing is mailed."""
        return MailText("", "", "")


def _printed(page: AnyPage) -> Document:
    content = fingerprint(page).encode()
    return Document(sha256(content).hexdigest(), "application/pdf", content, "null 1")


def month_end(ledger: Ledger, count: int) -> Services:
    """Return services over ``ledger`` for a company with ``count`` retainers due today."""
    return Services(
        ledger=ledger,
        book=a_company(count),
        clock=_StillClock(),
        lease_clock=_StillClock(),
        sources=_NoSources(),
        mailer=NoMailer(),
        renderer=_NullPrinter(),
        sender="",
    )


def a_company(count: int) -> Book:
    """Return a book of ``count`` established clients with a retainer of 8 lines each."""
    entity, client, retainer = _entity(), _client(), _retainer()
    numbers = [f"c{number:06d}" for number in range(count)]
    clients = {
        key: replace(client, key=key, name=f"Client {key} GmbH", billing_to=(f"ap@{key}.example",))
        for key in numbers
    }
    agreements = {
        f"{key}-care": Agreement(
            f"{key}-care", key, entity.key, "Managed website", FIRST, FIRST, retainer
        )
        for key in numbers
    }
    return Book(
        config_hash="b" * 64,
        entities={entity.key: entity},
        clients=clients,
        agreements=agreements,
        rules=(BillingRule("monthly", Model.RETAINER, frozenset(EVENTS_OF_MODEL[Model.RETAINER])),),
        taxes=_taxes(),
        review=_review(),
    )


def _entity() -> Entity:
    return Entity(
        "brightwater", "Brightwater Systems GmbH", Address("Uferweg 1", "10115", "Berlin", "DE"),
        "Europe/Berlin", "EUR", "DE123456789", "billing@brightwater.example",
        Bank("Brightwater Systems GmbH", "Example Bank", "DE02120300000000202051"),
        Series("INV", "INV-{year}-{number:05d}"), Series("CN", "CN-{year}-{number:05d}"),
    )  # fmt: skip


def _client() -> Client:
    return Client(
        "client", "Client GmbH", Address("Kai 7", "20457", "Hamburg", "DE"), "EUR",
        "Europe/Berlin", "de", Terms(14), (), established=True,
    )  # fmt: skip


def _retainer() -> Retainer:
    items = tuple(
        RecurringItem(
            f"item-{at}", f"Managed service {at}", Decimal(at), "piece",
            Money(Decimal("12.35") + at, "EUR"), _SALES[at % 2][0],
        )
        for at in range(1, LINES)
    )  # fmt: skip
    return Retainer((FeeStep(FIRST, Money(Decimal("180.00"), "EUR")),), items=items)


def _taxes() -> TaxTable:
    return TaxTable(
        tuple(
            TaxRule("DE", TaxRate(category, "S", percent, f"VAT {percent} %"), FIRST)
            for category, percent in _SALES
        )
    )


def _review() -> ReviewPolicy:
    return ReviewPolicy(
        {"EUR": Money(Decimal(5000), "EUR")},
        {"finance": Approver("finance")},
        (ReviewStep("finance", ("finance",)),),
    )
