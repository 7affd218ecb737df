"""Render: what was issued gets its documents once; the stored bytes are the truth."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from invoicing.domain.credit import IssuedCreditNote
from invoicing.domain.issue import Invoice
from invoicing.domain.render import AnyPage, DocumentKind, credit_note_page, invoice_page
from invoicing.domain.review import SYSTEM
from invoicing.services.compose import NOTE_VERSION
from invoicing.services.ledger_ports import UnitOfWork
from invoicing.services.ports import Rendered, Services

BATCH = 125  # by one child process; a crash repeats at most these
LEFT_BEHIND = timedelta(minutes=10)  # longer than a run's own attempts take


@dataclass(frozen=True, slots=True)
class _Paper:
    """What is printed: an invoice or a credit note, under the subject its document stands for."""

    subject: str
    version: int
    number: str
    page: AnyPage
    invoice_id: str  # whose trail tells of it


def render_parcel(s: Services, parcel_id: str) -> list[str]:
    """Render the issued invoices of a parcel; return the ids of those that have a document."""
    with s.ledger.read() as work:
        items = work.parcels.get(parcel_id).items
    return render_invoices(s, [item.draft_id for item in items])


def render_pending(s: Services, limit: int = 1000) -> list[str]:
    """Render the credit notes that have no document, and what an interrupted run left without.

    What was issued just now is being rendered by its run: doing it here as well would slow both.
    """
    before = s.clock.now() - LEFT_BEHIND
    with s.ledger.read() as work:
        waiting = work.invoices.get(work.invoices.without_document(limit))
        notes = work.credits.without_document(limit)
    left = [invoice.id for invoice in waiting if invoice.issued_at <= before]
    return render_invoices(s, left) + render_credit_notes(s, notes)


def render_again(s: Services, subject: str) -> list[str]:
    """Render what a person asks for: an invoice or a credit note, by its id."""
    return render_invoices(s, [subject]) + render_credit_notes(s, [subject])


def render_invoices(s: Services, invoice_ids: Sequence[str]) -> list[str]:
    """Render each invoice that has no document yet; one that fails keeps its number and waits."""
    with s.ledger.read() as work:
        invoices = [_of_invoice(one) for one in work.invoices.get(invoice_ids)]
    return _render(s, invoices)


def render_credit_notes(s: Services, note_ids: Sequence[str]) -> list[str]:
    """Render each credit note that has no document yet; one that fails waits like an invoice."""
    with s.ledger.read() as work:
        notes = [_of_note(record.note) for record in work.credits.get(note_ids)]
    return _render(s, notes)


def _of_invoice(invoice: Invoice) -> _Paper:
    page = invoice_page(invoice)
    return _Paper(invoice.id, invoice.version, invoice.number, page, invoice.id)


def _of_note(note: IssuedCreditNote) -> _Paper:
    page = credit_note_page(note)
    return _Paper(note.id, NOTE_VERSION, note.number, page, note.content.invoice_id)


def _render(s: Services, asked: Sequence[_Paper]) -> list[str]:
    with s.ledger.read() as work:
        done = [one.subject for one in asked if _has_document(work, one)]
    missing = iter([one for one in asked if one.subject not in set(done)])
    while batch := list(islice(missing, BATCH)):
        pages = s.renderer.render([one.page for one in batch])
        s.fault("render.rendered")
        done += _store(s, batch, pages)
    return done


def _has_document(work: UnitOfWork, paper: _Paper) -> bool:
    return work.documents.find(paper.subject, paper.version, paper.page.kind) is not None


def _store(s: Services, papers: Collection[_Paper], pages: Sequence[Rendered]) -> list[str]:
    now = s.clock.now()
    stored: list[_Paper] = []
    with s.write("render") as work:
        for paper, page in zip(papers, pages, strict=True):
            if page.document is None:
                cause = f"{paper.number}: {page.error}"
                work.exceptions.open("render_failed", paper.subject, cause, now)
                continue
            _put(s, work, paper, page)
            work.exceptions.close("render_failed", paper.subject, SYSTEM, "rendered", now)
            stored.append(paper)
        work.documents.to_archive([(one.subject, one.version) for one in stored])
    return [one.subject for one in stored]


def _put(s: Services, work: UnitOfWork, paper: _Paper, page: Rendered) -> None:
    """Store a document and the files that belong to it, the document first."""
    document = page.document
    assert document is not None  # noqa: S101 # `_store` passed over it otherwise
    if not work.documents.put(paper.subject, paper.version, paper.page.kind, document):
        return  # somebody was faster, and the files are those that belong to that document
    detail = {"sha256": document.sha256, "renderer": document.renderer}
    for kind, file in page.files.items():
        work.documents.put(paper.subject, paper.version, kind, file)
        detail[str(kind)] = file.sha256
    if page.note:
        detail["e_invoice"] = page.note
    if paper.page.kind is DocumentKind.CREDIT_NOTE:
        detail["credit_note"] = paper.number
    work.trail.add(paper.invoice_id, "rendered", s.clock.now(), detail)
