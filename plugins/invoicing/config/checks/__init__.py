"""What no entry can say alone: mistakes and oddities that show when entries are compared."""

from collections.abc import Iterator

from invoicing.config.checks import (
    agreements,
    clients,
    company,
    einvoices,
    limits,
    names,
    overlaps,
    people,
    prices,
    projects,
    rules,
    taxes,
)
from invoicing.config.desk import Desk
from invoicing.config.problems import Problem

__all__ = ["check", "warn"]


def check(desk: Desk) -> Iterator[Problem]:
    """Yield every mistake that shows only when things are compared."""
    yield from names.check(desk)
    yield from clients.check(desk)
    yield from einvoices.check(desk)
    yield from agreements.check(desk)
    yield from prices.check(desk)
    yield from projects.check(desk)
    yield from limits.check(desk)
    yield from rules.check(desk)
    yield from overlaps.check(desk)
    yield from taxes.check(desk)
    yield from people.check(desk)


def warn(desk: Desk) -> Iterator[Problem]:
    """Yield what may be meant and often is not; the desk must be without mistakes."""
    yield from company.warn(desk)
    yield from clients.warn(desk)
    yield from einvoices.warn(desk)
    yield from agreements.warn(desk)
    yield from rules.warn(desk)
    yield from taxes.warn(desk)
    yield from people.warn(desk)
