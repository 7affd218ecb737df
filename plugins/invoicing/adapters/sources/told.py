"""What every object of a source is made of: strict words, numbers and days, and the way back."""

import re
from abc import ABC, abstractmethod
from datetime import date
from decimal import Decimal
from typing import Annotated, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)

from invoicing.adapters.rest import safe_id
from invoicing.domain.errors import MoneyError
from invoicing.domain.events import BillingEvent, Hint, Reference
from invoicing.domain.money import Money, number
from invoicing.domain.reconcile import Payment

MOST_LINES = 1000
MOST_WORDS = 20
# Control characters, line breaks and everything that turns the direction of writing.
_ODD = re.compile("[\\s\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOST_PROBLEMS = 5
# The messages of pydantic's that quote what they found, in other words.
_QUOTING = {"union_tag_invalid": "kind is none of those agreed"}


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


def one_line(text: str) -> str:
    """Write ``text`` without line breaks and without what a screen would obey."""
    return _ODD.sub(" ", text).strip()


def _shortened(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= 300 else f"{line[:299]}…"


def _not_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise ValueError("must not be negative")
    return value


def _positive(value: Decimal) -> Decimal:
    if value <= 0:
        raise ValueError("must be more than 0")
    return value


def _share(value: Decimal) -> Decimal:
    if not 0 <= value <= 100:
        raise ValueError("must be a percentage from 0 to 100")
    return value


Number: TypeAlias = Annotated[Decimal, BeforeValidator(_number)]
Size: TypeAlias = Annotated[Decimal, BeforeValidator(_number), AfterValidator(_not_negative)]
Factor: TypeAlias = Annotated[Decimal, BeforeValidator(_number), AfterValidator(_positive)]
Percent: TypeAlias = Annotated[Decimal, BeforeValidator(_number), AfterValidator(_share)]
Day: TypeAlias = Annotated[date, BeforeValidator(_day)]
Identifier: TypeAlias = Annotated[str, AfterValidator(_identifier)]
MaybeIdentifier: TypeAlias = Identifier | Annotated[str, Field(max_length=0)] | None
ShownText: TypeAlias = Annotated[str, AfterValidator(_shortened)]
Words: TypeAlias = Annotated[list[Identifier], Field(max_length=MOST_WORDS)]


class Told(BaseModel):
    """Base of everything a source tells: what we need is strict, what else it says is its own."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class Link(Told):
    """Something an invoice is linked to, as a source names it."""

    kind: Identifier
    id: Identifier

    def to_domain(self) -> Reference:
        return Reference(self.kind, self.id)


class Answer(Told, ABC):
    """Base of every object that a source can be asked for by its id."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The id it has to be asked by."""

    @abstractmethod
    def to_domain(self, hint: Hint) -> BillingEvent | Payment:
        """Say what happened, in the words of the domain."""


class Fact(Answer):
    """Base of what a source reports about a client; ``client`` and ``agreement`` are our keys."""

    id: Identifier
    client: Identifier
    agreement: MaybeIdentifier = ""
    title: ShownText = ""
    flags: Words = Field(default=[])
    category: MaybeIdentifier = ""
    references: list[Link] = Field(default=[], max_length=MOST_WORDS)

    @property
    def name(self) -> str:
        return self.id

    def event(self, hint: Hint, occurred_on: date, *pairs: tuple[str, str | None]) -> BillingEvent:
        """Return the event with what all facts have; ``pairs`` are kinds and ids it is part of."""
        own = [Reference(kind, known) for kind, known in pairs if known]
        return BillingEvent(
            source=hint.source,
            event_id=hint.event_id,
            kind=hint.kind,
            client=self.client,
            agreement=self.agreement or "",
            subject=self.id,
            occurred_on=occurred_on,
            work=(),
            title=self.title,
            references=tuple(dict.fromkeys([*own, *(one.to_domain() for one in self.references)])),
            flags=tuple(dict.fromkeys(self.flags)),
            category=self.category or "",
        )


class UnusableError(Exception):
    """What a source told makes no sense; the text goes on after the name of the object."""


def happened(day: date | None, what: str) -> date:
    """Return the day; refuse an object that says itself that nothing happened so far."""
    if day is None:
        raise UnusableError(f"is not {what}; nothing is billed")
    return day


def money(amount: Decimal, currency: str) -> Money:
    """Make money of an amount that somebody really paid or signed; MoneyError if it is finer."""
    made = Money(amount, currency)
    _ = made.minor
    return made


def refuse_twice(ids: list[str], what: str) -> None:
    """Refuse records that share an id: one of them would never be billed, or both twice."""
    if len(set(ids)) != len(ids):
        raise UnusableError(f"has two {what} with one id")


def problems(error: ValidationError) -> str:
    """Say where and what, never the value: it may hold anything."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    places = [
        (".".join(str(part) for part in one["loc"]), _QUOTING.get(one["type"], one["msg"]))
        for one in found
    ]
    said = [f"{place or 'answer'}: {problem}" for place, problem in places[:_MOST_PROBLEMS]]
    if len(places) > _MOST_PROBLEMS:
        said.append(f"and {len(places) - _MOST_PROBLEMS} more")
    return "; ".join(said)
