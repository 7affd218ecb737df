"""Bring the tables of a ledger to the state this code needs, and tell when they differ."""

import sqlite3
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, column, inspect, select, table, text

from invoicing.domain.errors import SettingsError
from invoicing.ledger.engine import (
    WRITES,
    ledger_url,
    open_engine,
    place_of,
    refuse_follower,
    refuse_standby,
)
from invoicing.ledger.failures import told
from invoicing.ledger.replace import change_copy
from invoicing.services.ports import FaultPoint, no_faults

if TYPE_CHECKING:
    from alembic.config import Config

# Oldest first; known here as well so that opening a ledger need not load Alembic.
REVISIONS = ("0001", "0002", "0003", "0004")
VERSION_TABLE = "invoicing_version"  # not Alembic's default, which Airflow's own database uses
_VERSION = table(VERSION_TABLE, column("version_num"))
_VERSION_NOW = select(_VERSION.c.version_num)
# Any number, the same in every process: a migration holds it alone, writers share it (v0003).
_LOCK = 7_204_111_968
_WAIT = "SET LOCAL lock_timeout = '30s'"  # writers queue behind a migration that waits


def migrate(url: str, fault: FaultPoint = no_faults) -> str:
    """Bring the ledger to the newest revision, all of it or nothing, and return that revision.

    Harmless when it is there already, when two processes do it at the same time, and when it is
    killed: on PostgreSQL it is one transaction, on SQLite a copy that takes the file's place.
    """
    address = ledger_url(url)
    place = place_of(address)
    with told(place):
        if address.get_backend_name() == "sqlite":
            _migrate_file(address, place, fault)
        else:
            _migrate_database(address, place, fault)
    fault("migrate.done")
    return REVISIONS[-1]


def _migrate_file(address: URL, place: str, fault: FaultPoint) -> None:
    if schema_problem(address.render_as_string(hide_password=False)):
        upgrade = partial(_upgrade, place=place, fault=fault)
        change_copy(address, partial(_is_older, place=place), upgrade)


def _is_older(connection: sqlite3.Connection, place: str) -> bool:
    """Tell whether the locked file needs the migration; refuse one that is newer than this code."""
    there = connection.execute("SELECT name FROM sqlite_schema WHERE name = ?", (VERSION_TABLE,))
    if there.fetchone() is None:
        return True
    row = connection.execute(str(_VERSION_NOW)).fetchone()
    revision = str(row[0]) if row else ""
    _refuse_newer(revision, place)
    return revision != REVISIONS[-1]


def _migrate_database(address: URL, place: str, fault: FaultPoint) -> None:
    engine = open_engine(address)
    try:
        with engine.connect() as plain:
            connection = plain.execution_options(**{WRITES: True})
            with connection.begin():
                refuse_standby(connection)
                connection.execute(text(_WAIT))
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
                _upgrade(connection, place, fault)
    finally:
        engine.dispose()


def refuse_other_age(connection: Connection, place: str) -> None:
    """Refuse to write to a ledger that was migrated since this process opened it, or to a standby.

    A migration waits for whoever passed this, and whoever comes while it runs waits for it.
    """
    if connection.dialect.name == "postgresql":
        asked = text("SELECT pg_is_in_recovery() AS follows, ledger_revision() AS revision")
        row = connection.execute(asked).one()
        refuse_follower(row.follows)
        revision = row.revision
    else:
        revision = connection.scalar(_VERSION_NOW)
    if problem := problem_with(str(revision or ""), place):
        raise SettingsError(problem)


def schema_problem(url: str) -> str:
    """Say why this code cannot work with the ledger at ``url``; nothing when it can."""
    address = ledger_url(url)
    place = place_of(address)
    if is_absent(address):
        return problem_with("", place)
    engine = open_engine(address)
    try:
        with told(place), engine.connect() as connection:
            return problem_with(revision_of(connection), place)
    finally:
        engine.dispose()


def is_absent(address: URL) -> bool:
    """Tell whether there is not even a file, which merely connecting would create."""
    return address.get_backend_name() == "sqlite" and not Path(str(address.database)).exists()


def revision_of(connection: Connection) -> str:
    """Return the revision of the ledger, or nothing when it has no tables yet."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return ""
    return str(connection.scalar(_VERSION_NOW) or "")


def problem_with(revision: str, place: str) -> str:
    """Say what to do about a ledger at ``revision``; nothing when it is the newest."""
    if revision == REVISIONS[-1]:
        return ""
    if not revision:
        return f"the ledger at {place} is empty; run `invoicing migrate`"
    if revision in REVISIONS:
        return (
            f"the ledger at {place} is at revision {revision} and this version needs"
            f" {REVISIONS[-1]}; run `invoicing migrate`"
        )
    return (
        f"the ledger at {place} is at revision {revision}, which a newer version of Invoicing made;"
        " install that version (`invoicing migrate` only goes forward)"
    )


def migrations() -> "Config":
    """Return Alembic's configuration: the scripts lie beside this file, however it is installed."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def _upgrade(connection: Connection, place: str, fault: FaultPoint) -> None:
    from alembic import command

    _refuse_newer(revision_of(connection), place)
    config = migrations()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    fault("migrate.mid")


def _refuse_newer(revision: str, place: str) -> None:
    if revision and revision not in REVISIONS:
        raise SettingsError(problem_with(revision, place))
