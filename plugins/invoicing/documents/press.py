"""Print one page after the other with WeasyPrint; lives in the child process only."""

import gc
import logging
import re
import zlib
from datetime import datetime
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from invoicing.documents.fetcher import BASE_URL, StrictFetcher, denial
from invoicing.documents.glyphs import Losses
from invoicing.documents.inside import add_xml
from invoicing.documents.logos import logo_address
from invoicing.documents.places import folders_of_brand
from invoicing.documents.templates import Templates
from invoicing.documents.values import TEMPLATE, Job, values_of
from invoicing.domain.errors import RefusedError, SettingsError

if TYPE_CHECKING:
    from weasyprint import CSS, HTML, Document
    from weasyprint.pdf.fonts import Font

STYLESHEET = "invoice/invoice.css"
PAPER_STYLESHEET = "invoice/paper/{paper}.css"
BRAND_STYLESHEET = "invoice/{brand}.css"
"""What an entity's brand changes; a brand without such a file has the common look."""
VARIANT = "pdf/a-3b"
"""The archive's PDF: complete in itself, with files of any kind inside."""
_BRAND = re.compile(r"\w[\w-]{0,63}", re.ASCII)
_GARBAGE = 50_000  # objects, about a page of them; looking sooner finds nothing that died
_PREVIEW_DAY = "2000-01-01"  # a preview has none, and equal drafts make equal bytes
_LIBRARIES = ("babel", "jinja2", "pillow", "pydyf", "segno", "tinycss2", "tinyhtml5")


class Press:
    """Everything that is worth making once per process: styles, fonts, compiled templates."""

    def __init__(self, folders: list[Path]) -> None:
        gc.disable()  # hardly anything that is made here dies: looking for it takes a tenth longer
        from weasyprint.text.fonts import FontConfiguration

        self._folders = folders
        self._templates = Templates(folders)
        self._templates.load(TEMPLATE.format(kind="invoice"))
        self._fetcher = StrictFetcher(self._templates)
        self._losses = _listen()
        self._fonts = FontConfiguration()
        self._font_digests: dict[bytes, bytes] = {}
        self._logos: dict[tuple[str, str], str] = {}
        self._looks: dict[tuple[str, str], list[CSS]] = {}
        self._look("", "A4")
        self._refuse_denied()
        self._versions = f"{_versions()}, templates {self._templates.version()}"
        gc.freeze()  # what exists now lives as long as the process: never walk it again
        gc.set_threshold(_GARBAGE)
        gc.enable()

    def make(self, job: Job) -> tuple[bytes, str]:
        """Return the PDF of a page, and the fingerprint of everything that made it."""
        from weasyprint import HTML

        self._fetcher.denied.clear()
        self._losses.forget()
        brand = job.brand if _BRAND.fullmatch(job.brand) else ""
        templates = self._fetcher.templates = self._templates.branded(brand)
        values = values_of(job, self._logo(job, brand))
        language = str(job.party("client").get("language") or "")
        html = HTML(
            string=templates.fill(job.template, language, values),
            base_url=BASE_URL,
            url_fetcher=self._fetcher,
        )
        document = self._laid_out(html, self._look(brand, job.paper))
        _date(document, job.day)
        if job.xml is not None:
            add_xml(document, job.xml, datetime.fromisoformat(job.day), self._fetcher)
        content: bytes = document.write_pdf(pdf_variant=VARIANT)
        self._refuse_denied()
        if reason := self._losses.reason(job.page):
            raise RefusedError(reason)
        return content, f"{self._versions}, fonts {self._fonts_of(document)}"

    def denied(self) -> list[str]:
        """Return the addresses that were refused on the page at hand."""
        return self._fetcher.denied

    def _laid_out(self, html: "HTML", look: "list[CSS]") -> "Document":
        document = html.render(
            font_config=self._fonts,
            stylesheets=look,
            presentational_hints=False,
            pdf_variant=VARIANT,
        )
        if document.metadata.attachments:
            self._fetcher.denied += _attached(html)
        for sheet in document.pages:
            for kind, target, *_ in sheet.links:
                if kind != "internal":
                    self._fetcher.check_link(target, attaches=kind == "attachment")
        self._refuse_denied()
        return document

    def _logo(self, job: Job, brand: str) -> str:
        name = str(job.party("entity").get("logo") or "")
        if name and (brand, name) not in self._logos:
            self._logos[brand, name] = logo_address(folders_of_brand(self._folders, brand), name)
        return self._logos[brand, name] if name else ""

    def _look(self, brand: str, paper: str) -> "list[CSS]":
        """Return the common style sheet, then those of the paper and of the brand."""
        if (brand, paper) not in self._looks:
            self._fetcher.templates = self._templates.branded(brand)
            common = self._read_style(STYLESHEET)
            if common is None:
                raise SettingsError(f"style sheet {STYLESHEET} is in none of the template folders")
            sized = self._read_style(PAPER_STYLESHEET.format(paper=paper))
            own = self._read_style(BRAND_STYLESHEET.format(brand=brand)) if brand else None
            size = sized or self._style(f"@page {{ size: {paper} }}")
            self._looks[brand, paper] = [common, size, *([own] if own else [])]
        return self._looks[brand, paper]

    def _read_style(self, name: str) -> "CSS | None":
        text = self._fetcher.templates.asset(name, (".css",))
        return None if text is None else self._style(text.decode())

    def _style(self, text: str) -> "CSS":
        from weasyprint import CSS

        return CSS(
            string=text,
            base_url=BASE_URL,
            url_fetcher=self._fetcher,
            font_config=self._fonts,
        )

    def _fonts_of(self, document: "Document") -> str:
        digest = sha256()
        for font in sorted(document.fonts.values(), key=lambda font: font.name):
            if font.name not in self._font_digests:
                self._font_digests[font.name] = _font_digest(font)
            digest.update(self._font_digests[font.name])
        return digest.hexdigest()[:12]

    def _refuse_denied(self) -> None:
        if self._fetcher.denied:
            raise RefusedError(denial(self._fetcher.denied))


def _listen() -> Losses:
    losses = Losses()
    logger = logging.getLogger("weasyprint")
    logger.addHandler(losses)
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    return losses


def _date(document: "Document", day: str) -> None:
    """Date the file by its content: the clock would make every printing a different file."""
    instant = f"{day or _PREVIEW_DAY}T00:00:00Z"
    document.metadata.created = document.metadata.modified = instant


def _attached(html: "HTML") -> list[str]:
    """Return what a template wants to attach: the file inside an invoice is ours alone."""
    links = html.etree_element.iter("link")
    return [link.get("href", "") for link in links if "attachment" in link.get("rel", "").split()]


def _versions() -> str:
    from weasyprint import VERSION
    from weasyprint.text.ffi import ffi, harfbuzz, pango

    ffi.cdef("const char *hb_version_string(void);", override=True)
    number = pango.pango_version()
    shaper = ffi.string(harfbuzz.hb_version_string()).decode()
    found = [
        f"weasyprint {VERSION}",
        f"pango {number // 10000}.{number // 100 % 100}.{number % 100}",
        f"harfbuzz {shaper}",
        f"zlib {zlib.ZLIB_RUNTIME_VERSION}",
        *(f"{name} {_version_of(name)}" for name in _LIBRARIES),
        f"press {_own_digest()}",
    ]
    return ", ".join(found)


def _version_of(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # segno: a document then has no code for banking apps
        return "none"


def _own_digest() -> str:
    """Hash the code that puts documents together: another press may make other bytes."""
    digest = sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _font_digest(font: "Font") -> bytes:
    """Hash a font file as it is installed; the document itself holds only the glyphs it needs."""
    from weasyprint.text.fonts import get_hb_object_data

    return sha256(get_hb_object_data(font.hb_face)).digest()
