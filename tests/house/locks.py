"""Rules of dependencies: what is installed was locked, and the locks say what we ask for."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

Pins = dict[str, set[str]]


def _pins(text: str) -> tuple[Pins, list[str]]:
    """Read a lock: versions by name (several when markers choose), and what is wrong with it."""
    pins: Pins = {}
    wrong = []
    for entry in filter(None, (e.strip() for e in text.replace("\\\n", " ").splitlines())):
        found = re.match(r"([\w.\[\],-]+)==(\S+)( ;|\s)", entry + " ")
        if not found:
            wrong.append(f"`{entry[:60]}` is not a pinned package")
        elif "--hash=sha256:" not in entry:
            wrong.append(f"{found[1]} has no hash")
        else:
            name = canonicalize_name(found[1].split("[", maxsplit=1)[0])
            pins.setdefault(name, set()).add(found[2])
    return pins, wrong


def _asked_for(root: Path, *extras: str, groups: tuple[str, ...] = ()) -> list[Requirement]:
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    texts = list(project["project"]["dependencies"])
    for extra in extras:
        texts += project["project"]["optional-dependencies"][extra]
    for group in groups:
        texts += project["dependency-groups"][group]
    return [Requirement(text) for text in texts]


def _unmet(pins: Pins, asked: list[Requirement]) -> list[str]:
    return [
        f"{wish} is not met by {sorted(pins.get(canonicalize_name(wish.name), []))}; run make lock"
        for wish in asked
        if not (versions := pins.get(canonicalize_name(wish.name)))
        or not all(wish.specifier.contains(version) for version in versions)
    ]


def stale_locks(root: Path) -> list[str]:
    """Compare every lock with what pyproject.toml asks for, and with the others."""
    wanted = {
        "requirements.txt": _asked_for(root, "postgres"),
        "requirements-dev.txt": _asked_for(root, "postgres", groups=("dev",)),
        "requirements-docker.txt": _asked_for(root, "postgres", "fab"),
        "requirements-uv.txt": [Requirement("uv")],
    }
    found = []
    locks: dict[str, Pins] = {}
    for name, asked in wanted.items():
        locks[name], wrong = _pins((root / name).read_text("utf-8"))
        found += [f"{name}: {complaint}" for complaint in wrong + _unmet(locks[name], asked)]
    return found + [
        f"requirements-dev.txt: {name} is not the version of requirements.txt"
        for name, versions in locks["requirements.txt"].items()
        if locks["requirements-dev.txt"].get(name) != versions
    ]
