"""Rules of imports that import-linter and ruff cannot say: the whole sentence, at every place."""

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.house.source import PACKAGE, Source, imported, imported_at_start, sources

HEAVY = {"weasyprint", "pandas"}
MAY_KNOW_AIRFLOW = {
    "hooks", "triggers", "operators", "sensors", "blueprints", "web", "provider_info", "plugin",
}  # fmt: skip
DAGS_MAY_IMPORT = (
    "airflow.sdk",
    "invoicing.blueprints",
    "invoicing.triggers",
    "invoicing.sensors",
    "invoicing.operators",
)
# Planning, previewing and issuing compute the same, so nothing in domain/ asks the world.
ASKS_THE_WORLD = {
    "asyncio", "ftplib", "getpass", "glob", "http", "io", "locale", "logging", "multiprocessing",
    "os", "pathlib", "platform", "random", "secrets", "shutil", "smtplib", "socket", "sqlite3",
    "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid",
}  # fmt: skip


def _top(module: str) -> str:
    return module.split(".", maxsplit=1)[0]


def _within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def heavy_at_start(root: Path) -> list[str]:
    """Name imports that every parse of every DAG file would pay for."""
    return [
        source.at(node, f"imports {module} when it is imported; import it inside the function")
        for source in sources(root, "plugins", "dags")
        for node, module in imported_at_start(source.tree)
        if _top(module) in HEAVY
    ]


def airflow_below_hooks(root: Path) -> list[str]:
    """Name imports of Airflow in layers that must run without it, inside functions too."""
    return [
        source.at(node, f"imports {module}; the lowest layer that knows Airflow is hooks")
        for source in sources(root, PACKAGE)
        for node, module in imported(source.tree)
        if _top(module) == "airflow" and source.layer not in MAY_KNOW_AIRFLOW
    ]


def impure_domain(root: Path) -> list[str]:
    """Name imports of the domain that are not pure standard library."""
    return [
        source.at(node, complaint)
        for source in sources(root, f"{PACKAGE}/domain")
        for node, module in imported(source.tree)
        if (complaint := _impurity(module))
    ]


def _impurity(module: str) -> str:
    if _within(module, ("invoicing.domain",)):
        return ""
    if _top(module) not in sys.stdlib_module_names:
        return f"imports {module}; the domain knows only itself and the standard library"
    if _top(module) in ASKS_THE_WORLD:
        return f"imports {module}; the domain reads no clock, chance, file or network"
    return ""


def dag_files(root: Path) -> list[str]:
    """Hold DAG files to their few imports and the words Airflow's safe mode looks for."""
    return [complaint for source in sources(root, "dags") for complaint in _dag_file(source)]


def _dag_file(source: Source) -> Iterator[str]:
    for node, module in imported(source.tree):
        if not _within(module, DAGS_MAY_IMPORT):
            yield source.at(node, f"imports {module}; a DAG file says what is billed, no more")
    if "airflow" not in source.text.lower():
        yield f"{source.path}:1: lacks the word `airflow`; Airflow would skip the file silently"
    if "dag" not in source.text.lower():
        yield f"{source.path}:1: lacks the word `dag`; Airflow would skip the file silently"
