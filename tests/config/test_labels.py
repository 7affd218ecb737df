"""Labels, languages and looks: what is wrong in include/templates is told with config/."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from invoicing.config.labels import label_errors, label_warnings
from invoicing.config.load import load_book, read_folder
from invoicing.config.problems import Problem
from invoicing.documents.places import template_folders
from invoicing.domain.book import Book
from tests.house.source import ROOT

CONFIG = ROOT / "config"


def _write(home: Path, text: bytes, name: str = "labels/nl.yaml") -> list[Path]:
    """Write one file of a user's templates; return the folders they are looked up in."""
    folders = template_folders(home)
    path = folders[0] / name
    path.parent.mkdir(parents=True)
    path.write_bytes(text)
    return folders


def _book(name: str = "", old: str = "", new: str = "") -> Book:
    texts = read_folder(CONFIG)
    if name:
        assert old in texts[name]
        texts[name] = texts[name].replace(old, new)
    return load_book(texts)


def test_the_shipped_words_and_looks_are_good(tmp_path: Path) -> None:
    folders = template_folders(tmp_path)
    shipped = folders[-1:]  # as where include/ was copied
    for each in (folders, shipped):
        assert list(label_errors(each, CONFIG)) == []
        assert list(label_warnings(each, CONFIG, _book())) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("invoice: {pay_by: 'voor %(datum)s'}", "no %(datum)s here (there are: %(date)s)"),
        ("invoice: {heading: 'Factuur %(number)s'}", "no %(number)s here (there are: none)"),
        ("invoice: {pay_by: '100% voor %(date)s'}", "write %% to print one"),
        ("invoice: {pay_by: 'voor %(date)d'}", "write %% to print one"),
        ("invoice: Factuur", "invoice must be a mapping"),
        ("invoice: {heading: [a, b]}", "invoice.heading must be one text"),
        ("invoice: {heading: {one: a}}", "invoice.heading must be one text"),
        ("units: {day: [a]}", "units.day must be one text, or one for each of"),
        ("units: {day: {one: dag, othr: dagen}}", "units.day must be one text, or one for each of"),
        ("units: {piece: {one: stuk}}", "units.piece needs a word for `other`"),
        ("north: {hint: [a]}", "north.hint must be one text"),
        ("- a", "must be a mapping of labels"),
        ("", "must be a mapping of labels"),
        ("invoice: {heading: a, heading: b}", "written twice"),
        ("invoice: 'a", "never closed"),
        ("invoice: {heading: \xe4}", "not UTF-8"),
    ],
)
def test_what_would_stop_a_document_is_an_error_with_its_place(
    text: str, told: str, tmp_path: Path
) -> None:
    folders = _write(tmp_path, text.encode("latin-1"))
    (problem,) = label_errors(folders, tmp_path / "config")
    assert told in f"{problem.text} {problem.help}"
    assert problem.file == "../include/templates/labels/nl.yaml"


@pytest.mark.parametrize(
    "text",
    [
        "units: {day: {one: dag}, month: maand, schijf: {one: schijf, other: schijven}}",
        "invoice: {pay_by: 'Betaal snel', total_tax: '%(label)s 100 %% van %(net)s'}",
        "references: {ticket: Ticket}",
        "north: {hint: Kijk in het portaal, deep: {er: x}}",
    ],
)
def test_what_may_be_meant_is_left_alone(text: str, tmp_path: Path) -> None:
    folders = _write(tmp_path, text.encode())
    assert list(label_errors(folders, CONFIG)) == []
    assert list(label_warnings(folders, CONFIG, _book())) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("invoice: {headng: Factuur}", "'invoice.headng'; did you mean 'heading'?"),
        ("account: {late: {intro: x}}", "'account.late.intro'"),
        ("invoise: {heading: Factuur}", "'invoise'; did you mean 'invoice'?"),
    ],
)
def test_a_word_that_nothing_prints_is_a_warning(text: str, told: str, tmp_path: Path) -> None:
    folders = _write(tmp_path, text.encode(), "brands/north/labels/en.yaml")
    assert list(label_errors(folders, CONFIG)) == []
    (problem,) = label_warnings(folders, CONFIG, _book())
    assert told in problem.text
    assert problem.line == 1


def test_a_file_that_is_never_read_is_named(tmp_path: Path) -> None:
    folders = _write(tmp_path, b"invoice: {heading: Factuur}", "labels/nl.yml")
    (problem,) = label_warnings(folders, CONFIG, _book())
    assert problem.help == "Call it nl.yaml."


def test_a_language_without_words_is_a_warning(tmp_path: Path) -> None:
    book = _book("clients.yaml", "language: fr", "language: nl")
    folders = template_folders(tmp_path)
    assert _texts(label_warnings(folders, CONFIG, book)) == [
        "language nl (aurora): there is no labels/nl.yaml and no phrases/nl.yaml"
    ]
    folders = _write(tmp_path, b"invoice: {heading: Factuur}")
    assert _texts(label_warnings(folders, CONFIG, book)) == [
        "language nl (aurora): there is no phrases/nl.yaml"
    ]


def test_a_brand_without_a_look_is_a_warning(tmp_path: Path) -> None:
    book = _book("company.yaml", "brand: modern", "brand: north")
    folders = template_folders(tmp_path)
    assert _texts(label_warnings(folders, CONFIG, book)) == [
        "cloudbridge: brand north has no look of its own"
    ]
    folders = _write(tmp_path, b"h1 { color: red }", "invoice/north.css")
    assert _texts(label_warnings(folders, CONFIG, book)) == []


def _texts(problems: Iterable[Problem]) -> list[str]:
    return [one.text for one in problems]
