"""The renderer under test, with the shipped templates and, where a test wants it, a user's own."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from invoicing.documents.renderer import DocumentRenderer, RenderLimits, template_folders
from tests.documents.hostile import SECRET, Canary


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return an empty home: no template of a user."""
    return tmp_path / "home"


@pytest.fixture
def renderer(home: Path) -> DocumentRenderer:
    """Return a renderer that knows the shipped templates, and those a test puts into ``home``."""
    return DocumentRenderer(template_folders(home))


@pytest.fixture
def write_template(home: Path) -> Callable[[str, str], Path]:
    """Return a function that puts a file into the user's template folder."""

    def write(name: str, text: str) -> Path:
        path = home / "include" / "templates" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    return write


@pytest.fixture
def strict_renderer(home: Path) -> DocumentRenderer:
    """Return a renderer that loses its patience soon."""
    return DocumentRenderer(template_folders(home), RenderLimits(wall_seconds=8, cpu_seconds=2))


@pytest.fixture
def repository() -> Path:
    """Return the folder that holds plugins/ and include/."""
    return Path(__file__).resolve().parents[2]


@pytest.fixture
def canary() -> Iterator[Canary]:
    """Return a running canary."""
    canary = Canary()
    thread = threading.Thread(target=canary.server.serve_forever)
    thread.start()
    yield canary
    canary.server.shutdown()
    thread.join()
    canary.server.server_close()


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    """Return a file that must not get into any document."""
    path = tmp_path / "secret.txt"
    path.write_text(SECRET)
    return path
