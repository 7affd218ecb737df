"""Fixtures: an empty ledger on each of the two databases, for the ledger and for the use cases."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from invoicing.ledger.migrate import migrate
from invoicing.ledger.unit_of_work import SqlLedger
from sandbox.postgres import missing, shared_cluster

KINDS = ("sqlite", "postgresql")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of database; PostgreSQL is left out, with the reason, where it is not installed."""
    if request.param == "postgresql" and missing():
        pytest.skip(missing())
    return str(request.param)


@pytest.fixture
def empty_url(kind: str, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path}/state/ledger.db"
        return
    with shared_cluster().database() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite ledger to copy from: quicker than migrating for each test."""
    path = tmp_path_factory.mktemp("migrated") / "ledger.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_database() -> Iterator[str]:
    """A PostgreSQL ledger to copy from."""
    cluster = shared_cluster()
    name = cluster.create()
    migrate(cluster.url(name))
    yield name
    cluster.drop(name)


@pytest.fixture
def url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty ledger whose tables are up to date."""
    if kind == "sqlite":
        path = tmp_path / "ledger.db"
        shutil.copy(request.getfixturevalue("migrated_file"), path)
        yield f"sqlite:///{path}"
        return
    with shared_cluster().database(request.getfixturevalue("migrated_database")) as address:
        yield address


@pytest.fixture
def ledger(url: str) -> Iterator[SqlLedger]:
    """An empty ledger."""
    opened = SqlLedger(url)
    yield opened
    opened.close()
