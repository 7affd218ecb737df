"""Bare: the rows of a ledger once more, by SQLAlchemy Core alone, to measure our own cost by."""

from time import perf_counter, process_time

from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, event, insert, select

from bench.meters import Cost
from invoicing.ledger.engine import ledger_url

CHUNK = 5000  # rows of one statement and of one commit
_OURS = "invoicing_version"  # written when the tables are made


def copy_rows(full: str, empty: str) -> tuple[int, Cost]:
    """Insert all rows of one ledger into another one, as plain text and numbers.

    Returns how many there were, and what the inserting cost; reading them is not counted.
    """
    source, target, cost = _engine(full), _engine(empty), Cost()
    tables = MetaData()
    tables.reflect(source)
    rows = 0
    with source.connect() as reading, target.connect() as writing:
        for table in tables.sorted_tables:
            if table.name != _OURS:
                rows += _copy(table, reading, writing, cost)
    source.dispose()
    target.dispose()
    return rows, cost


def _copy(table: Table, reading: Connection, writing: Connection, cost: Cost) -> int:
    statement, copied = insert(table), 0
    found = reading.execution_options(yield_per=CHUNK).execute(select(table))
    for part in found.partitions():
        rows = [dict(row._mapping) for row in part]
        wall, cpu = perf_counter(), process_time()
        writing.execute(statement, rows)
        writing.commit()
        cost.add(perf_counter() - wall, process_time() - cpu)
        copied += len(rows)
    return copied


def _engine(url: str) -> Engine:
    engine = create_engine(ledger_url(url))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _as_careful_as_the_ledger)
    return engine


def _as_careful_as_the_ledger(connection: object, _record: object) -> None:
    execute = connection.execute  # type: ignore[attr-defined]
    execute("PRAGMA foreign_keys = ON")
    execute("PRAGMA synchronous = FULL")
    execute("PRAGMA journal_mode = WAL")
