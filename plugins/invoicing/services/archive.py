"""Archive: a copy of every document in a folder outside the ledger, for people and for audits.

The ledger's own bytes stay the truth. A copy that could not be written is tried again with each
follow-up, and shown when that goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from invoicing.domain.errors import RefusedError, TransientError
from invoicing.domain.render import Archived
from invoicing.domain.review import SYSTEM
from invoicing.services.compose import copy_of_invoice, copy_of_note
from invoicing.services.ledger_ports import UnitOfWork
from invoicing.services.ports import Folder, Services

BATCH = 50  # copies between two commits; a crash repeats at most these
PATIENCE = timedelta(hours=1)  # a disk that is full for longer is somebody's business
WHOLE = "archive"  # the subject of what is wrong with the folder itself


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A document that has no copy yet."""

    subject: str
    version: int
    invoice_id: str
    issued_at: datetime
    copy: Archived


def archive_pending(s: Services, limit: int = 1000) -> list[str]:
    """Write the copies that are missing; return the ids of what lies in the archive now."""
    if s.archive is None:
        return []
    with s.ledger.read() as work:
        shown = iter(work.documents.unarchived(limit))
    kept: list[str] = []
    while batch := list(islice(shown, BATCH)):
        with s.ledger.read() as work:
            waiting = _waiting(s, work, batch)
        done, failure = _write(s, s.archive, waiting)
        kept += [one.subject for one in done]
        if failure:
            _note_failure(s, waiting, failure)
            break
    return kept


def _waiting(s: Services, work: UnitOfWork, shown: Sequence[tuple[str, int]]) -> list[_Waiting]:
    ids = [subject for subject, _ in shown]
    versions = dict(shown)
    invoices = [
        _Waiting(one.id, versions[one.id], one.id, one.issued_at, copy_of_invoice(s, work, one))
        for one in work.invoices.get(ids)
    ]
    notes = [record.note for record in work.credits.get(ids)]
    return invoices + [
        _Waiting(
            note.id,
            versions[note.id],
            note.content.invoice_id,
            note.issued_at,
            copy_of_note(s, work, note),
        )
        for note in notes
    ]


def _write(
    s: Services, folder: Folder, waiting: Sequence[_Waiting]
) -> tuple[list[_Waiting], TransientError | None]:
    """Write copies until the folder cannot be written any more; note those that lie there."""
    kept: list[_Waiting] = []
    refused: list[tuple[_Waiting, RefusedError]] = []
    failure = None
    for one in waiting:
        try:
            folder.keep(one.copy)
            kept.append(one)
        except RefusedError as error:
            refused.append((one, error))
        except TransientError as error:
            failure = error
            break
    if kept or refused:
        _note(s, kept, refused)
    return kept, failure


def _note(
    s: Services, kept: Sequence[_Waiting], refused: Sequence[tuple[_Waiting, RefusedError]]
) -> None:
    now = s.clock.now()
    with s.write("archive") as work:
        for one in kept:
            if work.documents.archived(one.subject, one.version, now):
                detail = {"document": one.subject, "files": str(len(one.copy.files))}
                work.trail.add(one.invoice_id, "archived", now, detail)
            work.exceptions.close("archive_failed", one.subject, SYSTEM, "archived", now)
        for one, error in refused:
            cause = f"{one.copy.number}: {error}"
            work.exceptions.open("archive_failed", one.subject, cause, now)
        if kept:
            work.exceptions.close("archive_failed", WHOLE, SYSTEM, "it can be written again", now)


def _note_failure(s: Services, waiting: Sequence[_Waiting], failure: TransientError) -> None:
    """Show a folder that cannot be written, once it goes on for longer than a hiccup."""
    now = s.clock.now()
    if min(one.issued_at for one in waiting) > now - PATIENCE:
        return
    with s.write("archive_failed") as work:
        work.exceptions.open("archive_failed", WHOLE, str(failure), now)
