"""One check in SQL: its rows are what breaks a promise, its sentence says how."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, TextClause, text
from sqlalchemy.exc import DataError

from invoicing.domain.money import Money
from invoicing.domain.promises import Finding, Promise
from invoicing.ledger.statements import BATCH

T = TypeVar("T")
_MINOR = "_minor"
_FIELD = re.compile(r"FIELD\(([\w.]+), ([\w.]+)\)")


@dataclass(frozen=True, slots=True)
class Check:
    """A query for rows that must not be, with the sentence about each of them.

    The sentence names columns; one that ends in ``_minor`` is told as money of the ``currency``. A
    column ``client`` says whose invoices are in doubt. ``FIELD(content, client.mode)`` reads one
    text out of stored JSON; the rest of a query means the same to both databases.
    """

    promise: Promise
    told: str
    query: str


def found(connection: Connection, checks: Iterable[Check]) -> Iterator[Finding]:
    """Run checks and yield a finding for each row."""
    for check in checks:
        rows = _rows(connection, check)
        yield from guarded(connection, rows, check.promise) if "FIELD(" in check.query else rows


def _rows(connection: Connection, check: Check) -> Iterator[Finding]:
    for row in connection.execute(statement(connection, check.query)).mappings():
        where = check.told.format_map(_readable(dict(row)))
        yield Finding(check.promise, where, str(row.get("client") or ""))


def guarded(connection: Connection, rows: Iterable[T], promise: Promise) -> Iterator[T | Finding]:
    """Yield what a query finds; one that meets a text which is no JSON any more is a finding.

    SQLite passes over such a text; PostgreSQL ends the transaction, so this goes back to before.
    """
    if connection.dialect.name != "postgresql":
        yield from rows
        return
    before = connection.begin_nested()
    try:
        yield from rows
    except DataError:
        before.rollback()
        yield Finding(promise, "this cannot be checked: a stored text is no JSON any more")
    else:
        before.commit()


def streamed(connection: Connection, query: str, at_once: int = BATCH) -> CursorResult[Any]:
    """Run a query whose rows are too many to be held at once."""
    return connection.execute(
        statement(connection, query), execution_options={"yield_per": at_once}
    )


def statement(connection: Connection, query: str) -> TextClause:
    """Return a query as this database understands it."""
    return _statement(query, connection.dialect.name)


@cache
def _statement(query: str, dialect: str) -> TextClause:
    return text(_FIELD.sub(_of_postgresql if dialect == "postgresql" else _of_sqlite, query))


def _of_postgresql(field: re.Match[str]) -> str:
    return f"(CAST({field[1]} AS json) #>> '{{{field[2].replace('.', ',')}}}')"


def _of_sqlite(field: re.Match[str]) -> str:
    return f"CASE WHEN json_valid({field[1]}) THEN json_extract({field[1]}, '$.{field[2]}') END"


def _readable(row: Mapping[str, object]) -> dict[str, object]:
    return {
        name: Money.of_minor(int(str(value)), str(row["currency"]))
        if name.endswith(_MINOR)
        else value
        for name, value in row.items()
    }
