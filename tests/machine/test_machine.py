"""The machine on both databases: a short run each time, and programmes of hours when asked for."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from sandbox.postgres import missing
from tests.machine.ledgers import Databases, Files, Ledgers
from tests.machine.machine import BillingMachine


def _run(ledgers: Ledgers, examples: int, steps: int, *, derandomize: bool = True) -> None:
    class Machine(BillingMachine):
        pass

    Machine.ledgers = ledgers
    chosen = settings(
        deadline=None,
        derandomize=derandomize,
        database=None,
        max_examples=examples,
        stateful_step_count=steps,
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(Machine, settings=chosen)
    finally:
        ledgers.close()


def _databases() -> Databases:
    if missing():
        pytest.skip(missing())
    return Databases()


def test_whatever_happens_the_promises_hold_on_sqlite() -> None:
    _run(Files(), 40, 25)


def test_whatever_happens_the_promises_hold_on_postgresql() -> None:
    _run(_databases(), 6, 15)


@pytest.mark.slow
def test_two_hundred_stories_on_sqlite() -> None:
    _run(Files(), 200, 30, derandomize=False)


@pytest.mark.slow
def test_two_thousand_stories_on_sqlite() -> None:
    _run(Files(), 2000, 50, derandomize=False)


@pytest.mark.slow
def test_two_hundred_stories_on_postgresql() -> None:
    _run(_databases(), 200, 30, derandomize=False)
