"""Turn pages into PDF documents and invoices into mail texts: the renderer behind the port."""

import base64
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import jinja2

from invoicing.documents.limits import RenderLimits
from invoicing.documents.printable import printable_text
from invoicing.documents.templates import FALLBACK_LANGUAGE, Templates, explain, template_folders
from invoicing.documents.worker import PageError, Worker
from invoicing.domain.canonical import Plain, to_plain
from invoicing.domain.dispatch import MessageKind
from invoicing.domain.errors import SettingsError
from invoicing.domain.letters import Letter
from invoicing.domain.render import AnyPage
from invoicing.services.ports import Document, MailText, Rendered

__all__ = ["DocumentRenderer", "RenderLimits", "template_folders"]

MEDIA_TYPE = "application/pdf"


class DocumentRenderer:
    """Renders with the templates of ``folders``, the first of which wins.

    PDFs are made in one child process per batch; a page that hangs, dies or asks for too much
    costs the child its life and fails alone.
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
        values = to_plain(letter)
        assert isinstance(values, dict)  # noqa: S101 # a letter is a dataclass
        ours = letter.kind is MessageKind.ESCALATION
        language = FALLBACK_LANGUAGE if ours else letter.client.language
        try:
            subject, text, html = (
                self._templates.fill(f"mail/{letter.kind.value}.{part}.j2", language, values)
                for part in ("subject", "txt", "html")
            )
        except (jinja2.TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise SettingsError(explain(error)) from error
        return MailText(" ".join(printable_text(subject).split()), text, html)

    def _render_until_broken(self, pages: Sequence[AnyPage], rendered: list[Rendered]) -> None:
        """Go on with the first page that has no outcome, in one child, as far as it lives."""
        with Worker(self._folders, self._limits) as worker:
            for page in pages[len(rendered) :]:
                plain = to_plain(page)
                assert isinstance(plain, dict)  # noqa: S101 # a page is a dataclass
                try:
                    answer = worker.ask(plain)
                except PageError as error:
                    rendered.append(Rendered(None, str(error)))
                    return
                rendered.append(_outcome(answer))
                if answer.get("broken"):
                    return


def _outcome(answer: dict[str, Plain]) -> Rendered:
    if answer["error"]:
        return Rendered(None, str(answer["error"]))
    content = base64.b64decode(str(answer["content"]), validate=True)
    if not content.startswith(b"%PDF-"):
        return Rendered(None, "the renderer's process answered with something that is no PDF")
    document = Document(sha256(content).hexdigest(), MEDIA_TYPE, content, str(answer["renderer"]))
    return Rendered(document)
