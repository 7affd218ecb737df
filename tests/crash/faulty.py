"""Faults of a process: at which visit of which point it is killed, stopped or raised out of."""

import os
import signal
import threading
from collections import Counter
from dataclasses import dataclass
from random import Random

from invoicing.services.faults import FaultError
from tests.crash.shared import POINTS, Board

KILL, RAISE, STOP = "kill", "raise", "stop"
# A process that is stopped in a transaction would keep everybody else out of the ledger.
_OUTSIDE = (
    "smtp.", "dispatch.reply_read", "fetch.source_read", "dues.source_read", "draft.begin",
    "draft.source_read", "draft.mid_lines", "render.rendered", "report.begin",
)  # fmt: skip
# Points that few passes come by: chosen the oftener, so that each is hit often enough.
_RARE = {
    "give_up": 30, "place": 30, "refuse_act": 30, "credit": 30, "flood": 30, "void": 16,
    "correct": 16, "write_off": 16, "expire": 16, "redraft": 16, "reopen": 8, "unpark": 16,
    "refuse_unpark": 16, "refuse_redraft": 30, "release": 12, "lift_hold": 10,
    "unknown": 10, "place_hold": 6,
    "ask_correction": 6, "hold_hint": 6, "decide_again": 4, "resolve": 10, "request": 4,
    "acknowledge": 4, "refuse": 4, "recover": 4, "remind": 6, "smtp.tls": 10, "smtp.auth": 10,
    "archive": 6, "archive_failed": 40, "found_sent": 60, "send_to_other": 60,
    "read_mail": 4, "refuse_mail": 30, "mailbox": 6,
}  # fmt: skip
_SHARE_OF_RARE = 0.55
# Not on the way of an invoice: other programmes kill migrations, anchors and the nightly audit.
ELSEWHERE = ("migrate.", "anchor.", "audit.")
IN_CYCLE = tuple(point for point in POINTS if not point.startswith(ELSEWHERE))
_SENDING = ("smtp.", "dispatch.", "claim.")
_CANDIDATES = 6


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to a process, at the first of these points it comes to (with the visit)."""

    action: str
    at: tuple[tuple[str, int], ...]


def draw_fault(random: Random) -> Fault:
    """Choose what happens and where; several candidates, because a pass may miss any point."""
    action = random.choices((KILL, RAISE, STOP), (72, 11, 17))[0]
    if action == STOP:
        points, weights = _STOPS, [_weight_of_stop(point) for point in _STOPS]
    elif random.random() < _SHARE_OF_RARE:
        points, weights = _RARELY, [_weight(point) for point in _RARELY]
    else:
        points, weights = IN_CYCLE, [1] * len(IN_CYCLE)
    chosen = random.choices(points, weights, k=_CANDIDATES)
    visits = random.choices((1, 2, 3, 5), (65, 18, 10, 7), k=_CANDIDATES)
    return Fault(action, tuple(zip(chosen, visits, strict=True)))


def may_stop_at(point: str) -> bool:
    """Tell whether a process may sleep here for long: no transaction is open."""
    return point.startswith(_OUTSIDE) or point.endswith(".committed")


def _weight(point: str) -> int:
    return _RARE.get(point, _RARE.get(point.partition(".")[0], 0))


def _weight_of_stop(point: str) -> int:
    """A sender that wakes up late is the sleeper that matters most."""
    return 16 if point.startswith(_SENDING) else 1


_STOPS = tuple(point for point in IN_CYCLE if may_stop_at(point))
_RARELY = tuple(point for point in IN_CYCLE if _weight(point))


class Faults:
    """The fault point of one process: counts visits, and strikes where it was planned."""

    def __init__(self, board: Board, fault: Fault | None = None) -> None:
        self._board = board
        self._fault = fault
        self._visits: Counter[str] = Counter()

    def __call__(self, point: str) -> None:
        """Pass a point."""
        self._board.visit(point)
        self._visits[point] += 1
        fault = self._fault
        if fault is None or (point, self._visits[point]) not in fault.at:
            return
        self._fault = None
        self._board.hit(point)
        if fault.action == RAISE:
            raise FaultError(point)
        # Another thread may be in a transaction, in which nobody may sleep.
        sleeps = fault.action == STOP and threading.active_count() == 1
        os.kill(os.getpid(), signal.SIGSTOP if sleeps else signal.SIGKILL)
