"""Exceptions: whatever is put before a person has an owner and something to do about it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import invoicing
from invoicing.domain.exceptions import (
    ENGINEER,
    FINANCE,
    KINDS,
    Action,
    ExceptionEntry,
    Kind,
    codes_with,
)
from tests.domain.builders import NOW

PACKAGE = Path(invoicing.__file__).parent
OPENERS = {"Hold", "HeldError", "Difference", "open", "_hold_hint", "_hold_draft"}


def codes_in(source: str) -> Iterator[str]:
    """Yield every literal code that a piece of source holds or opens an exception with."""
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        literals = [part.value for part in call.args if isinstance(part, ast.Constant)]
        if name in OPENERS and literals and isinstance(literals[0], str):
            yield literals[0]


CODES = sorted(
    {
        code
        for layer in ("domain", "services")
        for path in (PACKAGE / layer).rglob("*.py")
        for code in codes_in(path.read_text(encoding="utf-8"))
    }
)


def test_codes_are_found_in_the_sources() -> None:
    assert {"no_rule", "tax_unknown", "overpaid", "milestone_unknown"} <= set(CODES)
    assert list(codes_in('Hold("a", why); open(x); f("b"); _hold_hint(s, row, "c", why)')) == [
        "a",
        "c",
    ]


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_kind(code: str) -> None:
    assert code in KINDS


@pytest.mark.parametrize("kind", list(KINDS.values()), ids=list(KINDS))
def test_every_kind_has_an_owner_and_an_action(kind: Kind) -> None:
    assert kind.owner in {FINANCE, ENGINEER}
    assert kind.actions
    assert len(set(kind.actions)) == len(kind.actions)


def test_a_message_that_may_have_arrived_is_decided_by_a_person_and_never_waved_through() -> None:
    decisions = {Action.MARK_DELIVERED, Action.SEND_AGAIN}
    assert set(KINDS["send_uncertain"].actions) == decisions
    for code in ("send_failed", "mail_bounced"):
        assert set(KINDS[code].actions) == {*decisions, Action.SEND_TO_OTHER}


def test_an_entry_knows_its_kind() -> None:
    entry = ExceptionEntry("e-1", "no_rule", "event-1", "no billing rule covers it", NOW)
    assert entry.kind is KINDS["no_rule"]
    assert (entry.closed_at, entry.closed_by, entry.decision) == (None, "", "")


def test_an_action_belongs_to_the_kinds_that_offer_it() -> None:
    mails = ("send_failed", "send_uncertain", "mail_bounced")
    assert codes_with(Action.SEND_AGAIN) == mails
    assert "object_missing" in codes_with(Action.DECIDE_AGAIN)
