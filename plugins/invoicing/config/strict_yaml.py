"""YAML without surprises: every scalar stays the text that was written, every value its place.

YAML 1.1 turns `NO` into false, `0123` into 83 and `22:22` into 1342. Nothing of the kind happens
here: this reader yields texts, lists and mappings, and the models in this folder say what a text
means. Duplicate keys, tags, several documents, recursion and floods of aliases are refused.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml
from yaml import events

from invoicing.config.problems import Mark, Problem, Source

MAX_CHARACTERS = 2 * 1024 * 1024
MAX_DEPTH = 16
MAX_VALUES = 100_000
MAX_PROBLEMS = 500
MAX_COPIED = 1000  # values that aliases may add to one file

# PyYAML's own list of what may not stand in a YAML file, checked first to know the place.
_UNPRINTABLE = re.compile(
    "[^\x09\x0a\x0d\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_FAST = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ADVICE = (
    ("'\\t'", "Indent with spaces; YAML does not allow tabs there."),
    ("mapping values are not allowed", "A text that holds ': ' needs quotes: \"like: this\"."),
    ("could not find expected ':'", "Write a colon and a space between key and value."),
    ("escape", "In double quotes a backslash begins an escape; single quotes take it as it is."),
    ("quoted scalar", "A quote was opened and never closed."),
    ("cannot start any token", "A text that begins with this character needs quotes."),
)

Route: TypeAlias = tuple[str | int, ...]


class Branch(dict[str, "Value"]):
    """A mapping that knows its own way from the top of the file, as keys and positions."""

    def __init__(self, route: Route) -> None:
        super().__init__()
        self.route = route


Value: TypeAlias = str | list["Value"] | Branch


@dataclass(frozen=True, slots=True)
class Document:
    """A file as read: texts, lists and mappings, and the place of every key and value."""

    source: Source
    root: Value | None
    values: Mapping[Route, Mark] = field(default_factory=dict)
    keys: Mapping[Route, Mark] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def get(self, route: Route) -> Value | None:
        """Return what is written at ``route``, if anything is."""
        here = self.root
        for step in route:
            if isinstance(here, Branch):
                here = here.get(str(step))
            elif isinstance(here, list) and isinstance(step, int):
                here = here[step]
        return here

    def value_at(self, route: Route) -> Mark:
        """Return the place of a value, or of the nearest thing around it."""
        while route and route not in self.values:
            route = route[:-1]
        return self.values.get(route, Mark(1, 1))

    def key_at(self, route: Route) -> Mark:
        """Return the place of the key (or list entry) that ``route`` ends with."""
        return self.keys.get(route) or self.value_at(route)

    def problem(self, mark: Mark, text: str, advice: str = "") -> Problem:
        """Describe a mistake in this file."""
        return self.source.problem(mark, text, advice)


class _StopError(Exception):
    """Reading cannot go on; the problem says why."""

    def __init__(self, mark: Mark, text: str, advice: str) -> None:
        super().__init__(text)
        self.mark, self.text, self.advice = mark, text, advice


def read_yaml(name: str, text: str) -> Document:
    """Read one file; mistakes are in the document's ``problems``, nothing is raised."""
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_CHARACTERS:
        problem = Problem(name, 0, 0, f"the file is larger than {MAX_CHARACTERS} characters")
        return Document(Source(name, ()), None, problems=(problem,))
    source = Source.of(name, text)
    if bad := _UNPRINTABLE.search(text):
        mark = _mark_at(text, bad.start())
        what = f"the character U+{ord(bad.group()):04X} may not stand in a YAML file"
        problem = source.problem(mark, what, "Remove it; it is invisible in most editors.")
        return Document(source, None, problems=(problem,))
    return _read(source, text)


def _mark_at(text: str, index: int) -> Mark:
    lines = Source.of("", text[:index]).lines
    return Mark(len(lines), len(lines[-1]) + 1)


def _read(source: Source, text: str) -> Document:
    try:
        return _Reader(source).document(yaml.parse(text, Loader=_FAST))
    except yaml.YAMLError as error:
        problem = _explained(source, error)
    try:  # libyaml is terse and its places are rough: ask the slow parser for the reason
        return _Reader(source).document(yaml.parse(text, Loader=yaml.SafeLoader))
    except yaml.YAMLError as error:
        problem = _explained(source, error)
    return Document(source, None, problems=(problem,))


def _explained(source: Source, error: yaml.YAMLError) -> Problem:
    place = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    mark = Mark(place.line + 1, place.column + 1) if place else Mark(1, 1)
    context = getattr(error, "context", None)
    what = getattr(error, "problem", None) or "it cannot be read"
    reason = f"{context}, {what}" if context else what
    fallback = "Check the indentation, the colons and the quotes in this line and the one before."
    advice = next((text for sign, text in _ADVICE if sign in reason), fallback)
    return source.problem(mark, f"this is not YAML: {reason}", advice)


class _Reader:
    """Builds values from the parser's events, one file long."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.values: dict[Route, Mark] = {}
        self.keys: dict[Route, Mark] = {}
        self.problems: list[Problem] = []
        self.anchored: dict[str, Route] = {}
        self.known: dict[Route, Value] = {}
        self.open: set[str] = set()
        self.copied = 0
        self.stream: Iterator[events.Event] = iter(())

    def document(self, stream: Iterator[events.Event]) -> Document:
        self.stream = stream
        root: Value | None = None
        try:
            root = self._root()
        except _StopError as stop:
            self.problems.append(self.source.problem(stop.mark, stop.text, stop.advice))
        return Document(self.source, root, self.values, self.keys, tuple(self.problems))

    def _root(self) -> Value | None:
        root: Value | None = None
        documents = 0
        for event in self.stream:
            if isinstance(event, events.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    advice = "One file holds one document: remove the line '---'."
                    raise _StopError(_mark(event), "a second document begins here", advice)
            elif isinstance(event, events.NodeEvent):
                root = self._value(event, ())
        return root

    def _value(self, event: events.Event, route: Route) -> Value:
        self._refuse_flood(event)
        if len(route) > MAX_DEPTH:
            text = f"values are nested more than {MAX_DEPTH} levels deep"
            raise _StopError(_mark(event), text, "No file of config/ needs that; check brackets.")
        if isinstance(event, events.AliasEvent):
            return self._alias(event, route)
        self._refuse_tag(event)
        self.values[route] = _mark(event)
        anchor = getattr(event, "anchor", None)
        if anchor is None:
            return self._plain_value(event, route)
        self.open.add(anchor)
        value = self._plain_value(event, route)
        self.open.discard(anchor)
        self.anchored[anchor], self.known[route] = route, value
        return value

    def _refuse_flood(self, event: events.Event) -> None:
        if len(self.values) > MAX_VALUES:
            text = f"the file holds more than {MAX_VALUES} values"
            raise _StopError(_mark(event), text, "Something wrote it that should not.")
        if len(self.problems) > MAX_PROBLEMS:
            text = f"the file holds more than {MAX_PROBLEMS} mistakes; the rest was not read"
            raise _StopError(_mark(event), text, "Mend the first ones and check again.")

    def _plain_value(self, event: events.Event, route: Route) -> Value:
        if isinstance(event, events.ScalarEvent):
            return self._scalar(event, route)
        if isinstance(event, events.SequenceStartEvent):
            return self._list(route)
        return self._mapping(route)

    def _scalar(self, event: events.ScalarEvent, route: Route) -> str:
        text: str = event.value
        if not text and not event.style:  # nothing at all, not even quotes
            mark = self.values[route] = self.keys.get(route, self.values[route])
            advice = "Write a value ({} or [] where there are none yet), or remove the key."
            what = f"nothing is written for {route[-1]!r}" if route else "the file is empty"
            self.problems.append(self.source.problem(mark, what, advice))
        return text

    def _list(self, route: Route) -> list[Value]:
        found: list[Value] = []
        while not isinstance(event := next(self.stream), events.SequenceEndEvent):
            found.append(self._value(event, (*route, len(found))))
        return found

    def _mapping(self, route: Route) -> Branch:
        found = Branch(route)
        while not isinstance(event := next(self.stream), events.MappingEndEvent):
            key = self._key(event, (*route, f"?{len(found)}"))
            at = (*route, key)
            if key in found:
                self._duplicate(key, at, _mark(event))
                self._value(next(self.stream), (*route, f"?{key}"))
                continue
            self.keys[at] = _mark(event)
            found[key] = self._value(next(self.stream), at)
        return found

    def _key(self, event: events.Event, route: Route) -> str:
        if isinstance(event, events.ScalarEvent):
            self._refuse_tag(event)
            if event.value == "<<":
                advice = "Write the keys out; a reader sees then what holds for this entry."
                self._note(_mark(event), "merge keys (<<) are not read here", advice)
            return str(event.value)
        self._value(event, route)
        self._note(_mark(event), "a key must be a plain word", "Quote texts with { or [ in them.")
        return str(route[-1])

    def _duplicate(self, key: str, route: Route, mark: Mark) -> None:
        text = f"the key {key!r} is written twice; first in line {self.keys[route].line}"
        self._note(mark, text, "Keep one of the two: YAML would silently take the last.")

    def _refuse_tag(self, event: events.Event) -> None:
        tag = getattr(event, "tag", None)
        if tag is not None:
            advice = "Remove the word that begins with '!'; the key alone says what is meant."
            self._note(_mark(event), f"tags such as {_short(tag)} are not read here", advice)

    def _note(self, mark: Mark, text: str, advice: str) -> None:
        self.problems.append(self.source.problem(mark, text, advice))

    def _alias(self, event: events.AliasEvent, route: Route) -> Value:
        mark, name = _mark(event), event.anchor
        if name in self.open:
            raise _StopError(mark, f"*{name} stands inside &{name}, so it never ends", "Remove it.")
        if name not in self.anchored:
            text = f"*{name} points to &{name}, which is not written before it"
            raise _StopError(mark, text, "Quote the text if it only begins with a star.")
        return self._copy(self.anchored[name], route, mark, self.known[self.anchored[name]])

    def _copy(self, old: Route, new: Route, mark: Mark, value: Value) -> Value:
        self.copied += 1
        if self.copied > MAX_COPIED or len(new) > MAX_DEPTH:
            text = f"aliases make this file more than {MAX_COPIED} values or {MAX_DEPTH} levels"
            raise _StopError(mark, f"{text} larger", "Write the values out.")
        self.values[new] = mark
        if isinstance(value, str):
            return value
        if isinstance(value, list):
            return [self._copy((*old, i), (*new, i), mark, v) for i, v in enumerate(value)]
        branch = Branch(new)
        for key, item in value.items():
            self.keys[*new, key] = self.keys[*old, key]
            branch[key] = self._copy((*old, key), (*new, key), mark, item)
        return branch


def _mark(event: events.Event) -> Mark:
    start, end = event.start_mark, event.end_mark
    if start is None or end is None:  # events made by hand have no place; parsed ones always do
        return Mark(1, 1)
    one_line = start.line == end.line
    width = end.column - start.column if one_line else 1
    return Mark(start.line + 1, start.column + 1, max(width, 1))


def _short(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")
