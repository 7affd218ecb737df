"""include/templates/phrases: words of ours for lines of invoices, a file per language."""

import re
from collections.abc import Sequence
from pathlib import Path

from invoicing.config.problems import did_you_mean
from invoicing.config.strict_yaml import Branch, read_yaml
from invoicing.domain.drafting.phrases import ENGLISH
from invoicing.domain.errors import SettingsError

FOLDER = "phrases"
_FACT = re.compile(r"%\((\w+)\)")


def read_phrases(folders: Sequence[Path]) -> dict[str, dict[str, str]]:
    """Return the phrases by language; the first of the template folders that has one wins."""
    found: dict[str, dict[str, str]] = {}
    for folder in reversed(folders):
        for path in sorted((folder / FOLDER).glob("*.yaml")):
            found.setdefault(path.stem, {}).update(_read(path))
    return found


def _read(path: Path) -> dict[str, str]:
    try:
        document = read_yaml(path.name, path.read_text("utf-8"))
    except (OSError, UnicodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    if document.problems:
        raise SettingsError(f"{path}: {document.problems[0].text} {document.problems[0].help}")
    if not isinstance(document.root, Branch):
        raise SettingsError(f"{path} must be a mapping of phrases to words")
    return {name: _checked(path, name, words) for name, words in document.root.items()}


def _checked(path: Path, name: str, words: object) -> str:
    if name not in ENGLISH:
        raise SettingsError(f"{path}: unknown phrase {name!r}{did_you_mean(name, ENGLISH)}")
    if not isinstance(words, str):
        raise SettingsError(f"{path}: {name} must be one text")
    try:
        words % dict.fromkeys(_FACT.findall(ENGLISH[name]), 1)
    except (KeyError, TypeError, ValueError) as error:
        raise SettingsError(
            f"{path}: {name} cannot be filled ({error}); the facts it may name are those of"
            f" {ENGLISH[name]!r}"
        ) from error
    return words
