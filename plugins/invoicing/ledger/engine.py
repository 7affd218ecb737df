"""Open connections to the ledger's database, set up so that both kinds keep the same promises."""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError

from invoicing.domain.errors import SettingsError, TransientError

BUSY_SECONDS = 10
WRITES = "ledger_writes"  # execution option: this connection was opened to write


def ledger_url(url: str) -> URL:
    """Read the address of a ledger; only a SQLite file and PostgreSQL are supported."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise SettingsError(_unusable("it is not a database URL")) from None
    match parsed.drivername.partition("+")[0]:
        case "postgresql" | "postgres":
            return parsed.set(drivername="postgresql+psycopg")
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            return parsed.set(drivername="sqlite+pysqlite")
        case "sqlite":
            raise SettingsError(_unusable("a ledger in memory forgets everything"))
        case other:
            raise SettingsError(_unusable(f"{other!r} is not supported"))


def place_of(url: URL) -> str:
    """Name the database without user and password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    host = url.host or url.query.get("host", "localhost")
    return f"postgresql://{host}/{url.database}"


def open_engine(url: URL) -> Engine:
    """Return an engine with a small pool; nothing is connected yet."""
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url)
    return create_engine(
        url,
        hide_parameters=True,  # they hold people's data and would end in logs
        pool_pre_ping=True,
        pool_timeout=BUSY_SECONDS,
        connect_args={"application_name": "invoicing", "connect_timeout": BUSY_SECONDS},
    )


def hold_still(connection: Connection) -> None:
    """Let the transaction that begins here see one state; SQLite's see one by themselves."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))


def refuse_standby(connection: Connection) -> None:
    """Refuse to write to a PostgreSQL server that only follows another one."""
    if connection.dialect.name != "postgresql":
        return
    if connection.scalar(text("SELECT pg_is_in_recovery()")):
        raise TransientError(
            "this PostgreSQL server is a standby and takes no changes; wait for the fail-over"
            " or correct the ledger's address"
        )


def _unusable(reason: str) -> str:
    return (
        f"the ledger's address is not usable: {reason};"
        " write sqlite:////path/to/ledger.db or postgresql://user@host/database"
    )


def _sqlite_engine(url: URL) -> Engine:
    Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_timeout=BUSY_SECONDS,
        connect_args={"timeout": BUSY_SECONDS},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # else the driver decides when a transaction begins
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")  # a mail goes out on the word of a commit
    if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        connection.execute("PRAGMA journal_mode = WAL")


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get(WRITES):
        connection.exec_driver_sql("PRAGMA query_only = OFF")
        # Immediate: a lock taken later, after a read, fails at once instead of waiting.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("PRAGMA query_only = ON")
        connection.exec_driver_sql("BEGIN")
