"""Where a schedule's ledger lies: one per worker, put back to a migrated, empty state each time."""

import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg.rows import dict_row

from invoicing.ledger.migrate import migrate
from invoicing.ledger.tables import metadata
from invoicing.ledger.unit_of_work import SqlLedger
from sandbox.postgres import Cluster
from tests.crash.company import CONFIG_HASH, CONFIG_TEXTS, SINCE, all_clients

Row = Mapping[str, Any]
# Written once, when a configuration is activated; every schedule has the same one.
_KEPT = {"config_versions", "client_versions", "agreement_versions"}
_TABLES = [table.name for table in reversed(metadata.sorted_tables) if table.name not in _KEPT]
_READ = (
    "billing_events", "obligations", "drafts", "approvals", "invoices", "outbox", "attempts",
    "documents", "document_links", "reminders", "payments", "allocations", "exceptions", "trail",
    "series", "credit_notes", "write_offs", "holds", "mails", "mailboxes", "mail_tokens",
    "draft_versions",
)  # fmt: skip
_DELETE_ALL = ";".join(f"DELETE FROM {name}" for name in _TABLES)  # noqa: S608 - names of ours
# Whatever happens adds to the trail, an attempt, a mail read or an exception, or closes one.
_MARK = (
    "SELECT (SELECT count(*) FROM trail) AS told, (SELECT count(*) FROM attempts) AS tried,"
    " (SELECT count(*) FROM mails) AS read,"
    " (SELECT count(*) FROM exceptions) AS opened,"
    " (SELECT count(*) FROM exceptions WHERE closed_at IS NULL) AS open"
)


class Place(Protocol):
    """A ledger that can be emptied and looked at without our own code."""

    url: str

    def empty(self) -> None:
        """Put the ledger back to its beginning."""

    def rows(self) -> dict[str, list[Row]]:
        """Read all that the checker needs, table by table."""

    def mark(self) -> str:
        """Return a text that is the same as long as nothing happens in the ledger."""

    def run(self, statements: Sequence[str], column: str = "") -> list[str]:
        """Run statements on the ledger that schedules begin with; return a column of the last."""


class SqlitePlace:
    """A ledger in a file, copied from a migrated one."""

    def __init__(self, folder: Path) -> None:
        self._template = folder / "template.db"
        self._path = folder / "ledger.db"
        self.url = f"sqlite:///{self._path}"
        _prepare(f"sqlite:///{self._template}")
        self.empty()

    def empty(self) -> None:
        """Copy the template over the file."""
        for suffix in ("-wal", "-shm"):
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(self._template, self._path)

    def rows(self) -> dict[str, list[Row]]:
        """Read the tables."""
        with closing(sqlite3.connect(self._path)) as connection:
            connection.row_factory = sqlite3.Row
            return {name: [dict(row) for row in connection.execute(_all(name))] for name in _READ}

    def mark(self) -> str:
        """Count what happened."""
        with closing(sqlite3.connect(self._path)) as connection:
            return str(tuple(connection.execute(_MARK).fetchone()))

    def run(self, statements: Sequence[str], column: str = "") -> list[str]:
        """Change the template."""
        found: list[str] = []
        with closing(sqlite3.connect(self._template)) as connection, connection:
            connection.row_factory = sqlite3.Row
            for statement in statements:
                rows = connection.execute(statement)
                found = [row[column] for row in rows] if column else []
        self.empty()
        return found


class PostgresPlace:
    """A ledger in a database of its own; the triggers sleep while it is emptied."""

    def __init__(self, cluster: Cluster) -> None:
        name = cluster.create()
        self.url = cluster.url(name)
        _prepare(self.url)
        where = f"host=127.0.0.1 port={cluster.port} user=postgres dbname={name}"
        self._connection = psycopg.connect(
            where, autocommit=True, row_factory=dict_row, prepare_threshold=None
        )
        self._times = 0
        self._others = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ="
            " current_database() AND pid <> pg_backend_pid()"
        )

    def empty(self) -> None:
        """Delete every row; now and then truncate, because deleted rows stay in the way."""
        self._connection.execute(self._others)
        self._connection.execute("SET session_replication_role = replica")
        if self._times % 100 == 99:
            self._connection.execute(f"TRUNCATE {', '.join(_TABLES)}")
        else:
            self._connection.execute(_DELETE_ALL)
        self._times += 1

    def rows(self) -> dict[str, list[Row]]:
        """Read the tables."""
        return {name: list(self._connection.execute(_all(name))) for name in _READ}

    def mark(self) -> str:
        """Count what happened."""
        row = self._connection.execute(_MARK).fetchone()
        return str(sorted(row.items())) if row else ""

    def run(self, statements: Sequence[str], column: str = "") -> list[str]:
        """Change the database."""
        found: list[str] = []
        for statement in statements:
            rows = self._connection.execute(statement)
            found = [row[column] for row in rows] if column else []
        return found


def _all(name: str) -> str:
    return f"SELECT * FROM {name}"  # noqa: S608 - a name of ours


def _prepare(url: str) -> None:
    migrate(url)
    ledger = SqlLedger(url)
    at = datetime.combine(SINCE, time(), UTC)
    with ledger.write() as work:
        activation = work.configs.activate(CONFIG_HASH, CONFIG_TEXTS, at)
        work.parties.keep(all_clients(), [], activation)
    ledger.close()
