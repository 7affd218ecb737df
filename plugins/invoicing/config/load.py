"""From the files in config/ to the book: read, validated and compared as a whole, or refused."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from invoicing.config.agreements import AgreementsFile
from invoicing.config.checks import check, warn
from invoicing.config.clients import ClientsFile
from invoicing.config.company import CompanyFile
from invoicing.config.desk import Desk
from invoicing.config.problems import FOLDER, ConfigError, Problem, Source, did_you_mean
from invoicing.config.reminders import RemindersFile
from invoicing.config.review import ReviewFile
from invoicing.config.rules import RulesFile
from invoicing.config.sheet import Sheet, read_sheet
from invoicing.config.strict_yaml import MAX_CHARACTERS, Document
from invoicing.config.taxes import TaxesFile
from invoicing.config.written import Written
from invoicing.domain.book import Book
from invoicing.domain.canonical import fingerprint

__all__ = [
    "FILES",
    "Checked",
    "ConfigError",
    "check_texts",
    "load_book",
    "read_file",
    "read_folder",
    "read_texts",
]

FILES: Mapping[str, type[Written]] = {
    "company.yaml": CompanyFile,
    "clients.yaml": ClientsFile,
    "agreements.yaml": AgreementsFile,
    "rules.yaml": RulesFile,
    "taxes.yaml": TaxesFile,
    "review.yaml": ReviewFile,
    "reminders.yaml": RemindersFile,
}

F = TypeVar("F", bound=Written)


@dataclass(frozen=True, slots=True)
class Checked:
    """What reading config/ came to: the book if there is no error, every error, every warning.

    A warning is something that can be meant, and often is not.
    """

    book: Book | None
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def read_texts(home: Path) -> dict[str, str]:
    """Read the files of ``home``/config, by name; ConfigError if there are none or no text."""
    return read_folder(home / FOLDER)


def read_folder(folder: Path) -> dict[str, str]:
    """Read the YAML files of ``folder``, by name; ConfigError if there are none or no text."""
    if not folder.is_dir():
        text = f"there is no folder {folder}"
        raise ConfigError([Problem("", 0, 0, text, "Set INVOICING_HOME to the folder above it.")])
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for path in sorted(folder.iterdir()):
        if path.suffix in {".yaml", ".yml"} and not path.name.startswith(".") and path.is_file():
            found = read_file(path)
            if isinstance(found, Problem):
                problems.append(found)
            else:
                texts[path.name] = found
    if problems:
        raise ConfigError(problems)
    return texts


def read_file(path: Path) -> str | Problem:
    """Return the text of a file, or why it has none."""
    try:
        with path.open("rb") as file:
            raw = file.read(4 * MAX_CHARACTERS + 1)  # UTF-8 needs at most 4 bytes a character
        return raw.decode()
    except UnicodeDecodeError as error:
        before = Source.of("", error.object[: error.start].decode()).lines
        text = f"the byte 0x{error.object[error.start]:02x} is not UTF-8"
        advice = "Save the file as UTF-8 (some editors call it 'Unicode')."
        return Problem(path.name, len(before), len(before[-1]) + 1, text, advice)
    except OSError as error:
        return Problem(path.name, 0, 0, f"the file cannot be read: {error.strerror}")


def load_book(texts: Mapping[str, str]) -> Book:
    """Turn the files of config/ (name -> text) into the book, or raise ConfigError.

    The error names every mistake of every file. ``config_hash`` covers the names and texts as they
    are, so that the same hash always means the same words.
    """
    desk = _desk(texts)
    if problems := list(_errors(desk, texts)):
        raise ConfigError(problems)
    return _book(desk, texts)


def check_texts(texts: Mapping[str, str]) -> Checked:
    """Read the files of config/ and say everything about them, without raising."""
    desk = _desk(texts)
    if problems := list(_errors(desk, texts)):
        return Checked(None, ConfigError(problems).problems, ())
    return Checked(_book(desk, texts), (), tuple(sorted(warn(desk))))


def _desk(texts: Mapping[str, str]) -> Desk:
    return Desk(
        company=_sheet(texts, "company.yaml", CompanyFile),
        clients=_sheet(texts, "clients.yaml", ClientsFile),
        agreements=_sheet(texts, "agreements.yaml", AgreementsFile),
        rules=_sheet(texts, "rules.yaml", RulesFile),
        taxes=_sheet(texts, "taxes.yaml", TaxesFile),
        review=_sheet(texts, "review.yaml", ReviewFile),
        reminders=_sheet(texts, "reminders.yaml", RemindersFile),
    )


def _errors(desk: Desk, texts: Mapping[str, str]) -> Iterator[Problem]:
    yield from _strangers(texts)
    yield from _own_problems(desk)
    yield from check(desk)


def _book(desk: Desk, texts: Mapping[str, str]) -> Book:
    review = _whole(desk.review)
    return Book(
        config_hash=fingerprint(dict(texts)),
        entities=_whole(desk.company).to_domain(),
        clients=_whole(desk.clients).to_domain(),
        agreements=_whole(desk.agreements).to_domain(),
        rules=_whole(desk.rules).to_domain(),
        taxes=_whole(desk.taxes).to_domain(),
        review=review.to_domain(),
        bounds=review.safety_bounds(),
        reminders=_whole(desk.reminders).to_domain(),
        texts=dict(texts),
    )


def _sheet(texts: Mapping[str, str], name: str, model: type[F]) -> Sheet[F]:
    if name in texts:
        return read_sheet(name, texts[name], model)
    advice = f"Create it; it holds the key '{next(iter(model.model_fields))}'."
    problem = Problem(name, 0, 0, "the file is missing", advice)
    return Sheet(Document(Source(name, ()), None), None, (problem,))


def _strangers(texts: Mapping[str, str]) -> Iterator[Problem]:
    for name in sorted(texts.keys() - FILES.keys()):
        text = f"unknown file{did_you_mean(name, FILES)}"
        yield Problem(name, 0, 0, text, f"The files of {FOLDER}/: {', '.join(FILES)}.")


def _own_problems(desk: Desk) -> Iterator[Problem]:
    for name in FILES:
        sheet: Sheet[Written] = getattr(desk, name.removesuffix(".yaml"))
        yield from sheet.problems


def _whole(sheet: Sheet[F]) -> F:
    """Return the file's model; a sheet without problems always has it."""
    if sheet.whole is None:
        raise ConfigError(sheet.problems)
    return sheet.whole
