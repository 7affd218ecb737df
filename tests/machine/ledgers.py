"""A ledger of its own for every example, copied from one that was migrated once."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Protocol

from invoicing.ledger.migrate import migrate
from invoicing.ledger.unit_of_work import SqlLedger
from sandbox.postgres import shared_cluster


@dataclass(frozen=True)
class Opened:
    """An open ledger, and what takes it away again."""

    ledger: SqlLedger
    forget: Callable[[], None]

    def close(self) -> None:
        """End all connections and remove the database."""
        self.ledger.close()
        self.forget()


class Ledgers(Protocol):
    """Where the examples of a machine get their ledgers."""

    def fresh(self) -> Opened:
        """Return an empty ledger."""

    def close(self) -> None:
        """Remove what the ledgers were copied from."""


class Files:
    """Ledgers in SQLite files, in memory where the machine has a folder for that."""

    def __init__(self) -> None:
        memory = Path("/dev/shm")  # noqa: S108 -- a folder of our own is made in it
        self._folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
        self._template, self._names = self._folder / "template.db", count(1)
        migrate(f"sqlite:///{self._template}")

    def fresh(self) -> Opened:
        """Return an empty ledger."""
        folder = self._folder / f"{next(self._names)}"
        folder.mkdir()
        shutil.copy(self._template, folder / "ledger.db")
        opened = SqlLedger(f"sqlite:///{folder}/ledger.db")
        return Opened(opened, lambda: shutil.rmtree(folder))

    def close(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self._folder)


class Databases:
    """Ledgers in databases of a private PostgreSQL cluster."""

    def __init__(self) -> None:
        self._cluster = shared_cluster()
        self._template = self._cluster.create()
        migrate(self._cluster.url(self._template))

    def fresh(self) -> Opened:
        """Return an empty ledger."""
        name = self._cluster.create(self._template)
        return Opened(SqlLedger(self._cluster.url(name)), lambda: self._cluster.drop(name))

    def close(self) -> None:
        """Drop the template."""
        self._cluster.drop(self._template)
