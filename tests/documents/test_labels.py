"""The words of the documents: every language that is shipped says everything."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from babel import Locale

from invoicing.documents.templates import Templates, template_folders

LANGUAGES = ("en", "de", "fr", "es")
FOLDER = template_folders(Path("nowhere"))[-1] / "labels"
Words = dict[str, "str | Words"]


def _read(language: str) -> Words:
    found: Words = yaml.safe_load((FOLDER / f"{language}.yaml").read_text("utf-8"))
    return found


def _flat(words: Words, above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in words.items():
        if isinstance(value, dict) and not (above == "units." and "other" in value):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", str(value)


def _holes(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", text))


def test_the_shipped_languages_are_these() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_language_has_every_word_with_the_same_holes(language: str) -> None:
    english, own = dict(_flat(_read("en"))), dict(_flat(_read(language)))

    assert set(english) - set(own) == set(), "words that this language borrows from English"
    assert set(own) - set(english) == set(), "words that nothing prints"
    for key, words in own.items():
        assert words.strip(), key
        assert _holes(words) == _holes(english[key]), key
        assert not re.search(r"%(?!\(\w+\)s)", words), f"{key} has a bare percent sign"


@pytest.mark.parametrize("language", LANGUAGES)
def test_units_know_the_plural_forms_of_their_language(language: str) -> None:
    units, locale = _read(language)["units"], Locale(language)
    assert isinstance(units, dict)
    needed = {locale.plural_form(number) for number in (0, 1, 2, 5, 11, 21)} | {"other"}
    for unit, words in units.items():
        if isinstance(words, dict):
            assert needed <= set(words), unit


@pytest.mark.parametrize(
    ("language", "number", "unit", "expected"),
    [
        ("en", "1", "day", "1 day"),
        ("en", "1.5", "day", "1.5 days"),
        ("en", "-1", "month", "-1 month"),
        ("en", "3", "Month", "3 months"),
        ("de", "2", "days", "2 Tage"),
        ("fr", "1.5", "day", "1,5 jour"),
        ("es", "12.25", "hours", "12,25 horas"),
        ("en", "4200", "calls", "4,200 calls"),
        ("de", "4", "piece", "4 Stk."),
    ],
)
def test_a_quantity_is_in_the_singular_or_plural(
    tmp_path: Path, language: str, number: str, unit: str, expected: str
) -> None:
    (tmp_path / "one.txt.j2").write_text("{{ number | counted(unit) }}", "utf-8")
    templates = Templates([tmp_path, FOLDER.parent])
    assert templates.fill("one.txt.j2", language, {"number": number, "unit": unit}) == expected


def test_one_word_of_the_user_may_replace_all_forms_of_a_unit(tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "en.yaml").write_text("units: {day: d}", "utf-8")
    (tmp_path / "one.txt.j2").write_text("{{ '2' | counted('day') }}", "utf-8")
    assert Templates([tmp_path, FOLDER.parent]).fill("one.txt.j2", "en", {}) == "2 d"
