"""Canonical JSON: the text behind every hash, exact and the same in every process."""

import json
from collections import OrderedDict
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.canonical import Plain, canonical_json, fingerprint, kept_json, late, to_plain
from invoicing.domain.parties import Mode
from invoicing.domain.trail import chained
from tests.domain.builders import eur
from tests.support.builders import a_draft, an_event, an_obligation


@dataclass(frozen=True)
class Pair:
    """Two values of any kind."""

    left: object
    right: object


def of_plain(value: object) -> str:
    """Write a value the long way: its plain form first, then JSON's own writer."""
    return json.dumps(to_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (7, "7"),
        ("ä €", '"ä €"'),
        (Mode.LIVE, '"live"'),
        (Decimal("1.50"), '"1.50"'),
        (Decimal("1E+2"), '"100"'),
        (date(2026, 11, 2), '"2026-11-02"'),
        (datetime(2026, 11, 2, 9, 0, tzinfo=UTC), '"2026-11-02T09:00:00+00:00"'),
        (eur("2400.00"), '{"amount":"2400.00","currency":"EUR"}'),
        ((1, [2, ()]), "[1,[2,[]]]"),
        ({"b": 1, "a": 2}, '{"a":2,"b":1}'),
        ({10: 1, 2: 0}, '{"10":1,"2":0}'),
        ({Decimal("2E+1")}, '["20"]'),
        (frozenset("hgfedcba"), '["a","b","c","d","e","f","g","h"]'),
        (Pair(Decimal("0.10"), None), '{"left":"0.10","right":null}'),
    ],
)
def test_values_have_one_text(value: object, text: str) -> None:
    assert canonical_json(value) == text
    assert of_plain(value) == text
    assert fingerprint(value) == sha256(text.encode()).hexdigest()


def test_an_instant_is_the_same_in_every_zone() -> None:
    noon = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
    assert canonical_json(noon.astimezone(timezone(timedelta(hours=-5)))) == canonical_json(noon)


@pytest.mark.parametrize("value", [0.1, b"x", object(), {"a": 0.1}, [1.0]])
def test_what_has_no_exact_text_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="has no canonical form"):
        canonical_json(value)
    with pytest.raises(TypeError, match="has no canonical form"):
        to_plain(value)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(TypeError, match="without a time zone"):
        canonical_json(datetime(2026, 11, 2))  # noqa: DTZ001 (what is refused)


LEAVES = st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc"), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_the_text_is_json_and_says_the_same(value: object) -> None:
    assert json.loads(canonical_json(value)) == value


def backwards(value: object) -> object:
    """Return the same value with every mapping written in the other order."""
    if isinstance(value, dict):
        return OrderedDict((key, backwards(value[key])) for key in reversed(value))
    if isinstance(value, list):
        return [backwards(part) for part in value]
    return value


@given(VALUES)
def test_the_order_of_a_mapping_does_not_matter(value: object) -> None:
    assert fingerprint(backwards(value)) == fingerprint(value)


PLAIN_OBJECTS = [
    a_draft(),
    an_event(),
    an_obligation(),
    Pair({"b": Decimal(1), 10: Mode.OFF}, frozenset({"x", "a"})),
    {"text": '"quoted" \\ \n \x00 \u2028 ä', "none": None, "pairs": (Pair(1, True), Pair((), []))},
]


@pytest.mark.parametrize("value", PLAIN_OBJECTS)
def test_the_text_is_that_of_the_plain_value(value: object) -> None:
    assert json.loads(canonical_json(value)) == without_late(value)


def without_late(value: object) -> Plain:
    """Return the plain value without late fields that hold their default."""
    if is_dataclass(value):
        return {
            one.name: without_late(getattr(value, one.name))
            for one in fields(value)
            if not (one.metadata.get("late") and getattr(value, one.name) == one.default)
        }
    if isinstance(value, tuple | list):
        return [without_late(item) for item in value]
    if isinstance(value, dict):
        return {str(key): without_late(item) for key, item in value.items()}
    return to_plain(value)


@dataclass(frozen=True)
class Grown:
    """A value that got two fields later."""

    name: str
    paper: str = late("A4")
    copies: tuple[str, ...] = late(())


def test_a_late_field_is_written_once_it_says_something() -> None:
    assert canonical_json(Grown("a")) == '{"name":"a"}'
    assert canonical_json(Grown("a", paper="Letter")) == '{"name":"a","paper":"Letter"}'
    assert canonical_json(Grown("a", copies=("b",))) == '{"copies":["b"],"name":"a"}'
    assert to_plain(Grown("a")) == {"name": "a", "paper": "A4", "copies": []}


@given(VALUES)
def test_any_text_is_that_of_the_plain_value(value: object) -> None:
    assert canonical_json(value) == of_plain(value)


def test_hashes_are_those_that_ledgers_hold_already() -> None:
    """Approvals are bound to them, and the trail is chained by them: they stay for ever."""
    at = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    first = chained("D-1", None, at, "system", "drafted", {"version": "1", "gross": "1142.40 EUR"})
    second = chained("D-1", first, at, "finance", "approved", {"comment": 'ä "quoted"\n€'})
    assert [
        first.hash,
        second.hash,
        a_draft().content_hash,
        fingerprint(an_event()),
        fingerprint(an_obligation()),
        an_obligation().key.id,
    ] == [
        "e5b08bb842f1db5452588da2989dfcd1f1dd28fdc80377edfa48effeb7e6e7e6",
        "91e996ad38448f6837249e107a4723e00f84ae0df3a9824c5898cb868cfd0663",
        "1d64215f97405c9b7ca42330cd57fbfff459d74505fe6b89d24cdbf776cc1d49",
        "e2cdac8689ea2af194032bd6f0f0028022ebafc4f0bdfe7d819e9461ba4e760f",
        "d33a7fce403884dd7807f1ba70ccd37112c1f4511e48e27426e2885f119683ba",
        "b18e87fe24521f0ab8f45dc9be7f3d61",
    ]


def test_a_text_is_kept_for_the_same_object_and_for_no_other() -> None:
    one, equal = Pair("x", None), Pair("x", None)
    assert kept_json(one) is kept_json(one)
    assert kept_json(equal) == kept_json(one)
    assert kept_json(equal) is not kept_json(one)


def test_kept_texts_of_many_values_are_each_its_own() -> None:
    texts = [kept_json(Pair(number, None)) for number in range(2000)]
    assert texts == [f'{{"left":{number},"right":null}}' for number in range(2000)]


def test_a_text_is_not_kept_when_it_is_very_long() -> None:
    long = Pair("x" * 200_000, None)
    assert kept_json(long) == canonical_json(long)
    assert kept_json(long) is not kept_json(long)


def test_money_stays_text() -> None:
    assert to_plain(eur("0.10")) == {"amount": "0.10", "currency": "EUR"}
