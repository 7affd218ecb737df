"""Report, the border: what CRM and accounting answer becomes billing events and payments."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import TracebackType
from typing import Annotated, Self, TypeAlias

import httpx
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)

from invoicing.adapters.rest import Json, Peer, fetch_object, safe_id
from invoicing.domain.errors import MoneyError, SettingsError, TerminalError
from invoicing.domain.events import BillingEvent, EventKind, Hint, WorkItem
from invoicing.domain.money import Money, number
from invoicing.domain.reconcile import Payment

__all__ = ["Peer", "RestSources"]

# Control characters, line breaks and everything that turns the direction of writing.
_ODD = re.compile("[\\s\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOST_PROBLEMS = 5


def _number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError("must be a number, written as text")  # noqa: TRY004 - pydantic's way
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    try:
        return number(text)
    except MoneyError:
        raise ValueError("must be a plain decimal number such as 1234.50") from None


def _day(value: object) -> date:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("must be a day such as 2026-11-02")
    return date.fromisoformat(value)


def _identifier(text: str) -> str:
    if not safe_id(text):
        raise ValueError("must be an id of letters, digits and . _ : - (at most 100)")
    return text


def _one_line(text: str) -> str:
    return _ODD.sub(" ", text).strip()


def _shortened(text: str) -> str:
    line = _one_line(text)
    return line if len(line) <= 300 else f"{line[:299]}…"


Number: TypeAlias = Annotated[Decimal, BeforeValidator(_number)]
Day: TypeAlias = Annotated[date, BeforeValidator(_day)]
Identifier: TypeAlias = Annotated[str, AfterValidator(_identifier)]
ShownText: TypeAlias = Annotated[str, AfterValidator(_shortened)]
# A reference is searched for invoice numbers: cutting it could turn one number into another.
Reference: TypeAlias = Annotated[str, Field(max_length=1000), AfterValidator(_one_line)]


class Told(BaseModel):
    """Base of everything a source tells: what we need is strict, what else it says is its own."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class DealLine(Told):
    """A line of a deal, as a CRM tells it."""

    id: Identifier
    description: ShownText
    quantity: Number
    unit: ShownText = ""
    unit_price: Number
    tax_category: Identifier

    def to_domain(self, source: str, deal: str, currency: str) -> WorkItem:
        return WorkItem(
            source=source,
            record_id=f"deal:{deal}/line:{self.id}",
            description=self.description,
            quantity=self.quantity,
            unit=self.unit,
            unit_price=Money(self.unit_price, currency),
            tax_category=self.tax_category,
        )


class Deal(Told):
    """A deal, as a CRM tells it; ``won_on`` is missing until it is won."""

    id: Identifier
    client: Identifier
    agreement: Identifier | Annotated[str, Field(max_length=0)] | None = ""
    title: ShownText = ""
    won_on: Day | None = None
    currency: str
    lines: list[DealLine] = Field(min_length=1, max_length=1000)

    def to_domain(self, hint: Hint) -> BillingEvent:
        if self.won_on is None:
            raise TerminalError(f"deals/{self.id} at {hint.source} is not won; nothing is billed")
        if len({line.id for line in self.lines}) != len(self.lines):
            raise TerminalError(f"deals/{self.id} at {hint.source} has two lines with one id")
        return BillingEvent(
            source=hint.source,
            event_id=hint.event_id,
            kind=EventKind.DEAL_WON,
            client=self.client,
            agreement=self.agreement or "",
            subject=self.id,
            occurred_on=self.won_on,
            work=tuple(line.to_domain(hint.source, self.id, self.currency) for line in self.lines),
            title=self.title,
        )


class PaymentReport(Told):
    """Money received, as an accounting system tells it."""

    id: Identifier
    amount: Number
    currency: str
    received_on: Day
    reference: Reference

    def to_domain(self, hint: Hint) -> Payment:
        amount = Money(self.amount, self.currency)
        _ = amount.minor  # MoneyError: finer than the cent, so it was never paid like that
        return Payment(hint.source, self.id, amount, self.received_on, self.reference)


_COLLECTIONS: Mapping[EventKind, tuple[str, type[Deal] | type[PaymentReport]]] = {
    EventKind.DEAL_WON: ("deals", Deal),
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
        peer = self._peers.get(hint.source)
        if peer is None:
            missing = Peer(hint.source, "").connection
            raise SettingsError(f"source {hint.source!r} is unknown; add connection {missing}")
        if hint.kind not in _COLLECTIONS:
            raise TerminalError(f"{hint.source} cannot be asked about {hint.kind.value} events")
        collection, model = _COLLECTIONS[hint.kind]
        told = fetch_object(self._open(), peer, collection, hint.object_id, self._seconds)
        return _believed(told, model, hint, f"{collection}/{hint.object_id} at {hint.source}")

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

    def _open(self) -> httpx.Client:
        if self._client is None:
            self._client = httpx.Client(timeout=min(self._seconds, 10.0), follow_redirects=False)
        return self._client


def _believed(
    told: Json, model: type[Deal] | type[PaymentReport], hint: Hint, what: str
) -> BillingEvent | Payment:
    try:
        found = model.model_validate(told)
    except ValidationError as error:
        raise TerminalError(f"{what} is not usable: {_problems(error)}") from None
    if found.id != hint.object_id:
        raise TerminalError(f"{what}: the source answered with another object than we asked for")
    try:
        return found.to_domain(hint)
    except MoneyError:
        raise TerminalError(f"{what} is not usable: amounts and currency make no money") from None


def _problems(error: ValidationError) -> str:
    """Say where and what, never the value: it may hold anything."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    places = [(".".join(str(part) for part in one["loc"]), one["msg"]) for one in found]
    said = [f"{place or 'answer'}: {problem}" for place, problem in places[:_MOST_PROBLEMS]]
    if len(places) > _MOST_PROBLEMS:
        said.append(f"and {len(places) - _MOST_PROBLEMS} more")
    return "; ".join(said)
