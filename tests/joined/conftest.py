"""The example company in a folder of its own, with an empty ledger: what a user has on day one."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from invoicing.config.settings import Settings, settings_from
from invoicing.ledger.clocks import move_clock
from invoicing.ledger.migrate import migrate
from invoicing.ledger.unit_of_work import SqlLedger

ROOT = Path(__file__).parents[2]
BUSINESS_DAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with config and templates; this process looks at it."""
    for folder in ("config", "include"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    for name in ("INVOICING_STATE", "INVOICING_LEDGER_URL"):
        monkeypatch.delenv(name, raising=False)  # another test's Airflow may have set them
    monkeypatch.setenv("INVOICING_HOME", str(tmp_path))
    monkeypatch.setenv("INVOICING_ENV", "sandbox")
    return tmp_path


@pytest.fixture
def settings(home: Path) -> Settings:
    """The settings of that home, with a migrated ledger on the day the example company begins."""
    found = settings_from()
    migrate(found.ledger_url)
    ledger = SqlLedger(found.ledger_url)
    move_clock(ledger, BUSINESS_DAY, movable=True)
    ledger.close()
    return found
