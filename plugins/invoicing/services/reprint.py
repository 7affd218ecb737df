"""Reprint: the stored files of a document, and whether they can be made again."""

from collections.abc import Mapping
from dataclasses import dataclass

from invoicing.domain.errors import NotFoundError, RefusedError
from invoicing.domain.render import (
    AnyPage,
    DocumentKind,
    credit_note_page,
    file_name,
    invoice_page,
    preview_page,
)
from invoicing.services.ports import Document, Services, UnitOfWork
from invoicing.services.queries import NOTE_VERSION

_FILES = (DocumentKind.CII, DocumentKind.UBL)


@dataclass(frozen=True, slots=True)
class Stored:
    """What the ledger holds of one document: its page, its PDF and the files beside it.

    ``name`` is what its files are called before their endings.
    """

    name: str
    page: AnyPage
    document: Document
    files: Mapping[DocumentKind, Document]

    def file_name(self, kind: DocumentKind) -> str:
        """Return what a file is called."""
        return file_name(self.name, kind)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A document made anew beside the stored one; ``differences`` is empty where both agree.

    ``same_machine`` says whether the same versions of templates, fonts and libraries made both:
    only then other bytes mean that something is wrong.
    """

    again: Document
    same_machine: bool
    differences: tuple[str, ...]


def stored_files(s: Services, ref: str) -> Stored:
    """Return the stored files of ``ref``, a number or an id; NotFoundError while there are none."""
    with s.ledger.read() as work:
        name, subject, version, page = _looked_up(work, ref)
        document = work.documents.find(subject, version, page.kind)
        files = {kind: work.documents.find(subject, version, kind) for kind in _FILES}
    if document is None:
        raise NotFoundError(f"{name} was not rendered yet; `invoicing trail` tells why")
    return Stored(name, page, document, {kind: one for kind, one in files.items() if one})


def compare(s: Services, stored: Stored) -> Comparison:
    """Render the page of a stored document again, changing nothing, and tell what differs."""
    rendered = s.renderer.render([stored.page])[0]
    if rendered.document is None:
        raise RefusedError(f"{stored.name} cannot be rendered now: {rendered.error}")
    kinds = dict.fromkeys([*stored.files, *rendered.files])
    found = [
        _difference("PDF", stored.document, rendered.document),
        *(_difference(kind.upper(), stored.files.get(kind), rendered.files.get(kind))
          for kind in kinds),
    ]  # fmt: skip
    return Comparison(
        again=rendered.document,
        same_machine=stored.document.renderer == rendered.document.renderer,
        differences=tuple(filter(None, found)),
    )


def _difference(what: str, before: Document | None, now: Document | None) -> str:
    if before is None or now is None:
        return f"{what}: {'stored only' if now is None else 'not stored'}"
    if before.sha256 == now.sha256:
        return ""
    return f"{what}: {before.sha256[:12]} is stored, {now.sha256[:12]} was made now"


def changed_parts(before: str, now: str) -> tuple[str, ...]:
    """Name what differs between two fingerprints of renderers: `templates a1, now b2`."""
    old, new = (dict(_part(part) for part in one.split(", ")) for one in (before, now))
    names = dict.fromkeys([*old, *new])
    return tuple(
        f"{name} {old.get(name) or 'none'}, now {new.get(name) or 'none'}"
        for name in names
        if old.get(name) != new.get(name)
    )


def _part(part: str) -> tuple[str, str]:
    name, _, version = part.rpartition(" ")
    return (name, version) if name else (version, "")


def _looked_up(work: UnitOfWork, ref: str) -> tuple[str, str, int, AnyPage]:
    """Return what a number or id stands for: name, subject, version and page."""
    notes = [work.credits.by_number(ref), *work.credits.get([ref])]
    for record in filter(None, notes):
        note = record.note
        return note.number, note.id, NOTE_VERSION, credit_note_page(note)
    invoices = [work.invoices.by_number(ref), *work.invoices.get([ref])]
    for invoice in filter(None, invoices):
        return invoice.number, invoice.id, invoice.version, invoice_page(invoice)
    for draft in work.drafts.get([ref]):
        name = f"draft-{draft.id[:8]}-v{draft.version}"
        return name, draft.id, draft.version, preview_page(draft.draft)
    raise NotFoundError("the ledger has no invoice, draft or credit note under this number or id")
