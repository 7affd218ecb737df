"""The example company in a folder of its own, with an empty ledger: what a user has on day one."""

import shutil
from pathlib import Path

import pytest

from invoicing.config.settings import Settings, settings_from
from invoicing.ledger.migrate import migrate

ROOT = Path(__file__).parents[2]


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
    """The settings of that home, with a migrated ledger."""
    found = settings_from()
    migrate(found.ledger_url)
    return found
