"""The one way a domain value becomes JSON: the text that is hashed, approved and frozen.

A field that came to a class later is declared with `late`: while it holds its default it is left
out of that text, so that what was hashed before the field existed keeps its hash.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field as dataclass_field
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from hashlib import sha256
from json.encoder import encode_basestring
from operator import attrgetter
from types import NoneType
from typing import TypeAlias, TypeVar

from invoicing.domain.money import plain

Plain: TypeAlias = "bool | int | str | list[Plain] | dict[str, Plain] | None"

_LATE = "late"
ValueT = TypeVar("ValueT")


def late(default: ValueT) -> ValueT:
    """Declare a field that its class did not have at first, with what it is where nobody says."""
    # As `dataclasses.field` does, this tells type checkers what the field holds.
    return dataclass_field(default=default, metadata={_LATE: True})


def to_plain(value: object) -> Plain:
    """Turn a domain value into JSON's own types; numbers that are money stay exact text."""
    if isinstance(value, Enum):
        return str(value.value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return _instant(value)
    if isinstance(value, date):
        return value.isoformat()
    return _container(value)


def _instant(value: datetime) -> str:
    # In UTC always: a database may hand an instant back in another zone.
    if value.tzinfo is None:
        raise TypeError("an instant without a time zone has no canonical form")
    return value.astimezone(UTC).isoformat()


def _container(value: object) -> Plain:
    if is_dataclass(value):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    if isinstance(value, frozenset | set):
        return [to_plain(item) for item in sorted(value)]
    raise TypeError(f"{type(value).__name__} has no canonical form")


def canonical_json(value: object) -> str:
    """Write ``value`` as JSON with sorted keys and no spaces: equal values, equal text.

    It is `to_plain` as text, without late fields that hold their default. An invoice is written
    some ten times on its way, so this does not build the plain values first, and it looks at each
    class only once.
    """
    return _WRITERS[type(value)](value)


def fingerprint(value: object) -> str:
    """Return the sha256 of the canonical JSON, in hex."""
    return fingerprint_of(canonical_json(value))


def fingerprint_of(text: str) -> str:
    """Return the sha256 of a canonical JSON that was written before, in hex."""
    return sha256(text.encode()).hexdigest()


def kept_json(value: object) -> str:
    """Return the canonical JSON of a value that nothing in it can change, writing it once.

    A draft is hashed, put on the trail, checked and stored within one batch; its text is long. Only
    the same object has the same text here, an equal one is written for itself.
    """
    known = _kept.get(id(value))
    if known is not None and known[0] is value:
        return known[1]
    text = canonical_json(value)
    if len(_kept) >= _KEPT_AT_MOST:
        _kept.clear()
    if len(text) <= _KEPT_LENGTH:
        _kept[id(value)] = value, text
    return text


_KEPT_AT_MOST = 512  # two parcels; about ten megabytes
_KEPT_LENGTH = 100_000  # characters; of invoices with a thousand lines it would be a gigabyte
_kept: dict[int, tuple[object, str]] = {}  # with the value, so that its id stays its own


_Writer: TypeAlias = Callable[..., str]


class _Writers(dict[type, _Writer]):
    """How the values of each class are written, found out when the first one comes."""

    def __missing__(self, kind: type) -> _Writer:
        self[kind] = writer = _writer_of(kind)
        return writer


def _writer_of(kind: type) -> _Writer:
    if issubclass(kind, Enum):
        return lambda value: encode_basestring(str(value.value))
    for base, writer in _KINDS.items():
        if issubclass(kind, base):
            return writer
    return _record_writer(kind) if is_dataclass(kind) else _refuse


def _record_writer(kind: type) -> _Writer:
    """Return the writer of a dataclass: its fields in order, their names quoted once."""
    names = sorted(field.name for field in fields(kind))
    heads = [f"{encode_basestring(name)}:" for name in names]
    # With a name more than there are fields the getter gives a tuple in every case.
    read = attrgetter(*names, "__class__", "__class__")
    usual = {f.name: f.default for f in fields(kind) if f.metadata.get(_LATE)}
    if usual:
        return _late_writer(heads, read, [usual.get(name, _NEVER) for name in names])

    def write(value: object) -> str:
        items = zip(heads, read(value), strict=False)
        return "{" + ",".join([head + _WRITERS[type(item)](item) for head, item in items]) + "}"

    return write


_NEVER = object()  # the default of a field that is always written


def _late_writer(
    heads: list[str], read: Callable[[object], Iterable[object]], usual: list[object]
) -> _Writer:
    def write(value: object) -> str:
        items = zip(heads, read(value), usual, strict=False)
        told = [
            head + _WRITERS[type(item)](item)
            for head, item, default in items
            if default is _NEVER or item != default
        ]
        return "{" + ",".join(told) + "}"

    return write


def _mapping(value: Mapping[object, object]) -> str:
    found = {str(key): item for key, item in value.items()}
    items = (f"{encode_basestring(key)}:{canonical_json(found[key])}" for key in sorted(found))
    return "{" + ",".join(items) + "}"


def _list(value: Iterable[object]) -> str:
    return "[" + ",".join([_WRITERS[type(item)](item) for item in value]) + "]"


def _refuse(value: object) -> str:
    raise TypeError(f"{type(value).__name__} has no canonical form")


# The first class that fits decides, as the order of the questions does in `to_plain`.
_KINDS: dict[type, _Writer] = {
    NoneType: lambda _: "null",
    bool: lambda value: "true" if value else "false",
    int: int.__repr__,
    str: encode_basestring,
    Decimal: lambda value: f'"{value:f}"',
    datetime: lambda value: f'"{_instant(value)}"',
    date: lambda value: f'"{value.isoformat()}"',
    dict: _mapping,
    tuple: _list,
    list: _list,
    frozenset: lambda value: _list(sorted(value)),
    set: lambda value: _list(sorted(value)),
}
_WRITERS = _Writers()
