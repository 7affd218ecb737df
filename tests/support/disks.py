"""Small disks of memory for tests, which can be full or mounted for reading only."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Disk:
    """A mounted disk of a few megabytes."""

    folder: Path

    @property
    def _filler(self) -> Path:
        return self.folder / "filler"

    def fill(self, left_over: int = 0) -> None:
        """Leave so many bytes of space, rounded up to blocks."""
        self.free()
        space = os.statvfs(self.folder)
        wanted = space.f_bavail * space.f_frsize - left_over
        with self._filler.open("wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, max(1, wanted))

    def free(self) -> None:
        """Give back the space."""
        self._filler.unlink(missing_ok=True)

    def remount(self, options: str) -> None:
        """Mount it again with other options, such as `ro`."""
        _run("mount", "-o", f"remount,{options}", str(self.folder))


@contextmanager
def small_disk(folder: Path, size: str = "4m") -> Iterator[Disk]:
    """Mount a disk of memory on ``folder``; the test is left out where that is not allowed."""
    if os.geteuid():
        pytest.skip("only root mounts disks")
    folder.mkdir()
    try:
        _run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no disk can be mounted here: {error.stderr}")
    try:
        yield Disk(folder)
    finally:
        _run("umount", "--lazy", str(folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
