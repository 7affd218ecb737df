"""Comparing what was computed with what a case expects."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

from invoicing.domain.money import Money, number, plain
from tests.golden.fields import Json

# Money is compared digit by digit, a Decimal (hours, a rate) by its value.
Value: TypeAlias = "Money | Decimal | str | int | Sequence[Value] | Mapping[str, Value] | None"
Result: TypeAlias = Mapping[str, Value]


def differences(computed: Result, expected: Mapping[str, Json]) -> Iterator[str]:
    """Say what differs in the fields that the case expects."""
    for name, wanted in expected.items():
        if name not in computed:
            yield f"{name} is not computed"
        else:
            yield from _unlike(computed[name], wanted, name)


def as_json(value: Value) -> Json:
    """Write a result as a case would."""
    if isinstance(value, Money):
        return plain(value.amount)
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Mapping):
        return {name: as_json(each) for name, each in value.items()}
    if isinstance(value, str | int) or value is None:
        return value
    return [as_json(each) for each in value]


def _unlike(computed: Value, wanted: Json, where: str) -> Iterator[str]:
    if isinstance(computed, Mapping) and isinstance(wanted, dict):
        if extra := sorted(set(computed).difference(wanted)):
            yield f"{where} has {', '.join(extra)} too many"
        for name, each in wanted.items():
            yield from _unlike(computed.get(name), each, f"{where}.{name}")
    elif isinstance(wanted, list) and isinstance(computed, list | tuple):
        if len(computed) != len(wanted):
            yield f"{where} has {len(computed)} entries instead of {len(wanted)}"
        for index, (each, other) in enumerate(zip(computed, wanted, strict=False)):
            yield from _unlike(each, other, f"{where}[{index}]")
    elif not _same(computed, wanted):
        yield f"{where} is {as_json(computed)!r} instead of {wanted!r}"


def _same(computed: Value, wanted: Json) -> bool:
    if isinstance(computed, Decimal):
        if isinstance(wanted, str):
            return computed == number(wanted)
        return isinstance(wanted, int) and computed == wanted
    return as_json(computed) == wanted
