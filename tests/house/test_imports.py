"""Layers, lightness and purity, by syntax, by import-linter, by ruff and by really importing."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import imports
from tests.house.source import PACKAGE, ROOT, plant

DOMAIN, SERVICE = f"{PACKAGE}/domain/x.py", f"{PACKAGE}/services/x.py"


def test_nothing_heavy_is_imported_at_start() -> None:
    assert imports.heavy_at_start(ROOT) == []


def test_airflow_stays_above_the_hooks() -> None:
    assert imports.airflow_below_hooks(ROOT) == []


def test_the_domain_is_pure() -> None:
    assert imports.impure_domain(ROOT) == []


def test_dag_files_say_what_is_billed_and_no_more() -> None:
    assert imports.dag_files(ROOT) == []


@pytest.mark.parametrize("module", ["invoicing.cli", "invoicing.wiring"])
def test_command_line_starts_without_airflow_weasyprint_and_pandas(module: str) -> None:
    assert _heavy_after(f"import {module}") == "set()"


def test_operators_start_without_weasyprint_and_pandas(tmp_path: Path) -> None:
    found = _heavy_after("import invoicing.blueprints.cycle, invoicing.operators.render", tmp_path)

    assert found == "{'airflow'}"


def _heavy_after(statement: str, airflow_home: Path | None = None) -> str:
    tell = "print({'airflow', 'weasyprint', 'pandas'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"import sys; {statement}; {tell}"],
        env={"PATH": "", "AIRFLOW_HOME": str(airflow_home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize(
    "text",
    [
        "import weasyprint\n",
        "from pandas.io import json\n",
        "try:\n    import pandas as pd\nexcept ImportError:\n    pd = None\n",
        "class A:\n    import weasyprint\n",
    ],
)
def test_heavy_import_at_start_is_caught(tmp_path: Path, text: str) -> None:
    plant(tmp_path, f"{PACKAGE}/documents/x.py", text)

    assert len(imports.heavy_at_start(tmp_path)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    import weasyprint\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas\n",
    ],
)
def test_heavy_import_in_a_function_or_for_types_is_allowed(tmp_path: Path, text: str) -> None:
    plant(tmp_path, f"{PACKAGE}/documents/x.py", text)

    assert imports.heavy_at_start(tmp_path) == []


def test_airflow_below_the_hooks_is_caught_even_in_a_function(tmp_path: Path) -> None:
    text = "def f():\n    from airflow.sdk import Variable\n"
    plant(tmp_path, SERVICE, text)
    plant(tmp_path, f"{PACKAGE}/cli.py", text)
    plant(tmp_path, f"{PACKAGE}/hooks/x.py", text)

    assert imports.airflow_below_hooks(tmp_path) == [
        f"{PACKAGE}/cli.py:2: imports airflow.sdk; the lowest layer that knows Airflow is hooks",
        f"{SERVICE}:2: imports airflow.sdk; the lowest layer that knows Airflow is hooks",
    ]


@pytest.mark.parametrize("module", ["pydantic", "invoicing.services.ports", "time", "random"])
def test_impure_domain_is_caught(tmp_path: Path, module: str) -> None:
    plant(tmp_path, DOMAIN, f"import decimal\nimport {module}\nimport invoicing.domain.money\n")

    assert [c.split(";")[0] for c in imports.impure_domain(tmp_path)] == [
        f"{DOMAIN}:2: imports {module}"
    ]


def test_dag_file_with_a_service_or_without_the_word_is_caught(tmp_path: Path) -> None:
    plant(tmp_path, "dags/a.py", "# airflow dag\nfrom invoicing.services.issue import issue\n")
    plant(tmp_path, "dags/b.py", "from invoicing.blueprints.cycle import billing_dag\n")
    plant(tmp_path, "dags/c.py", "from airflow.models import DAG\n")

    assert imports.dag_files(tmp_path) == [
        "dags/a.py:2: imports invoicing.services.issue; a DAG file says what is billed, no more",
        "dags/b.py:1: lacks the word `airflow`; Airflow would skip the file silently",
        "dags/c.py:1: imports airflow.models; a DAG file says what is billed, no more",
    ]


LINT = Path(sys.executable).with_name("lint-imports")


def _lint_a_copy(root: Path, file: str, line: str) -> str:
    """Copy the package, add an import to one file and return what import-linter says."""
    shutil.copytree(ROOT / "plugins", root / "plugins")
    shutil.copy(ROOT / "pyproject.toml", root)
    target = root / PACKAGE / file
    with target.open("a", encoding="utf-8") as text:
        text.write(f"\n{line}\n")
    done = subprocess.run(
        [LINT, "--no-cache"],
        cwd=root,
        env={"PYTHONPATH": str(root / "plugins"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("file", "line", "complaint"),
    [
        (
            "domain/money.py",
            "import invoicing.services.ports",
            "domain.money -> invoicing.services",
        ),
        ("documents/__init__.py", "import invoicing.ledger", "documents -> invoicing.ledger"),
        ("services/issue.py", "import airflow.sdk", "invoicing.services.issue -> airflow"),
        ("billing_helpers.py", "import decimal", "billing_helpers"),
    ],
)
def test_import_linter_catches(tmp_path: Path, file: str, line: str, complaint: str) -> None:
    """Upwards, sideways, Airflow below the hooks, and a module that is in no layer."""
    assert complaint in _lint_a_copy(tmp_path, file, line)


MANY_BRANCHES = "def f(a):\n" + "".join(f"    if a == {n}:\n        a += 1\n" for n in range(9))


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        (DOMAIN, "from .money import Money\n", "TID252"),
        (DOMAIN, "import weasyprint\n", "TID253"),
        (SERVICE, MANY_BRANCHES, "C901"),
        (SERVICE, "from datetime import datetime\nnow = datetime.now()\n", "DTZ005"),
        (SERVICE, "print(1)\n", "T201"),
        (SERVICE, "try:\n    f()\nexcept Exception:\n    g()\n", "BLE001"),
        ("dags/x.py", "import pandas\n", "TID253"),
    ],
)
def test_ruff_catches(path: str, text: str, code: str) -> None:
    ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format=concise"]
    done = subprocess.run(
        [*ruff, "--stdin-filename", path, "-"],
        cwd=ROOT,
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )

    assert f" {code} " in done.stdout
