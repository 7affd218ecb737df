"""An Airflow for tests inside this process: its own home and metadata, set before it is imported.

Airflow reads its settings when it is imported, so one process can have only one such Airflow. All
test folders that import Airflow call `prepare_airflow` in their conftest; the first call decides.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from sandbox.airflow_setup import ROOT, metadata_template

_MARK = "INVOICING_TESTS_AIRFLOW_HOME"


def prepare_airflow() -> Path:
    """Set the environment of this process for Airflow and return its home; harmless when set."""
    if _MARK in os.environ:
        return Path(os.environ[_MARK])
    home = Path(tempfile.mkdtemp(prefix="invoicing-airflow-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    shutil.copy(metadata_template(), home / "airflow.db")
    os.environ |= {
        _MARK: str(home),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__API_AUTH__JWT_SECRET": "for-tests-" * 8,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "INVOICING_ENV": "sandbox",
        "INVOICING_HOME": str(ROOT),
        "INVOICING_STATE": str(home / "state"),
    }
    return home
