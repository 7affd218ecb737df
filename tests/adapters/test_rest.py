"""Strict JSON: every text that could mean two things, or none, is refused with a clear word."""

import json
from decimal import Decimal

import pytest

from invoicing.adapters.rest import MOST_BYTES, MOST_DEPTH, parse_json

REFUSED = {
    b"": "Expecting value",
    b"{": "Expecting property name",
    b"{} {}": "Extra data",
    b"<html>": "Expecting value",
    b'{"a": NaN}': "NaN is not a number",
    b'{"a": Infinity}': "Infinity is not a number",
    b'{"a": -Infinity}': "Infinity is not a number",
    b'{"a": 1e400}': "digits",
    b'{"a": 1e-400}': "digits",
    b'{"a": 1' + b"0" * 40 + b"}": "digits",
    b'{"a": 1' + b"0" * 5000 + b"}": "digits",
    b'{"a": 0.' + b"1" * 40 + b"}": "digits",
    b'{"a": 1, "a": 2}': "twice",
    b'{"x": [{"a": 1, "\\u0061": 2}]}': "twice",
    b"[" * (MOST_DEPTH + 1) + b"]" * (MOST_DEPTH + 1): "nested",
    b"[" * 100_000: "nested",
    b'{"a":' * 100_000: "nested",
    b'["\\u0000"]': "NUL",
    b'{"\\u0000": 1}': "NUL",
    b'["\\ud800"]': "surrogate",
    b'["\\udc00\\ud800"]': "surrogate",
    b'{"\\udfff": 1}': "surrogate",
    b'["\xff"]': "UTF-8",
    b'["\xed\xa0\x80"]': "UTF-8",
    b"\xff\xfe[\x00]\x00": "UTF-8",
    b"\xef\xbb\xbf{}": "BOM",
    b'["a\nb"]': "control character",
    b"['a']": "Expecting value",
    b"[01]": "delimiter",
    b"[1,]": "column",
    b'"' + b"x" * MOST_BYTES + b'"': "larger",
    b'"' + b'\\"' * 100_000: "Unterminated",
}


@pytest.mark.parametrize("raw", REFUSED, ids=lambda raw: repr(raw)[:24])
def test_ambiguous_json_is_refused_in_plain_words(raw: bytes) -> None:
    with pytest.raises(ValueError, match=REFUSED[raw]) as refused:
        parse_json(raw)
    assert len(str(refused.value)) < 120


def test_numbers_stay_exact() -> None:
    assert parse_json(b'{"a": 0.1, "b": 12, "c": 1.50, "d": 1e2}') == {
        "a": Decimal("0.1"),
        "b": 12,
        "c": Decimal("1.50"),
        "d": Decimal("1E+2"),
    }
    assert not isinstance(parse_json(b"0.5"), float)


def test_honest_json_is_read_as_json() -> None:
    value = {"a": [1, "zwölf", None, True, {"b": '\U0001f600 [[[{{{ \\ " '}], "": "[" * 200}
    assert parse_json(json.dumps(value).encode()) == value
    assert parse_json(json.dumps(value, ensure_ascii=False).encode()) == value
    assert parse_json(b"[" * MOST_DEPTH + b"]" * MOST_DEPTH)
