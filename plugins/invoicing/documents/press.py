"""Print one page after the other with WeasyPrint; lives in the child process only."""

import gc
import re
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from invoicing.documents.fetcher import BASE_URL, StrictFetcher, denial
from invoicing.documents.templates import Templates
from invoicing.domain.canonical import Plain
from invoicing.domain.errors import RefusedError, SettingsError

if TYPE_CHECKING:
    from weasyprint import CSS, Document
    from weasyprint.pdf.fonts import Font

TEMPLATE = "invoice/invoice.html.j2"
STYLESHEET = "invoice/invoice.css"
BRAND_STYLESHEET = "invoice/{brand}.css"
"""What an entity's brand changes; a brand without such a file has the common look."""
_BRAND = re.compile(r"\w[\w-]{0,63}", re.ASCII)
PREVIEW_DAY = "2000-01-01"
"""The day in the metadata of a preview, which has none: equal drafts make equal bytes."""


class Press:
    """Everything that is worth making once per process: styles, fonts, compiled templates."""

    def __init__(self, folders: list[Path]) -> None:
        gc.disable()  # hardly anything that is made here dies: looking for it takes a tenth longer
        from weasyprint.text.fonts import FontConfiguration

        self._templates = Templates(folders)
        self._templates.load(TEMPLATE)
        self._fetcher = StrictFetcher(self._templates)
        self._fonts = FontConfiguration()
        self._font_digests: dict[bytes, bytes] = {}
        style = self._read_style(STYLESHEET)
        if style is None:
            raise SettingsError(f"style sheet {STYLESHEET} is in none of the template folders")
        self._looks = {"": [style]}
        self._refuse_denied()
        self._versions = f"{_versions()}, templates {self._templates.version()}"
        gc.freeze()  # what exists now lives as long as the process: never walk it again
        gc.enable()

    def make(self, page: dict[str, Plain]) -> tuple[bytes, str]:
        """Return the PDF of a page, and the fingerprint of everything that made it."""
        from weasyprint import HTML

        self._fetcher.denied.clear()
        html = HTML(
            string=self._templates.fill(
                TEMPLATE, _party(page, "client", "language"), {"page": page}
            ),
            base_url=BASE_URL,
            url_fetcher=self._fetcher,
        )
        document = html.render(
            font_config=self._fonts, stylesheets=self._look(page), presentational_hints=False
        )
        _describe(document, page)
        for sheet in document.pages:
            for kind, target, *_ in sheet.links:
                if kind != "internal":
                    self._fetcher.check_link(target)
        content: bytes = document.write_pdf()
        self._refuse_denied()
        return content, f"{self._versions}, fonts {self._fonts_of(document)}"

    def denied(self) -> list[str]:
        """Return the addresses that were refused on the page at hand."""
        return self._fetcher.denied

    def _look(self, page: dict[str, Plain]) -> "list[CSS]":
        """Return the common style sheet, and after it the brand's own where there is one."""
        brand = _party(page, "entity", "brand")
        if brand not in self._looks:
            file = BRAND_STYLESHEET.format(brand=brand)
            own = self._read_style(file) if _BRAND.fullmatch(brand) else None
            self._looks[brand] = [*self._looks[""], *([own] if own else [])]
        return self._looks[brand]

    def _read_style(self, name: str) -> "CSS | None":
        from weasyprint import CSS

        text = self._templates.asset(name, (".css",))
        if text is None:
            return None
        return CSS(
            string=text.decode(),
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


def _party(page: dict[str, Plain], role: str, fact: str) -> str:
    """Return one text about the entity or the client of a page."""
    content = page["content"]
    party = content[role] if isinstance(content, dict) else None
    return str(party[fact]) if isinstance(party, dict) else ""


def _describe(document: "Document", page: dict[str, Plain]) -> None:
    """Date the file by its content: the clock would make every printing a different file."""
    day = str(page["issued_on"] or PREVIEW_DAY)
    document.metadata.created = document.metadata.modified = day


def _versions() -> str:
    import babel
    from weasyprint import VERSION
    from weasyprint.text.ffi import ffi, harfbuzz, pango

    ffi.cdef("const char *hb_version_string(void);", override=True)
    number = pango.pango_version()
    shaper = ffi.string(harfbuzz.hb_version_string()).decode()
    return (
        f"weasyprint {VERSION}, pango {number // 10000}.{number // 100 % 100}.{number % 100},"
        f" harfbuzz {shaper}, babel {babel.__version__}"
    )


def _font_digest(font: "Font") -> bytes:
    """Hash a font file as it is installed; the document itself holds only the glyphs it needs."""
    from weasyprint.text.fonts import get_hb_object_data

    return sha256(get_hb_object_data(font.hb_face)).digest()
