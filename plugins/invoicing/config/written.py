"""The base of everything a person writes in config/: unknown keys are errors, values are frozen."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from inspect import signature
from typing import Any, ClassVar, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import InitErrorDetails, PydanticCustomError

from invoicing.config.readers import FieldError
from invoicing.config.strict_yaml import Branch, Route
from invoicing.domain.errors import MoneyError

ENTRY = "[key]"  # at the end of a path it means the entry as a whole; pydantic says so of keys
MISTAKE = "written_mistake"


class Written(BaseModel):
    """One entry or file; ``noun`` is what people call it."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        model_title_generator=lambda kind: getattr(kind, "noun", "entry"),
    )
    noun: ClassVar[str] = "entry"

    @classmethod
    def keys(cls) -> dict[str, FieldInfo]:
        """Return the fields by the keys that people write for them."""
        return {found.alias or name: found for name, found in cls.model_fields.items()}

    def mistakes(self) -> Iterator[FieldError]:
        """Yield what is wrong with values that are each good by themselves.

        It is asked once the entry has no other mistake. As it is here, it asks the domain.
        """
        make = getattr(self, "to_domain", None)
        needed = tuple(signature(make).parameters) if make is not None else ()
        if make is not None and needed in {(), ("key",)}:  # any key will do to find out
            yield from refused(partial(make, *needed))

    @model_validator(mode="wrap")
    @classmethod
    def _remember(
        cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo
    ) -> Self:
        """Tell the reading what stands where, so that one bad entry does not hide the others."""
        reading = info.context
        if isinstance(reading, Reading) and isinstance(data, Branch):
            reading.kinds[data.route] = cls
        made = handler(data)
        if found := list(made.mistakes()):
            raise _error(cls, data, found)
        if isinstance(reading, Reading) and isinstance(data, Branch):
            reading.parts[data.route] = made
        return made


def refused(make: Callable[[], object], *at: str | int) -> Iterator[FieldError]:
    """Yield the domain's objection to a value, placed at ``at`` inside the entry."""
    try:
        make()
    except FieldError as error:
        yield error
    except (MoneyError, ValueError) as error:
        yield FieldError(str(error), "Correct the values of this entry.", at)


def _error(kind: type[Written], data: object, found: Iterable[FieldError]) -> ValidationError:
    details = [
        InitErrorDetails(
            type=PydanticCustomError(MISTAKE, "{text}", {"text": error.text, "error": error}),
            loc=error.at or (ENTRY,),
            input=data,
        )
        for error in found
    ]
    return ValidationError.from_exception_data(kind.__name__, details)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the models saw in one file: the kind meant at each place, and the good entries."""

    kinds: dict[Route, type[Written]] = field(default_factory=dict)
    parts: dict[Route, Written] = field(default_factory=dict)
