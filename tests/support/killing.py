"""Run a step in a process of its own that ends without a word at a chosen place."""

import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from sqlalchemy import Engine, event

Step = Callable[[], object]
Visit = Callable[[], None]


def killed(step: Step, at: int, watch: Callable[[Visit], None]) -> bool:
    """Run ``step`` in a child; True when it was killed at the visit ``at`` of what is watched."""
    child = os.fork()
    if not child:
        _run(step, at, watch, lambda: os._exit(0))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in {0, -signal.SIGKILL}, f"the step failed by itself, with {code}"
    return code == -signal.SIGKILL


def visits(step: Step, watch: Callable[[Visit], None]) -> int:
    """Run ``step`` in a child to its end and count the places at which it could be killed."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        seen = _run(step, -1, watch, lambda: None)
        os.write(writer, str(seen).encode())
        os._exit(0)
    os.close(writer)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with os.fdopen(reader) as told:
        return int(told.read())


def spread(count: int, wanted: int) -> list[int]:
    """Return places from the first to the last, evenly apart."""
    return sorted({1 + (count - 1) * n // max(1, wanted - 1) for n in range(wanted)})


def calls_of_files(visit: Visit) -> None:
    """Watch each call of SQLite and of the file system, before and after it."""

    def look(_frame: FrameType, kind: str, function: Any) -> None:
        if not kind.startswith("c_"):
            return
        owner = getattr(function, "__self__", None)
        ours = isinstance(owner, sqlite3.Connection | sqlite3.Cursor)
        if ours or getattr(function, "__module__", "") in {"posix", "sqlite3"}:
            visit()

    sys.setprofile(look)


def statements(visit: Visit) -> None:
    """Watch each statement and commit of SQLAlchemy, before it and after it."""
    for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(Engine, name, lambda *_: visit())


def _run(step: Step, at: int, watch: Callable[[Visit], None], end: Visit) -> int:
    seen = 0

    def visit() -> None:
        nonlocal seen
        seen += 1
        if seen == at:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        watch(visit)
        step()
        sys.setprofile(None)
    except BaseException as error:  # noqa: BLE001 - the child must not return into pytest
        sys.setprofile(None)
        os.write(2, f"{error!r}\n".encode())
        os._exit(1)
    end()
    return seen
