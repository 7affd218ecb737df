"""include/templates as config/ needs it: words in the languages of clients, looks of entities.

The press reads these files itself, and fails where they are wrong; by then an invoice may have its
number. So they are looked at together with config/, where every mistake has a file and a line.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from invoicing.config.load import read_file
from invoicing.config.problems import Problem, did_you_mean
from invoicing.config.strict_yaml import Branch, Document, Value, read_yaml
from invoicing.domain.book import Book

FALLBACK = "en"
"""The language that all others borrow from; its phrases are built in."""
COMMON_LOOK = "default"
"""The brand that needs no style sheet of its own."""
_LABELS, _PHRASES, _BRANDS = "labels", "phrases", "brands"
_NAMED_BY_OTHERS = frozenset({"units", "references"})  # sources and agreements bring their own
_PLURALS = frozenset({"zero", "one", "two", "few", "many", "other"})  # as Unicode calls them
_HOLE = re.compile(r"%%|%\((\w+)\)s")


def label_errors(folders: Sequence[Path], beside: Path) -> Iterator[Problem]:
    """Yield what would stop a document or print nonsense; ``beside`` is the folder config/."""
    english = _english(folders)
    for path in _files(folders, ".yaml"):
        name = os.path.relpath(path, beside)
        text = read_file(path)
        if isinstance(text, Problem):
            yield replace(text, file=name)
            continue
        document = read_yaml(name, text)
        if document.problems:
            yield from document.problems
        elif isinstance(document.root, Branch):
            yield from _wrong(document, document.root, english)
        else:
            yield Problem(name, 0, 0, "the file must be a mapping of labels to words")


def label_warnings(folders: Sequence[Path], beside: Path, book: Book) -> Iterator[Problem]:
    """Yield what is printed by nothing, and what will be in English or plain although asked."""
    english = _english(folders)
    for path in _files(folders, ".yml"):
        name, advice = os.path.relpath(path, beside), f"Call it {path.stem}.yaml."
        yield Problem(name, 0, 0, "no file of this name is read", advice)
    for path in _files(folders, ".yaml"):
        text = read_file(path)
        document = read_yaml(
            os.path.relpath(path, beside), "" if isinstance(text, Problem) else text
        )
        if isinstance(document.root, Branch):
            yield from _unknown(document, document.root, english)
    yield from _unspoken(folders, book)
    yield from _without_look(folders, book)


def _files(folders: Sequence[Path], suffix: str) -> Iterator[Path]:
    """Yield the label files of the user; without a folder of his own, the copied ones are his."""
    for folder in folders[:-1] or folders:
        for place in (folder, *sorted((folder / _BRANDS).glob("*"))):
            yield from sorted((place / _LABELS).glob(f"*{suffix}"))


def _english(folders: Sequence[Path]) -> Branch:
    text = read_file(folders[-1] / _LABELS / f"{FALLBACK}.yaml")
    root = None if isinstance(text, Problem) else read_yaml(FALLBACK, text).root
    return root if isinstance(root, Branch) else Branch(())


def _wrong(document: Document, own: Branch, english: Mapping[str, Value]) -> Iterator[Problem]:
    for key, words in own.items():
        route, known = (*own.route, key), english.get(key)
        if own.route and own.route[0] in _NAMED_BY_OTHERS:
            fault = _unit_fault(words, known)
        elif isinstance(words, Branch) and isinstance(known, Branch | None):
            yield from _wrong(document, words, known or {})
            continue
        else:
            fault = _fault(words, known)
        if fault:
            yield document.problem(document.value_at(route), f"{_name(route)} {fault}")


def _fault(words: Value, known: Value | None) -> str:
    if isinstance(known, Branch):
        return "must be a mapping of labels to words"
    if not isinstance(words, str):
        return "must be one text"
    return "" if known is None else _hole_fault(words, str(known))


def _hole_fault(words: str, known: str) -> str:
    """Say why a text cannot be filled with the facts that the English one is filled with."""
    facts = {hole for hole in _HOLE.findall(known) if hole}
    for hole in _HOLE.finditer(words):
        if hole[1] and hole[1] not in facts:
            there = ", ".join(f"%({fact})s" for fact in sorted(facts)) or "none"
            return f"cannot be filled: there is no {hole[0]} here (there are: {there})"
    if facts and "%" in _HOLE.sub("", words):
        return "has a percent sign that begins nothing; write %% to print one"
    return ""


def _unit_fault(words: Value, known: Value | None) -> str:
    if isinstance(words, str):
        return ""
    if not isinstance(words, Branch) or not _PLURALS.issuperset(words):
        return f"must be one text, or one for each of: {', '.join(sorted(_PLURALS))}"
    if "other" not in words and not isinstance(known, Branch):
        return "needs a word for `other`, which is taken where no other form fits"
    return ""


def _unknown(document: Document, own: Branch, english: Branch) -> Iterator[Problem]:
    for key, words in own.items():
        route, known = (*own.route, key), english.get(key)
        meant = did_you_mean(key, english)
        if known is None and (own.route or meant):
            text = f"no shipped template prints {_name(route)!r}{meant}"
            advice = "Words for templates of your own stand in a section of their own."
            yield document.problem(document.key_at(route), text, advice)
        elif (
            key not in _NAMED_BY_OTHERS and isinstance(words, Branch) and isinstance(known, Branch)
        ):
            yield from _unknown(document, words, known)


def _unspoken(folders: Sequence[Path], book: Book) -> Iterator[Problem]:
    for language in sorted({client.language for client in book.clients.values()} - {FALLBACK}):
        needed = [f"{kind}/{language}.yaml" for kind in (_LABELS, _PHRASES)]
        missing = [name for name in needed if not _is_there(folders, name)]
        if missing:
            keys = [key for key, one in book.clients.items() if one.language == language]
            who, what = ", ".join(keys[:5]), " and no ".join(missing)
            text = f"language {language} ({who}): there is no {what}"
            advice = "Add it to include/templates; until then these words are in English."
            yield Problem("clients.yaml", 0, 0, text, advice)


def _without_look(folders: Sequence[Path], book: Book) -> Iterator[Problem]:
    for entity in book.entities.values():
        sheet = f"invoice/{entity.brand}.css"
        named = entity.brand == COMMON_LOOK, _is_there(folders, sheet)
        if not any(named) and not _is_there(folders, f"{_BRANDS}/{entity.brand}"):
            text = f"{entity.key}: brand {entity.brand} has no look of its own"
            advice = f"Write include/templates/{sheet}; until then it looks like `{COMMON_LOOK}`."
            yield Problem("company.yaml", 0, 0, text, advice)


def _is_there(folders: Sequence[Path], name: str) -> bool:
    return any((folder / name).exists() for folder in folders)


def _name(route: Sequence[str | int]) -> str:
    return ".".join(map(str, route))
