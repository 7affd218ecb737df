"""Use cases over a real ledger, with peers that do as they are told."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from invoicing.domain.agreements import Agreement, FeeStep, Frame, Retainer
from invoicing.domain.book import Book
from invoicing.domain.canonical import canonical_json, fingerprint
from invoicing.domain.dispatch import Delivery, Message, MessageKind, OutboxRow, Outcome
from invoicing.domain.errors import NotFoundError
from invoicing.domain.events import BillingEvent, EventKind, Hint
from invoicing.domain.issue import Invoice
from invoicing.domain.letters import Letter, Note
from invoicing.domain.money import Money
from invoicing.domain.parties import Address, Bank, Channel, Client, Entity, Mode, Series
from invoicing.domain.reconcile import Payment
from invoicing.domain.render import AnyPage
from invoicing.domain.review import Approver, ReviewPolicy, ReviewStep
from invoicing.domain.rules import EVENTS_OF_MODEL, BillingRule, Model
from invoicing.domain.tax import TaxRate, TaxRule, TaxTable
from invoicing.domain.terms import Terms
from invoicing.domain.work import Work, WorkItem
from invoicing.services import decide, dispatch, draft, issue, parcels, render, report, review
from invoicing.services.ledger_ports import Document, Ledger
from invoicing.services.ports import Limits, MailSession, MailText, Rendered, Services

ACCEPTED = Delivery(Outcome.ACCEPTED, "reply", 250, "2.0.0 ok")
UNCERTAIN = Delivery(Outcome.UNCERTAIN, "dot", 0, "the connection was lost after the final dot")
LATER = Delivery(Outcome.RETRY, "rcpt", 451, "4.7.1 greylisted")
REFUSED = Delivery(Outcome.FAILED, "rcpt", 550, "5.1.1 no such user")


@dataclass
class HandClock:
    """A clock that stands still until a test moves it."""

    at: datetime = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        """Return the hand's position."""
        return self.at

    def pass_by(self, **duration: float) -> None:
        """Move the hand on."""
        self.at += timedelta(**duration)


@dataclass
class BookOfObjects:
    """Sources whose objects a test writes down."""

    objects: dict[str, BillingEvent | Payment] = field(default_factory=dict)
    work: dict[str, tuple[Work, ...]] = field(default_factory=dict)
    failure: Exception | None = None
    failures: dict[str, Exception] = field(default_factory=dict)  # by agreement
    asked: list[tuple[str, str, date]] = field(default_factory=list)
    listening: dict[str, frozenset[str]] = field(default_factory=dict)
    told: list[Note] = field(default_factory=list)
    replies: list[Delivery] = field(default_factory=list)

    def listeners(self) -> dict[str, frozenset[str]]:
        """Return who wants to be told, as the test said."""
        return self.listening

    def tell(self, source: str, object_id: str, note: Note) -> Delivery:
        """Keep the note and give the next answer; accepted when none is laid out."""
        assert (source, object_id) == (note.source, note.object_id)
        self.told.append(note)
        return self.replies.pop(0) if self.replies else ACCEPTED

    def fetch(self, hint: Hint) -> BillingEvent | Payment:
        """Return the object, or fail as the test said."""
        if self.failure:
            raise self.failure
        if hint.object_id not in self.objects:
            raise NotFoundError(f"{hint.source} has no object {hint.object_id}")
        return self.objects[hint.object_id]

    def work_of(self, source: str, agreement: str, until: date) -> tuple[Work, ...]:
        """Return all work the test wrote down for an agreement, or fail as it said."""
        self.asked.append((source, agreement, until))
        failure = self.failure or self.failures.get(agreement)
        if failure:
            raise failure
        return self.work.get(agreement, ())


@dataclass
class Postman:
    """A mailer that answers what the test laid out, and keeps what it was given."""

    answers: list[Delivery] = field(default_factory=list)
    sent: list[Message] = field(default_factory=list)
    on_send: Callable[[Message], None] | None = None
    connections: int = 1

    def session(self) -> AbstractContextManager[MailSession]:
        """Be one's own session."""
        return nullcontext(self)

    def wait(self) -> None:
        """Keep no pace."""

    def send(self, message: Message) -> Delivery:
        """Keep the message and give the next answer; accepted when none is laid out."""
        self.sent.append(message)
        if self.on_send:
            self.on_send(message)
        return self.answers.pop(0) if self.answers else ACCEPTED


@dataclass
class PlainPrinter:
    """A renderer whose document is the canonical text of the page."""

    broken: set[str] = field(default_factory=set)
    printed: list[AnyPage] = field(default_factory=list)

    def render(self, pages: Sequence[AnyPage]) -> list[Rendered]:
        """Print each page; those of broken clients fail alone."""
        self.printed += pages
        return [self._one(page) for page in pages]

    def mail(self, letter: Letter) -> MailText:
        """Write the shortest mail there is."""
        return _plain_mail(letter)

    def _one(self, page: AnyPage) -> Rendered:
        if page.client.key in self.broken:
            return Rendered(None, "the template is broken")
        content = canonical_json(page).encode()
        digest = sha256(content).hexdigest()
        return Rendered(Document(digest, "application/pdf", content, "plain 1"))


@dataclass
class House:
    """Services over one ledger, and the hands that move its world."""

    s: Services
    clock: HandClock
    lease_clock: HandClock
    sources: BookOfObjects
    mailer: Postman
    printer: PlainPrinter

    def win_deal(self, deal_id: str, amount: str = "1200.00 EUR", client: str = "nordwind") -> None:
        """Let the CRM report a deal as won."""
        self.sources.objects[deal_id] = a_deal(deal_id, amount, client)
        report.accept_hint(self.s, a_hint(deal_id))

    def pay(self, payment_id: str, amount: str, reference: str) -> None:
        """Let accounting report a payment."""
        self.sources.objects[payment_id] = Payment(
            "accounting", payment_id, Money.parse(amount), date(2026, 11, 20), reference
        )
        report.accept_hint(self.s, a_hint(payment_id, EventKind.PAYMENT_RECEIVED, "accounting"))

    def plan(self, run_id: str, model: Model = Model.DEAL, *over: str) -> list[str]:
        """Run report, decide, draft and plan as one run of a billing DAG does."""
        report.report_events(self.s, model)
        decide.decide_events(self.s, model)
        draft.draft_obligations(self.s, model)
        return parcels.plan_parcels(self.s, model, run_id, lambda run: run in over)

    def release(self, parcel_id: str) -> list[str]:
        """Carry a parcel that nobody is asked about through the release group."""
        review.open_review(self.s, parcel_id)
        return self.finish(parcel_id)

    def finish(self, parcel_id: str) -> list[str]:
        """Issue, render and dispatch a parcel; returns its invoice ids."""
        invoice_ids = issue.issue_parcel(self.s, parcel_id)
        render.render_parcel(self.s, parcel_id)
        dispatch.dispatch_parcel(self.s, parcel_id)
        return invoice_ids

    def invoice_of(self, deal_id: str, amount: str = "1200.00 EUR") -> Invoice:
        """Carry one small deal the whole way and return its invoice."""
        self.win_deal(deal_id, amount)
        issued = [i for parcel in self.plan(f"run-{deal_id}") for i in self.release(parcel)]
        with self.s.ledger.read() as work:
            return work.invoices.get(issued)[0]

    def open_codes(self) -> list[str]:
        """Return the codes of the open exceptions."""
        with self.s.ledger.read() as work:
            return [entry.code for entry in work.exceptions.list_open(100)]

    def message_of(
        self, invoice_id: str, kind: MessageKind = MessageKind.INVOICE, way: Channel = Channel.MAIL
    ) -> OutboxRow:
        """Return the one message of a kind about an invoice that goes a certain way."""
        with self.s.ledger.read() as work:
            rows = work.outbox.of_invoices([invoice_id])
        (row,) = [one for one in rows if (one.kind, one.channel) == (kind, way)]
        return row

    def actions(self, subject: str) -> list[str]:
        """Return what the trail says happened to a subject."""
        with self.s.ledger.read() as work:
            return [entry.action for entry in work.trail.of(subject)]

    def with_book(self, book: Book) -> "House":
        """Return the same house under another configuration."""
        return replace(self, s=replace(self.s, book=activated(self.s.ledger, book)))


def activated(ledger: Ledger, book: Book) -> Book:
    """Store a configuration with the approvers of ``book``; return the book under its hash."""
    named = {login for step in book.review.chain for login in step.approvers}
    named |= {*book.review.approvers}
    named |= {one.delegate for one in book.review.approvers.values()}
    facts = [str(one) for one in (book.rules, book.review, book.clients, book.agreements)]
    texts = {"review.yaml": " ".join(sorted(named)), "facts": fingerprint(facts)}
    with ledger.write() as work:
        work.configs.activate(fingerprint(texts), texts, HandClock().now())
    return replace(book, config_hash=fingerprint(texts))


def open_house(ledger: Ledger, book: Book | None = None) -> House:
    """Put services together over ``ledger``, with peers under the test's control."""
    clock, lease_clock = HandClock(), HandClock()
    sources, mailer, printer = BookOfObjects(), Postman(), PlainPrinter()
    services = Services(
        ledger=ledger,
        book=activated(ledger, book or a_book()),
        clock=clock,
        lease_clock=lease_clock,
        sources=sources,
        mailer=mailer,
        renderer=printer,
        sender="",
        limits=Limits(lease_seconds=600, send_seconds=120),
    )
    return House(services, clock, lease_clock, sources, mailer, printer)


def a_hint(
    object_id: str, kind: EventKind = EventKind.DEAL_WON, source: str = "crm", event_id: str = ""
) -> Hint:
    """A hint about an object; the payload's hash follows from what it says."""
    event = event_id or f"evt-{object_id}"
    return Hint(source, event, kind, object_id, fingerprint([event, kind, object_id]))


def a_deal(deal_id: str, amount: str, client: str) -> BillingEvent:
    """A won deal of one line."""
    line = WorkItem(
        "crm",
        f"deal:{deal_id}/line:1",
        "Set-up of the tracking platform",
        Decimal(1),
        "piece",
        Money.parse(amount),
        "standard",
    )
    return BillingEvent(
        "crm",
        f"evt-{deal_id}",
        EventKind.DEAL_WON,
        client,
        "",
        deal_id,
        date(2026, 11, 1),
        (line,),
        f"Deal {deal_id}",
    )


def a_rule(name: str, model: Model, *kinds: EventKind, **more: Any) -> BillingRule:
    """A billing rule about all events of its model unless some are named."""
    return BillingRule(name, model, frozenset(kinds or EVENTS_OF_MODEL[model]), **more)


BEGINS = date(2026, 1, 1)
HOME = Address("Hafenstr. 1", "20095", "Hamburg", "DE")
ENTITY = Entity(
    "brightwater",
    "Brightwater Systems GmbH",
    HOME,
    "Europe/Berlin",
    "EUR",
    "DE123456789",
    "billing@brightwater.example",
    Bank("Brightwater Systems GmbH", "Hausbank", "DE89370400440532013000"),
    Series("INV", "INV-{year}-{number:05d}"),
    Series("CN", "CN-{year}-{number:05d}"),
)
CLIENTS = (
    Client(
        "nordwind", "Nordwind Logistik GmbH", HOME, "EUR", "Europe/Berlin", "de", Terms(30),
        ("rechnung@nordwind.example",), established=True,
    ),
    Client(
        "harbor", "Harbor Health Inc.", Address("1 Pier", "02110", "Boston", "US"), "USD",
        "America/New_York", "en", Terms(30), ("ap@harbor.example",), established=True,
    ),
    Client(
        "aurora", "Aurora Studio SAS", Address("2 rue", "75001", "Paris", "FR"), "EUR",
        "Europe/Paris", "en", Terms(14), ("compta@aurora.example",), tax_id="FR40303265045",
    ),
)  # fmt: skip
AGREEMENTS = (
    Agreement(
        "nordwind-projects", "nordwind", "brightwater", "Projects", BEGINS, BEGINS, Frame()
    ),
    Agreement("aurora-projects", "aurora", "brightwater", "Work", BEGINS, BEGINS, Frame()),
    Agreement(
        "harbor-support", "harbor", "brightwater", "Managed support", BEGINS,
        date(2026, 11, 1), Retainer((FeeStep(BEGINS, Money.parse("2400.00 USD")),)),
    ),
)  # fmt: skip
TAXES = TaxTable(
    tuple(
        TaxRule(country, TaxRate("standard", code, Decimal(percent), label, note), BEGINS)
        for country, code, percent, label, note in (
            ("DE", "S", "19", "VAT 19 %", ""),
            ("FR", "AE", "0", "Reverse charge", "VAT is due by the recipient."),
            ("US", "O", "0", "No VAT", "Not subject to VAT."),
        )
    )
)


def a_book(
    *,
    modes: Mapping[str, Mode] | None = None,
    approvers: tuple[str, ...] = ("finance", "lead"),
    thresholds: tuple[str, ...] = ("5000.00 EUR", "5000.00 USD"),
    chain: tuple[tuple[str, tuple[str, ...]], ...] = (),
) -> Book:
    """A small company: an established client at home, one abroad, and a new one."""
    modes = modes or {}
    steps = chain or (("finance", approvers),)
    return Book(
        config_hash="c" * 64,
        entities={ENTITY.key: ENTITY},
        clients={one.key: replace(one, mode=modes.get(one.key, Mode.LIVE)) for one in CLIENTS},
        agreements={agreement.key: agreement for agreement in AGREEMENTS},
        rules=(
            a_rule("monthly-retainers", Model.RETAINER),
            a_rule("deal-onboarding", Model.DEAL, EventKind.DEAL_WON, part="onboarding"),
        ),
        taxes=TAXES,
        review=ReviewPolicy(
            {money.currency: money for money in map(Money.parse, thresholds)},
            {login: Approver(login) for _, logins in steps for login in logins},
            tuple(ReviewStep(name, logins) for name, logins in steps),
        ),
    )


def _plain_mail(letter: Letter) -> MailText:
    """Name what the letter is about; the asked sums stand in its text."""
    about = letter.invoice.number if letter.invoice else letter.client.key
    asked = letter.balance or ", ".join(map(str, letter.totals))
    return MailText(f"{letter.kind} {about}", f"open: {asked}", f"<p>{asked}</p>")
