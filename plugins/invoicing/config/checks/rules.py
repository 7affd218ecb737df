"""Rules: what each one names, and whether agreements and rules find each other."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from invoicing.config.checks.entries import (
    clients_of,
    domain_agreements,
    repeated,
    rules_of,
    texts,
)
from invoicing.config.checks.index import RuleIndex, agreements_for
from invoicing.config.desk import Desk
from invoicing.config.problems import Problem, did_you_mean
from invoicing.config.rules import WrittenRuleBase
from invoicing.config.strict_yaml import Branch, Route
from invoicing.domain.agreements import (
    Agreement,
    Frame,
    Instalments,
    PrepaidBlock,
    Pricing,
    Project,
    Retainer,
)
from invoicing.domain.events import BillingEvent, EventKind
from invoicing.domain.rules import BillingRule, fits

_NOUNS = {
    "clients": "client",
    "agreements": "agreement",
    "client_types": "type of clients",
    "categories": "category",
    "events": "event",
}
_KINDS = {
    "retainer": "retainers, instalments, prepaid blocks or hours billed by period",
    "milestone": "projects, or changes of hours",
    "threshold": "hours without a cycle (with `every`) or prepaid blocks (without it)",
    "deal": "frame agreements, or projects with a deposit (part `deposit`)",
    "estimate": "frame agreements",
    "one_off": "agreements",
}
_TYPED = "Write type: at the clients (or their profile) that are meant."


def check(desk: Desk) -> Iterator[Problem]:
    """Yield rules that name nobody, share a name, or count in a currency of nobody's."""
    for route, entry in desk.rules.entries("rules").items():
        for key, noun in _NOUNS.items():
            words = entry.get(key) if isinstance(entry, Branch) else None
            if isinstance(words, list):
                yield from _named(desk, (*route, key), words, noun)
    names = [((*route, "name"), rule.name) for route, rule in rules_of(desk)]
    for again, first in repeated(names):
        line = desk.rules.document.value_at(first).line
        text = f"the name is taken by the rule in line {line}"
        yield desk.rules.at(again, text, "Give every rule its own name.")
    yield from _spend(desk)


def _named(desk: Desk, route: Route, words: Sequence[object], noun: str) -> Iterator[Problem]:
    if not words:
        advice = "Remove the key to mean all of them, or name some: an empty list says neither."
        yield desk.rules.at(route, f"this rule names no {noun}", advice)
    places = [((*route, index), str(word)) for index, word in enumerate(words)]
    for again, _ in repeated(places):
        yield desk.rules.at(again, f"this {noun} is named twice", "Remove one of the two.")


def _spend(desk: Desk) -> Iterator[Problem]:
    """Yield thresholds in money that the hours of a client never come to."""
    clients, told = clients_of(desk), set[Route]()
    spending = [(at, rule) for at, rule in rules_of(desk) if rule.every_spend is not None]
    for route, rule, agreement in agreements_for(spending, domain_agreements(desk)):
        client, limit = clients.get(agreement.client), rule.every_spend
        if limit is None or client is None or client.currency in {None, limit.currency}:
            continue
        if route not in told and _bills(rule, agreement, EventKind.HOURS_LOGGED, client.type):
            told.add(route)
            text = (
                f"the limit is in {limit.currency}, but client"
                f" {agreement.client!r} of agreement {agreement.key!r} is billed in"
                f" {client.currency}"
            )
            advice = "Name the clients of this currency, and write a rule for the others."
            yield desk.rules.at((*route, "every"), text, advice)


def warn(desk: Desk) -> Iterator[Problem]:
    """Yield rules that no agreement is for, and agreements that no rule bills."""
    types = {key: client.type for key, client in clients_of(desk).items()}
    agreements, rules = domain_agreements(desk), rules_of(desk)
    index = RuleIndex({}, (rule for _, rule in rules))
    used: set[str] = set()
    yield from _types_of_nobody(desk)
    for key, agreement in agreements.items():
        kinds: set[EventKind] = set()
        for number in index.about(agreement):
            rule = rules[number][1]
            if rule.name in used and rule.events <= kinds:
                continue  # it would tell nothing new; there may be thousands of them
            billed = _billed(rule, agreement, types.get(agreement.client))
            kinds |= billed
            used.update([rule.name] if billed else ())
        yield from _unbilled(desk, key, agreement, kinds)
    for route, rule in rules:
        if rule.name not in used:
            text = f"rule {rule.name!r} has no agreement to act on"
            advice = f"It bills {_KINDS[rule.model]}; none of the agreements it names is such."
            yield desk.rules.at_key(route, text, advice)


def _unbilled(
    desk: Desk, key: str, agreement: Agreement, kinds: Iterable[EventKind]
) -> Iterator[Problem]:
    for what, needed in _needs(agreement.pricing):
        if not needed & set(kinds):
            text = f"no rule in config/rules.yaml bills {what} of agreement {key!r}"
            advice = f"Write a rule about {' or '.join(sorted(needed))} that covers it."
            yield desk.agreements.at_key(("agreements", key), text, advice)


def _types_of_nobody(desk: Desk) -> Iterator[Problem]:
    known = dict.fromkeys(client.type for client in clients_of(desk).values() if client.type)
    for route, rule in desk.rules.parts(WrittenRuleBase).items():
        for index, name in enumerate(rule.client_types):
            if name not in known:
                text = f"no client is of type {name!r}{did_you_mean(name, known)}"
                yield desk.rules.at((*route, "client_types", index), text, _TYPED)
    for route, name in texts(desk.review.entries("client_types").items()):
        if name not in known:
            text = f"no client is of type {name!r}{did_you_mean(name, known)}"
            yield desk.review.at(route, text, _TYPED)


def _billed(rule: BillingRule, agreement: Agreement, client_type: str | None) -> set[EventKind]:
    """Name the events about an agreement that a rule bills."""
    return {kind for kind in rule.events if _bills(rule, agreement, kind, client_type)}


def _bills(
    rule: BillingRule, agreement: Agreement, kind: EventKind, client_type: str | None
) -> bool:
    """Tell whether a rule would bill an event of this kind about an agreement."""
    named: Mapping[str, frozenset[str]] = {
        agreement.client: rule.clients,
        agreement.key: rule.agreements,
        client_type or "": rule.client_types,
    }
    if any(words and word not in words for word, words in named.items()):
        return False
    # An event may be of another category than its agreement, which has none of its own.
    if rule.categories and agreement.category and agreement.category not in rule.categories:
        return False
    return kind in rule.events and fits(rule, sample_event(agreement, kind), agreement)


def sample_event(agreement: Agreement, kind: EventKind) -> BillingEvent:
    """Return an event of a kind about an agreement, to ask what would become of it."""
    return BillingEvent(
        source="config",
        event_id=agreement.key,
        kind=kind,
        client=agreement.client,
        agreement=agreement.key,
        subject="",
        occurred_on=agreement.starts_on,
        work=(),
    )


_SALES = frozenset(
    {
        EventKind.DEAL_WON,
        EventKind.DOCUMENT_SIGNED,
        EventKind.CLIENT_ONBOARDED,
        EventKind.ESTIMATE_ACCEPTED,
        EventKind.ONE_OFF_REQUESTED,
    }
)


def _needs(pricing: Pricing) -> Iterator[tuple[str, frozenset[EventKind]]]:
    """Yield each thing that must be billed, with the events one of which must have a rule."""
    match pricing:
        case Retainer() | Instalments():
            yield "the periods", frozenset({EventKind.RETAINER_DUE})
        case PrepaidBlock():
            yield "the first block", frozenset({EventKind.RETAINER_DUE})
            yield "the next blocks", frozenset({EventKind.HOURS_LOGGED})
        case Project():
            yield from _project_needs(pricing)
        case Frame():
            yield "anything", _SALES
        case _ if pricing.cycle is not None:
            yield "the hours", frozenset({EventKind.RETAINER_DUE})
        case _:
            yield "the hours", frozenset({EventKind.HOURS_LOGGED})


def _project_needs(project: Project) -> Iterator[tuple[str, frozenset[EventKind]]]:
    completed = EventKind.PROJECT_COMPLETED
    if project.steps:
        yield "the progress", frozenset({EventKind.PROJECT_PROGRESSED, completed})
    else:
        yield "the work", frozenset({EventKind.MILESTONE_DONE, completed})
    if project.deposit is not None:
        yield "the deposit", frozenset({EventKind.DOCUMENT_SIGNED, EventKind.DEAL_WON})
