"""Open connections to the ledger's database, set up so that both kinds keep the same promises."""

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DisconnectionError

from invoicing.domain.errors import SettingsError, TransientError

BUSY_SECONDS = 10
WRITES = "ledger_writes"  # execution option: this connection was opened to write
WANTED = ".wanted"  # a fresh file of this name beside a ledger: a migration waits for it
_GIVE_WAY_SECONDS = 1.0
_FRESH_SECONDS = 10  # one that is older was left behind by a migration that was killed


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
    if connection.dialect.name == "postgresql":
        refuse_follower(bool(connection.scalar(text("SELECT pg_is_in_recovery()"))))


def refuse_follower(follows: bool) -> None:
    """Refuse to write when the server said that it follows another one."""
    if follows:
        raise TransientError(
            "this PostgreSQL server is a standby and takes no changes; wait for the fail-over"
            " or correct the ledger's address"
        )


def _unusable(reason: str) -> str:
    return (
        f"the ledger's address is not usable: {reason};"
        " write sqlite:////path/to/ledger.db or postgresql://user@host/database"
    )


def identity(path: Path) -> tuple[int, int] | None:
    """Tell one file from another that later has its name; nothing when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _sqlite_engine(url: URL) -> Engine:
    path = Path(str(url.database)).absolute()
    # rw: a ledger whose file is gone is refused, instead of being replaced by an empty one.
    named = url.set(database=f"file:{quote(str(path))}", query={"mode": "rw", "uri": "true"})
    engine = create_engine(
        named,
        hide_parameters=True,
        pool_timeout=BUSY_SECONDS,
        connect_args={"timeout": BUSY_SECONDS},
    )
    sign = Path(f"{path.resolve()}{WANTED}")

    def connect(
        dialect: Dialect, _record: object, where: Sequence[str], options: dict[str, Any]
    ) -> DBAPIConnection:
        _give_way(sign)
        return _connect_sqlite(dialect, where, options)

    def remember(_connection: object, record: Any) -> None:
        record.info["file"] = identity(path)  # no migration replaces what is open

    def look_again(_connection: object, record: Any, _proxy: object) -> None:
        if record.info["file"] != identity(path):
            raise DisconnectionError("the file was replaced")  # the pool opens the new one

    def let_go(_connection: object, record: Any) -> None:
        if _is_fresh(sign):  # a migration begins when nobody has the file open any more
            record.invalidate()

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "connect", remember)
    event.listen(engine, "checkout", look_again)
    event.listen(engine, "checkin", let_go)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _is_fresh(sign: Path) -> bool:
    try:
        return time.time() - sign.stat().st_mtime < _FRESH_SECONDS
    except OSError:
        return False


def _give_way(sign: Path) -> None:
    """Let a migration that waits begin; for a moment only, as this process may hold it up."""
    ends = time.monotonic() + _GIVE_WAY_SECONDS
    while _is_fresh(sign) and time.monotonic() < ends:
        time.sleep(0.02)


def _connect_sqlite(
    dialect: Dialect, where: Sequence[str], options: dict[str, Any]
) -> DBAPIConnection:
    """Open the file; when it was replaced while we waited for its lock, open the new one."""
    for again in (True, True, False):
        connection: Any = dialect.connect(*where, **options)
        try:
            _prepare_sqlite(connection)
        except sqlite3.OperationalError as error:
            connection.close()
            if not again or error.sqlite_errorname != "SQLITE_READONLY_DBMOVED":
                raise
        else:
            break
    return cast("DBAPIConnection", connection)


def _prepare_sqlite(connection: sqlite3.Connection) -> None:
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
