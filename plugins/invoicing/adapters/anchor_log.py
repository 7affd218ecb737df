"""The second place for anchors: one line a day in a file beside the ledger, never rewritten."""

import os
import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from invoicing.domain.errors import TransientError
from invoicing.domain.trail import Anchor

_LINE = re.compile(r"(\d{4}-\d{2}-\d{2}) ([0-9a-f]{64}) \d+ [0-9a-f]{64}")


class AnchorLog:
    """A file with a line for each anchor: its day, its hash, its heads, the hash before it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.name = str(path)

    def anchors(self) -> dict[date, set[str]]:
        """Return the hashes that stand here for each day; more than one is a contradiction."""
        found: dict[date, set[str]] = {}
        for _, match in self._lines():
            if match:
                found.setdefault(date.fromisoformat(match[1]), set()).add(match[2])
        return found

    def unreadable(self) -> list[int]:
        """Return the numbers of the lines that are no anchors."""
        return [number for number, match in self._lines() if match is None]

    def keep(self, anchors: Sequence[Anchor]) -> None:
        """Append anchors; what was written stays written when the power fails."""
        if not anchors:
            return
        lines = "".join(f"{one.day} {one.hash} {one.heads} {one.before}\n" for one in anchors)
        try:
            self._append(lines)
        except OSError as error:
            raise TransientError(
                f"{self.name} cannot be written: {error.strerror}; make room or give the right to"
            ) from error

    def _append(self, lines: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not self._path.exists()
        with self._path.open("a+b") as file:
            if _is_cut_off(file.seek(0, os.SEEK_END), self._path):
                file.write(b"\n")  # a line that was cut off stays apart from the next one
            file.write(lines.encode())
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _lines(self) -> Iterator[tuple[int, re.Match[str] | None]]:
        try:
            text = self._path.read_text("utf-8", errors="replace")
        except FileNotFoundError:
            return
        for number, line in enumerate(text.splitlines(), 1):
            match = _LINE.fullmatch(line)
            yield number, match if match and _is_day(match[1]) else None


def _is_cut_off(size: int, path: Path) -> bool:
    """Tell whether the file ends in the middle of a line."""
    return size > 0 and not path.read_bytes().endswith(b"\n")


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
