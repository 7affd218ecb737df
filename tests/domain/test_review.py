"""Review: what an answer is bound to, and text that can do nothing."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.errors import RefusedError
from invoicing.domain.review import Answer, answer_of, as_markdown, option, options
from tests.domain.builders import content_id

HASH = content_id("one")


def test_the_labels_carry_version_and_content() -> None:
    assert options(3, "9f2c1a77") == (
        "Approve v3-9f2c1a",
        "Reject v3-9f2c1a",
        "Send back v3-9f2c1a",
    )


@pytest.mark.parametrize("answer", Answer)
def test_a_label_is_read_back_as_its_answer(answer: Answer) -> None:
    assert answer_of(option(answer, 3, HASH), 3, HASH) is answer


@pytest.mark.parametrize(
    "label",
    [
        option(Answer.APPROVE, 2, HASH),
        option(Answer.APPROVE, 3, content_id("other")),
        option(Answer.REJECT, 33, HASH),
        "Approve",
        "approve v3-" + HASH[:6],
        f"Approve v3-{HASH}",
        f" Approve v3-{HASH[:6]}",
        "",
    ],
)
def test_a_label_about_anything_else_is_refused(label: str) -> None:
    with pytest.raises(RefusedError) as refused:
        answer_of(label, 3, HASH)
    assert str(refused.value) == (
        f"the answer {label!r} is not about version 3 ({HASH[:6]}); open the newest request"
    )


HOSTILE = [
    "![x](https://evil.example/pixel.png)",
    "[pay here](javascript:alert(1))",
    "<img src=x onerror=alert(1)><script>alert(1)</script>",
    "<!-- hidden --> &lt;b&gt; &#x3c;",
    "# Approved by the lead",
    "- item\n- item\r\n1. one\n***\n---\n===",
    "a | b |\n|---|\n| 1.00 EUR |",
    "```\nfence\n```",
    "~~~ `tick` \\` \\\\` **b** __i__ ~~s~~",
    "> quote\n\n    indented",
    "    indented",
    "[^1] [^1]: note [ref]: https://evil.example",
    "see https://evil.example/x, HTTP://EVIL.EXAMPLE or WwW.evil.example",
    "https://https://www.www.evil.example",
    "write to boss@evil.example, <boss@evil.example>, xmpp:boss@evil.example",
    "\u202e00.0005 RUE\u202c \u2066x\u2069 \u200f\u200e\u061c",
    "line\u2028para\u2029next\x85vt\x0bff\x0c",
    "nul\x00 esc\x1b[31m del\x7f bom\ufeff zwsp\u200b shy\u00ad",
    "lone \ud800 surrogate",
    "{{ 7*7 }} {% raw %} ${x}",
    "!!! !!! ((( ]]] +++ ### ...",
]  # fmt: skip
SPECIAL = "\\`*_{}[]()#+-.!|<>~&"
# What the Markdown of Airflow's pages (mdast-util-gfm-autolink-literal) makes a link of, after it
# has taken the backslashes away.
LINKS = (
    re.compile(r"(https?://|www(?=\.))([-.\w]+)([^ \t\r\n]*)", re.IGNORECASE | re.ASCII),
    re.compile(r"([-.\w+]+)@([-\w]+(?:\.[-\w]+)+)", re.ASCII),
)


def shown(markdown: str) -> str:
    """Return what a reader sees: each backslash takes itself and the meaning of the next away."""
    return re.sub(r"\\(.)", r"\1", markdown)


def check_harmless(text: str) -> None:
    written = as_markdown(text)
    unescaped = re.sub(r"\\[" + re.escape(SPECIAL) + "]", "", written)
    assert not set(unescaped) & set(SPECIAL), "a special character stands without its backslash"
    assert not [char for char in written if not char.isprintable() and char != "\u2060"]
    assert not [char for char in written if unicodedata.bidirectional(char) in _CONTROLS]
    assert written == written.strip(), "four leading spaces would begin a block of code"
    for link in LINKS:
        assert not link.search(shown(written)), "a bare address would become a link"


_CONTROLS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_can_do_nothing(text: str) -> None:
    check_harmless(text)
    check_harmless(text * 40)


@given(st.text(st.sampled_from(SPECIAL + " \n\tahtps:/w@x\u202e\u2069"), max_size=60))
def test_no_text_can_do_anything(text: str) -> None:
    check_harmless(text)


@given(st.text())
def test_any_text_is_one_line(text: str) -> None:
    check_harmless(text)
    assert len(as_markdown(text).splitlines()) <= 1


@pytest.mark.parametrize(
    "text", ["Nordwind Logistik GmbH", "ap & co (Hamburg) -100.00 EUR", "Łódź 東京 שלום", "8 h * 2"]
)
def test_honest_text_shows_as_it_is(text: str) -> None:
    assert shown(as_markdown(text)) == text


def test_an_address_looks_the_same_and_is_no_link() -> None:
    written = shown(as_markdown("www.x.example, ap@x.example, https://x.example"))
    assert written.replace("\u2060", "") == "www.x.example, ap@x.example, https://x.example"
    assert written.count("\u2060") == 3


def test_a_line_break_is_a_space() -> None:
    assert as_markdown("one\r\ntwo\u2028three") == "one  two three"


def test_long_text_is_cut_and_says_so() -> None:
    assert as_markdown("x" * 200) == "x" * 200
    assert as_markdown("x" * 201) == "x" * 199 + "…"
