"""Bring the tables of a ledger to the state this code needs, and tell when they differ."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, column, inspect, select, table, text

from invoicing.domain.errors import SettingsError
from invoicing.ledger.engine import WRITES, ledger_url, open_engine, place_of, refuse_standby
from invoicing.ledger.failures import told

if TYPE_CHECKING:
    from alembic.config import Config

# Oldest first; known here as well so that opening a ledger need not load Alembic.
REVISIONS = ("0001", "0002", "0003")
VERSION_TABLE = "invoicing_version"  # not Alembic's default, which Airflow's own database uses
_VERSION = table(VERSION_TABLE, column("version_num"))
_LOCK = 7_204_111_968  # any number, the same for every process that migrates a ledger


def migrate(url: str) -> str:
    """Bring the ledger to the newest revision, in one transaction, and return that revision.

    Harmless when it is there already, and when two processes do it at the same time.
    """
    address = ledger_url(url)
    engine = open_engine(address)
    try:
        with told(place_of(address)), engine.connect() as plain:
            connection = plain.execution_options(**{WRITES: True})
            with connection.begin():
                _upgrade(connection, place_of(address))
    finally:
        engine.dispose()
    return REVISIONS[-1]


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
    return str(connection.scalar(select(_VERSION.c.version_num)) or "")


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


def _upgrade(connection: Connection, place: str) -> None:
    from alembic import command

    refuse_standby(connection)
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    revision = revision_of(connection)
    if revision and revision not in REVISIONS:
        raise SettingsError(problem_with(revision, place))
    config = migrations()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
