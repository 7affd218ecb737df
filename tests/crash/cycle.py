"""One pass of the whole cycle, as the tasks of Airflow do it, each with its tries and failures."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from random import Random
from typing import TypeVar

import httpx

from invoicing.adapters.mail import Security, SmtpMailer
from invoicing.adapters.sources import Peer, RestSources
from invoicing.domain.book import Book
from invoicing.domain.canonical import fingerprint
from invoicing.domain.errors import InvoicingError, NotFoundError, TransientError
from invoicing.domain.events import BillingEvent
from invoicing.domain.exceptions import Action, ExceptionEntry
from invoicing.domain.issue import Invoice
from invoicing.domain.letters import Letter
from invoicing.domain.render import AnyPage
from invoicing.domain.review import Answer, ReviewRequest
from invoicing.domain.rules import Model
from invoicing.services import (
    attend,
    decide,
    dispatch,
    draft,
    follow_up,
    issue,
    parcels,
    read_mail,
    reconcile,
    render,
    report,
    review,
)
from invoicing.services.faults import FaultError
from invoicing.services.ledger_ports import Document, Ledger
from invoicing.services.ports import FaultPoint, Limits, MailText, Rendered, Services
from tests.crash.company import switched_off
from tests.crash.journal import Journal
from tests.crash.mailbox import WorldMailbox
from tests.crash.office import something_to_ask
from tests.crash.people import Somebody
from tests.crash.shared import BUSINESS, LEASE, Board, BoardClock
from tests.crash.shelves import ARCHIVE, PORTAL, Shelves
from tests.crash.story import Delivery
from tests.crash.words import plain_mail
from tests.crash.world import World

LEASE_SECONDS = 600
SEND_SECONDS = 3.0
TRIES = 2
# The collections of whose objects a source wants to be told how their invoices stand.
_LISTENS = {"crm": ("deals",), "psa": ("agreements",)}
_ASKS = 0.6  # in how many passes our people want something of what is issued
T = TypeVar("T")


def no_mark() -> str:
    """Return what is printed on each page besides: nothing."""
    return ""


MARK = no_mark  # a mutant prints something else each time


class PlainPrinter:
    """A printer whose pages are a few plain words: the same ones for the same page.

    ``slip`` tells whether the words of a mail cannot be found today.
    """

    def __init__(self, slip: Callable[[], bool]) -> None:
        self._slip = slip

    def render(self, pages: Sequence[AnyPage]) -> list[Rendered]:
        """Print each page."""
        return [Rendered(_document(page)) for page in pages]

    def mail(self, letter: Letter) -> MailText:
        """Write the shortest mail there is."""
        if self._slip():
            raise NotFoundError("no mail template is there")
        return plain_mail(letter)


def _document(page: AnyPage) -> Document:
    content = f"{fingerprint(page)}{MARK()}".encode()
    return Document(sha256(content).hexdigest(), "application/pdf", content, "plain 1")


def services(
    ledger: Ledger,
    book: Book,
    board: Board,
    world: World,
    client: httpx.Client,
    fault: FaultPoint,
    *,
    shelves: Shelves,
    slip: Callable[[], bool] = lambda: False,
    safely: bool = False,
    lanes: int = 1,
) -> Services:
    """Put the real use cases together over the lossy world."""
    url = f"http://127.0.0.1:{world.http_port}"
    peers = {
        name: Peer(name, f"{url}/{name}", updates=_LISTENS.get(name, ()))
        for name in ("crm", "esign", "psa", "accounting")
    }
    return Services(
        ledger=ledger,
        book=book,
        clock=BoardClock(board, BUSINESS),
        lease_clock=BoardClock(board, LEASE),
        sources=RestSources(peers, client=client),
        mailer=_mailer(world, fault, safely=safely, lanes=lanes),
        renderer=PlainPrinter(slip),
        sender="",
        limits=Limits(LEASE_SECONDS, 120),
        fault=fault,
        mailbox=WorldMailbox(url, client),
        archive=shelves.open(ARCHIVE, fault),
        portal=shelves.open(PORTAL, fault),
    )


def _mailer(world: World, fault: FaultPoint, *, safely: bool, lanes: int) -> SmtpMailer:
    return SmtpMailer(
        host="127.0.0.1",
        port=world.smtps_port if safely else world.smtp_port,
        user="invoicing" if safely else "",
        password="made-up" if safely else "",
        security=Security.TLS if safely else Security.PLAIN,
        deadline_seconds=SEND_SECONDS,
        ssl_context=world.context if safely else None,
        connections=lanes,
        fault=fault,
    )


@dataclass(frozen=True, slots=True)
class Orders:
    """What a pass has to do: what is delivered, which models are billed, which runs are over."""

    run_id: str
    deliveries: tuple[Delivery, ...]
    models: tuple[Model, ...]
    over: frozenset[str]
    calm: bool = False


class _FailedError(Exception):
    """A task failed for good; what would come after it waits for the next run."""


class Cycle:
    """A process that does one pass; what it must be able to prove later goes into the journal."""

    def __init__(
        self, s: Services, orders: Orders, who: Somebody, random: Random, journal: Journal
    ) -> None:
        self._s = s
        self._journal = journal
        self._orders = orders
        self._who = who
        self._random = random

    def run(self) -> None:
        """Do everything, in some order; a chain that fails leaves the others alone."""
        bills: list[Callable[[], None]] = [partial(self._bill, one) for one in self._orders.models]
        rest = [self._attend, self._reconcile, *bills, self._follow_up, self._read_mail]
        if not self._orders.calm:
            self._random.shuffle(rest)
        chains: list[Callable[[], None]] = [self._take_in, *rest]
        for chain in chains:
            try:
                chain()
            except _FailedError:
                continue

    def _take_in(self) -> None:
        for delivery in self._orders.deliveries:
            try:
                self._task(partial(_accept, self._s, delivery))
            except _FailedError:
                continue  # not acknowledged: the sender tries again
            self._journal.write("acknowledged", *delivery.message)

    def _bill(self, model: Model) -> None:
        s = self._s
        self._task(lambda: report.report_events(s, model))
        self._task(lambda: decide.decide_events(s, model))
        self._task(lambda: draft.draft_obligations(s, model))
        run_id, over = f"{model}/{self._orders.run_id}", self._orders.over
        for parcel in self._task(
            lambda: parcels.plan_parcels(
                s, model, run_id, lambda run: run.partition("/")[2] in over
            )
        ):
            try:
                self._release(parcel)
            except _FailedError:
                continue

    def _release(self, parcel: str) -> None:
        s, random = self._s, self._random
        request = self._task(lambda: review.open_review(s, parcel))
        if request is not None:
            said = self._who.answer(request)
            if said is not None:
                label, login = said
                self._note_said(request, label, login)
                self._task(lambda: review.answer_review(s, parcel, label, login, "said so"))
            elif random.random() < 0.3:
                self._task(lambda: review.expire_review(s, parcel))
            if said is None and random.random() < 0.6:
                return  # else somebody marks the task as done and the run goes on
        self._task(lambda: issue.issue_parcel(s, parcel))
        self._task(lambda: render.render_parcel(s, parcel))
        self._task(lambda: dispatch.dispatch_parcel(self._sending(), parcel))

    def _note_said(self, request: ReviewRequest, label: str, login: str) -> None:
        for answer, option in zip(Answer, request.options, strict=True):
            if option == label:
                words = (request.draft_id, str(request.version), login, answer.value)
                self._journal.write("said", *words)

    def _sending(self) -> Services:
        """Return the services for sending; a client may have been switched off just now."""
        if self._orders.calm or self._random.random() > 0.02:
            return self._s
        return replace(self._s, book=switched_off(self._s.book, "nordwind"))

    def _reconcile(self) -> None:
        self._task(lambda: report.report_payments(self._s))
        self._task(lambda: reconcile.reconcile_payments(self._s))

    def _read_mail(self) -> None:
        # A few at a time: what lies behind them is left to the next pass, or to a twin.
        self._task(lambda: read_mail.read_mail(self._s, 100 if self._orders.calm else 6))

    def _follow_up(self) -> None:
        self._task(lambda: follow_up.follow_up(self._s))

    def _attend(self) -> None:
        asks = not self._orders.calm and self._random.random() < _ASKS
        entries = self._task(self._open_entries)
        invoices = self._task(self._invoices) if asks or _may_place(entries) else []
        numbers = sorted(invoice.number for invoice in invoices)
        doings: list[Callable[[], object]] = []
        for entry in entries:
            if doing := self._who.attend(entry, numbers):
                doings.append(partial(attend.act, self._s, entry.id, *doing))
        if asks and invoices:
            doings.append(something_to_ask(self._s, invoices, self._random))
        for do in doings:
            try:
                self._task(do)
            except _FailedError:
                continue

    def _open_entries(self) -> list[ExceptionEntry]:
        with self._s.ledger.read() as work:
            return work.exceptions.list_open(100)

    def _invoices(self) -> list[Invoice]:
        with self._s.ledger.read() as work:
            return work.invoices.recent(20)

    def _task(self, do: Callable[[], T]) -> T:
        """Do one task as Airflow does: again where that may help, else its chain ends here."""
        for _ in range(TRIES):
            try:
                return do()
            except (TransientError, FaultError):
                continue
            except InvoicingError as error:
                self._journal.write("failed", f"{type(error).__name__}: {error}")
                break
        raise _FailedError


def _may_place(entries: Sequence[ExceptionEntry]) -> bool:
    return any(Action.PLACE in entry.kind.actions for entry in entries)


def _accept(s: Services, delivery: Delivery) -> None:
    """Take in one delivery, as the webhook or the form does."""
    if delivery.unknown:
        report.note_unknown(s, *delivery.key, delivery.unknown)
    elif isinstance(delivery.fact, BillingEvent):
        report.report_request(s, delivery.fact)
    else:
        report.accept_hint(s, delivery.fact)


def due_deliveries(
    deliveries: Collection[Delivery],
    number: int,
    acknowledged: Collection[tuple[str, ...]],
    random: Random,
) -> tuple[Delivery, ...]:
    """Return what senders deliver now: all we did not acknowledge, and some of the rest again."""
    return tuple(
        one
        for one in deliveries
        if one.from_pass <= number
        and (one.from_pass == number or one.message not in acknowledged or random.random() < 0.1)
    )
