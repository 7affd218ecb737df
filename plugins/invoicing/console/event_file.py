"""Read billing events from JSON: the form the ledger keeps them in, and what people write instead.

Money may be the text ``1200.00 EUR``, numbers may be JSON numbers (their text counts, so nothing is
lost), and what has a usual value may be left out. Everything else is refused with its place.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Literal, NoReturn, TypeVar, Union, get_args, get_origin, get_type_hints

from invoicing.config.problems import did_you_mean
from invoicing.domain.errors import MoneyError, TerminalError
from invoicing.domain.events import BillingEvent
from invoicing.domain.money import Money, number

LONGEST = 1024 * 1024
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NAMES: Mapping[type, str] = {
    str: "a text", bool: "true or false", list: "a list", dict: "an object",
}  # fmt: skip

T = TypeVar("T")


class EventFileError(TerminalError):
    """The file holds no event that can be previewed; every mistake is named."""


@dataclass(frozen=True, slots=True)
class _Number:
    """A JSON number as it was written; a float would change it."""

    text: str


class _Wrong(Exception):  # noqa: N818 # no error of ours: it only leaves one value
    """A value cannot be read; the mistakes are noted already."""


def read_file(path: Path) -> str:
    """Return the text of an event file, or say why it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(4 * LONGEST + 1).decode()  # UTF-8 needs at most 4 bytes a character
    except OSError as error:
        raise EventFileError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise EventFileError(f"{path} is not UTF-8 text") from error


def read_events(text: str, name: str, today: date) -> tuple[BillingEvent, ...]:
    """Read one event, or a list of them; EventFileError names every mistake with its JSON path.

    Left out, ``occurred_on`` is ``today``, ``source`` is ``file``, ``event_id`` the file's name and
    the position in it; a work record has the event's source and a number of its own.
    """
    root = _parsed(text, name)
    written = root if isinstance(root, list) else [root]
    reader = _Reader()
    events = []
    for index, value in enumerate(written):
        path = f"[{index}]" if isinstance(root, list) else ""
        event_id = f"{name}#{index + 1}" if isinstance(root, list) else name
        usual = {"source": "file", "event_id": event_id, "occurred_on": today.isoformat()}
        events.append(reader.event(_completed(value, usual), path))
    if reader.mistakes:
        raise EventFileError("\n".join(f"{name}: {mistake}" for mistake in reader.mistakes))
    return tuple(event for event in events if event)


def _parsed(text: str, name: str) -> object:
    if len(text) > LONGEST:
        raise EventFileError(f"{name}: larger than {LONGEST} characters; preview fewer events")
    try:
        return json.loads(
            text,
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_Number,
            object_pairs_hook=_unrepeated,
        )
    except json.JSONDecodeError as error:
        place = f"{name}:{error.lineno}:{error.colno}"
        raise EventFileError(f"{place}: this is not JSON: {error.msg}") from error
    except RecursionError as error:
        raise EventFileError(f"{name}: nested too deeply to be an event") from error
    except ValueError as error:
        raise EventFileError(f"{name}: {error}") from error


def _unrepeated(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object; keep one of them")
    return found


def _completed(value: object, usual: Mapping[str, object]) -> object:
    """Fill in what an event and its work records may leave out."""
    if not isinstance(value, dict):
        return value
    event = {"agreement": "", "subject": "", "work": [], **usual, **value}
    if isinstance(event["work"], list):
        event["work"] = [
            {"source": event["source"], "record_id": f"{event['event_id']}/{position}", **record}
            if isinstance(record, dict)
            else record
            for position, record in enumerate(event["work"], 1)
        ]
    return event


class _Reader:
    """Turns parsed JSON into domain values by their annotations; collects the mistakes."""

    def __init__(self) -> None:
        self.mistakes: list[str] = []

    def event(self, value: object, path: str) -> BillingEvent | None:
        """Read one event, or note what is wrong with it."""
        try:
            found = self._value(value, BillingEvent, path)
        except _Wrong:
            return None
        return found if isinstance(found, BillingEvent) else None

    def _value(self, value: object, shape: object, path: str) -> object:
        members = _members(shape)
        if value is None and NoneType in members:
            return None
        kinds = [member for member in members if member is not NoneType]
        if len(kinds) > 1:
            return self._one_of(value, kinds, path)
        kind = kinds[0]
        if get_origin(kind) is tuple:
            return self._list(value, get_args(kind)[0], path)
        if kind is Money:
            return self._money(value, path)
        if is_dataclass(kind) and isinstance(kind, type):
            return self._object(value, kind, path)
        return self._scalar(value, kind, path)

    def _one_of(self, value: object, kinds: list[object], path: str) -> object:
        """Read one of several kinds of objects, told apart by their ``kind``."""
        by_kind = {_kind_of(kind): kind for kind in kinds}
        written = self._expect(value, dict, path).get("kind", next(iter(by_kind)))
        if not isinstance(written, str) or written not in by_kind:
            known = ", ".join(by_kind)
            close = did_you_mean(written, by_kind) if isinstance(written, str) else ""
            self._refuse(_join(path, "kind"), f"{_shown(written)} is unknown{close}; use {known}")
        return self._value(value, by_kind[str(written)], path)

    def _list(self, value: object, shape: object, path: str) -> tuple[object, ...]:
        found = []
        for index, item in enumerate(self._expect(value, list, path)):
            try:
                found.append(self._value(item, shape, f"{path}[{index}]"))
            except _Wrong:
                found.append(None)
        return tuple(found)

    def _object(self, value: object, kind: type, path: str) -> object:
        written, known = self._expect(value, dict, path), _shape_of(kind)
        count = len(self.mistakes)
        for key in written.keys() - known.keys():
            text = f"unknown key{did_you_mean(key, known)}; use {', '.join(known)}"
            self.mistakes.append(f"{_join(path, key)}: {text}")
        found: dict[str, object] = {}
        for key, (shape, needed) in known.items():
            if key in written:
                try:
                    found[key] = self._value(written[key], shape, _join(path, key))
                except _Wrong:
                    continue
            elif needed:
                self.mistakes.append(f"{_join(path, key)}: is missing")
        if len(self.mistakes) > count:
            raise _Wrong
        return kind(**found)

    def _money(self, value: object, path: str) -> Money:
        if isinstance(value, str):
            return self._read(Money.parse, value, path)
        if not isinstance(value, dict):
            self._refuse(path, f'{_shown(value)} is not money; write it like "2400.00 EUR"')
        amount, currency = value.get("amount"), value.get("currency")
        if value.keys() != {"amount", "currency"} or not isinstance(currency, str):
            self._refuse(path, 'money is "2400.00 EUR", or an object of amount and currency')
        return self._read(Money.parse, f"{_text(amount)} {currency}", path)

    def _scalar(self, value: object, kind: object, path: str) -> object:
        if kind is Decimal:
            if isinstance(value, str | _Number):
                return self._read(number, _text(value), path)
            self._refuse(path, f"{_shown(value)} is not a number; write it like 1234.50")
        if kind is date:
            return self._day(value, path)
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return self._word(value, kind, path)
        if get_origin(kind) is Literal:
            return value  # looked at already, to choose the kind of object
        return self._expect(value, bool if kind is bool else str, path)

    def _day(self, value: object, path: str) -> date:
        text = value if isinstance(value, str) and _DAY.fullmatch(value) else ""
        try:
            return date.fromisoformat(text)
        except ValueError:
            self._refuse(path, f"{_shown(value)} is not a day; write it like 2026-11-02")

    def _word(self, value: object, kind: type[StrEnum], path: str) -> object:
        words = {str(word): word for word in kind}
        if not isinstance(value, str) or value not in words:
            close = did_you_mean(value, words) if isinstance(value, str) else ""
            self._refuse(path, f"{_shown(value)} is unknown{close}; use {', '.join(words)}")
        return words[value]

    def _expect(self, value: object, kind: type[T], path: str) -> T:
        if not isinstance(value, kind):
            self._refuse(path, f"{_shown(value)} is not {_NAMES[kind]}")
        return value

    def _read(self, parse: Callable[[str], T], text: str, path: str) -> T:
        try:
            return parse(text)
        except MoneyError as error:
            self._refuse(path, str(error))

    def _refuse(self, path: str, text: str) -> NoReturn:
        self.mistakes.append(f"{path or 'the event'}: {text}")
        raise _Wrong


def _members(shape: object) -> tuple[object, ...]:
    return get_args(shape) if get_origin(shape) in {Union, UnionType} else (shape,)


@cache
def _shape_of(kind: type) -> Mapping[str, tuple[object, bool]]:
    """Return for each field what it holds and whether it must be there."""
    hints = get_type_hints(kind)
    return {
        one.name: (hints[one.name], one.default is MISSING and one.default_factory is MISSING)
        for one in fields(kind)
    }


def _kind_of(kind: object) -> str:
    """Return the word that a kind of work record is told by."""
    return str(get_args(get_type_hints(kind)["kind"])[0])


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _text(value: object) -> str:
    return value.text if isinstance(value, _Number) else str(value)


def _shown(value: object) -> str:
    """Write a value as it stood in the file, cut to what a person needs to find it."""
    if isinstance(value, dict | list):
        return _NAMES[type(value)]
    text = _text(value) if isinstance(value, _Number) else json.dumps(value, ensure_ascii=True)
    return text if len(text) <= 60 else f"{text[:57]}..."
