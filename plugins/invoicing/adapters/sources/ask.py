"""Asks the outside systems over HTTP, each at its configured address, for one object by its id."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from types import TracebackType
from typing import Self, TypeVar

import httpx
from pydantic import ValidationError

from invoicing.adapters.rest import Json, Peer, fetch_object
from invoicing.adapters.sources.hours import Timesheet, WorkLog
from invoicing.adapters.sources.money_in import PaymentReport
from invoicing.adapters.sources.projects import ChangeOrder, MilestoneReached, ProjectStand
from invoicing.adapters.sources.sales import Deal, Estimate, NewClient, Signed
from invoicing.adapters.sources.tell import tell_object
from invoicing.adapters.sources.told import Answer, Told, UnusableError, problems
from invoicing.domain.dispatch import Delivery, Outcome
from invoicing.domain.errors import MoneyError, SettingsError, TerminalError
from invoicing.domain.events import BillingEvent, EventKind, Hint
from invoicing.domain.letters import Note
from invoicing.domain.reconcile import Payment
from invoicing.domain.work import Work

# An agreement's work of years is more than one object; still it is read into memory as a whole.
MOST_WORK_BYTES = 16 * 1_048_576

ToldT = TypeVar("ToldT", bound=Told)

_COLLECTIONS: Mapping[EventKind, tuple[str, type[Answer]]] = {
    EventKind.DEAL_WON: ("deals", Deal),
    EventKind.DOCUMENT_SIGNED: ("documents", Signed),
    EventKind.CLIENT_ONBOARDED: ("clients", NewClient),
    EventKind.MILESTONE_DONE: ("milestones", MilestoneReached),
    EventKind.PROJECT_PROGRESSED: ("projects", ProjectStand),
    EventKind.PROJECT_COMPLETED: ("projects", ProjectStand),
    EventKind.CHANGE_APPROVED: ("changes", ChangeOrder),
    EventKind.HOURS_LOGGED: ("timesheets", Timesheet),
    EventKind.ESTIMATE_ACCEPTED: ("estimates", Estimate),
    EventKind.PAYMENT_RECEIVED: ("payments", PaymentReport),
}


class RestSources:
    """The outside systems that report facts, asked over HTTP; close it, or use it as a context.

    ``seconds`` bounds each fetch. Only the configured base URLs are ever asked: nothing that
    arrives in a hint but the object's id has any say in where we look.
    """

    def __init__(
        self, peers: Mapping[str, Peer], *, seconds: float = 30, client: httpx.Client | None = None
    ) -> None:
        self._peers = dict(peers)
        self._seconds = seconds
        self._client = client

    def fetch(self, hint: Hint) -> BillingEvent | Payment:
        """Return the object a hint is about. NotFoundError: gone. TransientError: not now."""
        peer = self._peer(hint.source)
        if hint.kind not in _COLLECTIONS:
            raise TerminalError(f"{hint.source} cannot be asked about {hint.kind.value} events")
        collection, model = _COLLECTIONS[hint.kind]
        told = fetch_object(self._open(), peer, collection, hint.object_id, self._seconds)
        what = f"{collection}/{hint.object_id} at {hint.source}"
        found = _read(told, model, what)
        if found.name != hint.object_id:
            raise _another(what)
        with _naming(what):
            return found.to_domain(hint)

    def work_of(self, source: str, agreement: str, until: date) -> tuple[Work, ...]:
        """Return all work of ``agreement`` up to and on the day ``until``; errors as in `fetch`."""
        told = fetch_object(
            self._open(),
            self._peer(source),
            "agreements",
            agreement,
            self._seconds,
            tail=f"/work?until={until.isoformat()}",
            most_bytes=MOST_WORK_BYTES,
        )
        what = f"agreements/{agreement}/work at {source}"
        found = _read(told, WorkLog, what)
        if found.agreement != agreement:
            raise _another(what)
        with _naming(what):
            return found.work(source, until)

    def listeners(self) -> dict[str, tuple[str, ...]]:
        """Return the sources that want to be told of invoices, with the collections they named."""
        return {name: peer.updates for name, peer in self._peers.items() if peer.updates}

    def tell(self, source: str, object_id: str, note: Note) -> Delivery:
        """Tell a source about an invoice of one of its objects; safe to repeat."""
        try:
            peer = self._peer(source)
        except SettingsError as error:
            return Delivery(Outcome.FAILED, "settings", 0, str(error))
        note = replace(note, object_id=object_id)
        return tell_object(self._open(), peer, note, self._seconds)

    def close(self) -> None:
        """Let go of open connections; the next fetch opens new ones."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _peer(self, source: str) -> Peer:
        peer = self._peers.get(source)
        if peer is None:
            missing = Peer(source, "").connection
            raise SettingsError(f"source {source!r} is unknown; add connection {missing}")
        return peer

    def _open(self) -> httpx.Client:
        if self._client is None:
            self._client = httpx.Client(timeout=min(self._seconds, 10.0), follow_redirects=False)
        return self._client


def _read(told: Json, model: type[ToldT], what: str) -> ToldT:
    try:
        return model.model_validate(told)
    except ValidationError as error:
        raise TerminalError(f"{what} is not usable: {problems(error)}") from None


def _another(what: str) -> TerminalError:
    return TerminalError(f"{what}: the source answered with another object than we asked for")


@contextmanager
def _naming(what: str) -> Iterator[None]:
    """Name the object in whatever is wrong with it."""
    try:
        yield
    except UnusableError as error:
        raise TerminalError(f"{what} {error}") from None
    except MoneyError:
        raise TerminalError(f"{what} is not usable: amounts and currency make no money") from None
