"""A copy in a folder is whole or not there, never replaces another file, and never leaves it."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Thread

import pytest

from invoicing.adapters.folders import Directory
from invoicing.domain.errors import RefusedError, TransientError
from invoicing.domain.render import Archived, DocumentKind
from tests.support.disks import small_disk

PDF, XML = b"%PDF-1.7 invoice", b"<Invoice/>"
COPY = Archived(
    "nordwind", 2026, "INV-2026-00001", {DocumentKind.INVOICE: PDF, DocumentKind.CII: XML}
)
POINTS = ("archive.begin", "archive.written", "archive.synced", "archive.renamed")


class FaultError(Exception):
    """What the tests raise at a fault point."""


def files_in(root: Path) -> dict[str, bytes]:
    """Return all that lies in a folder, by the path within."""
    found = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): path.read_bytes() for path in found}


def test_a_copy_lies_under_its_client_year_and_number(tmp_path: Path) -> None:
    Directory(tmp_path / "new" / "archive").keep(COPY)

    assert files_in(tmp_path / "new" / "archive") == {
        "nordwind/2026/INV-2026-00001.pdf": PDF,
        "nordwind/2026/INV-2026-00001.cii.xml": XML,
    }


def test_keeping_it_again_touches_nothing(tmp_path: Path) -> None:
    Directory(tmp_path).keep(COPY)
    before = {path: path.stat() for path in tmp_path.rglob("*")}

    Directory(tmp_path).keep(COPY)

    assert {path: path.stat() for path in tmp_path.rglob("*")} == before


@pytest.mark.parametrize("other", [b"%PDF-1.7 another", b"", PDF + b"!"])
def test_another_file_of_that_name_stays_and_is_told_of(tmp_path: Path, other: bytes) -> None:
    place = tmp_path / "nordwind" / "2026" / "INV-2026-00001.pdf"
    place.parent.mkdir(parents=True)
    place.write_bytes(other)

    with pytest.raises(RefusedError, match="is there already with other content"):
        Directory(tmp_path).keep(COPY)

    assert files_in(tmp_path) == {"nordwind/2026/INV-2026-00001.pdf": other}


@pytest.mark.parametrize("point", POINTS)
def test_whatever_interrupts_it_a_file_is_whole_or_not_there(tmp_path: Path, point: str) -> None:
    def fail(name: str) -> None:
        if name == point:
            raise FaultError

    with pytest.raises(FaultError):
        Directory(tmp_path, fail).keep(COPY)
    left = files_in(tmp_path)
    assert set(left.values()) <= {PDF}
    assert all(name.endswith("/INV-2026-00001.pdf") for name in left)

    Directory(tmp_path).keep(COPY)
    assert sorted(files_in(tmp_path).values()) == sorted([PDF, XML])


def test_two_at_once_leave_one_file(tmp_path: Path) -> None:
    gate, errors = Barrier(4), list[Exception]()

    def meet(name: str) -> None:
        if name == "archive.synced":
            gate.wait(10)

    def keep() -> None:
        copy = Archived("nordwind", 2026, "INV-1", {DocumentKind.INVOICE: PDF})
        try:
            Directory(tmp_path, meet).keep(copy)
        except (OSError, RefusedError, TransientError) as error:
            errors.append(error)

    threads = [Thread(target=keep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert files_in(tmp_path) == {"nordwind/2026/INV-1.pdf": PDF}


def test_of_two_contents_at_once_one_stays_and_the_other_is_refused(tmp_path: Path) -> None:
    gate, refused = Barrier(2), list[RefusedError]()

    def meet(name: str) -> None:
        if name == "archive.synced":
            gate.wait(10)

    def keep(content: bytes) -> None:
        try:
            files = {DocumentKind.INVOICE: content}
            Directory(tmp_path, meet).keep(Archived("nordwind", 2026, "INV-1", files))
        except RefusedError as error:
            refused.append(error)

    threads = [Thread(target=keep, args=(content,)) for content in (b"one", b"two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    assert list(files_in(tmp_path)) == ["nordwind/2026/INV-1.pdf"]


@pytest.mark.parametrize(
    "client", ["", "..", ".", "a/b", "../../etc", ".ssh", "a\0b", "a\nb", "ä", "x" * 121, "a..b"]
)
def test_a_name_that_is_not_one_is_refused(tmp_path: Path, client: str) -> None:
    with pytest.raises(RefusedError, match="not safe in every file system"):
        Directory(tmp_path / "root").keep(Archived(client, 2026, "INV-1", COPY.files))

    assert files_in(tmp_path) == {}


@pytest.mark.parametrize("number", ["../../INV-1", "INV/2026/1", "/etc/passwd", "INV\n1"])
def test_a_number_stays_inside_its_folder(tmp_path: Path, number: str) -> None:
    Directory(tmp_path).keep(Archived("nordwind", 2026, number, COPY.files))

    assert {path.parent for path in tmp_path.rglob("*.pdf")} == {tmp_path / "nordwind" / "2026"}


def _link_client(root: Path, outside: Path) -> None:
    (root / "nordwind").symlink_to(outside, target_is_directory=True)


def _link_year(root: Path, outside: Path) -> None:
    (root / "nordwind").mkdir()
    (root / "nordwind" / "2026").symlink_to(outside, target_is_directory=True)


def _link_file(root: Path, outside: Path) -> None:
    (root / "nordwind" / "2026").mkdir(parents=True)
    (root / "nordwind" / "2026" / "INV-2026-00001.pdf").symlink_to(outside / "target")


def _link_to_the_same(root: Path, outside: Path) -> None:
    _link_file(root, outside)
    (outside / "target").write_bytes(PDF)


def _pipe(root: Path, _outside: Path) -> None:
    (root / "nordwind" / "2026").mkdir(parents=True)
    os.mkfifo(root / "nordwind" / "2026" / "INV-2026-00001.pdf")


@pytest.mark.parametrize("trap", [_link_client, _link_year, _link_file, _link_to_the_same, _pipe])
def test_no_link_and_no_pipe_is_followed(
    tmp_path: Path, trap: Callable[[Path, Path], None]
) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    trap(root, outside)
    before = files_in(outside)

    with pytest.raises(RefusedError):
        Directory(root).keep(COPY)

    assert files_in(outside) == before


def test_a_full_disk_is_told_of_and_leaves_no_half_file(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "1m") as disk:
        big = Archived("nordwind", 2026, "INV-1", {DocumentKind.INVOICE: b"x" * 600_000})
        disk.fill(left_over=100_000)

        with pytest.raises(TransientError, match="No space left"):
            Directory(disk.folder).keep(big)
        assert "filler" in files_in(disk.folder)
        assert len(files_in(disk.folder)) == 1

        disk.free()
        Directory(disk.folder).keep(big)
        assert list(files_in(disk.folder)) == ["nordwind/2026/INV-1.pdf"]


def test_a_folder_without_hard_links_gets_its_copies_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_args: object, **_more: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", no_links)

    Directory(tmp_path).keep(COPY)

    assert sorted(files_in(tmp_path).values()) == sorted([PDF, XML])


def test_what_a_killed_writer_left_is_brought_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that only the memory knows is gone after a power cut, and the ledger says archived."""

    def killed(point: str) -> None:
        if point == "archive.renamed":
            raise FaultError(point)

    with pytest.raises(FaultError):
        Directory(tmp_path, killed).keep(COPY)
    synced: set[Path] = set()
    monkeypatch.setattr(
        os, "fsync", lambda file: synced.add(Path(f"/proc/self/fd/{file}").resolve())
    )

    Directory(tmp_path).keep(replace(COPY, files={DocumentKind.INVOICE: PDF}))

    year = tmp_path / "nordwind" / "2026"
    assert synced == {tmp_path, year.parent, year}
