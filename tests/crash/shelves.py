"""The folders outside the ledger, on a disk that is full now and then."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from invoicing.adapters.folders import Directory
from invoicing.domain.errors import TransientError
from invoicing.domain.render import Archived
from invoicing.services.ports import FaultPoint, Folder

ARCHIVE, PORTAL = "archive", "portal"


class _FullDisk:
    """A folder that nothing can be put into today."""

    def keep(self, _copy: Archived) -> None:
        """Refuse for today."""
        raise TransientError("there is no room left")


@dataclass(frozen=True, slots=True)
class Shelves:
    """Where copies of documents lie."""

    root: Path
    is_full: bool = False

    def empty(self) -> None:
        """Begin a schedule."""
        for name in (ARCHIVE, PORTAL):
            shutil.rmtree(self.root / name, ignore_errors=True)

    def open(self, name: str, fault: FaultPoint) -> Folder:
        """Return a folder as the use cases have it."""
        return _FullDisk() if self.is_full else Directory(self.root / name, fault)

    def files(self, name: str) -> Mapping[str, str]:
        """Return the hash of every file that a reader sees, by its place."""
        folder = self.root / name
        return {
            str(file.relative_to(folder)): sha256(file.read_bytes()).hexdigest()
            for file in folder.rglob("*")
            if file.is_file() and not file.name.startswith(".")
        }
