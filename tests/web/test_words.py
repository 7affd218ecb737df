"""Words: every action says what it does, and the reference says of every exception what is true."""

import re

import pytest

from invoicing.domain.exceptions import KINDS, Action
from invoicing.domain.holds import HoldKind
from invoicing.web.actions import ACTIONS, ASKED, HELD, LIFTED, ActionWords, words_of
from tests.house.source import ROOT

REFERENCE = (ROOT / "docs/reference/exceptions.md").read_text("utf-8")
ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
ROWS = {row[0]: row[1:] for row in ROW.findall(REFERENCE)}
OFFERED = [(code, action) for code, kind in KINDS.items() for action in kind.actions]


def test_there_are_words_for_everything_that_can_be_done() -> None:
    assert set(ACTIONS) == set(Action)
    assert set(HELD) == set(LIFTED) == set(HoldKind)


@pytest.mark.parametrize(
    "words", [*ACTIONS.values(), *ASKED.values(), *HELD.values(), *LIFTED.values()]
)
def test_what_a_button_does_is_said_in_sentences(words: ActionWords) -> None:
    assert re.fullmatch(r"[A-Z].{10,}\.", words.does)
    assert words.asks or not words.must_say


def test_nobody_is_asked_twice_for_what_can_be_taken_back() -> None:
    final = {action for action in Action if ACTIONS[action].is_final}
    assert final == {
        Action.VOID, Action.CORRECT, Action.WRITE_OFF, Action.PLACE, Action.SEND_AGAIN,
        Action.MARK_DELIVERED, Action.SEND_TO_OTHER,
    }  # fmt: skip


@pytest.mark.parametrize(("code", "action"), OFFERED)
def test_two_buttons_of_one_entry_never_have_the_same_name(code: str, action: Action) -> None:
    others = [words_of(one, code).label for one in KINDS[code].actions if one is not action]
    assert words_of(action, code).label not in others


@pytest.mark.parametrize(("code", "action"), OFFERED)
def test_what_a_button_does_to_one_kind_of_entry_is_said_in_sentences(
    code: str, action: Action
) -> None:
    assert re.fullmatch(r"[A-Z].{10,}\.", words_of(action, code).does)
    assert words_of(action, code).is_final is ACTIONS[action].is_final


@pytest.mark.parametrize("code", KINDS)
def test_the_reference_names_owner_and_buttons_of_every_exception(code: str) -> None:
    owner, happened, to_do, buttons = ROWS[code]
    kind = KINDS[code]

    assert owner == kind.owner
    assert re.findall(r"\*(.+?)\*", buttons) == [words_of(one, code).label for one in kind.actions]
    assert min(len(happened), len(to_do)) > 10


@pytest.mark.parametrize("action", Action)
def test_the_reference_says_what_every_button_does(action: Action) -> None:
    words = ACTIONS[action]
    asks = words.asks.lower() if words.must_say else "a note, if you like" if words.asks else ""
    final = "yes" if words.is_final else ""

    assert f"| *{words.label}* | {words.does} | {asks} | {final} |\n" in REFERENCE
