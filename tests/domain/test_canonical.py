"""Canonical JSON: the text behind every hash, exact and the same in every process."""

import json
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.canonical import canonical_json, fingerprint, to_plain
from invoicing.domain.parties import Mode
from tests.domain.builders import eur


@dataclass(frozen=True)
class Pair:
    """Two values of any kind."""

    left: object
    right: object


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
    assert fingerprint(value) == sha256(text.encode()).hexdigest()


def test_an_instant_is_the_same_in_every_zone() -> None:
    noon = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
    assert canonical_json(noon.astimezone(timezone(timedelta(hours=-5)))) == canonical_json(noon)


@pytest.mark.parametrize("value", [0.1, b"x", object(), {"a": 0.1}, [1.0]])
def test_what_has_no_exact_text_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="has no canonical form"):
        canonical_json(value)


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


def test_money_stays_text() -> None:
    assert to_plain(eur("0.10")) == {"amount": "0.10", "currency": "EUR"}
