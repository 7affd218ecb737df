"""Airflow may run any task twice at once: two who do a step together leave what one leaves."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services.faults import STEPS
from invoicing.services.verify import verify
from tests.concurrency.cases import CASES, Case
from tests.concurrency.mail_cases import MAIL_CASES
from tests.concurrency.shape import Shape, shape_of
from tests.concurrency.twins import together, twice
from tests.support.services import House, open_house

# Steps that only write down why nothing was done; whoever is refused twice is shown twice.
REFUSALS = {"refuse", "refuse_act", "refuse_unpark", "refuse_redraft"}


@dataclass(frozen=True)
class Left:
    """What one worker leaves behind, who does a step twice, one after the other."""

    shape: Shape
    mails: int
    steps: frozenset[str]


Alone = Callable[[Case], Left]
EVERY = (*CASES, *MAIL_CASES)


@pytest.fixture(scope="session")
def alone(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Alone:
    """What each case leaves when there is no twin, found out once."""
    known: dict[Case, Left] = {}

    def find(case: Case) -> Left:
        if case not in known:
            path = shutil.copy(migrated_file, tmp_path_factory.mktemp("alone") / "ledger.db")
            ledger = SqlLedger(f"sqlite:///{path}")
            house = open_house(ledger)
            steps = twice(house, case(house))
            known[case] = Left(shape_of(ledger), len(house.mailer.sent), frozenset(steps))
            ledger.close()
        return known[case]

    return find


@pytest.mark.parametrize("case", EVERY, ids=lambda case: case.__name__)
def test_twins_leave_what_one_leaves(
    case: Case, house: House, ledger: SqlLedger, alone: Alone
) -> None:
    outcome = together(house, case(house))

    assert outcome.said, outcome.refused
    assert shape_of(ledger) == alone(case).shape
    assert len(house.mailer.sent) == alone(case).mails
    assert verify(house.s) == []


def test_every_step_that_writes_has_twins(alone: Alone) -> None:
    passed = {step for case in EVERY for step in alone(case).steps}
    assert set(STEPS) - REFUSALS - passed == set()
