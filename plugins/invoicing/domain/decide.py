"""Decide what a billing event becomes: an invoice, a question to a person, or nothing."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from invoicing.domain.book import Book
from invoicing.domain.canonical import fingerprint
from invoicing.domain.events import BillingEvent, WorkItem
from invoicing.domain.parties import Mode
from invoicing.domain.rules import Agreement, BillingRule, Model


@dataclass(frozen=True, slots=True)
class ObligationKey:
    """The thing owed, once: no billing model in it, so that two events about it meet here."""

    entity: str
    agreement: str
    unit: str
    revision: int = 0

    @property
    def id(self) -> str:
        """A stable id made of the key itself."""
        return fingerprint(self)[:32]

    def __str__(self) -> str:
        return f"{self.entity}/{self.agreement}/{self.unit}/r{self.revision}"


@dataclass(frozen=True, slots=True)
class Obligation:
    """Something owed by a client, with the rule that says so and the work it is about."""

    key: ObligationKey
    client: str
    model: Model
    rule: str
    source: str
    event_id: str
    occurred_on: date
    title: str
    work: tuple[WorkItem, ...]


@dataclass(frozen=True, slots=True)
class Bill:
    """The event becomes (part of) an invoice."""

    obligation: Obligation
    reason: str


@dataclass(frozen=True, slots=True)
class Hold:
    """A person must look first; ``code`` names the kind of exception."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ignore:
    """Nothing new is owed, for a reason that stays on record.

    ``owed`` is set when the event speaks of something that is owed already.
    """

    reason: str
    owed: ObligationKey | None = None


Decision: TypeAlias = Bill | Hold | Ignore


def decide(event: BillingEvent, book: Book, owed: Collection[ObligationKey]) -> Decision:
    """Decide on ``event``, given the book and the obligations the ledger has already.

    Never guesses: anything but exactly one rule and one agreement is held for a person.
    """
    client = book.clients.get(event.client)
    if client is None:
        return Hold("unknown_client", f"no client {event.client!r} in config/clients.yaml")
    if client.mode is Mode.OFF:
        return Ignore(f"client {client.key} is switched off")
    match [rule for rule in book.rules if rule.covers(event)]:
        case [rule]:
            return _by_rule(event, rule, book, owed)
        case []:
            return Hold("no_rule", f"no billing rule covers {event.kind} for {event.client}")
        case several:
            names = ", ".join(rule.name for rule in several)
            return Hold("several_rules", f"several billing rules apply: {names}")


def possible_keys(event: BillingEvent, book: Book) -> set[ObligationKey]:
    """Return every obligation ``event`` could be about, to look them up before deciding."""
    return {
        ObligationKey(agreement.entity, agreement.key, unit_of(event, rule))
        for rule in book.rules
        if rule.covers(event)
        for agreement in book.agreements_of(rule.model, event.client)
    }


def unit_of(event: BillingEvent, rule: BillingRule) -> str:
    """Name the thing owed inside its agreement: a period's first day, or a deal and its part."""
    return f"{event.subject}:{rule.part}" if rule.part else event.subject


def _by_rule(
    event: BillingEvent, rule: BillingRule, book: Book, owed: Collection[ObligationKey]
) -> Decision:
    agreement = _agreement(event, rule, book)
    if isinstance(agreement, Hold):
        return agreement
    if problem := _problem(event, agreement, book):
        return problem
    key = ObligationKey(agreement.entity, agreement.key, unit_of(event, rule))
    if key in owed:
        return Ignore(f"{key} is owed already; this event is about the same thing", key)
    obligation = Obligation(
        key, event.client, rule.model, rule.name, event.source, event.event_id,
        event.occurred_on, event.title, event.work,
    )  # fmt: skip
    return Bill(obligation, f"rule {rule.name} bills {event.subject} under {agreement.key}")


def _agreement(event: BillingEvent, rule: BillingRule, book: Book) -> Agreement | Hold:
    found = [
        agreement
        for agreement in book.agreements_of(rule.model, event.client)
        if event.agreement in {"", agreement.key}
    ]
    match found:
        case [agreement]:
            return agreement
        case []:
            named = f" {event.agreement!r}" if event.agreement else ""
            return Hold("no_agreement", f"{event.client} has no {rule.model} agreement{named}")
        case several:
            keys = ", ".join(agreement.key for agreement in several)
            return Hold("several_agreements", f"{event.client} has several: {keys}")


def _problem(event: BillingEvent, agreement: Agreement, book: Book) -> Hold | None:
    if not agreement.covers(event.occurred_on):
        return Hold(
            "agreement_not_in_force",
            f"agreement {agreement.key} is not in force on {event.occurred_on}",
        )
    if not event.work:
        return Hold("nothing_to_bill", f"{event.source} sent no lines for {event.subject}")
    currency = book.client(event.client).currency
    for item in event.work:
        if item.unit_price.currency != currency:
            return Hold(
                "currency_differs",
                f"{item.record_id} is in {item.unit_price.currency}, but {event.client} is billed"
                f" in {currency}",
            )
    return None
