"""Memory that every process of a schedule sees: the virtual clocks, and what was reached."""

import ctypes
import mmap
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from invoicing.services.faults import fault_points

POINTS = fault_points()
_PLACE = {name: place for place, name in enumerate(POINTS)}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCKS = 2
BUSINESS, LEASE = range(_CLOCKS)

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Let this process end when its parent does, even if it is stopped by then (Linux only)."""
    if hasattr(_LIBC, "prctl"):
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Board:
    """Two clocks and two counters per fault point, in memory that outlives a killed process."""

    def __init__(self) -> None:
        words = _CLOCKS + 2 * len(POINTS)
        self._words = memoryview(mmap.mmap(-1, 8 * words)).cast("q")

    def set_clocks(self, business: datetime, lease: datetime) -> tuple[datetime, datetime, int]:
        """Put both clocks; from there they go on as real time does. Returns both, and real time."""
        real = _real()
        for clock, at in ((BUSINESS, business), (LEASE, lease)):
            self._words[clock] = (at - _EPOCH) // timedelta(microseconds=1) - real
        return business, lease, real

    def now(self, clock: int) -> datetime:
        """Read a clock; two readings of any processes are in the order they were made."""
        return _EPOCH + timedelta(microseconds=self._words[clock] + _real())

    def visit(self, point: str) -> None:
        """Count that a process came by."""
        self._words[_CLOCKS + _PLACE[point]] += 1

    def hit(self, point: str) -> None:
        """Count that a process was killed, stopped or raised out of here."""
        self._words[_CLOCKS + len(POINTS) + _PLACE[point]] += 1

    def visits(self) -> Mapping[str, int]:
        """Return how often each point was passed."""
        return dict(zip(POINTS, self._words[_CLOCKS:], strict=False))

    def hits(self) -> Mapping[str, int]:
        """Return how often a fault struck at each point."""
        return dict(zip(POINTS, self._words[_CLOCKS + len(POINTS) :], strict=True))


class Times:
    """When the clocks were moved: tells for an instant of either one when it really was."""

    def __init__(self) -> None:
        self._moves: list[tuple[datetime, datetime, int]] = []

    def add(self, move: tuple[datetime, datetime, int]) -> None:
        """Note a move; both clocks only ever go forward."""
        self._moves.append(move)

    def place(self, clock: int, at: str) -> tuple[int, int]:
        """Return after which move an instant was, and its real time in microseconds."""
        instant = datetime.fromisoformat(at)
        begun = [lease if clock == LEASE else business for business, lease, _ in self._moves]
        place = max(number for number, begins in enumerate(begun) if begins <= instant)
        return place, self._moves[place][2] + (instant - begun[place]) // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class BoardClock:
    """One clock of the board, as the use cases read it."""

    board: Board
    clock: int

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return self.board.now(self.clock)


def _real() -> int:
    return time.monotonic_ns() // 1000
