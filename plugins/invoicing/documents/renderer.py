"""Turn pages into PDF documents and invoices into mail texts: the renderer behind the port."""

import base64
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from invoicing.documents import einvoice
from invoicing.documents.limits import RenderLimits
from invoicing.documents.mails import write_mail
from invoicing.documents.pool import POOL
from invoicing.documents.templates import Templates, template_folders
from invoicing.documents.values import Job, pack_job
from invoicing.documents.worker import PageError
from invoicing.domain.canonical import Plain, to_plain
from invoicing.domain.letters import Letter
from invoicing.domain.render import AccountPage, AnyPage, DocumentKind, paper_of
from invoicing.services.ports import Document, MailText, Rendered

__all__ = ["DocumentRenderer", "RenderLimits", "template_folders"]

MEDIA_TYPE = "application/pdf"
XML_MEDIA_TYPE = "application/xml"


class DocumentRenderer:
    """Renders with the templates of ``folders``, the first of which wins.

    PDFs are made in a child process, which waits for the next batch when one is done; a page that
    hangs, dies or asks for too much costs the child its life and fails alone. Invoices and credit
    notes get their structured form, and carry it inside where it is Factur-X.
    """

    def __init__(self, folders: Sequence[Path], limits: RenderLimits | None = None) -> None:
        self._folders = tuple(folders)
        self._limits = limits or RenderLimits()
        self._templates = Templates(self._folders)

    def render(self, pages: Sequence[AnyPage]) -> list[Rendered]:
        """Render each page; a page that cannot be rendered fails alone.

        SettingsError when no page could be rendered at all: no WeasyPrint, a template that cannot
        be read.
        """
        rendered: list[Rendered] = []
        while len(rendered) < len(pages):
            self._render_until_broken(pages, rendered)
        return rendered

    def mail(self, letter: Letter) -> MailText:
        """Write a mail, in the client's language, or in ours where it goes to our own people."""
        return write_mail(self._templates, letter)

    def _render_until_broken(self, pages: Sequence[AnyPage], rendered: list[Rendered]) -> None:
        """Go on with the first page that has no outcome, in one child, as far as it lives."""
        with POOL.borrow(self._folders, self._limits) as worker:
            for page in pages[len(rendered) :]:
                try:
                    written = _structured(page)
                    answer = worker.ask(pack_job(_job(page, written.embedded)))
                except PageError as error:
                    rendered.append(Rendered(None, str(error)))
                    if worker.lives:
                        continue
                    return
                rendered.append(_outcome(answer, written))
                if not worker.lives:
                    return


def _structured(page: AnyPage) -> einvoice.Written:
    """Return the structured form of a document that is final; drafts and letters have none."""
    try:
        return einvoice.write(page)
    except Exception as error:  # a page fails alone, whatever it is
        raise PageError(f"the e-invoice: {type(error).__name__}: {error}"[:600]) from error


def _job(page: AnyPage, xml: bytes | None) -> Job:
    plain = to_plain(page)
    assert isinstance(plain, dict)  # noqa: S101 # a page is a dataclass
    upcoming = isinstance(page, AccountPage) and page.is_upcoming
    return Job(plain, paper_of(page.client).value, upcoming, xml)


def _outcome(answer: dict[str, Plain], written: einvoice.Written) -> Rendered:
    if answer["error"]:
        return Rendered(None, str(answer["error"]))
    content = base64.b64decode(str(answer["content"]), validate=True)
    if not content.startswith(b"%PDF-"):
        return Rendered(None, "the renderer's process answered with something that is no PDF")
    document = _document(MEDIA_TYPE, content, str(answer["renderer"]))
    files: dict[DocumentKind, Document] = {
        kind: _document(XML_MEDIA_TYPE, data, einvoice.WRITER)
        for kind, data in written.files.items()
    }
    return Rendered(document, files=files, note=written.note)


def _document(media_type: str, content: bytes, renderer: str) -> Document:
    return Document(sha256(content).hexdigest(), media_type, content, renderer)
