"""Keep one child of the renderer warm between batches: its start costs as much as ten invoices."""

import atexit
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from invoicing.documents.limits import RenderLimits
from invoicing.documents.worker import Worker

Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class _Purpose:
    """What a child was started for; one that was started for something else is of no use."""

    folders: tuple[Path, ...]
    limits: RenderLimits
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class _Warm:
    """A child that waits for its next batch."""

    worker: Worker
    purpose: _Purpose
    since: float

    def is_good_for(self, purpose: _Purpose) -> bool:
        """Tell whether it can take a batch; not when it may be about to end of boredom."""
        soon = monotonic() - self.since > purpose.limits.idle_seconds / 2
        return self.purpose == purpose and not soon and self.worker.lives


class Pool:
    """At most one waiting child for the whole process; batches at the same time get their own."""

    def __init__(self) -> None:
        self._warm: _Warm | None = None
        self._lock = threading.Lock()

    @contextmanager
    def borrow(self, folders: Sequence[Path], limits: RenderLimits) -> Iterator[Worker]:
        """Lend a child that knows the templates as they are now, and take it back if it lives."""
        purpose = _Purpose(tuple(folders), limits, _stamp(folders))
        waiting = self._swap(None)
        if waiting is not None and not waiting.is_good_for(purpose):
            waiting.worker.close()
            waiting = None
        worker = waiting.worker if waiting else Worker(folders, limits).__enter__()
        try:
            yield worker
        except BaseException:
            worker.close()
            raise
        self._take_back(worker, purpose)

    @property
    def waiting(self) -> int:
        """The process id of the child that waits, 0 where none does."""
        with self._lock:
            return self._warm.worker.pid if self._warm else 0

    def close(self) -> None:
        """End the child that waits, if there is one."""
        if waiting := self._swap(None):
            waiting.worker.close()

    def forget(self) -> None:
        """Forget a child that a forked process has only inherited: it is the parent's to end."""
        self._lock = threading.Lock()  # the thread that held it does not exist here
        waiting, self._warm = self._warm, None
        if waiting:
            waiting.worker.let_go()

    def _take_back(self, worker: Worker, purpose: _Purpose) -> None:
        kept = _Warm(worker, purpose, monotonic()) if worker.lives else None
        before = self._swap(kept)
        for gone in (before.worker if before else None, None if kept else worker):
            if gone:
                gone.close()

    def _swap(self, warm: _Warm | None) -> _Warm | None:
        with self._lock:
            before, self._warm = self._warm, warm
        return before


def _stamp(folders: Sequence[Path]) -> Stamp:
    """Return what changes when a template does: names, sizes and times of all files."""
    found: list[tuple[str, int, int]] = []
    for folder in folders:
        for place, _, names in os.walk(folder):
            for name in names:
                with suppress(OSError):  # gone since it was listed, or a link that leads nowhere
                    state = os.stat(f"{place}/{name}")  # noqa: PTH116 # hundreds, for each batch
                    found.append((f"{place}/{name}", state.st_mtime_ns, state.st_size))
    return tuple(sorted(found))


POOL = Pool()
atexit.register(POOL.close)
os.register_at_fork(after_in_child=POOL.forget)
