"""The base of everything a person writes in config/: unknown keys are errors, values are frozen."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationInfo,
    model_validator,
)

from invoicing.config.strict_yaml import Branch, Route


class Written(BaseModel):
    """One entry or file; ``noun`` is what people call it."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        model_title_generator=lambda kind: getattr(kind, "noun", "entry"),
    )
    noun: ClassVar[str] = "entry"

    @model_validator(mode="wrap")
    @classmethod
    def _remember(
        cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo
    ) -> Self:
        """Tell the reading what stands where, so that one bad entry does not hide the others."""
        reading = info.context
        if not isinstance(reading, Reading) or not isinstance(data, Branch):
            return handler(data)
        reading.kinds[data.route] = cls
        reading.parts[data.route] = made = handler(data)
        return made


@dataclass(frozen=True, slots=True)
class Reading:
    """What the models saw in one file: the kind meant at each place, and the good entries."""

    kinds: dict[Route, type[Written]] = field(default_factory=dict)
    parts: dict[Route, Written] = field(default_factory=dict)
