"""Phrases of lines: a file per language, whole or refused with its name."""

from pathlib import Path

import pytest

from invoicing.config.phrases import read_phrases
from invoicing.documents.templates import template_folders
from invoicing.domain.drafting.phrases import ENGLISH
from invoicing.domain.errors import SettingsError


@pytest.mark.parametrize("language", ["de", "es", "fr"])
def test_every_shipped_language_has_every_phrase(language: str, tmp_path: Path) -> None:
    assert set(read_phrases(template_folders(tmp_path))[language]) == set(ENGLISH)


def test_a_file_of_the_user_changes_words_and_adds_a_language(tmp_path: Path) -> None:
    _write(tmp_path, "de.yaml", "hours: Arbeitszeit\n")
    _write(tmp_path, "nl.yaml", "hours: Uren\n")

    found = read_phrases([tmp_path, *template_folders(tmp_path)])

    assert found["de"]["hours"] == "Arbeitszeit"
    assert found["de"]["hours_of_role"] == "Stunden, %(role)s"
    assert found["nl"] == {"hours": "Uren"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("hour: Uren", "unknown phrase 'hour'; did you mean 'hours'"),
        ("minimum: 'Minimum, %(role)s'", "minimum cannot be filled"),
        ("minimum: 'Minimum, %(period'", "minimum cannot be filled"),
        ("hours: [a, b]", "hours must be one text"),
        ("- hours", "must be a mapping"),
        ("hours: a\nhours: b", "hours"),
        ("hours: 'a", "never closed"),
    ],
)
def test_what_cannot_be_said_is_refused_with_file_and_phrase(
    text: str, told: str, tmp_path: Path
) -> None:
    path = _write(tmp_path, "nl.yaml", text)
    with pytest.raises(SettingsError) as caught:
        read_phrases([tmp_path])
    assert told in str(caught.value)
    assert str(path) in str(caught.value)


def _write(folder: Path, name: str, text: str) -> Path:
    path = folder / "phrases" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path
