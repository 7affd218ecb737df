"""Schemas and reference page: current, true about the examples, and strict like the loader."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types

from invoicing.config.load import FILES
from invoicing.config.schema import reference, schemas, write_reference, write_schemas
from tests.config.small_company import TEXTS

ROOT = Path(__file__).parents[2]


class EditorLoader(yaml.SafeLoader):
    """YAML 1.2 as editors read it, near enough: no dates, no yes and no."""


EditorLoader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if not tag.endswith((":timestamp", ":bool")) or (first in "tf" and "bool" in tag)
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def editor_finds(name: str, text: str) -> list[str]:
    """Return what an editor would underline."""
    schema: dict[str, Any] = schemas()[name.replace(".yaml", ".schema.json")]
    Draft202012Validator.check_schema(schema)
    found = Draft202012Validator(schema).iter_errors(yaml.load(text, EditorLoader))  # noqa: S506
    return [error.message for error in found]


def test_schemas_in_the_repository_are_current(tmp_path: Path) -> None:
    written = {path.name: path.read_text("utf-8") for path in write_schemas(tmp_path)}
    kept = {path.name: path.read_text("utf-8") for path in (ROOT / "config/schema").iterdir()}

    assert kept == written, "run `invoicing schema`"


def test_reference_page_is_current(tmp_path: Path) -> None:
    page = write_reference(tmp_path / "config.md").read_text("utf-8")

    assert (ROOT / "docs/reference/config.md").read_text("utf-8") == page, "run `invoicing schema`"


@pytest.mark.parametrize("name", FILES)
def test_editor_is_content_with_good_files(name: str) -> None:
    assert editor_finds(name, (ROOT / "config" / name).read_text("utf-8")) == []
    assert editor_finds(name, TEXTS[name]) == []


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("clients.yaml", "currency: EUR", "curency: EUR"),
        ("clients.yaml", "currency: EUR", "currency: EURO"),
        ("clients.yaml", "country: GB", "country: UK"),
        ("clients.yaml", "zone: Europe/Oslo", "zone: [Europe/Oslo]"),
        ("clients.yaml", "established: true", "established: yes"),
        ("clients.yaml", "  globex:", "  Globex Inc:"),
        ("clients.yaml", "mode: off", "mode: offf"),
        ("agreements.yaml", "    fee: 1800.00 EUR\n", "    fee: 1800.00\n"),
        ("agreements.yaml", "kind: retainer", "kind: retianer"),
        ("agreements.yaml", "    total: 9000.00 EUR\n", ""),
        ("agreements.yaml", "starts_on: 2026-01-31", "starts_on: 31.1.2026"),
        ("rules.yaml", "    part: onboarding\n", ""),
        ("taxes.yaml", "code: O", "code: X"),
        ("review.yaml", "5000.00 EUR", "5,000.00 EUR"),
        ("review.yaml", "{login: lead, delegate: finance}", "lead"),
        ("reminders.yaml", "to: client", "to: them"),
    ],
)
def test_editor_underlines_mistakes(name: str, old: str, new: str) -> None:
    assert TEXTS[name].count(old) == 1

    assert editor_finds(name, TEXTS[name].replace(old, new))


def fields(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return every field of a file, named after its entry."""
    entries = {"": schema, **schema.get("$defs", {})}
    return {
        f"{entry}.{name}": field
        for entry, model in entries.items()
        for name, field in model["properties"].items()
    }


def test_every_field_says_what_it_is_for() -> None:
    for name, schema in schemas().items():
        for field, described in fields(schema).items():
            assert described.get("description"), f"{name}: {field}"


def test_reference_page_names_every_key() -> None:
    page = reference()

    for schema in schemas().values():
        for field in fields(schema):
            assert f"| `{field.rpartition('.')[2]}` |" in page


def test_schemas_are_json() -> None:
    for path in (ROOT / "config/schema").iterdir():
        assert json.loads(path.read_text("utf-8")) == schemas()[path.name]
