"""Airflow's settings come before its import; then a house whose services the operators get."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from invoicing.ledger.migrate import migrate
from invoicing.ledger.unit_of_work import SqlLedger
from tests.support.airflow_env import prepare_airflow
from tests.support.services import House, open_house

prepare_airflow()  # the test modules, which import Airflow, are read after this


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """Services over an empty ledger; every operator and trigger works with them."""
    url = f"sqlite:///{tmp_path}/ledger.db"
    migrate(url)
    ledger = SqlLedger(url)
    house = open_house(ledger)
    for name, module in list(sys.modules.items()):
        if name.startswith("invoicing.") and hasattr(module, "services_from_airflow"):
            monkeypatch.setattr(module, "services_from_airflow", lambda: house.s)
    yield house
    ledger.close()
