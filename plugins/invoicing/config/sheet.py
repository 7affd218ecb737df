"""One file of config/, read and validated: its entries, and every mistake with its place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pydantic import ValidationError

from invoicing.config.explain import Explainer
from invoicing.config.problems import Mark, Problem, secret_key, secret_value
from invoicing.config.strict_yaml import Branch, Document, Route, Value, read_yaml
from invoicing.config.written import Reading, Written

F = TypeVar("F", bound=Written)
W = TypeVar("W", bound=Written)

_ADVICE = "Files in config/ are stored with every invoice: keep secrets in Airflow's connections."


@dataclass(frozen=True, slots=True)
class Sheet(Generic[F]):
    """A file as far as it could be understood.

    ``whole`` is there when the file has no mistake of its own; the parts that are good are there
    anyway, so that checks between files need not wait for the last typing error.
    """

    document: Document
    whole: F | None
    problems: tuple[Problem, ...]
    _parts: Mapping[Route, Written] = field(default_factory=dict)

    @property
    def readable(self) -> bool:
        """Tell whether the file is there and is YAML."""
        return isinstance(self.document.root, Branch)

    def parts(self, kind: type[W]) -> dict[Route, W]:
        """Return every good entry of a kind, with its place in the file."""
        return {route: part for route, part in self._parts.items() if isinstance(part, kind)}

    def entries(self, *names: str) -> dict[Route, Value]:
        """Return what is written below ``names``, whether it is good or not, with its place."""
        here = self.document.root
        for name in names:
            here = here.get(name) if isinstance(here, Branch) else None
        if isinstance(here, Branch):
            return {(*names, key): value for key, value in here.items()}
        return (
            {(*names, i): value for i, value in enumerate(here)} if isinstance(here, list) else {}
        )

    def at(self, route: Route, text: str, advice: str = "") -> Problem:
        """Describe a mistake in a value."""
        return self.document.problem(self.document.value_at(route), text, advice)

    def at_key(self, route: Route, text: str, advice: str = "") -> Problem:
        """Describe a mistake in an entry as a whole."""
        return self.document.problem(self.document.key_at(route), text, advice)


def read_sheet(name: str, text: str, model: type[F]) -> Sheet[F]:
    """Read one file of config/ as ``model``; nothing is raised."""
    document = read_yaml(name, text)
    problems = [*_secrets(document), *document.problems]
    if document.root is None:
        if not problems:
            text = f"the file is empty; it should hold: {', '.join(model.model_fields)}"
            problems.append(document.problem(Mark(1, 1), text))
        return Sheet(document, None, tuple(problems))
    reading = Reading()
    whole: F | None = None
    try:
        whole = model.model_validate(document.root, context=reading)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        problems.extend(Explainer(document, reading.kinds).problems(details))
    return Sheet(document, whole, tuple(problems), reading.parts)


def _secrets(document: Document) -> Iterator[Problem]:
    for route, value in _scalars(document.root, ()):
        key = next((part for part in reversed(route) if isinstance(part, str)), "")
        if secret_key(key):
            mark = document.key_at(route)
            yield document.problem(mark, f"{key!r} looks like a secret", _ADVICE)
        elif secret_value(value):
            mark = document.value_at(route)
            yield document.problem(mark, "this value looks like a secret", _ADVICE)


def _scalars(value: Value | None, route: Route) -> Iterator[tuple[Route, str]]:
    if isinstance(value, str):
        yield route, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _scalars(item, (*route, index))
    elif value is not None:
        for key, item in value.items():
            yield from _scalars(item, (*route, key))
