"""The ways to install: folder, wheel, or both. Airflow finds exactly one plugin each time."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DISTRIBUTION = "airflow_provider_invoicing"

# Runs in a fresh interpreter: loads plugins as every Airflow process does, and tells what it found
LOAD = """
import json, sys
from airflow import plugins_manager
from airflow.providers_manager import ProvidersManager

plugins, errors = plugins_manager._get_plugins()
files = {name: str(getattr(module, "__file__", None)) for name, module in sys.modules.items()}
ours = [name for name, file in files.items() if "/invoicing/" in file]
import calendar
import invoicing

print(json.dumps({
    "plugins": [plugin.name for plugin in plugins],
    "classes": [f"{type(plugin).__module__}.{type(plugin).__qualname__}" for plugin in plugins],
    "errors": errors,
    "package": invoicing.__file__,
    "flat": sorted(name for name in ours if name.split(".")[0] != "invoicing"),
    "calendar": calendar.__file__,
    "provider": "airflow-provider-invoicing" in ProvidersManager().providers,
}))
"""


@dataclass(frozen=True)
class Found:
    """What a fresh Airflow found."""

    plugins: list[str]
    classes: list[str]
    errors: dict[str, str]
    package: str
    flat: list[str]
    calendar: str
    provider: bool


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that is installed, but for this project's editable install."""
    folder = tmp_path_factory.mktemp("libraries")
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if entry.name != "invoicing" and DISTRIBUTION not in entry.name:
            (folder / entry.name).symlink_to(entry)
    return folder


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob(f"{DISTRIBUTION}-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder the wheel was installed into."""
    folder = tmp_path_factory.mktemp("installed")
    uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline", "--no-deps"]
    subprocess.run([*uv, "--target", str(folder), str(wheel)], check=True, capture_output=True)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the plugins folder, as a person would copy it."""
    copy = tmp_path / "plugins"
    shutil.copytree(ROOT / "plugins", copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A plugins folder with nothing in it."""
    (tmp_path / "plugins").mkdir()
    return tmp_path / "plugins"


def _load(plugins_folder: Path, *search: Path) -> Found:
    """Load plugins in an interpreter that sees ``search`` and nothing of this environment's own."""
    done = subprocess.run(
        [sys.executable, "-S", "-W", "ignore", "-c", LOAD],
        cwd=plugins_folder.parent,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(map(str, search)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "AIRFLOW_HOME": str(plugins_folder.parent / "airflow"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(plugins_folder),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return Found(**json.loads(done.stdout.strip().splitlines()[-1]))


def _is_one_plugin(found: Found) -> bool:
    assert found.errors == {}
    assert found.flat == []
    assert found.plugins == ["invoicing"]
    assert found.classes == ["invoicing.plugin.InvoicingPlugin"]
    return True


def test_folder_alone_is_one_plugin(folder: Path, libraries: Path) -> None:
    found = _load(folder, libraries)

    assert _is_one_plugin(found)
    assert found.package.startswith(str(folder))
    assert not found.provider


def test_wheel_alone_is_one_plugin_and_a_provider(
    empty: Path, installed: Path, libraries: Path
) -> None:
    found = _load(empty, installed, libraries)

    assert _is_one_plugin(found)
    assert found.package.startswith(str(installed))
    assert found.provider


def test_folder_and_wheel_are_still_one_plugin(
    folder: Path, installed: Path, libraries: Path
) -> None:
    found = _load(folder, installed, libraries)

    assert _is_one_plugin(found)
    assert found.provider


def test_folder_without_its_ignore_file_falls_into_the_trap(folder: Path, libraries: Path) -> None:
    """Shows that the tests above would notice: modules flat, one of them in the way of another."""
    (folder / ".airflowignore").unlink()
    (folder / "invoicing" / "domain" / "calendar.py").write_text("OURS = True\n")

    found = _load(folder, libraries)

    assert {"calendar", "money", "decide"} <= set(found.flat)
    assert found.calendar.startswith(str(folder))


def test_wheel_carries_package_templates_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/", maxsplit=1)[0] for name in names}
    templates = {
        f"invoicing/templates/{path.relative_to(ROOT / 'include/templates').as_posix()}"
        for path in (ROOT / "include/templates").rglob("*")
        if path.is_file()
    }

    assert templates
    assert templates <= set(names)
    assert {top for top in tops if not top.startswith(f"{DISTRIBUTION}-")} == {"invoicing"}
    assert any(name.endswith("licenses/LICENSE") for name in names)
