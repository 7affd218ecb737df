"""The crash programme in its daily size, and proof that the programme itself can see."""

import pytest

from sandbox.postgres import missing
from tests.crash.mutants import MUTANTS
from tests.crash.programme import Setup, Totals, run
from tests.crash.schedule import plan_passes
from tests.crash.story import write_story


def crash(seeds: range, **more: object) -> Totals:
    return run(list(seeds), Setup(**more), lambda _one: None)  # type: ignore[arg-type]


def found_by(totals: Totals) -> list[str]:
    return totals.broken + [
        f"python -m tests.crash --only {one.seed}: {what}"
        for one in totals.results
        for what in one.violations
    ]


def test_500_schedules_on_sqlite_leave_nothing_wrong() -> None:
    totals = crash(range(1, 501))

    assert found_by(totals) == []
    assert len(totals.results) == 500
    assert totals.sum_of("kills") > 400
    assert totals.sum_of("invoices") > 1000


@pytest.mark.skipif(bool(missing()), reason=missing() or "installed")
def test_50_schedules_on_postgresql_leave_nothing_wrong() -> None:
    totals = crash(range(1, 51), db="postgresql")

    assert found_by(totals) == []
    assert len(totals.results) == 50


@pytest.mark.parametrize("name", ["send-then-mark", "resend-uncertain", "new-message-id"])
def test_a_mistake_of_the_product_is_found(name: str) -> None:
    totals = crash(range(1, 41), change=MUTANTS[name], until_first=True)

    assert not totals.broken
    assert any(one.violations for one in totals.results)


def test_a_seed_tells_the_same_story_in_every_process() -> None:
    one, again = write_story(7), write_story(7)

    assert (one.objects, one.deliveries, one.things) == (
        again.objects, again.deliveries, again.things,
    )  # fmt: skip
    assert plan_passes(one) == plan_passes(again)


def test_a_seed_without_races_runs_again_exactly() -> None:
    stories = (story for story in map(write_story, range(1, 200)) if story.lanes == 1)
    certain = [s.seed for s in stories if all(one.is_certain for one in plan_passes(s))][:3]

    first, second = (
        [crash(range(seed, seed + 1), workers=1) for seed in certain] for _ in range(2)
    )

    assert [one.results for one in first] == [one.results for one in second]
    assert [one.visits for one in first] == [one.visits for one in second]
    assert [one.hits for one in first] == [one.hits for one in second]
