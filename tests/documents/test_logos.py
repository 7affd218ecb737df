"""Logos: what is printed is drawn anew, and what cannot be printed is found beforehand."""

import io
import struct
import zlib
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pypdf
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from invoicing.documents.logos import broken_logos, logo_address
from invoicing.documents.renderer import DocumentRenderer, template_folders
from invoicing.domain.errors import SettingsError
from invoicing.domain.render import invoice_page
from tests.documents.papers import ENTITY, a_draft, an_invoice, text_of

Put = Callable[[str, bytes], list[Path]]
SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink" {0}>{1}</svg>'


@pytest.fixture
def put(home: Path) -> Put:
    """Return a function that puts a file beside the user's invoice template."""

    def write(name: str, content: bytes) -> list[Path]:
        path = home / "include" / "templates" / "invoice" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return template_folders(home)

    return write


def a_png(width: int = 300, height: int = 80, mode: str = "RGBA") -> bytes:
    """Return a picture with all that PDF/A or privacy has against pictures."""
    notes = PngInfo()
    notes.add_text("Author", "canary-in-a-picture")
    drawn = io.BytesIO()
    Image.new(mode, (width, height)).save(drawn, "PNG", pnginfo=notes)
    return drawn.getvalue()


def a_bomb() -> bytes:
    """Return a small file that would unpack to 40,000 x 40,000 pixels."""
    head = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 0, 0, 0, 0)

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    data = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def drawn(address: str) -> Image.Image:
    """Return the picture that an address holds."""
    return Image.open(io.BytesIO(b64decode(address.partition(",")[2])))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "1", "RGB", "I;16"])
def test_a_png_becomes_plain(put: Put, mode: str) -> None:
    address = logo_address(put("logo.png", a_png(mode=mode)), "logo.png")
    picture = drawn(address)
    assert (picture.mode, picture.format, picture.size) == ("RGB", "PNG", (300, 80))
    assert not picture.info
    assert b"canary" not in b64decode(address.partition(",")[2])


def test_a_grey_of_sixteen_bits_stays_that_grey(put: Put) -> None:
    grey = io.BytesIO()
    Image.new("I;16", (30, 8), 0x4000).save(grey, "PNG")
    picture = drawn(logo_address(put("logo.png", grey.getvalue()), "logo.png"))
    assert picture.getpixel((5, 5)) == (0x40, 0x40, 0x40)


def test_a_jpeg_of_a_print_shop_becomes_plain(put: Put) -> None:
    shop = io.BytesIO()
    Image.new("CMYK", (3000, 500)).save(shop, "JPEG", exif=b"Exif\0\0canary")
    picture = drawn(logo_address(put("logo.jpg", shop.getvalue()), "logo.jpg"))
    assert (picture.mode, picture.format, picture.size) == ("RGB", "PNG", (1200, 200))


def test_what_is_transparent_becomes_the_paper(put: Put) -> None:
    picture = drawn(logo_address(put("logo.png", a_png()), "logo.png"))
    assert picture.getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("gone.png", None, "no such"),
        ("../../../../../etc/passwd", None, "no such"),
        ("logo.gif", b"GIF89a", "no such"),
        ("logo.png", b"", "no picture"),
        ("logo.png", a_png()[:60], "no picture"),
        ("logo.png", b"GIF89a" + bytes(90), "no picture"),
        ("bomb.png", a_bomb(), "DecompressionBomb"),
        ("big.png", bytes(3_000_000), "larger than"),
        ("logo.svg", b"no xml", "no SVG"),
        ("logo.svg", b"<html/>", "begins with html"),
        (
            "logo.svg",
            b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><svg/>",
            "document type",
        ),
        ("logo.svg", SVG.format("", '<image href="http://x.example/a.png"/>').encode(), "leads to"),
        ("logo.svg", SVG.format("", '<use x:href="file:///a#b"/>').encode(), "leads to"),
        ("logo.svg", SVG.format("", "<style>@import 'x.css'</style>").encode(), "loads something"),
        ("logo.svg", SVG.format("", '<rect fill="url(x.svg#a)"/>').encode(), "loads something"),
        ("logo.svg", SVG.format("", "<script>x</script>").encode(), "holds <script>"),
        ("logo.svg", SVG.format('onload="x"', "").encode(), "has onload"),
    ],
)
def test_a_broken_logo_is_named(
    home: Path, put: Put, name: str, content: bytes | None, reason: str
) -> None:
    folders = put(name, content) if content is not None else template_folders(home)
    with pytest.raises(SettingsError, match=reason) as caught:
        logo_address(folders, name)
    assert name in str(caught.value)


def test_broken_logos_are_found_by_entity(put: Put) -> None:
    folders = put("good.png", a_png())
    good, bad = replace(ENTITY, logo="good.png"), replace(ENTITY, key="bad", logo="gone.png")
    assert list(broken_logos([ENTITY, good, bad], folders)) == ["bad"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("own.png", a_png()),
        ("own.svg", SVG.format('viewBox="0 0 9 9"', '<rect width="9" height="9"/>').encode()),
    ],
)
def test_a_logo_gets_into_the_document(
    renderer: DocumentRenderer, home: Path, put: Put, name: str, content: bytes
) -> None:
    put(name, content)
    template = home / "include/templates/invoice/invoice.html.j2"
    template.write_text('<img src="{{ logo }}" style="width: 9mm"><p>{{ number }}</p>', "utf-8")
    entity = replace(ENTITY, logo=name)
    (rendered,) = renderer.render([invoice_page(an_invoice(a_draft(entity=entity)))])

    assert "INV-2026-00001" in text_of(rendered)
    assert rendered.document is not None
    (page,) = pypdf.PdfReader(io.BytesIO(rendered.document.content)).pages
    assert len(page.images) == (1 if name.endswith(".png") else 0)


def test_a_logo_that_is_gone_holds_the_invoice(renderer: DocumentRenderer) -> None:
    gone = invoice_page(an_invoice(a_draft(entity=replace(ENTITY, logo="gone.png"))))
    good = invoice_page(an_invoice(a_draft()))
    first, second = renderer.render([gone, good])
    assert "logo gone.png" in first.error
    assert second.document is not None
