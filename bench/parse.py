"""Parse: what reading each DAG file costs the DAG processor, against a file with an empty DAG."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from bench.figures import Cell, table
from bench.town import BrokenError
from sandbox.airflow_setup import ROOT, clean_environ, metadata_template

EMPTY = 'from airflow.sdk import DAG\n\ndag = DAG("empty", schedule=None)\n'


def parse(rounds: int = 9) -> None:
    """Print the medians of ``rounds`` parses of each file, each in a fork of its own."""
    with tempfile.TemporaryDirectory(prefix="invoicing-bench-") as home:
        empty = Path(home) / "empty.py"
        empty.write_text(EMPTY)
        files = [empty, *sorted((ROOT / "dags").glob("*.py"))]
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "bench.forks", str(rounds), *map(str, files)],
            env=_environ(home),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise BrokenError(f"the files could not be parsed:\n{done.stderr[-4000:]}")
    found: dict[str, dict[str, list[float]]] = json.loads(done.stdout.splitlines()[-1])
    table(
        f"Parsing a DAG file in a fork of the DAG processor, medians of {rounds}, milliseconds",
        ("file", "takes", "more than empty", "without the plugin", "of it our imports"),
        [_row(name, times, found[empty.name]) for name, times in found.items()],
    )


def _row(name: str, times: dict[str, list[float]], empty: dict[str, list[float]]) -> list[Cell]:
    """Tell the real way, and what it would be if the plugin had not imported our package before."""
    real, bare, imports = (median(times[way]) for way in ("real", "bare", "imports"))
    fork = median(empty["imports"])  # an empty DAG has none of ours, so this is the fork alone
    return [name, real, real - median(empty["real"]), bare, imports - fork]


def _environ(home: str) -> dict[str, str]:
    folders = [str(ROOT), str(ROOT / "plugins"), os.environ.get("PYTHONPATH", "")]
    return clean_environ() | {
        "PYTHONPATH": os.pathsep.join(filter(None, folders)),
        "AIRFLOW_HOME": home,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{metadata_template()}",
    }
