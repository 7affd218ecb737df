"""Prices: amounts in the client's currency, above zero, and known on the first billed day."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from invoicing.config.agreements import RetainerAgreement, TimeAgreement, WrittenBase
from invoicing.config.checks.entries import agreements_of, clients_of, repeated
from invoicing.config.desk import Desk
from invoicing.config.problems import Problem
from invoicing.config.strict_yaml import Route
from invoicing.config.written import Written
from invoicing.domain.money import Money, plain

_ABOVE_ZERO = ("fee", "price", "total")


def check(desk: Desk) -> Iterator[Problem]:
    """Yield amounts in a wrong currency, amounts of nothing, and days without a price."""
    clients = clients_of(desk)
    for route, agreement in agreements_of(desk).items():
        yield from _nothing(desk, route, agreement)
        client = clients.get(agreement.client)
        if client is not None and client.currency is not None:
            yield from _currencies(desk, route, agreement, client.currency)
        if isinstance(agreement, RetainerAgreement):
            yield from _fees(desk, route, agreement)
        if isinstance(agreement, TimeAgreement):
            yield from _rates(desk, route, agreement)
            yield from _open_end(desk, route, agreement)


def _currencies(
    desk: Desk, route: Route, agreement: WrittenBase, currency: str
) -> Iterator[Problem]:
    for at, amount in _amounts(agreement, route):
        if amount.currency != currency:
            what = str(next(step for step in reversed(at) if isinstance(step, str)))
            text = (
                f"the {what.replace('_', ' ')} is in {amount.currency}, but client"
                f" {agreement.client!r} is billed in {currency}"
            )
            yield desk.agreements.at(at, text, "One of the two is wrong; nothing is converted.")


def _amounts(written: object, route: Route) -> Iterator[tuple[Route, Money]]:
    """Yield all money below an entry, with the places it is written at."""
    if isinstance(written, Money):
        yield route, written
    elif isinstance(written, Written):
        for key, field in type(written).model_fields.items():
            yield from _amounts(getattr(written, key), (*route, field.alias or key))
    elif isinstance(written, tuple):
        for index, entry in enumerate(written):
            yield from _amounts(entry, (*route, index))


def _nothing(desk: Desk, route: Route, agreement: WrittenBase) -> Iterator[Problem]:
    for name in _ABOVE_ZERO:
        amount = getattr(agreement, name, None)
        if isinstance(amount, Money) and not amount.amount:
            text = f"this {agreement.noun} needs a {name} above zero"
            yield desk.agreements.at((*route, name), text, f"Write the {name}.")


def _fees(desk: Desk, route: Route, agreement: RetainerAgreement) -> Iterator[Problem]:
    days = [step.from_on for step in agreement.fees]
    for index, (before, day) in enumerate(pairwise(days), start=1):
        if day <= before:
            text = f"the fee from {day} on stands after the one from {before} on"
            advice = "Write the fees in the order of their days, one for each day."
            yield desk.agreements.at((*route, "fees", index, "from"), text, advice)
    first = _first_billed(agreement)
    if days and min(days) > first:
        text = f"no fee holds on {first}, the first billed day; the first begins on {min(days)}"
        yield desk.agreements.at((*route, "fees"), text, "Let the first fee begin by that day.")


def _rates(desk: Desk, route: Route, agreement: TimeAgreement) -> Iterator[Problem]:
    begins = [rate.from_on or agreement.starts_on for rate in agreement.rates]
    first = _first_billed(agreement)
    if begins and min(begins) > first:
        text = f"no rate holds on {first}, the first billed day; the first begins on {min(begins)}"
        yield desk.agreements.at((*route, "rates"), text, "Let a rate begin by that day.")
    known = [
        ((*route, "rates", index), (rate.role, day))
        for index, (rate, day) in enumerate(zip(agreement.rates, begins, strict=True))
    ]
    for again, _ in repeated(known):
        rate = agreement.rates[int(again[-1])]
        text = f"role {rate.role!r} has a rate from this day on already"
        yield desk.agreements.at_key(again, text, "Give a new rate the day it begins (`from`).")


def _open_end(desk: Desk, route: Route, agreement: TimeAgreement) -> Iterator[Problem]:
    if agreement.tariff is None or agreement.tariff.tiers[-1].up_to is None:
        return
    last = len(agreement.tariff.tiers) - 1
    text = f"nothing says what an hour above {plain(agreement.tariff.tiers[-1].up_to)} costs"
    at = (*route, "tariff", "tiers", last, "up_to")
    yield desk.agreements.at(at, text, "Leave `up_to` out in the last tier.")


def _first_billed(agreement: WrittenBase) -> date:
    return agreement.bill_from or agreement.starts_on
