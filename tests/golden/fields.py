"""Strict reading of a case: every field is used, once, as what it is, or the case fails."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias, TypeVar

from invoicing.domain.money import Money, Rounding, number
from invoicing.domain.periods import Period, local_date

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"
_T = TypeVar("_T")


class CaseError(Exception):
    """A case that this driver cannot read; guessing would make the answer worthless."""


# What names a thing and changes no figure; a case may say it of anything.
LABELS = {"id", "name", "description", "note"}


class Fields:
    """One object of a case. Fields that nobody asked for make `finish` fail, save for labels."""

    def __init__(self, raw: Json, where: str) -> None:
        if not isinstance(raw, dict):
            raise CaseError(f"{where} is not an object")
        self._raw: Mapping[str, Json] = raw
        self._where = where
        self._left = set(raw).difference(LABELS)
        self._inside: list[Fields] = []

    def __contains__(self, name: str) -> bool:
        # A null says that there is none, and has been read by asking.
        if self._raw.get(name) is None:
            self._left.discard(name)
            return False
        return True

    def finish(self) -> None:
        """Refuse a case with a field that was ignored."""
        if self._left:
            raise CaseError(f"{self._where}: nothing reads {', '.join(sorted(self._left))}")
        for inside in self._inside:
            inside.finish()

    def skip(self, *names: str) -> None:
        """Read fields that have no say in the outcome of this kind of case."""
        self._left.difference_update(names)

    def take(self, name: str) -> Json:
        """Read a field as it is; without one it is null."""
        self._left.discard(name)
        return self._raw.get(name)

    def text(self, name: str, default: str | None = None) -> str:
        """Read a text."""
        return self._of_type(str, name, default)

    def whole(self, name: str, default: int | None = None) -> int:
        """Read a whole number, written as a number or as text."""
        value = self.take(name)
        if isinstance(value, str):
            return int(value)
        return self._known(value, int, name, default)

    def decimal(self, name: str, default: str | None = None) -> Decimal:
        """Read an exact number: text, or a whole number; never a float."""
        value = self.take(name)
        if value is None and default is not None:
            value = default
        return exact(value, f"{self._where}.{name}")

    def money(self, name: str, currency: str, default: str | None = None) -> Money:
        """Read an amount in ``currency``."""
        return Money(self.decimal(name, default), currency)

    def day(self, name: str, zone: str = "") -> date:
        """Read a day; an instant is the day that it has in ``zone``."""
        text = self.text(name)
        if "T" not in text:
            return date.fromisoformat(text)
        if not zone:
            raise CaseError(f"{self._where}.{name} is an instant without a time zone to bill in")
        return local_date(datetime.fromisoformat(text), zone)

    def instant(self, name: str) -> datetime:
        """Read an instant."""
        return datetime.fromisoformat(self.text(name))

    def period(self, zone: str = "") -> Period:
        """Read this object as a stretch of days."""
        return Period(self.day("start", zone), self.day("end", zone))

    def rounding(self) -> Rounding:
        """Read the rounding that the case names, in any spelling, or the usual one."""
        return Rounding(self.text("rounding_mode", Rounding.HALF_UP).lower())

    def texts(self) -> Mapping[str, str]:
        """Read all fields of this object as texts by their names."""
        return {name: self.text(name) for name in self._raw}

    def child(self, name: str) -> "Fields":
        """Read an object inside this one."""
        return self._child(self.take(name), name)

    def items(self, name: str) -> list["Fields"]:
        """Read a list of objects; without one it is empty."""
        return [self._child(each, f"{name}[{index}]") for index, each in enumerate(self.list(name))]

    def numbers(self, name: str) -> list[Decimal]:
        """Read a list of exact numbers."""
        return [exact(each, f"{self._where}.{name}") for each in self.list(name)]

    def days(self, name: str) -> tuple[date, ...]:
        """Read a list of days; without one it is empty."""
        return tuple(date.fromisoformat(str(each)) for each in self.list(name))

    def list(self, name: str) -> list[Json]:
        """Read a list as it is; without one it is empty."""
        return self._of_type(list, name, [])

    def _of_type(self, kind: type[_T], name: str, default: _T | None) -> _T:
        return self._known(self.take(name), kind, name, default)

    def _known(self, value: Json, kind: type[_T], name: str, default: _T | None) -> _T:
        if value is None and default is not None:
            return default
        if not isinstance(value, kind) or isinstance(value, bool):
            raise CaseError(f"{self._where}.{name} is {value!r}, not of type {kind.__name__}")
        return value

    def _child(self, raw: Json, name: str) -> "Fields":
        inside = Fields(raw, f"{self._where}.{name}")
        self._inside.append(inside)
        return inside


def exact(value: Json, where: str) -> Decimal:
    """Read an exact number from text or from a whole number; a float is refused."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if not isinstance(value, str):
        raise CaseError(f"{where} is {value!r}, not a number as text")
    return number(value)
