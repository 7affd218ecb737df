"""Every document has a copy outside the ledger, sooner or later, and nobody waits for it."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from invoicing.adapters.folders import Directory
from invoicing.domain.errors import RefusedError, TransientError
from invoicing.domain.exceptions import Action
from invoicing.domain.render import Archived
from invoicing.services import archive, render
from invoicing.services.archive import archive_pending
from invoicing.services.verify import verify
from tests.services.corrections import done
from tests.support.services import ENTITY, House, a_book


@dataclass
class Shelf:
    """A folder that fails as a test says."""

    failure: TransientError | None = None
    refuses: set[str] = field(default_factory=set)
    kept: list[Archived] = field(default_factory=list)

    def keep(self, copy: Archived) -> None:
        """Keep a copy, unless the test says otherwise."""
        if self.failure:
            raise self.failure
        if copy.number in self.refuses:
            raise RefusedError(f"{copy.number}.pdf is there already with other content")
        self.kept.append(copy)


def test_invoices_and_credit_notes_lie_in_the_archive_by_client_and_year(
    house: House, tmp_path: Path
) -> None:
    s = replace(house.s, archive=Directory(tmp_path))
    invoice = house.invoice_of("D-1")
    done(house, invoice, Action.VOID)
    render.render_pending(s)

    assert len(archive_pending(s)) == 2
    assert archive_pending(s) == []

    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.pdf")}
    assert found == {"nordwind/2026/INV-2026-00001.pdf", "nordwind/2026/CN-2026-00001.pdf"}
    assert house.actions(invoice.id).count("archived") == 2
    assert verify(s) == []


def test_a_copy_is_the_stored_document(house: House, tmp_path: Path) -> None:
    house.invoice_of("D-1")

    archive_pending(replace(house.s, archive=Directory(tmp_path)))

    (copy,) = tmp_path.rglob("*.pdf")
    assert copy.read_bytes() == house.mailer.sent[0].attachments[0].content


def test_an_interrupted_pass_is_gone_over_again_and_changes_nothing(
    house: House, tmp_path: Path
) -> None:
    class KilledError(BaseException):
        pass

    def die(point: str) -> None:
        if point == "archive.before_commit":
            raise KilledError

    s = replace(house.s, archive=Directory(tmp_path))
    invoice = house.invoice_of("D-1")
    with pytest.raises(KilledError):
        archive_pending(replace(s, fault=die))
    (copy,) = tmp_path.rglob("*.pdf")
    written = copy.stat()

    assert archive_pending(s) == [invoice.id]
    assert copy.stat() == written
    assert house.actions(invoice.id).count("archived") == 1


def test_a_full_disk_is_shown_only_when_it_stays_full_and_holds_nothing_up(house: House) -> None:
    shelf = Shelf(TransientError("the archive cannot be written: No space left on device"))
    s = replace(house.s, archive=shelf)
    invoice = house.invoice_of("D-1")
    assert len(house.mailer.sent) == 1

    assert archive_pending(s) == []
    assert house.open_codes() == []
    house.clock.pass_by(hours=2)
    assert archive_pending(s) == []
    assert archive_pending(s) == []
    assert house.open_codes() == ["archive_failed"]

    shelf.failure = None
    assert archive_pending(s) == [invoice.id]
    assert house.open_codes() == []


def test_a_file_of_somebody_else_is_shown_at_once_and_holds_up_no_other(house: House) -> None:
    shelf = Shelf(refuses={"INV-2026-00001"})
    s = replace(house.s, archive=shelf)
    first, second = house.invoice_of("D-1"), house.invoice_of("D-2")

    assert archive_pending(s) == [second.id]
    assert house.open_codes() == ["archive_failed"]

    shelf.refuses.clear()
    assert archive_pending(s) == [first.id]
    assert house.open_codes() == []


def test_the_same_number_of_two_entities_is_two_files(house: House) -> None:
    second = replace(ENTITY, key="brightwater-us")
    book = replace(a_book(), entities={ENTITY.key: ENTITY, second.key: second})
    house = house.with_book(book)
    house.invoice_of("D-1")
    shelf = Shelf()

    archive_pending(replace(house.s, archive=shelf))

    assert [copy.number for copy in shelf.kept] == ["brightwater-INV-2026-00001"]


def test_without_an_archive_nothing_is_written(house: House) -> None:
    house.invoice_of("D-1")

    assert house.s.archive is None
    assert archive_pending(house.s) == []


def test_a_pass_takes_up_to_its_limit(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "BATCH", 1)
    for deal in ("D-1", "D-2", "D-3"):
        house.invoice_of(deal)
    s = replace(house.s, archive=Shelf())

    assert len(archive_pending(s, 2)) == 2
    assert len(archive_pending(s, 2)) == 1
