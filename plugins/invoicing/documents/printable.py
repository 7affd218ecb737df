"""Make text of strangers safe to print: nothing invisible, nothing that fakes a further line."""

import re

from invoicing.domain.canonical import Plain

LONG_TEXTS = frozenset({"description", "body"})
"""Fields in which a line break is the author's wish; everywhere else it would forge a line."""

_BREAKS = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# Controls, bidirectional overrides (they make text read differently than it is), byte order marks
# and noncharacters. Zero-width joiners stay: Persian and Indian names need them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff"
    "\ufdd0-\ufdef\ufffe\uffff]"
)
_SURROGATES = re.compile("[\ud800-\udfff]")


def printable(value: Plain, field: str = "") -> Plain:
    """Clean every text in ``value``; numbers, flags and the structure stay as they are."""
    if isinstance(value, str):
        return printable_text(value, keep_breaks=field in LONG_TEXTS)
    if isinstance(value, list):
        return [printable(item, field) for item in value]
    if isinstance(value, dict):
        return {key: printable(item, key) for key, item in value.items()}
    return value


def printable_text(text: str, *, keep_breaks: bool = False) -> str:
    """Return ``text`` without control characters, on one line unless its breaks may stay."""
    text = _BREAKS.sub("\n" if keep_breaks else " ", text).replace("\t", " ")
    return _SURROGATES.sub("\ufffd", _INVISIBLE.sub("", text))
