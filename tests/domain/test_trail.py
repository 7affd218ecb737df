"""The trail: whoever changes or removes an entry breaks the chain, in that place."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.trail import START, Head, TrailEntry, anchored, broken_at, chained

NOON = datetime(2026, 11, 2, 12, 0, 0, 5, tzinfo=UTC)


def trail(length: int = 5, subject: str = "draft-1") -> list[TrailEntry]:
    entries: list[TrailEntry] = []
    for index in range(length):
        last = entries[-1] if entries else None
        detail = {"version": str(index), "gross": "1.00 EUR"}
        at = NOON + timedelta(minutes=index)
        entries.append(chained(subject, last, at, "system", "drafted", detail))
    return entries


def test_a_trail_begins_at_one_and_each_entry_names_the_one_before() -> None:
    entries = trail()
    assert [entry.sequence for entry in entries] == [1, 2, 3, 4, 5]
    assert all(len(bytes.fromhex(entry.hash)) == 32 for entry in entries)
    assert entries[0].detail == (("gross", "1.00 EUR"), ("version", "0"))
    assert [entry.before for entry in entries] == [START, *(entry.hash for entry in entries[:-1])]


def test_an_honest_trail_holds() -> None:
    assert broken_at([]) is None
    assert broken_at(trail(1)) is None
    assert broken_at(trail()) is None


CHANGES: dict[str, object] = {
    "subject": "draft-2",
    "sequence": 9,
    "at": NOON,
    "actor": "somebody",
    "action": "approved",
    "detail": (("gross", "9.00 EUR"),),
    "before": "f" * 64,
    "hash": "f" * 64,
}


def test_every_field_of_an_entry_is_tried() -> None:
    assert set(CHANGES) == set(TrailEntry.__dataclass_fields__)


@pytest.mark.parametrize("field", CHANGES)
@given(st.integers(1, 5))
def test_one_changed_field_is_found_in_its_place(field: str, sequence: int) -> None:
    entries = trail()
    changed = CHANGES[field]
    if getattr(entries[sequence - 1], field) == changed:  # the first entry was at noon anyway
        return
    entries[sequence - 1] = replace(entries[sequence - 1], **{field: changed})  # type: ignore[arg-type]
    assert broken_at(entries) == sequence


@pytest.mark.parametrize("sequence", [1, 2, 3, 4])
def test_a_missing_entry_is_found_where_it_should_be(sequence: int) -> None:
    entries = trail()
    del entries[sequence - 1]
    assert broken_at(entries) == sequence


def test_swapped_doubled_and_foreign_entries_are_found() -> None:
    one, two, three, *_ = trail()
    assert broken_at([one, three, two]) == 2
    assert broken_at([one, two, two]) == 3
    assert broken_at([one, trail(subject="draft-2")[1], three]) == 2


def test_a_change_that_is_hashed_anew_breaks_the_next_entry() -> None:
    entries = trail()
    entries[1] = chained("draft-1", entries[0], NOON, "somebody", "approved", {})
    assert broken_at(entries) == 3


@pytest.mark.parametrize(
    "detail",
    [
        (("version", "1"), ("gross", "1.00 EUR")),
        (("gross", "1.00 EUR"), ("gross", "1.00 EUR"), ("version", "1")),
        (("gross", "1.00 EUR"),),
        (),
    ],
)
def test_facts_reordered_doubled_or_left_out_are_found(detail: tuple[tuple[str, str], ...]) -> None:
    entries = trail()
    entries[1] = replace(entries[1], detail=detail)
    assert broken_at(entries) == 2


def test_the_order_in_which_facts_were_written_down_does_not_matter() -> None:
    one = chained("s", None, NOON, "a", "b", {"x": "1", "y": "2"})
    assert one == chained("s", None, NOON, "a", "b", {"y": "2", "x": "1"})


def test_a_database_may_return_the_instants_in_another_zone() -> None:
    berlin = timezone(timedelta(hours=1))
    assert broken_at([replace(entry, at=entry.at.astimezone(berlin)) for entry in trail()]) is None


HEADS = (Head("b", 2, "1" * 64), Head("a", 1, "2" * 64))


def test_an_anchor_covers_its_day_the_one_before_and_every_head_in_its_order() -> None:
    anchor = anchored(NOON.date(), NOON, HEADS, START)

    assert (anchor.day, anchor.heads, anchor.before) == (NOON.date(), 2, START)
    assert anchored(NOON.date(), NOON, iter(HEADS), START) == anchor
    others = (
        anchored(NOON.date() + timedelta(days=1), NOON, HEADS, START),
        anchored(NOON.date(), NOON, HEADS, "f" * 64),
        anchored(NOON.date(), NOON, HEADS[::-1], START),
        anchored(NOON.date(), NOON, HEADS[:1], START),
        anchored(NOON.date(), NOON, (*HEADS[:1], replace(HEADS[1], sequence=2)), START),
    )
    assert len({anchor.hash, *(other.hash for other in others)}) == 6
