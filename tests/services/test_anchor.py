"""The trail is anchored once a day, and no tail can be cut off or written anew in silence."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from invoicing.adapters.anchor_log import AnchorLog
from invoicing.domain.promises import Promise
from invoicing.domain.trail import START, Anchor, TrailEntry, anchored, chained
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services.anchor import anchor_trail
from invoicing.services.verify import verify
from tests.services.told import tamper
from tests.support.services import House, open_house


@pytest.fixture
def log(tmp_path: Path) -> AnchorLog:
    return AnchorLog(tmp_path / "state" / "anchors.log")


@pytest.fixture
def kept(ledger: SqlLedger, log: AnchorLog) -> House:
    """A house with a second place."""
    house = open_house(ledger)
    return replace(house, s=replace(house.s, second_place=log))


def said(house: House) -> list[str]:
    findings = verify(house.s)
    assert {one.promise for one in findings} <= {Promise.TRAIL}
    return [one.where for one in findings]


def chain_of(house: House, subject: str) -> list[TrailEntry]:
    with house.s.ledger.read() as work:
        return work.trail.of(subject)


def written_anew(url: str, entries: list[TrailEntry]) -> list[TrailEntry]:
    """Write a whole chain anew under another actor, so that it holds again."""
    last: TrailEntry | None = None
    again = []
    for entry in entries:
        facts = dict(entry.detail)
        last = chained(entry.subject, last, entry.at, "mallory", entry.action, facts)
        again.append(last)
    tamper(
        url,
        [
            f"UPDATE trail SET actor = 'mallory', before = '{one.before}', hash = '{one.hash}'"
            f" WHERE subject = '{one.subject}' AND sequence = {one.sequence}"
            for one in again
        ],
    )
    return again


def test_each_day_anchors_what_moved_since_the_last_one(kept: House) -> None:
    kept.invoice_of("D-1")
    first = anchor_trail(kept.s)
    again = anchor_trail(kept.s)
    kept.clock.pass_by(days=1)
    kept.invoice_of("D-2")
    second = anchor_trail(kept.s)
    kept.clock.pass_by(days=1)
    third = anchor_trail(kept.s)

    assert first
    assert second
    assert third
    assert again is None
    assert (first.day, second.day) == (date(2026, 11, 2), date(2026, 11, 3))
    assert (first.heads, second.heads, third.heads) == (2, 2, 0)
    assert (first.before, second.before, third.before) == (START, first.hash, second.hash)
    assert said(kept) == []


def test_a_day_before_the_newest_one_is_not_anchored(kept: House) -> None:
    kept.invoice_of("D-1")
    assert anchor_trail(kept.s)
    kept.clock.pass_by(days=-1)

    assert anchor_trail(kept.s) is None
    assert said(kept) == []


def test_entries_that_were_cut_off_are_missed(kept: House, url: str) -> None:
    invoice = kept.invoice_of("D-1")
    anchor_trail(kept.s)
    last = chain_of(kept, invoice.id)[-1]
    tamper(
        url, [f"DELETE FROM trail WHERE subject = '{invoice.id}' AND sequence = {last.sequence}"]
    )

    (finding,) = verify(kept.s)

    assert f"entry {last.sequence} is gone since it was anchored on 2026-11-02" in finding.where
    assert finding.client == "nordwind"


def test_a_chain_written_anew_holds_but_is_not_the_one_that_was_anchored(
    kept: House, url: str
) -> None:
    invoice = kept.invoice_of("D-1")
    anchor_trail(kept.s)
    written_anew(url, chain_of(kept, invoice.id))

    (where,) = said(kept)

    assert "was written anew since it was anchored on 2026-11-02" in where


def test_a_chain_written_anew_with_its_head_breaks_the_anchor(kept: House, url: str) -> None:
    invoice = kept.invoice_of("D-1")
    anchor_trail(kept.s)
    head = written_anew(url, chain_of(kept, invoice.id))[-1]
    tamper(url, [f"UPDATE anchored_heads SET hash = '{head.hash}' WHERE subject = '{invoice.id}'"])

    assert said(kept) == ["the anchor of 2026-11-02 does not agree with its heads"]


def test_a_ledger_that_was_written_anew_as_a_whole_differs_from_the_second_place(
    kept: House, url: str, log: AnchorLog
) -> None:
    invoice = kept.invoice_of("D-1")
    first = anchor_trail(kept.s)
    assert first
    head = written_anew(url, chain_of(kept, invoice.id))[-1]
    tamper(url, [f"UPDATE anchored_heads SET hash = '{head.hash}' WHERE subject = '{invoice.id}'"])
    with kept.s.ledger.read() as work:
        heads = list(work.anchors.heads_of(first.day))
    forged = anchored(first.day, first.anchored_at, heads, START)
    tamper(url, [f"UPDATE anchors SET hash = '{forged.hash}'"])

    assert said(kept) == [f"{log.name} has another anchor of 2026-11-02 than the ledger"]


def test_the_second_place_gets_what_a_crash_kept_from_it(
    kept: House, log: AnchorLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.invoice_of("D-1")
    with monkeypatch.context() as crash:
        crash.setattr(AnchorLog, "keep", lambda *_: None)
        made = anchor_trail(kept.s)
    assert made
    assert log.anchors() == {}
    assert said(kept) == []  # the newest one may be under way

    assert anchor_trail(kept.s) is None

    assert log.anchors() == {made.day: {made.hash}}


def test_lines_that_somebody_took_out_of_the_second_place_are_missed(
    kept: House, log: AnchorLog, tmp_path: Path
) -> None:
    for _ in range(3):
        assert anchor_trail(kept.s)
        kept.clock.pass_by(days=1)
    path = tmp_path / "state" / "anchors.log"
    lines = path.read_text().splitlines(keepends=True)

    path.write_text(lines[0] + lines[2])
    assert said(kept) == [f"the anchor of 2026-11-03 is missing in {log.name}"]
    path.write_text("".join(lines) + "nonsense\n")
    assert said(kept) == [f"{log.name}, line 4 is no anchor"]
    path.unlink()
    assert len(said(kept)) == 3


def test_a_ledger_that_lost_an_anchor_is_told_by_the_second_place(
    kept: House, log: AnchorLog
) -> None:
    anchor_trail(kept.s)
    log.keep([Anchor(date(2026, 11, 3), kept.clock.at, 0, START, "a" * 64)])

    assert said(kept) == [f"{log.name} has an anchor of 2026-11-03, the ledger has none"]
