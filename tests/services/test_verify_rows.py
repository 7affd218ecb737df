"""Each promise has a check that names the very row that breaks it, on both databases."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from invoicing.domain.promises import PROMISES, Promise
from invoicing.ledger.migrate import migrate
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services.verify import verify
from sandbox.postgres import missing, shared_cluster
from tests.services.broken_money import AFTERWARDS
from tests.services.broken_rows import I5, I16, PART, UP_TO_THE_MAIL
from tests.services.told import LAST_DAY, live_through, tamper
from tests.support.ledgers import KINDS
from tests.support.services import House, open_house

CASES = {**UP_TO_THE_MAIL, **AFTERWARDS}


@dataclass(frozen=True)
class World:
    """A ledger in which everything happened once, kept to be copied."""

    kind: str
    place: str
    numbers: dict[str, str]


@pytest.fixture(scope="module", params=KINDS)
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("world") / "ledger.db"
        yield World("sqlite", str(path), _lived(f"sqlite:///{path}"))
        return
    if missing():
        pytest.skip(missing())
    cluster = shared_cluster()
    name = cluster.create()
    yield World("postgresql", name, _lived(cluster.url(name)))
    cluster.drop(name)


def _lived(url: str) -> dict[str, str]:
    migrate(url)
    ledger = SqlLedger(url)
    house = open_house(ledger)
    numbers = live_through(house)
    assert verify(house.s) == []
    ledger.close()
    return numbers


@pytest.fixture
def url(world: World, tmp_path: Path) -> Iterator[str]:
    if world.kind == "sqlite":
        shutil.copy(world.place, tmp_path / "ledger.db")
        yield f"sqlite:///{tmp_path}/ledger.db"
        return
    with shared_cluster().database(world.place) as address:
        yield address


def found(url: str) -> House:
    """Open the house again on its last day."""
    house = open_house(SqlLedger(url))
    house.clock.at += LAST_DAY
    return house


@pytest.mark.parametrize("case", CASES)
def test_the_row_is_named(case: str, url: str, world: World) -> None:
    promised, said, statements = CASES[case]
    tamper(url, [one.format(**world.numbers) for one in statements])

    findings = verify(found(url).s)

    expected = said.format(**world.numbers)
    mine = promised if isinstance(promised, set) else {promised}
    assert [one for one in findings if expected in one.where and one.promise in mine], findings
    assert {one.promise for one in findings} == mine, findings


def test_a_content_that_is_no_json_any_more_stops_no_other_check(url: str, world: World) -> None:
    gone = "UPDATE invoices SET content = 'gone' WHERE number = '{paid}'"
    config = f"UPDATE invoices SET config_hash = 'dead' WHERE number = {PART}"
    owed = "UPDATE obligations SET content = 'gone' WHERE unit = 'D-void:onboarding'"
    tamper(url, [one.format(**world.numbers) for one in (gone, config, owed)])

    findings = verify(found(url).s)

    assert {I5, I16} <= {one.promise for one in findings}
    told = [one.where for one in findings if one.promise is I5]
    assert any(f"{world.numbers['paid']}: the content cannot be read" in one for one in told)


def test_every_promise_that_is_built_has_a_case() -> None:
    proven: set[Promise] = set()
    for promised, _, _ in CASES.values():
        proven |= promised if isinstance(promised, set) else {promised}

    # What the order of a trail proves of reminders is in test_audit.py.
    assert proven == set(PROMISES) - {Promise.ACCOUNTING}
