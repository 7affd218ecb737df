"""Find templates and labels, the user's before the shipped ones, and fill them in a sandbox."""

import os
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

import jinja2
import yaml
from babel import Locale, UnknownLocaleError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from invoicing.documents.formats import Formats, added, direction, grouped
from invoicing.documents.places import find_asset, folders_of_brand, template_folders
from invoicing.documents.printable import printable
from invoicing.domain.canonical import Plain
from invoicing.domain.errors import InvoicingError, SettingsError

__all__ = ["FALLBACK_LANGUAGE", "SHIPPED", "Templates", "explain", "template_folders"]

FALLBACK_LANGUAGE = "en"
Labels: TypeAlias = "dict[str, str | Labels]"

# Knows text, lists and mappings only: `no` and 22:22 stay what they are. In C where there is one.
_WORDS_ONLY = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_PLAIN_TEXT = (".txt.j2", ".subject.j2")
_FORMATS = (
    "amount", "minus", "price", "money", "quantity", "percent", "day", "short_day", "period",
    "hours", "address",
)  # fmt: skip
SHIPPED = "shipped"
"""The prefix under which a user's template finds the shipped one that it stands in front of."""


class Templates:
    """Templates and labels of some folders; the first folder that has a file wins.

    Labels are merged: a file of the user needs only the words it changes, and a language that
    lacks a word borrows it from English.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self._environment = _environment(self._folders)
        self._spoken: dict[str, tuple[Locale, Labels]] = {}
        self._brands: dict[str, Templates] = {}

    def branded(self, brand: str) -> "Templates":
        """Return the templates of a brand: its own folders before the common ones.

        A brand without a folder of its own has the common templates.
        """
        if brand not in self._brands:
            folders = folders_of_brand(self._folders, brand)
            has_own = len(folders) > len(self._folders)
            self._brands[brand] = Templates(folders) if has_own else self
        return self._brands[brand]

    def fill(self, name: str, language: str, values: dict[str, Plain]) -> str:
        """Fill a template for a client who reads ``language``; values are data, never template."""
        locale, labels = self._speak(language)
        return self.load(name).render(
            {key: printable(value) for key, value in values.items()},
            labels=labels,
            language=str(locale).replace("_", "-"),
            formats=Formats(locale),
        )

    def load(self, name: str) -> jinja2.Template:
        """Compile a template, or reuse it."""
        return self._environment.get_template(name)

    def asset(self, name: str, suffixes: Sequence[str]) -> bytes | None:
        """Return a file of the templates by its name, or nothing: no way leads outside."""
        return find_asset(self._folders, name, suffixes)

    def version(self) -> str:
        """Return a hash of everything that decides about how a document looks and reads."""
        digest = sha256()
        for name, path in sorted(_files(self._folders).items()):
            digest.update(f"{name}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
        return digest.hexdigest()[:12]

    def _speak(self, language: str) -> tuple[Locale, Labels]:
        if language not in self._spoken:
            self._spoken[language] = self._learn(language)
        return self._spoken[language]

    def _learn(self, language: str) -> tuple[Locale, Labels]:
        names = _names(language)
        chain = dict.fromkeys([FALLBACK_LANGUAGE, *reversed(names)])
        labels = {name: self._read(name) for name in chain}
        spoken = any(labels[name] for name in names)
        locale = _locale(names[0] if spoken else FALLBACK_LANGUAGE)
        return locale, _merged(list(labels.values()))

    def _read(self, language: str) -> Labels:
        paths = [folder / "labels" / f"{language}.yaml" for folder in reversed(self._folders)]
        return _merged([_read_labels(path) for path in paths if path.is_file()])


def explain(error: BaseException) -> str:
    """Say what is wrong in which line of which template, for the person who wrote it."""
    if isinstance(error, jinja2.TemplateNotFound):
        return f"template {error.name} is in none of the template folders"
    where = _where(error)
    if isinstance(error, RecursionError):
        looped = f"{where}the template extends, includes or calls itself"
        return looped if where else "the page is nested too deeply to be laid out"
    told = isinstance(error, jinja2.TemplateError | InvoicingError)
    kind = "" if told else f"{type(error).__name__}: "
    return f"{where}{kind}{error}"[:600]


def _where(error: BaseException) -> str:
    if isinstance(error, jinja2.TemplateSyntaxError):
        return f"{error.filename or error.name}, line {error.lineno}: "
    where, step = "", error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename.endswith(".j2"):
            where = f"{step.tb_frame.f_code.co_filename}, line {step.tb_lineno}: "
        step = step.tb_next
    return where


def _environment(folders: Sequence[Path]) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=_loader([os.fspath(folder) for folder in folders]),
        autoescape=lambda name: name is None or not name.endswith(_PLAIN_TEXT),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update({name: _filter(name) for name in _FORMATS})
    environment.filters.update(
        {"grouped": grouped, "added": added, "direction": direction, "counted": _counted}
    )
    environment.tests["nothing"] = _is_nothing
    return environment


def _loader(folders: list[str]) -> jinja2.BaseLoader:
    shipped = {SHIPPED: jinja2.FileSystemLoader(folders[-1:])}
    return jinja2.ChoiceLoader([jinja2.FileSystemLoader(folders), jinja2.PrefixLoader(shipped)])


@jinja2.pass_context
def _counted(context: Context, number: str, unit: str) -> str:
    """Write a quantity with its unit, in the singular or plural that the language wants."""
    words = context["labels"]["units"].get(unit.lower(), unit)
    formats: Formats = context["formats"]
    if isinstance(words, dict):
        words = words.get(formats.plural(number), words["other"])
    return f"{formats.quantity(number)} {words}"


def _filter(name: str) -> Callable[[Context, object], object]:
    @jinja2.pass_context
    def write(context: Context, value: object) -> object:
        return getattr(context["formats"], name)(value)

    return write


def _is_nothing(money: dict[str, str]) -> bool:
    return not money["amount"].strip("-0.")


def _files(folders: Sequence[Path]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in folders:
        for path in folder.rglob("*"):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and not name.startswith("mail/"):
                found.setdefault(name, path)
    return found


def _names(language: str) -> list[str]:
    parts = "".join(char if char.isalnum() else "_" for char in language).lower().split("_")
    return list(dict.fromkeys(["_".join(parts), parts[0]]))


def _locale(name: str) -> Locale:
    for candidate in _names(name):
        try:
            return Locale.parse(candidate)
        except (ValueError, UnknownLocaleError):
            continue
    return Locale.parse(FALLBACK_LANGUAGE)


def _read_labels(path: Path) -> Labels:
    try:
        found = yaml.load(path.read_text("utf-8"), _WORDS_ONLY)  # noqa: S506 # makes no objects
    except (yaml.YAMLError, UnicodeError) as error:
        raise SettingsError(f"{path} is not valid YAML in UTF-8: {error}") from error
    if not isinstance(found, dict):
        raise SettingsError(f"{path} must be a mapping of labels to words")
    return found


def _merged(layers: Sequence[Labels]) -> Labels:
    merged: Labels = {}
    for layer in layers:
        for key, words in layer.items():
            below = merged.get(key)
            if isinstance(words, dict) and isinstance(below, dict):
                merged[key] = _merged([below, words])
            else:
                merged[key] = words
    return merged
