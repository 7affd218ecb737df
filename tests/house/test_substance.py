"""Money, SQL, transactions and types are handled the one way the house allows."""

from pathlib import Path

import pytest

from tests.house import substance
from tests.house.source import PACKAGE, ROOT, plant

DOMAIN, LEDGER = f"{PACKAGE}/domain/x.py", f"{PACKAGE}/ledger/x.py"


def test_the_core_knows_its_types() -> None:
    assert substance.any_in_the_core(ROOT) == []


def test_sql_is_never_composed() -> None:
    assert substance.composed_sql(ROOT) == []


def test_only_the_unit_of_work_commits() -> None:
    assert substance.commits_elsewhere(ROOT) == []
    assert [path for path in substance.MAY_COMMIT if not (ROOT / path).is_file()] == []


def test_money_never_meets_a_float() -> None:
    assert substance.floats_near_money(ROOT) == []


def test_the_domain_is_told_the_time() -> None:
    assert substance.domain_that_asks_the_clock(ROOT) == []


@pytest.mark.parametrize(
    "text",
    [
        "from typing import Any\n",
        "import typing\na: typing.Any = 1\n",
        "def f(x: int, y: Any): ...\n",
    ],
)
def test_any_in_the_core_is_caught(tmp_path: Path, text: str) -> None:
    plant(tmp_path, DOMAIN, text)
    plant(tmp_path, f"{PACKAGE}/services/x.py", text)

    assert len(substance.any_in_the_core(tmp_path)) == 2


@pytest.mark.parametrize(
    "statement",
    [
        'text(f"SELECT {name}")',
        'sa.text("SELECT " + name)',
        'text("SELECT %s" % name)',
        'connection.execute("SELECT {}".format(name))',
        'session.exec_driver_sql(" ".join(parts))',
        'text("SELECT " + name + " FROM t")',
    ],
)
def test_composed_sql_is_caught(tmp_path: Path, statement: str) -> None:
    plant(tmp_path, LEDGER, f"{statement}\n")

    assert len(substance.composed_sql(tmp_path)) == 1


@pytest.mark.parametrize("statement", ['text("SELECT :name")', "session.execute(select(drafts))"])
def test_bound_sql_is_allowed(tmp_path: Path, statement: str) -> None:
    plant(tmp_path, LEDGER, f"{statement}\n")

    assert substance.composed_sql(tmp_path) == []


@pytest.mark.parametrize("statement", ["session.commit()", "with engine.begin() as c:\n    c"])
def test_commit_outside_the_unit_of_work_is_caught(tmp_path: Path, statement: str) -> None:
    plant(tmp_path, LEDGER, f"{statement}\n")
    plant(tmp_path, f"{PACKAGE}/ledger/unit_of_work.py", f"{statement}\n")

    assert len(substance.commits_elsewhere(tmp_path)) == 1


@pytest.mark.parametrize(
    "text", ["RATE = 0.19\n", "def f(x):\n    return float(x)\n", "def f(x: float): ...\n"]
)
def test_float_in_the_domain_is_caught(tmp_path: Path, text: str) -> None:
    plant(tmp_path, DOMAIN, text)

    assert len(substance.floats_near_money(tmp_path)) == 1


@pytest.mark.parametrize("text", ["Decimal(0.1)\n", "Money(float(x), 'EUR')\n"])
def test_money_made_of_a_float_is_caught_everywhere(tmp_path: Path, text: str) -> None:
    plant(tmp_path, "sandbox/x.py", text)

    assert len(substance.floats_near_money(tmp_path)) == 1


@pytest.mark.parametrize("call", ["datetime.now(UTC)", "date.today()", "open('x')"])
def test_domain_that_asks_the_clock_is_caught(tmp_path: Path, call: str) -> None:
    plant(tmp_path, DOMAIN, f"def f():\n    return {call}\n")

    assert len(substance.domain_that_asks_the_clock(tmp_path)) == 1
