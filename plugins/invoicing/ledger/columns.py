"""Column types of the ledger: instants, words and domain values read the same in both databases."""

import re
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from invoicing.domain.canonical import canonical_json, kept_json

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
WordT = TypeVar("WordT", bound=StrEnum)


def storable(text: str) -> str:
    """Return a text as `AnyText` keeps it."""
    return _UNSTORABLE.sub("\ufffd", text)


class AnyText(TypeDecorator[str]):
    """Text from anywhere: what PostgreSQL cannot hold (NUL, half characters) becomes U+FFFD.

    A mail server that answers with a NUL must not make us lose the record of what it answered.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Write the text."""
        return None if value is None else storable(value)


class Instant(TypeDecorator[datetime]):
    """An instant as ISO 8601 text in UTC with microseconds: sorts as text, never loses its zone."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Write an aware instant; a naive one is refused because nobody knows when it is."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone; use aware UTC datetimes")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """Read the instant back, aware and in UTC."""
        return None if value is None else datetime.fromisoformat(value)


class Word(TypeDecorator[WordT], Generic[WordT]):
    """A state or kind, stored as its word."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[WordT]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: WordT | None, dialect: Dialect) -> str | None:
        """Write the word; anything that is not one of ours is refused."""
        return None if value is None else self.words(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> WordT | None:
        """Read the word back."""
        return None if value is None else self.words(value)


class Json(TypeDecorator[Any]):
    """A frozen domain value as its canonical JSON, the text its hash is made of.

    ``kept`` texts are those that are written again within a batch, such as a draft's.
    """

    impl = Text
    cache_ok = True

    def __init__(self, shape: Any, *, kept: bool = False) -> None:
        super().__init__()
        self.shape = shape
        self.kept = kept

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        """Write the value."""
        if value is None:
            return None
        return kept_json(value) if self.kept else canonical_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Read the value back, checked against its type."""
        return None if value is None else _reader(self.shape).validate_json(value)


@cache
def _reader(shape: Any) -> TypeAdapter[Any]:
    # Built at first use: an adapter costs milliseconds and few processes need all of them.
    return TypeAdapter(shape)
