"""Names: every key that an entry mentions stands where such keys are defined."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from invoicing.config.desk import Desk
from invoicing.config.problems import SHOWN, Problem, did_you_mean
from invoicing.config.sheet import Sheet
from invoicing.config.strict_yaml import Branch, Route
from invoicing.domain.follow_up import DEFAULT_PLAN

AnySheet: TypeAlias = Sheet[Any]
Place: TypeAlias = tuple[AnySheet, Route, object]


@dataclass(frozen=True, slots=True)
class _Defined:
    """What a file defines: the noun for it, the file, and the names in their order."""

    noun: str
    sheet: AnySheet
    names: Mapping[str, None]

    @property
    def advice(self) -> str:
        """Where to add a missing name."""
        file = self.sheet.document.source.name
        return f"Add it to config/{file}, or use a name that stands there."


def check(desk: Desk) -> Iterator[Problem]:
    """Yield names that are defined nowhere; also in entries that have other mistakes."""
    clients = _Defined("client", desk.clients, _keys(desk.clients, "clients"))
    entities = _Defined("entity", desk.company, _keys(desk.company, "entities"))
    agreements = _Defined("agreement", desk.agreements, _keys(desk.agreements, "agreements"))
    people = _Defined("person", desk.review, _listed(desk.review, "people", "login"))
    plans = _Defined("reminder plan", desk.reminders, _plans(desk))
    for defined, places in (
        (clients, [*_of_agreements(desk, "client"), *_of_rules(desk, "clients")]),
        (entities, [*_of_agreements(desk, "entity"), *_of_list(desk.taxes, "taxes", "entity")]),
        (agreements, [*_of_rules(desk, "agreements")]),
        (people, [*_of_list(desk.review, "people", "delegate"), *_approvers(desk)]),
        (plans, [*_of_agreements(desk, "reminder_plan"), *_of_clients(desk, "reminder_plan")]),
    ):
        yield from _unknown(places, defined)


def _unknown(places: list[Place], defined: _Defined) -> Iterator[Problem]:
    if not defined.sheet.readable or (defined.sheet.problems and not defined.names):
        return  # what a broken file defines nobody knows
    found = 0
    for sheet, route, name in places:
        if isinstance(name, str) and name not in defined.names:
            # Looking for a name that is like it takes long among thousands.
            hint = did_you_mean(name, defined.names) if found < SHOWN else ""
            found += 1
            yield sheet.at(route, f"unknown {defined.noun} {name!r}{hint}", defined.advice)


def _keys(sheet: AnySheet, name: str) -> dict[str, None]:
    return dict.fromkeys(str(route[-1]) for route in sheet.entries(name))


def _listed(sheet: AnySheet, name: str, key: str) -> dict[str, None]:
    return dict.fromkeys(str(value) for _, _, value in _of_list(sheet, name, key))


def _plans(desk: Desk) -> dict[str, None]:
    return {DEFAULT_PLAN.name: None, **_listed(desk.reminders, "plans", "name")}


def _of_agreements(desk: Desk, key: str) -> Iterator[Place]:
    return _of_list(desk.agreements, "agreements", key)


def _of_clients(desk: Desk, key: str) -> Iterator[Place]:
    yield from _of_list(desk.clients, "clients", key)
    yield from _of_list(desk.clients, "profiles", key)


def _of_list(sheet: AnySheet, name: str, key: str) -> Iterator[Place]:
    """Yield what the entries below ``name`` say for ``key``."""
    for route, entry in sheet.entries(name).items():
        if isinstance(entry, Branch) and key in entry:
            yield sheet, (*route, key), entry[key]


def _of_rules(desk: Desk, key: str) -> Iterator[Place]:
    yield from _each(_of_list(desk.rules, "rules", key))


def _approvers(desk: Desk) -> Iterator[Place]:
    yield from _each(_of_list(desk.review, "chain", "approvers"))


def _each(places: Iterator[Place]) -> Iterator[Place]:
    """Yield the names in lists of names."""
    for sheet, route, names in places:
        for index, name in enumerate(names if isinstance(names, list) else []):
            yield sheet, (*route, index), name
