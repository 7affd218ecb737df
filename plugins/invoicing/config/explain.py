"""From what pydantic found to sentences for the person who wrote the file, with their places."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic_core import ErrorDetails

from invoicing.config.problems import Problem, did_you_mean
from invoicing.config.readers import FieldError, kind_of, quoted
from invoicing.config.strict_yaml import Branch, Document, Route
from invoicing.config.written import ENTRY, MISTAKE, Written

Context: TypeAlias = dict[str, Any]

_TAGS = {
    "kind": "The kind of agreement, such as retainer, project or frame.",
    "model": "The way of billing, such as retainer or deal.",
}
_NOUNS = {"kind": "agreement", "model": "rule"}  # of entries that do not say which they are
_QUOTES = " '"
_SHAPES = {
    "dict_type": "a mapping of keys",
    "model_type": "a mapping of keys",
    "model_attributes_type": "a mapping of keys",
    "tuple_type": "a list",
}


@dataclass(frozen=True, slots=True)
class Explainer:
    """Turns what pydantic found into sentences for the person who wrote the file."""

    document: Document
    kinds: Mapping[Route, type[Written]]

    def problems(self, details: Iterable[ErrorDetails]) -> Iterator[Problem]:
        """Explain all findings; keys that one entry lacks are named together."""
        lacking: dict[Route, list[str]] = {}
        for detail in details:
            route = self._route(detail["loc"])
            if detail["type"] == "missing":
                lacking.setdefault(route[:-1], []).append(str(route[-1]))
            elif detail["type"] == "union_tag_not_found":
                tag = str(detail["ctx"]["discriminator"]).strip(_QUOTES)
                lacking.setdefault(route, []).append(tag)
            elif detail["type"] != "too_short" or not self.document.get(route):
                yield self._problem(detail)  # a list is also "short" when its entries are bad
        for route, names in lacking.items():
            yield self._lacking(route, names)

    def _problem(self, detail: ErrorDetails) -> Problem:
        loc, context = detail["loc"], detail.get("ctx", {})
        explain = self._explanations().get(detail["type"])
        if explain is None:
            return self._at(self._route(loc), detail["msg"])
        return explain(self._route(loc), {**context, "type": detail["type"], "loc": loc})

    def _explanations(self) -> dict[str, Callable[[Route, Context], Problem]]:
        return {
            "extra_forbidden": self._unknown_key,
            "union_tag_invalid": self._unknown_tag,
            "value_error": self._mistake,
            MISTAKE: self._mistake,
            "too_short": self._wrong_length,
            "too_long": self._wrong_length,
            **dict.fromkeys(_SHAPES, self._wrong_shape),
        }

    def _at(self, route: Route, text: str, advice: str = "") -> Problem:
        return self.document.problem(self.document.value_at(route), text, advice)

    def _route(self, loc: tuple[int | str, ...]) -> Route:
        """Follow pydantic's path through what was written, past its marks of union members."""
        route: Route = ()
        for index, step in enumerate(loc):
            here, last = self.document.get(route), index == len(loc) - 1
            member = isinstance(here, Branch) and any(step == here.get(tag) for tag in _TAGS)
            if step != ENTRY and (last or not member):
                route = (*route, step)
        return route

    def _unknown_key(self, route: Route, _: Context) -> Problem:
        kind = self.kinds.get(route[:-1], Written)
        known, word = list(kind.keys()), str(route[-1])
        text = f"unknown key {quoted(word)}{did_you_mean(word, known)}"
        advice = f"The keys of {kind.noun}: {', '.join(known)}."
        return self.document.problem(self.document.key_at(route), text, advice)

    def _lacking(self, route: Route, names: list[str]) -> Problem:
        kind = self.kinds.get(route)
        noun = kind.noun if kind else _NOUNS.get(names[0], "entry")
        named = route and isinstance(route[-1], str) and route[-1] != noun
        entry = f"{noun} {route[-1]!r}" if named else f"this {noun}"
        keys = f"the key{'s' if len(names) > 1 else ''} {', '.join(map(repr, names))}"
        known = kind.keys() if kind else {}
        advice = [
            f"{name}: {known[name].description if name in known else _TAGS[name]}" for name in names
        ]
        mark = self.document.key_at(route)
        return self.document.problem(mark, f"{entry} lacks {keys}", "\n  ".join(advice))

    def _unknown_tag(self, route: Route, context: Context) -> Problem:
        name = str(context["discriminator"]).strip(_QUOTES)
        known = [word.strip(_QUOTES) for word in str(context["expected_tags"]).split(",")]
        tag = str(context["tag"])
        text = f"unknown {name} {quoted(tag)}{did_you_mean(tag, known)}"
        return self._at((*route, name), text, f"Write one of: {', '.join(known)}.")

    def _mistake(self, route: Route, context: Context) -> Problem:
        error, about_key = context["error"], context["loc"][-1] == ENTRY
        text = error.text if isinstance(error, FieldError) else str(error)
        advice = error.advice if isinstance(error, FieldError) else ""
        if about_key:
            return self.document.problem(self.document.key_at(route), text, advice)
        return self._at(route, f"{_name(route)}{text}", advice)

    def _wrong_shape(self, route: Route, context: Context) -> Problem:
        wanted, found = _SHAPES[context["type"]], kind_of(self.document.get(route))
        advice = "Put each entry on a line of its own that begins with '- '."
        if wanted != "a list":
            advice = "Write keys below it, indented by two more spaces."
        return self._at(route, f"{_name(route)}{wanted} is expected here, not {found}", advice)

    def _wrong_length(self, route: Route, context: Context) -> Problem:
        least, most = context.get("min_length"), context.get("max_length")
        limit = f"at least {least}" if context["type"] == "too_short" else f"at most {most}"
        return self._at(route, f"{_name(route)}{limit} must be written here")


def _name(route: Route) -> str:
    """Return the key a value belongs to, as the beginning of a sentence."""
    key = next((step for step in reversed(route) if isinstance(step, str)), "")
    return f"{key}: " if key else ""
