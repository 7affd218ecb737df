"""Tables come to be once, whoever migrates, and a ledger of another age is refused."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from invoicing.domain.errors import SettingsError, StateError, TransientError
from invoicing.domain.review import Answer, Approval
from invoicing.ledger.engine import ledger_url
from invoicing.ledger.migrate import (
    REVISIONS,
    VERSION_TABLE,
    migrate,
    migrations,
    schema_problem,
)
from invoicing.ledger.tables import metadata
from invoicing.ledger.unit_of_work import SqlLedger
from tests.ledger.given import drafted
from tests.support.builders import NOW, a_draft


def _set_revision(url: str, revision: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        change = text(f"UPDATE {VERSION_TABLE} SET version_num = :it")  # noqa: S608
        connection.execute(change, {"it": revision})
    engine.dispose()


def test_the_tables_are_what_the_code_says(url: str) -> None:
    engine = create_engine(url)
    with engine.connect() as connection:
        options = {"version_table": VERSION_TABLE, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_the_known_revisions_are_those_of_the_scripts() -> None:
    scripts = ScriptDirectory.from_config(migrations())
    assert tuple(one.revision for one in scripts.walk_revisions())[::-1] == REVISIONS


def test_a_ledger_of_the_first_revision_goes_forward_and_keeps_its_guards(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _migrate_to(empty_url, "0001", monkeypatch)

    assert migrate(empty_url) == REVISIONS[-1]

    ledger = SqlLedger(empty_url)
    with ledger.write() as work:
        work.reviews.decide(
            Approval(drafted(work, a_draft()).id, 1, "hash", Answer.APPROVE, "finance"), NOW
        )
    for change in ("UPDATE approvals SET answer='reject'", "DELETE FROM approvals"):
        with pytest.raises(StateError, match="rows are never"), ledger.write() as work:
            work.clock.connection.execute(text(change))
    ledger.close()


def test_a_ledger_with_drafts_of_the_first_shape_is_refused_and_stays_as_it_is(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _migrate_to(empty_url, "0001", monkeypatch)
    engine = create_engine(ledger_url(empty_url))
    names = "id, entity, agreement, unit, revision, model, occurred_on, state, content"
    with engine.begin() as connection:
        row = "'1', 'e', 'a', 'u', 0, 'deal', '2026-01-01', 'open', '{}'"
        connection.execute(text(f"INSERT INTO obligations ({names}) VALUES ({row})"))  # noqa: S608
    engine.dispose()

    with pytest.raises(SettingsError, match="INVOICING_LEDGER_URL name a new ledger"):
        migrate(empty_url)

    assert "is at revision 0001" in schema_problem(empty_url)


def _migrate_to(url: str, revision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade = command.upgrade
    with monkeypatch.context() as patch:
        patch.setattr(command, "upgrade", lambda config, _head: upgrade(config, revision))
        migrate(url)


def test_migrating_again_changes_nothing(empty_url: str) -> None:
    assert migrate(empty_url) == REVISIONS[-1]
    assert migrate(empty_url) == REVISIONS[-1]
    assert schema_problem(empty_url) == ""


def test_processes_that_migrate_at_once_do_not_hurt_each_other(empty_url: str) -> None:
    code = "import sys; from invoicing.ledger.migrate import migrate; migrate(sys.argv[1])"
    command = [sys.executable, "-c", code, empty_url]
    racing = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]

    errors = [process.communicate()[1] for process in racing]

    assert [process.returncode for process in racing] == [0] * 3, errors
    assert schema_problem(empty_url) == ""


def test_an_empty_ledger_is_refused_and_says_what_to_run(empty_url: str) -> None:
    assert schema_problem(empty_url).endswith("is empty; run `invoicing migrate`")
    with pytest.raises(SettingsError, match="run `invoicing migrate`"):
        SqlLedger(empty_url)


def test_asking_about_a_ledger_that_is_not_there_creates_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/none/ledger.db"
    assert schema_problem(url).endswith("run `invoicing migrate`")
    with pytest.raises(SettingsError, match="run `invoicing migrate`"):
        SqlLedger(url)
    assert list(tmp_path.iterdir()) == []


def test_a_newer_ledger_is_refused_and_stays_as_it_is(url: str) -> None:
    _set_revision(url, "9999")

    with pytest.raises(SettingsError, match="a newer version of Invoicing made"):
        SqlLedger(url)
    with pytest.raises(SettingsError, match="only goes forward"):
        migrate(url)


def test_an_older_ledger_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("invoicing.ledger.migrate.REVISIONS", (*REVISIONS, "9999"))
    assert "this version needs 9999; run `invoicing migrate`" in schema_problem(url)


def test_a_migration_that_fails_leaves_no_table(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ArithmeticError

    # The triggers come last, when all tables stand already.
    monkeypatch.setattr("alembic.op.execute", fail)
    with pytest.raises(ArithmeticError):
        migrate(empty_url)

    engine = create_engine(empty_url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_the_airflow_database_keeps_its_own_version(empty_url: str) -> None:
    engine = create_engine(empty_url)
    Path(engine.url.database or "").parent.mkdir(parents=True, exist_ok=True)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('of airflow')"))

    migrate(empty_url)

    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "of airflow"
    engine.dispose()


def test_a_server_that_is_away_is_a_matter_of_trying_again_and_no_password_is_told() -> None:
    url = "postgresql://finance:s3cret@127.0.0.1:1/ledger"
    with pytest.raises(TransientError) as caught:
        schema_problem(url)
    assert "s3cret" not in str(caught.value)
    assert "127.0.0.1/ledger" in str(caught.value)


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "mysql://root@localhost/x", "ledger.db", ""]
)
def test_an_address_we_cannot_use_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(SettingsError, match=r"write sqlite:////path/to/ledger\.db"):
        migrate(url)


def test_the_short_address_of_postgresql_is_understood() -> None:
    with pytest.raises(TransientError):
        schema_problem("postgres://finance@127.0.0.1:1/ledger")
