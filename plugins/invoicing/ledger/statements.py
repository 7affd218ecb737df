"""Statements that every group of tables uses: insert once, in batches, and look up by many ids."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Insert,
    Row,
    Select,
    Table,
    Text,
    any_,
    cast,
    func,
    literal,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite

from invoicing.ledger.engine import WRITES

BATCH = 500  # values of one IN list
T = TypeVar("T")
Values = Mapping[str, object]


class Rows:
    """A group of tables, seen through the connection of one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @property
    def writing(self) -> bool:
        """Tell whether this unit of work may change the ledger, and so may lock rows."""
        return bool(self.connection.get_execution_options().get(WRITES))

    def claimed(self, query: Select[Any]) -> Select[Any]:
        """Lock the rows of ``query`` and pass over those somebody else holds.

        SQLite has one writer at a time and needs no row locks; it leaves the words out.
        """
        return query.with_for_update(skip_locked=True) if self.writing else query

    def insert_or_nothing(self, table: Table) -> Insert:
        """Return an insert that passes over rows whose key is taken."""
        if self.connection.dialect.name == "postgresql":
            return postgresql.insert(table).on_conflict_do_nothing()
        return sqlite.insert(table).on_conflict_do_nothing()

    def insert_new(self, table: Table, rows: Sequence[Values], key: Column[Any]) -> list[Any]:
        """Insert rows unless their keys are taken; return ``key`` of those that are new."""
        if not rows:
            return []
        statement = self.insert_or_nothing(table).returning(key)
        new = set(self.connection.scalars(statement, rows))
        return list(dict.fromkeys(row[key.name] for row in rows if row[key.name] in new))

    def inserted(self, table: Table, row: Values) -> bool:
        """Insert one row; False when its key is taken."""
        key = next(iter(table.primary_key.columns))
        statement = self.insert_or_nothing(table).values(row).returning(key)
        return self.connection.execute(statement).first() is not None

    def insert_rest(self, table: Table, rows: Sequence[Values]) -> None:
        """Insert rows and pass over those whose key is taken."""
        if rows:
            self.connection.execute(self.insert_or_nothing(table), rows)

    def rows_by(
        self, query: Select[Any], column: Column[Any], values: Collection[object]
    ) -> Iterator[Row[Any]]:
        """Yield the rows of ``query`` whose ``column`` is among ``values``."""
        for chunk in chunks(values):
            yield from self.connection.execute(query.where(self.among(column, chunk)))

    def among(self, column: Column[Any], values: Sequence[object]) -> ColumnElement[bool]:
        """Tell whether ``column`` has one of ``values``.

        To PostgreSQL they go as one array: a statement with hundreds of parameters takes longer to
        write than to carry out.
        """
        if self.connection.dialect.name == "postgresql":
            array = literal(values, postgresql.ARRAY(column.type))
            return column == any_(array)
        return column.in_(values)

    def text_in(self, content: Column[Any], *path: str) -> ColumnElement[str]:
        """Read one text out of a value stored as JSON; to read all of it back costs far more."""
        text = type_coerce(content, Text)
        if self.connection.dialect.name == "postgresql":
            # It reads no text at all out of a value that has a NUL in one of them.
            plain = func.replace(text, "\\u0000", "\\ufffd")
            found: ColumnElement[str] = cast(plain, postgresql.JSON)[path].astext
            return found
        return func.json_extract(text, ".".join(("$", *path)))

    def gross_in(self, content: Column[Any]) -> tuple[ColumnElement[str], ColumnElement[str]]:
        """Read amount and currency of the gross out of a draft's content."""
        gross = ("totals", "gross")
        return self.text_in(content, *gross, "amount"), self.text_in(content, *gross, "currency")


def chunks(values: Collection[T]) -> Iterator[list[T]]:
    """Cut ``values`` into lists that fit a statement."""
    listed = list(values)
    for start in range(0, len(listed), BATCH):
        yield listed[start : start + BATCH]


def in_order(asked: Collection[str], found: Mapping[str, T]) -> list[T]:
    """Return what was found in the order it was asked for."""
    return [found[key] for key in asked if key in found]
