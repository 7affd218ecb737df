"""Overlaps: two rules that could cover the same event, which would be held for a person."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import islice

from invoicing.config.checks.entries import rules_of
from invoicing.config.checks.index import RuleIndex, World
from invoicing.config.checks.rules import sample_event
from invoicing.config.desk import Desk
from invoicing.config.problems import Problem
from invoicing.config.strict_yaml import Route
from invoicing.domain.agreements import (
    Agreement,
    DepositTerms,
    FeeStep,
    Frame,
    Instalments,
    PrepaidBlock,
    Pricing,
    Project,
    Rate,
    Retainer,
    TimeAndMaterials,
)
from invoicing.domain.events import EventKind
from invoicing.domain.money import Money
from invoicing.domain.periods import MONTHLY
from invoicing.domain.rules import BillingRule, fits

_DAY, _ONE, _PRICE = date(2026, 1, 1), Decimal(1), Money(Decimal(1), "EUR")
_RATES = (Rate("any", _PRICE, _DAY),)
# One agreement of each kind that rules tell apart: whatever two rules could both bill, is here.
_SAMPLES: tuple[Pricing, ...] = (
    Retainer((FeeStep(_DAY, _PRICE),)),
    TimeAndMaterials(_RATES, cycle=MONTHLY),
    TimeAndMaterials(_RATES),
    Project(_PRICE, deposit=DepositTerms(percent=_ONE)),
    PrepaidBlock(_ONE, _PRICE),
    Instalments(_PRICE, parts=1),
    Frame(),
)
_ANY: frozenset[str] = frozenset()


def check(desk: Desk) -> Iterator[Problem]:
    """Yield each rule that could cover the same event as an earlier one, with both places."""
    world, rules = World.of(desk), rules_of(desk)
    index = RuleIndex(world.owners)
    for route, other in rules:
        met = (rules[number] for number in index.meeting(other))
        yield from islice(_overlaps(desk, met, (route, other), world), 1)
        index.add(other)


def _overlaps(
    desk: Desk,
    met: Iterable[tuple[Route, BillingRule]],
    later: tuple[Route, BillingRule],
    world: World,
) -> Iterator[Problem]:
    route, other = later
    for first, one in met:
        whom = _whom(one, other, world)
        kinds = _kinds(_bare(one), _bare(other)) if whom is not None else ()
        if kinds:
            line = desk.rules.document.key_at(first).line
            text = (
                f"rules {one.name!r} (line {line}) and {other.name!r} both bill"
                f" {', '.join(kinds)} of {whom}"
            )
            advice = "Events that two rules cover are held: let the two name different clients."
            yield desk.rules.at_key(route, text, advice)


def _bare(rule: BillingRule) -> BillingRule:
    """Return what a rule bills, apart from whom."""
    return replace(rule, name="", clients=_ANY, agreements=_ANY, client_types=_ANY, categories=_ANY)


@lru_cache(maxsize=1024)  # thousands of rules bill the same few things
def _kinds(one: BillingRule, other: BillingRule) -> tuple[EventKind, ...]:
    """Name the events that some kind of agreement can be billed on by both rules."""
    return tuple(
        kind for kind in sorted(one.events & other.events) if _priced_alike(one, other, kind)
    )


def _priced_alike(one: BillingRule, other: BillingRule, kind: EventKind) -> bool:
    for pricing in _SAMPLES:
        agreement = Agreement("any", "any", "any", "any", _DAY, _DAY, pricing)
        event = sample_event(agreement, kind)
        if fits(one, event, agreement) and fits(other, event, agreement):
            return True
    return False


def _whom(one: BillingRule, other: BillingRule, world: World) -> str | None:
    """Name the clients or agreements that both rules are about; None when there are none.

    A name that nobody has makes no two rules meet; it is a mistake, or a warning, of its own.
    """
    if one.categories and other.categories and one.categories.isdisjoint(other.categories):
        return None
    agreements = _shared(one.agreements, other.agreements)
    clients = _shared(one.clients, other.clients)
    types = _shared(one.client_types, other.client_types)
    if agreements is not None:
        return _listed(
            key for key in agreements if _means(world.owners.get(key), clients, types, world)
        )
    if clients is not None:
        return _listed(key for key in clients if _means(key, None, types, world))
    if types is not None:
        found = _listed(types.intersection(world.types.values()))
        return found and f"clients of type {found}"
    return "all clients"


def _listed(names: Iterable[str]) -> str | None:
    return ", ".join(sorted(names)) or None


def _shared(one: frozenset[str], other: frozenset[str]) -> frozenset[str] | None:
    """Return the words that both mean; None for all words, as a rule without words does."""
    if one and other:
        return one & other
    return one or other or None


def _means(
    client: str | None, clients: frozenset[str] | None, types: frozenset[str] | None, world: World
) -> bool:
    """Tell whether rules about these clients and types are about a client that is known."""
    if client is None or client not in world.types:
        return False
    return (clients is None or client in clients) and (
        types is None or world.types[client] in types
    )
