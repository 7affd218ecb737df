"""The journal: what processes did that the ledger must stand by, in a file that outlives them."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

Entry: TypeAlias = tuple[str, list[str]]


class Journal:
    """Lines of one schedule; each is written at once and whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)

    def clear(self) -> None:
        """Begin a schedule."""
        os.ftruncate(self._file, 0)

    def write(self, what: str, *facts: str) -> None:
        """Note something."""
        os.write(self._file, f"{json.dumps([what, facts])}\n".encode())

    def of(self, what: str) -> Iterator[list[str]]:
        """Yield the facts of every entry of one kind."""
        for line in self._path.read_text().splitlines():
            name, facts = json.loads(line)
            if name == what:
                yield facts
