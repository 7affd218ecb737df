"""Decide what a billing event becomes: an invoice, a question to a person, or nothing."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from invoicing.domain.agreements import Agreement, PrepaidBlock, Project, TimeAndMaterials
from invoicing.domain.book import Book
from invoicing.domain.deciding.case import Case, items_of
from invoicing.domain.deciding.dues import decide_period
from invoicing.domain.deciding.progress import decide_closing, decide_milestone, decide_steps
from invoicing.domain.deciding.records import (
    WORK_LEFT_OVER,
    ambiguous,
    billable,
    changed,
    left_over,
)
from invoicing.domain.deciding.sales import (
    DEALS,
    decide_change,
    decide_deal,
    decide_onboarding,
    decide_one_off,
)
from invoicing.domain.deciding.thresholds import decide_block, decide_threshold
from invoicing.domain.errors import MoneyError
from invoicing.domain.events import BillingEvent, EventKind
from invoicing.domain.money import ROUNDING
from invoicing.domain.obligations import (
    Bill,
    Decision,
    Hold,
    Ignore,
    Note,
    Obligation,
    ObligationKey,
    Owed,
)
from invoicing.domain.parties import Client, Mode
from invoicing.domain.rules import BillingRule, fits
from invoicing.domain.work import RecordRef, TimeEntry, WorkItem, ref_of

__all__ = [
    "Bill",
    "Decision",
    "Hold",
    "Ignore",
    "Obligation",
    "ObligationKey",
    "Owed",
    "decide",
    "possible_agreements",
]


def decide(event: BillingEvent, book: Book, owed: Owed) -> Decision:
    """Decide on ``event``, given the book and what the ledger has under `possible_agreements`.

    Never guesses: anything but exactly one rule and one agreement is held for a person.
    """
    client = book.clients.get(event.client)
    if client is None:
        return Hold("unknown_client", f"no client {event.client!r} in config/clients.yaml")
    if client.mode is Mode.OFF:
        return Ignore(f"client {client.key} is switched off")
    found = list(_candidates(event, client, book))
    if not found:
        return _nothing_covers(event, client, book)
    rules = dict.fromkeys(rule for rule, _ in found)
    if len(rules) > 1:
        names = ", ".join(rule.name for rule in rules)
        return Hold("several_rules", f"several billing rules apply: {names}")
    if len(found) > 1:
        keys = ", ".join(agreement.key for _, agreement in found)
        return Hold("several_agreements", f"{client.key} has several: {keys}")
    return _decide_case(event, *found[0], book, owed)


def possible_agreements(event: BillingEvent, book: Book) -> frozenset[str]:
    """Return the agreements whose obligations must be known before ``event`` is decided.

    A record may be spoken for under any agreement of its client, and a deal be billed under any, so
    all of them count where the event brings records or tells of a deal.
    """
    keys = frozenset(agreement.key for agreement in book.agreements_with(event.client))
    if event.kind in DEALS or event.agreement not in keys:
        return keys
    if all(isinstance(work, WorkItem) for work in event.work):
        return frozenset({event.agreement})
    return keys


def _candidates(
    event: BillingEvent, client: Client, book: Book
) -> Iterator[tuple[BillingRule, Agreement]]:
    """Yield each rule with each agreement that it would bill ``event`` under."""
    for agreement in book.agreements_with(client.key):
        if event.agreement in {"", agreement.key}:
            told = _told(event, agreement)
            for rule in book.rules:
                if rule.covers(told, client) and fits(rule, event, agreement):
                    yield rule, agreement


def _told(event: BillingEvent, agreement: Agreement) -> BillingEvent:
    """Complete an event by what its agreement knows."""
    category = event.category or agreement.category
    return replace(event, agreement=agreement.key, category=category)


def _nothing_covers(event: BillingEvent, client: Client, book: Book) -> Hold:
    """Say whether a rule is missing or an agreement."""
    told = [event, *(_told(event, agreement) for agreement in book.agreements_with(client.key))]
    for rule in book.rules:
        if any(rule.covers(one, client) for one in told):
            named = f" {event.agreement!r}" if event.agreement else ""
            what = f"{client.key} has no {rule.model} agreement{named}"
            return Hold("no_agreement", f"{what} that rule {rule.name} can bill")
    return Hold("no_rule", f"no billing rule covers {event.kind} for {client.key}")


def _decide_case(
    event: BillingEvent, rule: BillingRule, agreement: Agreement, book: Book, owed: Owed
) -> Decision:
    client, entity = book.client(event.client), book.entities.get(agreement.entity)
    if problem := _problem(event, agreement, client):
        return problem
    taken = owed.records()
    work, left_out = billable(
        event.work, taken, agreement.bill_from, lines=event.kind in _ASKED_AGAIN
    )
    rounding = ROUNDING if entity is None else entity.rounding
    case = Case(event, rule, agreement, client, owed, rounding, work, left_out)
    try:
        decision = _by_kind(case)
    except (MoneyError, ArithmeticError, ValueError) as error:  # the latter: a day out of range
        return Hold("amount_unusable", f"{event.source} {event.event_id}: {error}")
    if isinstance(decision, Hold):
        return decision
    notes = (*decision.notes, *changed(event.work, taken), *_left_over(case, taken, decision))
    return replace(decision, notes=notes) if notes else decision


def _left_over(
    case: Case, taken: Mapping[RecordRef, Obligation], decision: Bill | Ignore
) -> Iterator[Note]:
    """Yield a note about work that came along, is not billed, and is not brought again."""
    if case.event.kind in _ASKED_AGAIN:
        return
    new = decision.obligations if isinstance(decision, Bill) else ()
    billed = {*taken, *(ref_of(work) for one in new for work in one.work)}
    rest = left_over(case.event.work, billed, case.agreement.bill_from)
    if isinstance(case.agreement.pricing, Project):  # its price covers the hours
        rest = [one for one in rest if not isinstance(one, TimeEntry)]
    if rest:
        names = ", ".join(str(ref_of(one)) for one in rest)
        about = new[0].key if new else decision.owed if isinstance(decision, Ignore) else None
        yield Note(
            WORK_LEFT_OVER,
            about,
            f"{names} came with {case.event.subject} of {case.event.source} and is on no invoice"
            " (not approved, or what it came with is billed already); bill it by a one-off request",
        )


def _by_kind(case: Case) -> Decision:
    kind = case.event.kind
    match case.agreement.pricing:
        case Project() as project if kind in _OF_PROJECT:
            return _OF_PROJECT[kind](case, project)
        case PrepaidBlock() as block if kind is EventKind.HOURS_LOGGED:
            return decide_block(case, block)
        case TimeAndMaterials() as hours if kind is EventKind.HOURS_LOGGED:
            return decide_threshold(case, hours)
        case _:
            return _OF_ANY[kind](case)


_OF_PROJECT: dict[EventKind, Callable[[Case, Project], Decision]] = {
    EventKind.MILESTONE_DONE: decide_milestone,
    EventKind.PROJECT_PROGRESSED: decide_steps,
    EventKind.PROJECT_COMPLETED: decide_closing,
}
_OF_ANY: dict[EventKind, Callable[[Case], Decision]] = {
    EventKind.RETAINER_DUE: decide_period,
    EventKind.DEAL_WON: decide_deal,
    EventKind.DOCUMENT_SIGNED: decide_deal,
    EventKind.ESTIMATE_ACCEPTED: decide_deal,
    EventKind.CLIENT_ONBOARDED: decide_onboarding,
    EventKind.CHANGE_APPROVED: decide_change,
    EventKind.ONE_OFF_REQUESTED: decide_one_off,
}


# What is not billed now is brought again by the next one of them.
_ASKED_AGAIN = {EventKind.RETAINER_DUE, EventKind.HOURS_LOGGED}


def _problem(event: BillingEvent, agreement: Agreement, client: Client) -> Hold | Ignore | None:
    day = event.occurred_on
    if agreement.starts_on <= day < agreement.bill_from:
        return Ignore(f"agreement {agreement.key} is billed here from {agreement.bill_from} on")
    # A contract is signed before it begins.
    is_early = event.kind is EventKind.DOCUMENT_SIGNED and day < agreement.starts_on
    # Hours told after the end settle what was left.
    is_late = event.kind is EventKind.HOURS_LOGGED and day >= agreement.starts_on
    if not (agreement.covers(day) or is_early or is_late):
        return Hold("agreement_not_in_force", f"agreement {agreement.key} is not in force on {day}")
    for item in items_of(event.work):
        if item.unit_price.currency != client.currency:
            return Hold(
                "currency_differs",
                f"{item.record_id} is in {item.unit_price.currency}, but {client.key} is billed"
                f" in {client.currency}",
            )
    return ambiguous(event.work)
