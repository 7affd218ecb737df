"""Entries of several files as the checks look at them, and the one way to find repetitions."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias, TypeVar

from invoicing.config.agreement_parts import WrittenItem
from invoicing.config.agreements import FrameAgreement, RetainerAgreement, WrittenBase
from invoicing.config.clients import WrittenClient, WrittenProfile, effective
from invoicing.config.desk import Desk
from invoicing.config.rules import (
    DealRule,
    EstimateRule,
    MilestoneRule,
    OneOffRule,
    RetainerRule,
    ThresholdRule,
    WrittenRuleBase,
)
from invoicing.config.strict_yaml import Route
from invoicing.domain.agreements import Agreement
from invoicing.domain.rules import BillingRule

T = TypeVar("T")
AnyRule: TypeAlias = (
    RetainerRule | MilestoneRule | ThresholdRule | EstimateRule | DealRule | OneOffRule
)


def clients_of(desk: Desk) -> dict[str, WrittenClient]:
    """Return the good clients by key, with the values of their profiles."""
    profiles = {str(at[-1]): one for at, one in desk.clients.parts(WrittenProfile).items()}
    return {
        str(at[-1]): effective(client, profiles)
        for at, client in desk.clients.parts(WrittenClient).items()
    }


def agreements_of(desk: Desk) -> Mapping[Route, WrittenBase]:
    """Return the good agreements of every kind, with their places."""
    return desk.agreements.parts(WrittenBase)


def items_of(agreement: WrittenBase, route: Route) -> dict[Route, WrittenItem]:
    """Return the lines with a price of their own of an agreement at ``route``, by their places."""
    match agreement:
        case RetainerAgreement(items=items):
            key = "items"
        case FrameAgreement(onboarding=items):
            key = "onboarding"
        case _:
            return {}
    return {(*route, key, index): item for index, item in enumerate(items)}


def domain_agreements(desk: Desk) -> dict[str, Agreement]:
    """Return the good agreements as the domain sees them, by key."""
    return {
        str(at[-1]): agreement.to_domain(str(at[-1]))
        for at, agreement in agreements_of(desk).items()
    }


def rules_of(desk: Desk) -> list[tuple[Route, BillingRule]]:
    """Return the good rules in their order, with their places."""
    parts = desk.rules.parts(WrittenRuleBase).items()
    in_order = sorted(parts, key=lambda item: int(item[0][-1]))
    return [(at, rule.to_domain()) for at, rule in in_order if isinstance(rule, AnyRule)]


def texts(entries: Iterable[tuple[Route, object]]) -> Iterator[tuple[Route, str]]:
    """Keep what is one text."""
    return ((route, value) for route, value in entries if isinstance(value, str))


def repeated(values: Iterable[tuple[Route, T]]) -> Iterator[tuple[Route, Route]]:
    """Yield (place, place of the first) for every value that was there before."""
    first: dict[T, Route] = {}
    for route, value in values:
        if first.setdefault(value, route) != route:
            yield route, first[value]
