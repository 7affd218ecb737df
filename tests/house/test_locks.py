"""pyproject.toml and the locked sets agree, and every package is pinned by its hash."""

import shutil
import tomllib
from pathlib import Path

import pytest

import invoicing
from tests.house.locks import stale_locks
from tests.house.source import ROOT

FILES = ("pyproject.toml", *(f"requirements{part}.txt" for part in ("", "-dev", "-docker", "-uv")))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The files of the real project, to be spoilt."""
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def _spoil(root: Path, name: str, old: str, new: str) -> str:
    text = (root / name).read_text("utf-8")
    assert old in text
    (root / name).write_text(text.replace(old, new, 1), "utf-8")
    return "\n".join(stale_locks(root))


def test_locks_agree_with_pyproject_and_each_other() -> None:
    assert stale_locks(ROOT) == []


def test_package_and_project_tell_the_same_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    assert invoicing.__version__ == project["version"]


def test_new_dependency_without_a_new_lock_is_caught(copy: Path) -> None:
    told = _spoil(copy, "pyproject.toml", '"httpx>=', '"nothing-alike>=1", "httpx>=')

    assert "requirements.txt: nothing-alike>=1 is not met by []; run make lock" in told


def test_raised_floor_is_caught(copy: Path) -> None:
    told = _spoil(copy, "pyproject.toml", "jinja2>=3.1.6", "jinja2>=99")

    assert "requirements.txt: jinja2>=99 is not met by ['3.1.6']" in told


def test_tests_that_would_run_another_version_are_caught(copy: Path) -> None:
    told = _spoil(copy, "requirements-dev.txt", "jinja2==3.1.6", "jinja2==3.1.7")

    assert "requirements-dev.txt: jinja2 is not the version of requirements.txt" in told


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("-i https://packages.example/simple\n", "is not a pinned package"),
        ("tool @ https://packages.example/tool.whl\n", "is not a pinned package"),
        ("tool>=1 --hash=sha256:00\n", "is not a pinned package"),
        ("tool==1\n", "tool has no hash"),
    ],
)
def test_line_that_is_no_hashed_pin_is_caught(copy: Path, line: str, complaint: str) -> None:
    lock = copy / "requirements.txt"
    lock.write_text(line + lock.read_text("utf-8"), "utf-8")

    assert complaint in stale_locks(copy)[0]
