"""The pace: no process sends more than all of them may, and none waits for ever."""

import multiprocessing
from collections.abc import Callable
from pathlib import Path

import pytest

from invoicing.adapters.pace import Pace
from invoicing.domain.errors import SettingsError


class Time:
    """A clock that goes on only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.slept = 0.0

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        self.slept += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def paced(tmp_path: Path, time: Time) -> Callable[[int], Pace]:
    return lambda per_minute: Pace(
        tmp_path / "state/pace", per_minute, lambda: time.now, time.sleep
    )


def test_mails_are_spread_evenly(paced: Callable[[int], Pace], time: Time) -> None:
    for _ in range(31):
        paced(30).wait()
    assert time.slept == pytest.approx(60, abs=0.1)


def test_without_a_limit_nobody_waits_and_nothing_is_written(tmp_path: Path, time: Time) -> None:
    for _ in range(100):
        Pace(tmp_path / "pace", 0, lambda: time.now, time.sleep).wait()
    assert time.slept == 0
    assert not list(tmp_path.iterdir())


def test_turns_that_nobody_took_are_not_saved_up(paced: Callable[[int], Pace], time: Time) -> None:
    paced(60).wait()
    time.now += 3600
    for _ in range(4):
        paced(60).wait()
    assert time.slept == pytest.approx(3, abs=0.1)


def test_a_clock_that_went_back_stops_nobody(paced: Callable[[int], Pace], time: Time) -> None:
    paced(60).wait()
    time.now -= 86_400
    paced(60).wait()
    assert time.slept < 300


@pytest.mark.parametrize("text", ["", "nonsense", "nan", "inf", "-5"])
def test_a_broken_file_stops_nobody(
    paced: Callable[[int], Pace], tmp_path: Path, time: Time, text: str
) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state/pace").write_text(text)
    paced(60).wait()
    paced(60).wait()
    assert time.slept == pytest.approx(1, abs=0.1)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file, no folder")
    with pytest.raises(SettingsError, match="INVOICING_STATE"):
        Pace(tmp_path / "state/pace", 60).wait()


def _take(file: Path, times: int, turns: "multiprocessing.Queue[float]") -> None:
    """Take turns of a clock that stands still; what one would sleep tells which turn it was."""
    pace = Pace(file, 60, clock=lambda: 5000.0, sleep=turns.put)
    for _ in range(times):
        pace.wait()


def test_all_processes_share_one_pace(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    turns: multiprocessing.Queue[float] = context.Queue()
    workers = [context.Process(target=_take, args=(tmp_path / "pace", 25, turns)) for _ in range(3)]
    for worker in workers:
        worker.start()
    taken = [turns.get(timeout=60) for _ in range(74)]  # the very first one need not sleep
    for worker in workers:
        worker.join(60)
    assert sorted(round(turn) for turn in taken) == list(range(1, 75))
