"""What a private Airflow stands on: a clean environment and a migrated metadata database."""

import os
import shutil
import subprocess
import sys
import tempfile
from hashlib import sha256
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]


def metadata_template() -> Path:
    """Return a migrated, empty metadata database; made once per set of installed packages."""
    installed = sorted(f"{dist.name}=={dist.version}" for dist in distributions())
    mark = sha256("\n".join([sys.version, *installed]).encode()).hexdigest()[:16]
    template = Path(tempfile.gettempdir()) / f"invoicing-airflow-{os.getuid()}-{mark}.db"
    if not template.exists():
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / "airflow.db"
            migrate_metadata({"AIRFLOW_HOME": folder}, f"sqlite:///{made}")
            half_copied = template.with_suffix(f".{os.getpid()}")
            shutil.copy(made, half_copied)
            half_copied.replace(template)  # another test run may do the same just now
    return template


def migrate_metadata(env: dict[str, str], url: str) -> None:
    """Create Airflow's tables in the database at ``url``."""
    clean = clean_environ() | env
    clean |= {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }
    done = subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"],
        env=clean,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    if done.returncode != 0:
        raise RuntimeError(f"airflow db migrate failed:\n{done.stderr[-4000:]}")


def clean_environ() -> dict[str, str]:
    """Return this process's environment without anything that steers Airflow, pytest or us."""
    ours = ("AIRFLOW", "_AIRFLOW", "INVOICING", "PYTEST")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
