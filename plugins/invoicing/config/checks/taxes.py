"""Taxes: codes that fit their rates, one rule for each place and day, and a rule for all work."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain
from typing import TypeAlias

from invoicing.config.agreements import WrittenBase
from invoicing.config.checks.entries import agreements_of, clients_of, items_of, repeated
from invoicing.config.clients import WrittenClient
from invoicing.config.company import WrittenEntity
from invoicing.config.desk import Desk
from invoicing.config.problems import Problem, did_you_mean
from invoicing.config.sheet import Sheet
from invoicing.config.strict_yaml import Route
from invoicing.config.taxes import (
    CHARGED,
    NOTED,
    TaxCode,
    TaxesFile,
    WrittenExchangeRate,
    WrittenTax,
)
from invoicing.domain.tax import TaxTable

_Placed: TypeAlias = tuple[Route, WrittenTax]
_OWED_BY_CLIENT = frozenset({TaxCode.REVERSE_CHARGE, TaxCode.INTRA_COMMUNITY})


def check(desk: Desk) -> Iterator[Problem]:
    """Yield tax rules that contradict themselves or each other, and work that none is for."""
    taxes = list(desk.taxes.parts(WrittenTax).items())
    for route, tax in taxes:
        yield from _tax(desk.taxes, route, tax)
    for (first, one), (route, other), since in _contradictions(taxes):
        line = desk.taxes.document.key_at(first).line
        text = f"two rates for {_place(one, other)} from {since} on, see line {line}"
        advice = "Give the older rate a valid_to, the day before the newer one begins."
        yield desk.taxes.at_key(route, text, advice)
    yield from _exchange_rates(desk)
    if desk.taxes.whole is not None:
        yield from _work(desk, [tax for _, tax in taxes])


def warn(desk: Desk) -> Iterator[Problem]:
    """Yield work whose tax rule ends while the agreement goes on, or cannot be stated in books."""
    yield from _without_exchange_rate(desk)
    taxes, clients = list(desk.taxes.parts(WrittenTax).values()), clients_of(desk)
    told: set[tuple[str, str]] = set()
    for route, agreement in agreements_of(desk).items():
        client = clients[agreement.client]
        for _, category in _categories(agreement, route):
            rules = list(_about(taxes, agreement, client, category))
            ends = [rule.valid_to for rule in rules]
            place = (client.address.country, category)
            if not rules or None in ends or place in told or client.exemption is not None:
                continue
            last = max(day for day in ends if day is not None)
            if agreement.ends_on is None or agreement.ends_on > last:
                told.add(place)
                text = f"no tax rule for {place[0]} and {category!r} is known after {last}"
                advice = f"Agreement {route[-1]!r} goes on: its drafts will be held from then on."
                at = next(at for at, tax in desk.taxes.parts(WrittenTax).items() if tax in rules)
                yield desk.taxes.at_key(at, text, advice)


def _without_exchange_rate(desk: Desk) -> Iterator[Problem]:
    """Yield agreements with tax in another currency than the books', and no rate to state it in."""
    clients, entities = clients_of(desk), desk.company.parts(WrittenEntity)
    table = desk.taxes.whole.to_domain() if desk.taxes.whole else TaxTable(())
    told: set[tuple[str, str]] = set()
    for route, agreement in agreements_of(desk).items():
        entity = entities["entities", agreement.entity].to_domain(agreement.entity)
        client = clients[agreement.client].to_domain(agreement.client)
        pair = (entity.currency, client.currency)
        if len(set(pair)) == 1 or pair in told:
            continue
        day = agreement.bill_from or agreement.starts_on
        categories = [category for _, category in _categories(agreement, route)]
        rates = [table.rate_for(entity, client, category, day) for category in categories]
        known = table.exchange_rate(*pair, day) or table.exchange_rate(*pair[::-1], day)
        if known is None and any(rate is not None and rate.percent for rate in rates):
            told.add(pair)
            text = (
                f"agreement {route[-1]!r} has tax in {client.currency}, which"
                f" {agreement.entity!r} must state in {entity.currency} too, but no exchange rate"
                f" is known on {day}"
            )
            advice = (
                f"Add one of {pair[0]} to {pair[1]} to config/taxes.yaml (exchange_rates): without"
                " it every draft is held."
            )
            yield desk.agreements.at_key(route, text, advice)


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
        advice = "Write the sentence that says why no tax is charged."
        yield sheet.at((*route, "code"), text, advice)


def _contradictions(taxes: Iterable[_Placed]) -> Iterator[tuple[_Placed, _Placed, date]]:
    """Yield each rule with an earlier one that could apply to the same client, and neither wins.

    Those are rules that name the same; one that names a region only contradicts one that names an
    entity only. Rules of other places are not looked at: there may be thousands.
    """
    same: dict[tuple[str | None, ...], list[_Placed]] = defaultdict(list)
    halves: dict[tuple[str, str, bool], list[_Placed]] = defaultdict(list)
    for placed in taxes:
        tax = placed[1]
        alike = same[tax.country, tax.category, tax.region, tax.entity]
        rivals = [alike]
        if bool(tax.region) != bool(tax.entity):
            rivals.append(halves[tax.country, tax.category, not tax.region])
            halves[tax.country, tax.category, bool(tax.region)].append(placed)
        for earlier in chain(*rivals):
            if since := _both_on(earlier[1], tax):
                yield earlier, placed, since
                break
        alike.append(placed)


def _both_on(one: WrittenTax, other: WrittenTax) -> date | None:
    since = max(one.valid_from, other.valid_from)
    last = min(one.valid_to or date.max, other.valid_to or date.max)
    return since if since <= last else None


def _place(one: WrittenTax, other: WrittenTax) -> str:
    named = dict.fromkeys((one.region, other.region, one.entity, other.entity))
    places = ", ".join([one.country, *(name for name in named if name)])
    return f"{places} and {one.category!r}"


def _exchange_rates(desk: Desk) -> Iterator[Problem]:
    rates = desk.taxes.parts(WrittenExchangeRate).items()
    days = [(at, (rate.base, rate.currency, rate.valid_from)) for at, rate in rates]
    for again, first in repeated(days):
        line = desk.taxes.document.key_at(first).line
        text = f"line {line} has a rate for these currencies and this day already"
        yield desk.taxes.at_key(again, text, "Keep one of the two.")


def _work(desk: Desk, taxes: list[WrittenTax]) -> Iterator[Problem]:
    clients, entities = clients_of(desk), desk.company.entries("entities")
    # An entity that nobody has is a mistake of its own; what it was meant to be, nobody knows.
    taxes = [
        tax if ("entities", tax.entity) in entities else tax.model_copy(update={"entity": None})
        for tax in taxes
    ]
    for route, agreement in agreements_of(desk).items():
        client = clients.get(agreement.client)
        if client is None or ("entities", agreement.entity) not in entities:
            continue
        for at, category in _categories(agreement, route):
            rules = list(_about(taxes, agreement, client, category))
            yield from _reverse_charge(desk, agreement, client, rules)
            yield from _missing(desk, at, agreement, client, category, rules)


def _categories(agreement: WrittenBase, route: Route) -> Iterator[tuple[Route, str]]:
    """Yield each category of an agreement once, with the place it is written at."""
    found = {agreement.tax_category: (*route, "tax_category")}
    for at, item in items_of(agreement, route).items():
        if item.tax_category:
            found.setdefault(item.tax_category, (*at, "tax_category"))
    return ((at, category) for category, at in found.items())


def _about(
    taxes: Iterable[WrittenTax], agreement: WrittenBase, client: WrittenClient, category: str
) -> Iterator[WrittenTax]:
    """Yield the tax rules for this client's place and this work, of all days."""
    for tax in taxes:
        same = (tax.country, tax.category) == (client.address.country, category)
        if (
            same
            and tax.region in {"", client.address.region}
            and tax.entity in {None, agreement.entity}
        ):
            yield tax


def _reverse_charge(
    desk: Desk, agreement: WrittenBase, client: WrittenClient, rules: Iterable[WrittenTax]
) -> Iterator[Problem]:
    if not client.tax_id and any(rule.code in _OWED_BY_CLIENT for rule in rules):
        text = f"client {agreement.client!r} has no tax_id, but is billed under reverse charge"
        advice = "Add the client's VAT id: without it the invoice is not valid."
        yield desk.clients.at_key(("clients", agreement.client), text, advice)


def _missing(
    desk: Desk,
    at: Route,
    agreement: WrittenBase,
    client: WrittenClient,
    category: str,
    rules: Iterable[WrittenTax],
) -> Iterator[Problem]:
    first = agreement.bill_from or agreement.starts_on
    exemption = client.exemption
    if exemption is not None and exemption.to_domain().covers(first):
        return
    if any(rule.valid_from <= first <= (rule.valid_to or date.max) for rule in rules):
        return
    known = {tax.category for tax in desk.taxes.parts(WrittenTax).values()}
    hint = did_you_mean(category, known) if category not in known else ""
    region = f" {client.address.region}" if client.address.region else ""
    text = (
        f"no tax rule for {client.address.country}{region} and category {category!r} on {first},"
        f" when {agreement.entity!r} invoices client {agreement.client!r}{hint}"
    )
    advice = "Add one to config/taxes.yaml: without it every draft is held."
    written = at in desk.agreements.document.values
    place = desk.agreements.at if written else desk.agreements.at_key
    yield place(at if written else at[:2], text, advice)
