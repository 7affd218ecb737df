"""Domain values never change: what was approved, hashed and numbered stays what it was."""

import dataclasses
import importlib
import pkgutil
from collections.abc import Iterator

import pytest

from invoicing import domain
from invoicing.domain.parties import Client, Mode

# Written step by step while something is computed; what comes of it is a value.
WORKPIECES = {"Sheet", "_Basket"}


def values() -> Iterator[type]:
    for module in pkgutil.walk_packages(domain.__path__, f"{domain.__name__}."):
        members = vars(importlib.import_module(module.name))
        for member in members.values():
            is_value = isinstance(member, type) and dataclasses.is_dataclass(member)
            if is_value and member.__name__ not in WORKPIECES:
                yield member


@pytest.mark.parametrize("value", sorted(set(values()), key=str))
def test_a_value_is_frozen_and_has_no_other_attributes(value: type) -> None:
    assert vars(value)["__dataclass_params__"].frozen
    assert "__slots__" in vars(value)


def test_a_new_client_is_not_taken_for_an_old_one() -> None:
    defaults = {field.name: field.default for field in dataclasses.fields(Client)}
    assert defaults["established"] is False
    assert defaults["mode"] is Mode.LIVE
