"""The trail tells everything in order, and shows when somebody changed it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from threading import Barrier, Thread

import pytest
from sqlalchemy import Connection, create_engine, event, text

from invoicing.domain.errors import StateError
from invoicing.domain.trail import START, broken_at
from invoicing.ledger.unit_of_work import SqlLedger
from tests.support.builders import NOW


def _actions(ledger: SqlLedger, subject: str = "D-1") -> list[str]:
    with ledger.read() as work:
        entries = work.trail.of(subject)
    assert broken_at(entries) is None
    assert [entry.sequence for entry in entries] == list(range(1, len(entries) + 1))
    return [entry.action for entry in entries]


@contextmanager
def _unguarded(url: str) -> Iterator[Connection]:
    """Give a connection to somebody who may drop the guards."""
    engine = create_engine(url)
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER trail_refuse_update"))
            connection.execute(text("DROP TRIGGER trail_refuse_delete"))
        else:
            connection.execute(text("DROP TRIGGER trail_refuse ON trail"))
        yield connection
    engine.dispose()


def test_entries_are_chained_within_and_across_units_of_work(ledger: SqlLedger) -> None:
    far = datetime(2026, 11, 2, 23, 0, 0, 5, tzinfo=timezone(timedelta(hours=14)))
    with ledger.write() as work:
        work.trail.add("D-1", "drafted", NOW, {"gross": "1 \N{EURO SIGN} \0", "a": ""})
        work.trail.add("D-2", "drafted", NOW, {})
        work.trail.add("D-1", "asked", far, {}, actor="finance")
        assert [entry.action for entry in work.trail.of("D-1")] == ["drafted", "asked"]
        work.trail.add("D-1", "approved", NOW, {})
    with ledger.write() as work:
        work.trail.add("D-1", "issued", NOW, {})

    assert _actions(ledger) == ["drafted", "asked", "approved", "issued"]
    assert _actions(ledger, "D-2") == ["drafted"]
    with ledger.read() as work:
        first, second, *_ = work.trail.of("D-1")
        assert work.trail.of("nothing") == []
    assert first.before == START
    assert first.detail == (("a", ""), ("gross", "1 \N{EURO SIGN} \0"))
    assert (first.actor, second.actor) == ("system", "finance")
    assert (second.at, second.before) == (far, first.hash)


def test_a_name_that_no_database_holds_breaks_no_chain(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        work.trail.add("D-1", "drafted", NOW, {}, actor="fin\0ance")
        work.trail.add("D-1", "approved", NOW, {}, actor="half \ud800")

    assert _actions(ledger) == ["drafted", "approved"]


@pytest.mark.parametrize("change", ["UPDATE trail SET actor = 'nobody'", "DELETE FROM trail"])
def test_the_trail_only_grows(ledger: SqlLedger, change: str) -> None:
    with ledger.write() as work:
        work.trail.add("D-1", "drafted", NOW, {})
    with pytest.raises(StateError, match="rows are never"), ledger.write() as work:
        work.clock.connection.execute(text(change))
    assert _actions(ledger) == ["drafted"]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ("UPDATE trail SET actor = 'lead' WHERE sequence = 2", 2),
        ('UPDATE trail SET detail = \'[["gross","1"]]\' WHERE sequence = 1', 1),
        ("UPDATE trail SET at = '2020-01-01T00:00:00.000000+00:00' WHERE sequence = 3", 3),
        ("DELETE FROM trail WHERE sequence = 2", 2),
    ],
)
def test_who_removes_the_guards_and_changes_an_entry_is_seen(
    ledger: SqlLedger, url: str, change: str, where: int
) -> None:
    with ledger.write() as work:
        for action in ("drafted", "approved", "issued"):
            work.trail.add("D-1", action, NOW, {"gross": "960.00 EUR"})
    with _unguarded(url) as connection:
        connection.execute(text(change))
    with ledger.read() as work:
        assert broken_at(work.trail.of("D-1")) == where


def test_many_that_tell_about_one_subject_at_once_make_one_chain(
    url: str, ledger: SqlLedger
) -> None:
    wrong: list[Exception] = []
    together = Barrier(4)

    def tell(worker: int) -> None:
        mine = SqlLedger(url)
        together.wait()
        try:
            for round_ in range(5):
                with mine.write() as work:
                    work.trail.add("D-1", f"{worker}/{round_}/a", NOW, {})
                    work.trail.add(f"own-{worker}", "something", NOW, {})
                    work.trail.add("D-1", f"{worker}/{round_}/b", NOW, {})
        except Exception as error:  # noqa: BLE001 - handed to the test
            wrong.append(error)
        mine.close()

    threads = [Thread(target=tell, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    actions = _actions(ledger)
    assert len(set(actions)) == 40
    pairs = zip(actions[::2], actions[1::2], strict=True)
    assert all(one.replace("/a", "/b") == two for one, two in pairs)


def test_a_batch_does_not_ask_once_per_subject(ledger: SqlLedger) -> None:
    statements: list[str] = []
    with ledger.write() as work:
        event.listen(
            work.clock.connection,
            "before_cursor_execute",
            lambda _c, _k, statement, *_rest: statements.append(statement),
        )
        for at in range(600):
            work.trail.add(f"D-{at}", "drafted", NOW, {})
            work.trail.add(f"D-{at}", "approved", NOW, {})
    assert len(statements) < 20
    assert _actions(ledger, "D-599") == ["drafted", "approved"]
