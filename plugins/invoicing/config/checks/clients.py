"""Clients: addresses that stand twice, and profiles that are nobody's or mostly set aside."""

from collections.abc import Iterator

from invoicing.config.checks.entries import repeated, texts
from invoicing.config.desk import Desk
from invoicing.config.problems import Problem
from invoicing.config.strict_yaml import Route

_MOST_OVERRIDES = 4


def check(desk: Desk) -> Iterator[Problem]:
    """Yield mail addresses that one client has twice."""
    for key in desk.clients.entries("clients"):
        for route, first in repeated(_addresses(desk, key)):
            text = f"this address stands in {first[-2]} already"
            yield desk.clients.at(route, text, "Name every address once; cc is a copy of to.")


def _addresses(desk: Desk, key: Route) -> Iterator[tuple[Route, str]]:
    for name in ("billing_to", "billing_cc"):
        written = desk.clients.entries(*map(str, key), name)
        yield from ((at, value.casefold()) for at, value in texts(written.items()))


def warn(desk: Desk) -> Iterator[Problem]:
    """Yield profiles of nobody, and clients that set most of theirs aside.

    A change of the profile would pass such a client by.
    """
    file = desk.clients.whole
    if file is None:
        return
    used = {client.profile for client in file.clients.values()}
    for key in file.profiles:
        if key not in used:
            text = f"no client names the profile {key!r}, so nothing in it counts"
            advice = f"Write profile: {key} at the clients it is for, or remove it."
            yield desk.clients.at_key(("profiles", key), text, advice)
    for key, client in file.clients.items():
        names = file.overrides(key)
        if len(names) > _MOST_OVERRIDES:
            text = (
                f"client {key!r} sets {len(names)} values of profile {client.profile!r} aside:"
                f" {', '.join(names)}"
            )
            advice = "Give it a profile of its own, or write all of its values here."
            yield desk.clients.at_key(("clients", key), text, advice)
