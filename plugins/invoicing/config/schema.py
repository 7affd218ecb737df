"""JSON Schemas for editors, and the reference page, both written from the models of config/."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from invoicing.config.load import FILES
from invoicing.domain.agreements import Increment
from invoicing.domain.periods import Cycle

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_FLAT_LIST = re.compile(r"\[\s+([^\[\]{}]+?)\s+\]")
_INTRO = """\
# Files in config/

<!-- Written by `write_reference` from the models in plugins/invoicing/config; do not edit. -->

Seven YAML files say whom we invoice, for what, and who decides. They are read as a whole and become
active as a whole: while there is a mistake in any of them, the last good state stays active.

Every value is read as the text that was written, and the field decides what it means. Flags are
`true` or `false`, days are `YYYY-MM-DD`, money is `2400.00 EUR` with all digits of its currency,
numbers are plain digits. As a text, `NO`, `0123` and `22:22` stay what they are. Refused with
their line and column: numbers with a zero in front, unknown and repeated keys, tags, several
documents in one file, anything that looks like a password. Secrets live in Airflow's connections.
"""


class _EditorSchema(GenerateJsonSchema):
    """What a YAML editor can check: no titles made of field names, no nulls nobody may write."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        return {**super().dict_schema(schema), "additionalProperties": False}

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        found = self.generate_inner(schema["schema"])
        # Pydantic drops the description beside a bare link.
        return {"allOf": [found]} if "$ref" in found else found

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        found = super().default_schema(schema)
        if found.get("default", ...) in (None, "", [], {}):
            found.pop("default")
        return found

    def encode_default(self, dft: Any) -> Any:
        """Write a default as a person would write it in the file."""
        match dft:
            case Increment():
                return "exact"
            case Cycle():
                return str(dft)
            case Decimal():
                return int(dft) if dft == int(dft) else str(dft)
        return super().encode_default(dft)


def schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON Schema of every file of config/, by the name of its schema file."""
    return {
        name.replace(".yaml", ".schema.json"): {
            "$schema": _DIALECT,
            **model.model_json_schema(schema_generator=_EditorSchema),
        }
        for name, model in FILES.items()
    }


def dumped(schema: dict[str, Any]) -> str:
    """Write a schema as JSON that people can read: short lists stay on one line."""
    text = json.dumps(schema, indent=2, ensure_ascii=False)
    return _FLAT_LIST.sub(lambda found: f"[{' '.join(found[1].split())}]", text) + "\n"


def write_schemas(folder: Path) -> list[Path]:
    """Write the JSON Schemas into ``folder`` and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name, schema in schemas().items():
        path = folder / name
        path.write_text(dumped(schema), "utf-8")
        written.append(path)
    return written


def reference() -> str:
    """Return the reference page of config/ as Markdown."""
    parts, seen = [_INTRO], set[str]()
    for name, schema in schemas().items():
        parts.extend(_file_section(name.replace(".schema.json", ".yaml"), schema, seen))
    return "\n".join(parts)


def write_reference(path: Path) -> Path:
    """Write the reference page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(reference(), "utf-8")
    return path


def _file_section(name: str, schema: dict[str, Any], seen: set[str]) -> Iterator[str]:
    definitions = schema.get("$defs", {})
    yield f"## {name}\n\n{schema['description']}\n"
    yield from _table(schema, definitions)
    for definition in definitions.values():
        if definition["title"] in seen:
            continue
        seen.add(definition["title"])
        yield f"### {definition['title']}\n\n{definition['description']}\n"
        yield from _table(definition, definitions)


def _table(schema: dict[str, Any], definitions: dict[str, Any]) -> Iterator[str]:
    yield "| key | kind | needed | meaning |"
    yield "|---|---|---|---|"
    for key, field in sorted(
        schema["properties"].items(), key=lambda item: item[0] not in {"kind", "model"}
    ):
        needed = "yes" if key in schema.get("required", ()) else _default(field)
        yield f"| `{key}` | {_kind(field, definitions)} | {needed} | {field['description']} |"
    yield ""


def _default(field: dict[str, Any]) -> str:
    return f"no, else `{json.dumps(field['default'])}`" if "default" in field else "no"


def _kind(field: dict[str, Any], definitions: dict[str, Any]) -> str:
    match field:
        case {"$ref": link}:
            kind = definitions[link.rpartition("/")[2]]["title"]
        case {"allOf": [entry]}:
            kind = _kind(entry, definitions)
        case {"const": word}:
            kind = f"`{word}`"
        case {"oneOf": options}:
            kind = " or ".join(_kind(option, definitions) for option in options)
        case {"type": "array", "items": entry}:
            kind = f"list: {_kind(entry, definitions)}"
        case {"patternProperties": entries}:
            (entry,) = entries.values()
            kind = f"mapping: key to {_kind(entry, definitions)}"
        case {"enum": words} if len(words) < 10:
            kind = ", ".join(f"`{word}`" for word in words)
        case _:
            kind = field["title"]
    return str(kind)
