"""The file with the anchors only grows, and tells what in it is no anchor."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from invoicing.adapters.anchor_log import AnchorLog
from invoicing.domain.errors import TransientError
from invoicing.domain.trail import START, Anchor

AT = datetime(2026, 11, 2, 1, 17, tzinfo=UTC)


def an_anchor(day: int, digest: str = "a") -> Anchor:
    return Anchor(date(2026, 11, day), AT, 3, START, digest * 64)


@pytest.fixture
def log(tmp_path: Path) -> AnchorLog:
    return AnchorLog(tmp_path / "state" / "anchors.log")


def test_a_file_that_is_not_there_has_no_anchors(log: AnchorLog) -> None:
    log.keep([])

    assert log.anchors() == {}
    assert log.unreadable() == []
    assert not Path(log.name).exists()


def test_anchors_are_added_and_read_back(log: AnchorLog) -> None:
    log.keep([an_anchor(2), an_anchor(3, "b")])
    log.keep([an_anchor(3, "c")])

    assert log.anchors() == {
        date(2026, 11, 2): {"a" * 64},
        date(2026, 11, 3): {"b" * 64, "c" * 64},
    }
    assert log.unreadable() == []


def test_a_line_that_was_cut_off_spoils_no_other_one(log: AnchorLog) -> None:
    log.keep([an_anchor(2)])
    with Path(log.name).open("a") as file:
        file.write("2026-11-03 bbbb")

    log.keep([an_anchor(3, "b")])

    assert log.unreadable() == [2]
    assert log.anchors()[date(2026, 11, 3)] == {"b" * 64}


def test_what_is_no_day_is_no_anchor(log: AnchorLog) -> None:
    log.keep([an_anchor(2)])
    path = Path(log.name)
    path.write_text(path.read_text().replace("2026-11-02", "2026-13-02"))

    assert (log.anchors(), log.unreadable()) == ({}, [1])


def test_a_place_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")

    with pytest.raises(TransientError, match=r"anchors\.log cannot be written"):
        AnchorLog(tmp_path / "state" / "anchors.log").keep([an_anchor(2)])
