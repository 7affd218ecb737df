"""Dispatch, the pace: no more mails a minute than the provider takes, whoever of us sends them."""

import fcntl
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from invoicing.domain.errors import SettingsError

_MOST_WAITING = 256  # turns that may be given out ahead; a later one means that a clock went back


class Pace:
    """Gives out turns, evenly spaced over a minute, to all processes that share ``file``.

    The file holds the instant of the next free turn. Nobody sleeps while holding its lock.
    """

    def __init__(
        self,
        file: Path,
        per_minute: int,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._file = file
        self._seconds = 60 / per_minute if per_minute > 0 else 0.0
        self._clock = clock
        self._sleep = sleep

    def wait(self) -> None:
        """Take the next turn and wait until it comes; at once where there is no limit."""
        if not self._seconds:
            return
        try:
            turn, now = self._take_turn()
        except OSError as error:
            raise SettingsError(
                f"{self._file} cannot be written, so nobody knows how many mails were sent:"
                f" {error.strerror}; INVOICING_STATE must be a folder of ours"
            ) from error
        if turn > now:
            self._sleep(turn - now)

    def _take_turn(self) -> tuple[float, float]:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a+") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            held.seek(0)
            now = self._clock()
            turn = self._next_free(held.read(), now)
            held.truncate(0)
            held.write(f"{turn + self._seconds:.3f}")
        return turn, now

    def _next_free(self, text: str, now: float) -> float:
        with suppress(ValueError):
            noted = float(text)
            if now <= noted <= now + _MOST_WAITING * self._seconds:
                return noted
        return now
