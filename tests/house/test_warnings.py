"""Warnings that our code causes are errors in every test, Airflow's deprecations among them."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import ROOT, plant

TELLS = "import warnings\nwarnings.warn('old', DeprecationWarning, stacklevel=1)\n"


def _run(root: Path) -> str:
    """Run the tests below ``root`` under the project's own settings."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml")),
            *(f"--rootdir={root}", "-p", "no:cacheprovider", "-q", str(root)),
        ],
        cwd=root,
        env={"PATH": "", "AIRFLOW_HOME": str(root), "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


@pytest.mark.parametrize(
    ("statement", "warning"),
    [
        ("import invoicing_planted", "DeprecationWarning: old"),
        ("from airflow.hooks.base import BaseHook", "DeprecatedImportWarning"),
        ("from airflow.models.param import Param", "DeprecatedImportWarning"),
    ],
)
def test_warning_that_our_code_causes_is_caught(
    tmp_path: Path, statement: str, warning: str
) -> None:
    plant(tmp_path, "invoicing_planted.py", TELLS)
    plant(tmp_path, "test_planted.py", f"def test_it():\n    {statement}\n")

    told = _run(tmp_path)

    assert warning in told
    assert "1 failed" in told


def test_warning_of_other_peoples_code_is_only_reported(tmp_path: Path) -> None:
    plant(tmp_path, "library.py", TELLS)
    plant(tmp_path, "test_planted.py", "def test_it():\n    import library\n")

    assert "1 passed" in _run(tmp_path)
