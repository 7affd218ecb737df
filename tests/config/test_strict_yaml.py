"""The reader of config/: texts stay what was written, places are right, bombs do no harm."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from invoicing.config import strict_yaml
from invoicing.config.problems import Mark
from invoicing.config.strict_yaml import MAX_CHARACTERS, Document, Route, Value, read_yaml
from tests.config.small_company import TEXTS

EXAMPLES = sorted((Path(__file__).parents[2] / "config").glob("*.yaml"))

RETYPED = [
    "NO", "yes", "On", "off", "true", "null", "~", "0123", "0o17", "0x1F", "0b11", "22:22",
    "1:30:00", "1_000.50", "1e3", ".inf", ".NaN", "+5", "2026-11-01", "2026-11-01T10:00:00Z", "=",
    "007", "1.10", "-0", "00",
]  # fmt: skip
# Characters that YAML itself lets stand in a quoted text.
printable = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")).filter(
    lambda char: char not in "\ufeff\u2028\u2029"
)
plain_texts = st.from_regex(r"[A-Za-z0-9+._~][A-Za-z0-9+._~:/-]*[A-Za-z0-9]", fullmatch=True)


def flat(value: Value | None, route: Route = ()) -> Iterator[tuple[Route, str]]:
    """Yield every text with its way from the top."""
    if isinstance(value, str):
        yield route, value
    elif value is not None:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in pairs:
            yield from flat(item, (*route, key))


@pytest.mark.parametrize("text", RETYPED)
def test_what_yaml_would_retype_stays_text(text: str) -> None:
    document = read_yaml("x.yaml", f"{text}: {text}\nlist: [{text}]\n")

    assert document.problems == ()
    assert document.root == {text: text, "list": [text]}


@given(plain_texts)
@example("1__0")
@example("1:60")
def test_plain_texts_survive_unchanged(text: str) -> None:
    assert read_yaml("x.yaml", f"key: {text}\n").root == {"key": text}


@given(st.text(printable, max_size=80), st.sampled_from(["'", '"']))
def test_quoted_texts_survive_unchanged(text: str, quote: str) -> None:
    escaped = text.replace("'", "''")
    if quote == '"':
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')

    assert read_yaml("x.yaml", f"- {quote}{escaped}{quote}\n").root == [text]


@given(
    st.recursive(
        st.text(printable, max_size=12),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.text(printable, min_size=1, max_size=6), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_whatever_pyyaml_writes_is_read_back(value: Value) -> None:
    text = yaml.safe_dump(value, allow_unicode=True, width=1000)
    if "<<" in text:
        return
    document = read_yaml("x.yaml", text)

    assert (document.problems, document.root) == ((), value)


@given(st.text(max_size=200))
@example("? ? a\n: b")
@example("&a [*a]")
@example("{a: b, a: *x}")
@example("%TAG ! x\n--- !y")
@example("---\n---")
@example("- !")
@example("[")
def test_no_text_makes_the_reader_fail(text: str) -> None:
    document = read_yaml("x.yaml", text)

    lines = text.count("\n") + text.count("\r") + text.count("\x85") + 2
    assert all(0 <= problem.line <= lines + text.count("\u2028") for problem in document.problems)


def both(monkeypatch: pytest.MonkeyPatch, text: str) -> tuple[Document, Document]:
    fast = read_yaml("x.yaml", text)
    monkeypatch.setattr(strict_yaml, "_FAST", yaml.SafeLoader)
    return fast, read_yaml("x.yaml", text)


@pytest.mark.parametrize(
    "text",
    [
        *TEXTS.values(),
        *(path.read_text("utf-8") for path in EXAMPLES),
        "ключ: значение # ß\nb: [日本, 'x', \"\\u00e9\"]\nc: |\n  1\n  2\nd: {e: , f: g}\n",
        "a:\n- b: c\n  d:\n  - e\n? f\n: g\n",
        "a: b\n c: d\n",
    ],
)
def test_both_parsers_see_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fast, slow = both(monkeypatch, text)

    assert fast == slow


def test_places_count_characters_and_not_bytes() -> None:
    document = read_yaml("x.yaml", "größe:\n  - ä: {日本: ok}\n")

    assert document.keys["größe",] == Mark(1, 1, 5)
    assert document.keys["größe", 0, "ä"] == Mark(2, 5, 1)
    assert document.value_at(("größe", 0, "ä", "日本")) == Mark(2, 13, 2)


def test_excerpt_points_at_the_place_behind_wide_characters() -> None:
    (problem,) = read_yaml("x.yaml", "{日本: 1, 日本: 2}\n").problems

    assert problem.excerpt.splitlines() == [
        "     1 | {日本: 1, 日本: 2}",
        "       |           ^^",
    ]


def test_long_line_is_shown_around_the_place() -> None:
    (problem,) = read_yaml("x.yaml", f"{{{'x' * 300}: 1, b: 2, b: 3, {'y' * 300}: 4}}\n").problems

    line, pointer = problem.excerpt.splitlines()
    assert len(line) < 130
    assert line[pointer.index("^")] == "b"


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "\ufeff"])
def test_empty_file_is_no_value(text: str) -> None:
    assert not read_yaml("x.yaml", text).root


def test_byte_order_mark_does_not_move_places() -> None:
    assert read_yaml("x.yaml", "\ufeffa: b\n").value_at(("a",)) == Mark(1, 4, 1)


def test_small_alias_is_read_and_keeps_the_place_of_the_alias() -> None:
    document = read_yaml("x.yaml", "a: &one {b: [c]}\nd: *one\n")

    assert document.root == {"a": {"b": ["c"]}, "d": {"b": ["c"]}}
    assert document.value_at(("d", "b", 0)).line == 2


def test_alias_bomb_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]

    (problem,) = read_yaml("x.yaml", "\n".join(lines)).problems

    assert "aliases make this file more than 1000 values" in problem.text
    assert problem.line == 3


def test_one_level_at_a_time_cannot_be_stacked_by_aliases() -> None:
    lines = ["a0: &a0 x", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 30))]

    (problem,) = read_yaml("x.yaml", "\n".join(lines)).problems

    assert "16 levels" in problem.text


@pytest.mark.parametrize("text", ["a: &a [*a]\n", "&a {b: *a}\n", "- &a\n  b:\n    c: [d, *a]\n"])
def test_recursion_is_refused(text: str) -> None:
    (problem,) = read_yaml("x.yaml", text).problems

    assert "*a stands inside &a, so it never ends" in problem.text


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "{a: " * 100_000, "- " * 100_000, "? " * 100_000, "!!x " * 50_000],
    ids=["lists", "mappings", "entries", "keys", "tags"],
)
def test_deep_nesting_is_refused(text: str) -> None:
    assert read_yaml("x.yaml", text).problems


def test_huge_file_is_refused_before_it_is_parsed() -> None:
    (problem,) = read_yaml("x.yaml", "#" * (MAX_CHARACTERS + 1)).problems

    assert problem.place == "config/x.yaml"
    assert "larger than" in problem.text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"[{'a,' * 150_000}]", "more than 100000 values"),
        (f"{{{'a,' * 150_000}}}", "more than 500 mistakes"),
        ("a: 1\n" * 2_000, "more than 500 mistakes"),
    ],
    ids=["values", "keys of one line", "repeated keys"],
)
def test_floods_are_refused(text: str, words: str) -> None:
    assert words in read_yaml("x.yaml", text).problems[-1].text
