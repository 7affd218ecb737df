"""Ledgers of an earlier revision, with the rows that the code of that day wrote."""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

from alembic import command
from sqlalchemy import Date, LargeBinary, MetaData, Select, Table, create_engine, select
from sqlalchemy.types import TypeEngine

from invoicing.ledger.engine import ledger_url
from invoicing.ledger.migrate import VERSION_TABLE, migrate

Tables = dict[str, list[tuple[object, ...]]]

# What tables of the second revision got since then.
LATER_COLUMNS = {"outbox": {"about"}, "reminders": {"planned_at", "message"}}

# Four invoices (paid, paid in part, sent nobody knows, approved by a person), a draft that waits.
ROWS_0002: Mapping[str, Sequence[Mapping[str, Any]]] = json.loads(
    (Path(__file__).parent / "data/revision_0002.json").read_text()
)


def migrate_to(url: str, revision: str) -> None:
    """Bring a ledger to a revision that is not the newest."""
    upgrade = command.upgrade
    with patch.object(command, "upgrade", lambda config, _head: upgrade(config, revision)):
        migrate(url)


def make_0002(url: str) -> None:
    """Create a ledger of the second revision that has been used for a while."""
    migrate_to(url, "0002")
    engine = create_engine(ledger_url(url))
    there = MetaData()
    there.reflect(engine)
    with engine.begin() as connection:
        for table in there.sorted_tables:
            if rows := ROWS_0002.get(table.name):
                typed = {column.name: _reader(column.type) for column in table.columns}
                values = [{name: typed[name](row[name]) for name in row} for row in rows]
                connection.execute(table.insert(), values)
    engine.dispose()


def _old_columns(table: Table) -> Select[Any]:
    later = LATER_COLUMNS.get(table.name, set())
    return select(*(column for column in table.columns if column.name not in later))


def rows_of(url: str, *tables: str) -> Tables:
    """Return what stands in the tables of a ledger; of all tables of the old one if none is named.

    A file is read without our engine, which would wait for locks and refuse what is damaged.
    """
    names = tables or tuple(ROWS_0002)
    engine = create_engine(ledger_url(url))
    there = MetaData()
    there.reflect(engine, only=names)
    with engine.connect() as connection:
        found = {
            name: sorted(map(tuple, connection.execute(_old_columns(there.tables[name]))), key=repr)
            for name in names
        }
    engine.dispose()
    return found


def revision_in(path: Path) -> str:
    """Return the revision of a file that must be whole, read as plain SQLite."""
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    (revision,) = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608
    connection.close()
    return str(revision)


def _reader(kind: TypeEngine[Any]) -> Callable[[Any], object]:
    if isinstance(kind, Date):
        return lambda value: value and date.fromisoformat(value)
    if isinstance(kind, LargeBinary):
        return lambda value: str(value).encode()
    return bool if kind.python_type is bool else lambda value: value
