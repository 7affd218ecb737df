"""How a mistake is put into the product."""

from collections.abc import Callable
from typing import Any, TypeAlias

from tests.crash.places import Place

Change: TypeAlias = Callable[[Place], None]


def patch(owner: object, name: str, new: object) -> Any:
    """Put something in the place of a function of the product, and return the old one."""
    old = getattr(owner, name)
    setattr(owner, name, new)
    return old
