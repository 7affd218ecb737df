"""What one page may cost; the child binds itself by the kernel, the parent watches the clock."""

import ctypes
import resource
import time
from contextlib import suppress
from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class RenderLimits:
    """Bounds of a page (time) and of the child process (everything else)."""

    wall_seconds: int = 30
    cpu_seconds: int = 20
    start_seconds: int = 60
    memory_mib: int = 1024
    file_mib: int = 64
    open_files: int = 64
    idle_seconds: int = 120


_NEW_NET, _NEW_USER = 0x40000000, 0x10000000  # sched.h


def leave_network() -> None:
    """Move this process to where there is no network, if the kernel and our rights allow it."""
    with suppress(OSError, AttributeError):  # no Linux, no such call
        unshare = ctypes.CDLL(None, use_errno=True).unshare
        if unshare(_NEW_NET) != 0:
            unshare(_NEW_NET | _NEW_USER)


def bind_process(limits: RenderLimits) -> None:
    """Bound the memory and files of this process; no core dumps, they would hold client data."""
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_AS, limits.memory_mib * MIB)
    _lower(resource.RLIMIT_FSIZE, limits.file_mib * MIB)
    _lower(resource.RLIMIT_NOFILE, limits.open_files)


def bind_page(limits: RenderLimits) -> None:
    """Grant processor time for one more page, counted from what is used up already."""
    _lower(resource.RLIMIT_CPU, int(time.process_time()) + 1 + limits.cpu_seconds)


def _lower(kind: int, soft: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        soft = min(soft, hard)
    with suppress(ValueError):  # macOS does not know every limit
        resource.setrlimit(kind, (soft, hard))
