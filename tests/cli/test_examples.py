"""The examples in the docs: every event is billed, every agreement is one of config/."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from invoicing.config.load import load_book, read_texts
from invoicing.console.event_file import read_events, read_file
from invoicing.console.preview import EVERY, is_held, tell
from invoicing.domain.book import Book
from invoicing.domain.events import EventKind
from invoicing.domain.obligations import Bill
from invoicing.services.preview import preview_all

ROOT = Path(__file__).parents[2]
EVENTS = sorted((ROOT / "docs" / "examples" / "events").glob("*.json"))
PAGES = sorted((ROOT / "docs" / "how-to").glob("*.md"))
TODAY = date(2026, 11, 2)


@pytest.fixture(scope="module")
def book() -> Book:
    """The example company."""
    return load_book(read_texts(ROOT))


def told(path: Path, book: Book) -> str:
    """Return what `invoicing preview` prints about a file."""
    events = read_events(read_file(path), path.name, TODAY)
    previews = preview_all(events, book, TODAY)
    return "\n".join([*tell(previews), *tell(previews, EVERY)])


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_every_example_event_becomes_an_invoice(path: Path, book: Book) -> None:
    previews = preview_all(read_events(read_file(path), path.name, TODAY), book, TODAY)

    assert previews
    for found in previews:
        assert isinstance(found.decision, Bill), found.decision
        assert found.invoices
        assert not is_held(found), found.invoices


def test_there_is_an_example_of_every_kind_of_event(book: Book) -> None:
    kinds = {
        event.kind for path in EVENTS for event in read_events(path.read_text(), path.name, TODAY)
    }
    assert kinds >= set(EventKind) - {EventKind.PAYMENT_RECEIVED}


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_what_the_pages_show_of_a_preview_is_what_it_prints(path: Path, book: Book) -> None:
    printed = [line.strip() for line in told(path, book).splitlines()]
    printed = [line for line in printed if line]
    for page in PAGES:
        for block in re.findall(rf"<!-- {path.name} -->\n+((?:    .*\n|\n)+)", page.read_text()):
            shown = [line.strip() for line in block.splitlines() if line.strip()]
            assert set(shown) <= set(printed), page.name


def test_agreements_and_rules_in_the_how_to_are_those_of_the_company() -> None:
    page = (ROOT / "docs" / "how-to" / "billing-models.md").read_text()
    blocks = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)

    assert len(blocks) > 5
    for block in blocks:
        for name, shown in _read(block).items():
            config = _read((ROOT / "config" / f"{name}.yaml").read_text())[name]
            if isinstance(shown, list):
                assert all(rule in config for rule in shown)
            else:
                assert shown.items() <= config.items()


def _read(text: str) -> Any:
    return yaml.load(text, yaml.BaseLoader)  # noqa: S506 # makes texts only, as config/ does
