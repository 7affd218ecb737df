"""Folders outside the ledger: the archive, and what a client portal serves; whole files only.

Every name is ours, made from keys and numbers; nothing a client wrote becomes a path, and no
symbolic link is followed below the root. A file is written beside its place, brought to the disk,
and renamed, so that nobody ever reads half of it.
"""

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from invoicing.domain.errors import RefusedError, TransientError
from invoicing.domain.render import Archived, DocumentKind, file_name
from invoicing.services.ports import FaultPoint, no_faults

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FILE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}  # what folders of some kinds answer
_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Directory:
    """A folder with one folder for each client and year: ``<root>/<client>/<year>/<number>.pdf``.

    ``fault`` is called with ``archive.<point>`` while a file is written; it does nothing outside
    tests.
    """

    def __init__(self, root: Path, fault: FaultPoint = no_faults) -> None:
        self._root = root
        self.fault = fault

    def keep(self, copy: Archived) -> None:
        """Put the files there; each whole or not at all, and those that are there stay.

        RefusedError when another file has the name; TransientError when it cannot be written now.
        """
        names = [_checked(copy.client), _checked(str(copy.year))]
        try:
            with self._folder(names) as folder:
                for kind, content in copy.files.items():
                    self._put(folder, _file_name(copy.number, kind), content)
        except OSError as error:
            raise TransientError(
                f"{self._root} cannot be written: {error.strerror}; make room or give the right to"
            ) from error

    @contextmanager
    def _folder(self, names: list[str]) -> Iterator[int]:
        """Open the folder below the root, made where it is missing; no link leads out of it."""
        self._root.mkdir(parents=True, exist_ok=True)
        # The root itself may be a link that the operator made; what is below it may not.
        folder = os.open(self._root, _FOLDER_FLAGS & ~os.O_NOFOLLOW)
        try:
            for name in names:
                inner = _open_folder(name, folder)
                os.close(folder)
                folder = inner
            yield folder
        finally:
            os.close(folder)

    def _put(self, folder: int, name: str, content: bytes) -> None:
        if not _is_there(folder, name, content):
            self._write_new(folder, name, content)
        os.fsync(folder)  # also what an earlier writer, who was killed, gave its name

    def _write_new(self, folder: int, name: str, content: bytes) -> None:
        self.fault("archive.begin")
        draft = f".{name}.{uuid4().hex}.part"
        file = os.open(draft, _NEW_FILE_FLAGS, 0o640, dir_fd=folder)
        try:
            try:
                _write(file, content)
                self.fault("archive.written")
                os.fsync(file)
            finally:
                os.close(file)
            self.fault("archive.synced")
            self._rename(folder, draft, name, content)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(draft, dir_fd=folder)

    def _rename(self, folder: int, draft: str, name: str, content: bytes) -> None:
        """Give the file its name; unlike a rename, a link never replaces what is there by now."""
        try:
            os.link(draft, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        except FileExistsError:
            if not _is_there(folder, name, content):
                raise
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            os.rename(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
        self.fault("archive.renamed")


def _file_name(number: str, kind: DocumentKind) -> str:
    return _checked(file_name(number, kind))


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name) or ".." in name:
        raise RefusedError("its file would have a name that is not safe in every file system")
    return name


def _open_folder(name: str, parent: int) -> int:
    """Open a folder in another one; a link there is nobody's folder of ours."""
    with suppress(FileExistsError):
        os.mkdir(name, 0o750, dir_fd=parent)
    os.fsync(parent)  # whoever made it may have been killed before this
    if not stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
        raise RefusedError(f"{name} in the folder is a link or a file, not a folder")
    return os.open(name, _FOLDER_FLAGS, dir_fd=parent)


def _is_there(folder: int, name: str, content: bytes) -> bool:
    """Tell whether the very file is there; another one under its name is refused."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    if stat.S_ISREG(found.st_mode) and found.st_size == len(content):
        with os.fdopen(os.open(name, _READ_FLAGS, dir_fd=folder), "rb") as file:
            if file.read() == content:
                return True
    raise RefusedError(
        f"{name} is there already with other content; find out who put it there, move it away, and"
        " it is written with the next follow-up"
    )


def _write(file: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(file, view) :]
