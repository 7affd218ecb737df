"""Tables come to be once, whoever migrates, and a ledger of another age is refused."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from invoicing.domain.errors import SettingsError, StateError, TransientError
from invoicing.domain.review import Answer, Approval
from invoicing.ledger.engine import ledger_url
from invoicing.ledger.migrate import (
    _LOCK,
    REVISIONS,
    VERSION_TABLE,
    migrate,
    migrations,
    schema_problem,
)
from invoicing.ledger.tables import metadata
from invoicing.ledger.unit_of_work import SqlLedger
from sandbox.postgres import missing, shared_cluster
from tests.ledger.given import drafted
from tests.ledger.older import make_0002, migrate_to, rows_of
from tests.support.builders import NOW, a_draft, an_event
from tests.support.killing import killed, spread, statements, visits
from tests.support.services import open_house

_WAITING = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")


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


def test_a_ledger_of_the_first_revision_goes_forward_and_keeps_its_guards(empty_url: str) -> None:
    migrate_to(empty_url, "0001")

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
    empty_url: str,
) -> None:
    migrate_to(empty_url, "0001")
    engine = create_engine(ledger_url(empty_url))
    names = "id, entity, agreement, unit, revision, model, occurred_on, state, content"
    with engine.begin() as connection:
        row = "'1', 'e', 'a', 'u', 0, 'deal', '2026-01-01', 'open', '{}'"
        connection.execute(text(f"INSERT INTO obligations ({names}) VALUES ({row})"))  # noqa: S608
    engine.dispose()

    with pytest.raises(SettingsError, match="INVOICING_LEDGER_URL name a new ledger"):
        migrate(empty_url)

    assert "is at revision 0001" in schema_problem(empty_url)


def test_a_used_ledger_of_the_second_revision_keeps_every_row_and_gets_its_taxes(
    empty_url: str,
) -> None:
    make_0002(empty_url)
    before = rows_of(empty_url)

    migrate(empty_url)

    assert rows_of(empty_url) == before
    german, french = ("S", "19", "VAT 19 %"), ("AE", "0", "Reverse charge")
    assert sorted(row[3:] for row in rows_of(empty_url, "taxes")["taxes"]) == [
        (*french, "300.00", 30000, "0.00", 0, "EUR"),
        (*german, "1200.00", 120000, "228.00", 22800, "EUR"),
        (*german, "640.40", 64040, "121.68", 12168, "EUR"),
        (*german, "800.00", 80000, "152.00", 15200, "EUR"),
    ]


def test_work_goes_on_in_a_ledger_that_was_migrated(empty_url: str) -> None:
    make_0002(empty_url)
    migrate(empty_url)
    ledger = SqlLedger(empty_url)
    house = open_house(ledger)

    invoice = house.invoice_of("D-9")

    assert invoice.number == "INV-2026-00005"
    with ledger.read() as work:
        numbers = [one.number for one in work.invoices.recent(10)]
    assert sorted(numbers) == [f"INV-2026-{n:05d}" for n in range(1, 6)]
    ledger.close()


def test_killed_between_any_two_statements_postgresql_has_all_of_it_or_nothing() -> None:
    if missing():
        pytest.skip(missing())
    cluster = shared_cluster()
    with cluster.database() as made:
        make_0002(made)
        before, template = rows_of(made), made.rpartition("/")[2]
        with cluster.database(template) as url:
            count = visits(partial(migrate, url), statements)
        for place in spread(count, 8):
            with cluster.database(template) as url:
                assert killed(partial(migrate, url), place, statements)
                assert rows_of(url) == before, place
                assert ("taxes" in _tables(url)) == (schema_problem(url) == ""), place
                migrate(url)
                assert rows_of(url) == before, place
                assert schema_problem(url) == ""


def test_whoever_had_the_ledger_open_before_a_migration_may_not_write_after_it(url: str) -> None:
    ledger = SqlLedger(url)
    with ledger.write() as work:
        work.inbox.add_events([an_event("D-1")], NOW)
    _set_revision(url, "9999")

    with pytest.raises(SettingsError, match="a newer version of Invoicing made"), ledger.write():
        pass

    ledger.close()


def test_a_writer_waits_for_a_migration_and_sees_what_it_left() -> None:
    if missing():
        pytest.skip(missing())
    with shared_cluster().database() as url, ThreadPoolExecutor(1) as pool:
        migrate(url)
        ledger, engine = SqlLedger(url), create_engine(url)
        with engine.begin() as migrating:
            migrating.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            migrating.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))  # noqa: S608
            writer = pool.submit(_write, ledger)
            while not migrating.scalar(_WAITING):
                migrating.execute(text("SELECT pg_stat_clear_snapshot()"))
        with pytest.raises(SettingsError, match="a newer version of Invoicing made"):
            writer.result()
        ledger.close()
        engine.dispose()


def test_a_migration_does_not_wait_for_ever_while_writers_queue_behind_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if missing():
        pytest.skip(missing())
    monkeypatch.setattr("invoicing.ledger.migrate._WAIT", "SET LOCAL lock_timeout = '50ms'")
    with shared_cluster().database() as url:
        migrate(url)
        ledger = SqlLedger(url)
        with ledger.write(), pytest.raises(TransientError, match="lock timeout; try again"):
            migrate(url)
        ledger.close()


def _write(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        work.inbox.add_events([an_event("D-1")], NOW)


def _tables(url: str) -> list[str]:
    engine = create_engine(ledger_url(url))
    names = inspect(engine).get_table_names()
    engine.dispose()
    return names


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


def test_messages_made_anew_by_the_fourth_revision_keep_their_guards(empty_url: str) -> None:
    make_0002(empty_url)
    migrate(empty_url)

    ledger = SqlLedger(empty_url)
    for change in (
        "UPDATE outbox SET about='[1]'",
        "UPDATE outbox SET message_id='<another@id>'",
        "UPDATE attempts SET owner='another'",
        "DELETE FROM attempts",
        "DELETE FROM outbox",
    ):
        with pytest.raises(StateError), ledger.write() as work:
            work.clock.connection.execute(text(change))
    ledger.close()


def test_a_reminder_that_waits_while_the_fourth_revision_comes_knows_its_message(
    empty_url: str,
) -> None:
    """Else nobody would hear of it when a payment ends it."""
    make_0002(empty_url)
    engine = create_engine(ledger_url(empty_url))
    with engine.begin() as connection:
        queued = "UPDATE reminders SET outcome = 'queued' WHERE step IN ('two_weeks', 'escalation')"
        connection.execute(text(queued))
        as_mail = (
            "INSERT INTO outbox (id, invoice_id, kind, step, channel, recipients, message_id,"
            " state, attempt, owner) SELECT 'two ' || invoice_id, invoice_id, 'reminder',"
            " 'two_weeks', channel, recipients, message_id, 'pending', 0, '' FROM outbox"
        )
        connection.execute(text(as_mail))
    engine.dispose()

    migrate(empty_url)

    ledger = SqlLedger(empty_url)
    with ledger.read() as work:
        for invoice in work.invoices.recent(10):
            assert work.reminders.messages(invoice.id) == [f"two {invoice.id}"]
    ledger.close()
