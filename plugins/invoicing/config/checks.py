"""What no entry can say alone: names that stand elsewhere, currencies that agree, days in order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import TypeAlias

from invoicing.config.agreements import AgreementsFile, DealAgreement, RetainerAgreement
from invoicing.config.clients import ClientsFile, WrittenClient
from invoicing.config.company import CompanyFile
from invoicing.config.problems import Problem, did_you_mean
from invoicing.config.review import ReviewFile
from invoicing.config.rules import DealRule, RetainerRule, RulesFile
from invoicing.config.sheet import Sheet
from invoicing.config.strict_yaml import Branch, Route
from invoicing.config.taxes import CHARGED, NOTED, TaxCode, TaxesFile, WrittenTax
from invoicing.domain.review import SYSTEM

AnyAgreement: TypeAlias = RetainerAgreement | DealAgreement
AnyRule: TypeAlias = RetainerRule | DealRule


@dataclass(frozen=True, slots=True)
class Desk:
    """All files of config/, side by side."""

    company: Sheet[CompanyFile]
    clients: Sheet[ClientsFile]
    agreements: Sheet[AgreementsFile]
    rules: Sheet[RulesFile]
    taxes: Sheet[TaxesFile]
    review: Sheet[ReviewFile]


def check(desk: Desk) -> Iterator[Problem]:
    """Yield every mistake that shows only when things are compared."""
    yield from _clients(desk)
    yield from _references(desk)
    yield from _agreements(desk)
    yield from _rules(desk)
    yield from _taxes(desk)
    yield from _review(desk)


def _clients(desk: Desk) -> Iterator[Problem]:
    for key in desk.clients.entries("clients"):
        names = ("billing_to", "billing_cc")
        addresses = [
            (route, value.casefold())
            for name in names
            for route, value in desk.clients.entries(*map(str, key), name).items()
            if isinstance(value, str)
        ]
        for route, first in _repeated(addresses):
            text = f"this address stands in {first[-2]} already"
            yield desk.clients.at(route, text, "Name every address once; cc is a copy of to.")


def _references(desk: Desk) -> Iterator[Problem]:
    """Names of clients and entities; also in entries that have other mistakes."""
    clients = _Defined("client", desk.clients, _keys(desk.clients, "clients"))
    entities = _Defined("entity", desk.company, _keys(desk.company, "entities"))
    sheet = desk.agreements
    for route, entry in sheet.entries("agreements").items():
        written = entry if isinstance(entry, Branch) else {}
        yield from _named(sheet, (*route, "client"), written.get("client"), clients)
        yield from _named(sheet, (*route, "entity"), written.get("entity"), entities)
    for route, entry in desk.rules.entries("rules").items():
        named = entry.get("clients") if isinstance(entry, Branch) else None
        for index, client in enumerate(named if isinstance(named, list) else []):
            yield from _named(desk.rules, (*route, "clients", index), client, clients)


@dataclass(frozen=True, slots=True)
class _Defined:
    """What a file defines: the noun for it, the file, and the keys in their order."""

    noun: str
    sheet: Sheet[ClientsFile] | Sheet[CompanyFile]
    keys: Mapping[str, None]


def _keys(sheet: Sheet[ClientsFile] | Sheet[CompanyFile], name: str) -> dict[str, None]:
    return dict.fromkeys(str(route[-1]) for route in sheet.entries(name))


def _named(
    sheet: Sheet[AgreementsFile] | Sheet[RulesFile], route: Route, name: object, defined: _Defined
) -> Iterator[Problem]:
    if isinstance(name, str) and defined.sheet.readable and name not in defined.keys:
        text = f"unknown {defined.noun} {name!r}{did_you_mean(name, defined.keys)}"
        file = defined.sheet.document.source.name
        yield sheet.at(route, text, f"Add it to config/{file}, or use a key that stands there.")


def _agreements(desk: Desk) -> Iterator[Problem]:
    sheet = desk.agreements
    clients = desk.clients.parts(WrittenClient)
    agreements: dict[Route, AnyAgreement] = {
        **sheet.parts(RetainerAgreement),
        **sheet.parts(DealAgreement),
    }
    for route, agreement in agreements.items():
        yield from _days(sheet, route, agreement)
        client = clients.get(("clients", agreement.client))
        if isinstance(agreement, RetainerAgreement):
            yield from _fee(sheet, route, agreement, client)
        if client is not None and not client.tax_id:
            yield from _reverse_charge(desk, agreement, client)


def _days(sheet: Sheet[AgreementsFile], route: Route, agreement: AnyAgreement) -> Iterator[Problem]:
    first, last = agreement.starts_on, agreement.ends_on
    billed = agreement.bill_from or first
    if last is not None and last < first:
        text = f"ends_on {last} is before starts_on {first}"
        yield sheet.at((*route, "ends_on"), text, "Both days belong to the agreement.")
    elif billed < first:
        text = f"bill_from {billed} is before starts_on {first}"
        yield sheet.at((*route, "bill_from"), text, "Leave it out to bill from the first day.")
    elif last is not None and billed > last:
        text = f"bill_from {billed} is after ends_on {last}: nothing would ever be billed"
        yield sheet.at((*route, "bill_from"), text, "Check both days.")


def _fee(
    sheet: Sheet[AgreementsFile],
    route: Route,
    agreement: RetainerAgreement,
    client: WrittenClient | None,
) -> Iterator[Problem]:
    fee, name = agreement.fee, agreement.client
    if fee.amount == 0:
        yield sheet.at((*route, "fee"), "a retainer needs a fee above zero", "Write the fee.")
    elif client is not None and fee.currency != client.currency:
        text = f"the fee is in {fee.currency}, but client {name!r} is billed in {client.currency}"
        yield sheet.at((*route, "fee"), text, "One of the two is wrong; nothing is converted.")


def _reverse_charge(
    desk: Desk, agreement: AnyAgreement, client: WrittenClient
) -> Iterator[Problem]:
    wanted = (client.address.country, agreement.tax_category, TaxCode.REVERSE_CHARGE)
    taxes = desk.taxes.parts(WrittenTax).values()
    if any((tax.country, tax.category, tax.code) == wanted for tax in taxes):
        text = f"client {agreement.client!r} has no tax_id, but is billed under reverse charge"
        advice = "Add the client's VAT id: without it the invoice is not valid."
        yield desk.clients.at_key(("clients", agreement.client), text, advice)


def _rules(desk: Desk) -> Iterator[Problem]:
    sheet = desk.rules
    for route, entry in sheet.entries("rules").items():
        if isinstance(entry, Branch) and entry.get("clients") == []:
            advice = "Remove the key to mean all clients, or name some: an empty list says neither."
            yield sheet.at((*route, "clients"), "this rule names no client", advice)
    parts: dict[Route, AnyRule] = {**sheet.parts(RetainerRule), **sheet.parts(DealRule)}
    rules = sorted(parts.items(), key=lambda item: int(item[0][-1]))
    for route, rule in rules:
        named = [((*route, "clients", i), client) for i, client in enumerate(rule.clients)]
        for again, _ in _repeated(named):
            yield sheet.at(again, "this client is named twice", "Remove one of the two.")
    for again, first in _repeated([((*route, "name"), rule.name) for route, rule in rules]):
        text = f"the name is taken by the rule in line {sheet.document.value_at(first).line}"
        yield sheet.at(again, text, "Give every rule its own name.")
    yield from _rule_pairs(sheet, rules)


def _rule_pairs(
    sheet: Sheet[RulesFile], rules: Sequence[tuple[Route, AnyRule]]
) -> Iterator[Problem]:
    for (_, one), (route, other) in combinations(rules, 2):
        shared = set(one.clients) & set(other.clients)
        if one.model != other.model or (one.clients and other.clients and not shared):
            continue
        whom = ", ".join(sorted(shared or {*one.clients, *other.clients})) or "all clients"
        text = f"rules {one.name!r} and {other.name!r} both bill {one.model}s of {whom}"
        advice = "Events that two rules cover are held: name different clients in the two rules."
        yield sheet.at_key(route, text, advice)


def _taxes(desk: Desk) -> Iterator[Problem]:
    taxes = list(desk.taxes.parts(WrittenTax).items())
    for route, tax in taxes:
        yield from _tax(desk.taxes, route, tax)
    for (_, one), (route, other) in combinations(taxes, 2):
        same = (one.country, one.category) == (other.country, other.category)
        since = max(one.valid_from, other.valid_from)
        if same and since <= min(one.valid_to or date.max, other.valid_to or date.max):
            text = f"two rates for {one.country} and {one.category!r} from {since} on"
            advice = "Give the older rate a valid_to, the day before the newer one begins."
            yield desk.taxes.at_key(route, text, advice)


def _tax(sheet: Sheet[TaxesFile], route: Route, tax: WrittenTax) -> Iterator[Problem]:
    code = tax.code.value
    if tax.valid_to is not None and tax.valid_to < tax.valid_from:
        text = f"valid_to {tax.valid_to} is before valid_from {tax.valid_from}"
        yield sheet.at((*route, "valid_to"), text, "Both days belong to the rule.")
    if tax.code in CHARGED and tax.percent == 0:
        text = f"code {code} needs a percent above 0"
        yield sheet.at((*route, "percent"), text, "For no tax use Z, E, AE, K, G or O.")
    if tax.code not in CHARGED and tax.percent != 0:
        text = f"code {code} charges no tax, but percent is {tax.percent}"
        yield sheet.at((*route, "percent"), text, "Write 0, or use code S for a rate.")
    if tax.code in NOTED and not tax.note:
        text = f"a tax rule with code {code} lacks the key 'note'"
        yield sheet.at(
            (*route, "code"), text, "Write the sentence that says why no tax is charged."
        )


def _review(desk: Desk) -> Iterator[Problem]:
    sheet = desk.review
    approvers = list(_texts(sheet.entries("approvers").items()))
    for again, _ in _repeated(approvers):
        yield sheet.at(again, "this approver is named twice", "Remove one of the two.")
    for route, login in approvers:
        if login == SYSTEM:
            text = f"{SYSTEM!r} is the author of automatic drafts and cannot approve"
            yield sheet.at(route, text, "Name the login of a person.")
    limits = list(_texts(sheet.entries("thresholds").items()))
    currencies = [(route, text.rpartition(" ")[2]) for route, text in limits]
    for again, first in _repeated(currencies):
        line = sheet.document.value_at(first).line
        text = f"this currency has a threshold already, in line {line}"
        yield sheet.at(again, text, "Keep one per currency.")


def _texts(entries: Iterable[tuple[Route, object]]) -> Iterator[tuple[Route, str]]:
    return ((route, value) for route, value in entries if isinstance(value, str))


def _repeated(values: Iterable[tuple[Route, str]]) -> Iterator[tuple[Route, Route]]:
    """Yield (place, place of the first) for every value that was there before."""
    first: dict[str, Route] = {}
    for route, value in values:
        if first.setdefault(value, route) != route:
            yield route, first[value]
