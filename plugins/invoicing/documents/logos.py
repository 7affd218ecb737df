"""Logos of our entities: checked when the configuration is read, made plain before they print.

A picture file may hold anything: a bomb, an alpha channel or a colour space that PDF/A refuses,
the place where it was taken. What gets into a page is drawn anew: RGB, no metadata, a bounded size.
An SVG stays as its author wrote it, who is trusted; it must not lead anywhere.
"""

import base64
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import Path

from invoicing.documents.places import find_asset, folders_of_brand
from invoicing.domain.errors import SettingsError
from invoicing.domain.parties import Entity

FOLDER = "invoice"
_PICTURES = (".jpeg", ".jpg", ".png")
_SUFFIXES = (*_PICTURES, ".svg")
_MOST_BYTES = 2 * 1024 * 1024
_MOST_PIXELS = 16_000_000
_LONGEST_SIDE = 1200  # at 60 mm that is 500 dpi
_DANGEROUS = frozenset({"script", "foreignobject", "iframe", "animate", "set", "handler"})
_DEEP_GREYS = frozenset({"I", "I;16"})
_OUTSIDE = re.compile(r"@import|url\(\s*['\"]?(?!#)", re.IGNORECASE)


def logo_address(folders: Sequence[Path], name: str) -> str:
    """Read, check and redraw a logo; SettingsError names the file and what is wrong with it."""
    content = find_asset(folders, f"{FOLDER}/{name}", _SUFFIXES)
    if content is None:
        raise SettingsError(
            f"logo {name}: there is no such {', '.join(_SUFFIXES)} file in"
            f" include/templates/{FOLDER}"
        )
    if len(content) > _MOST_BYTES:
        raise SettingsError(f"logo {name}: the file is larger than {_MOST_BYTES // 1024} KiB")
    if name.lower().endswith(".svg"):
        _check_drawing(name, content)
        return _data("image/svg+xml", content)
    return _data("image/png", _redrawn(name, content))


def broken_logos(entities: Iterable[Entity], folders: Sequence[Path]) -> Mapping[str, str]:
    """Return by the key of the entity what is wrong with its logo."""
    broken: dict[str, str] = {}
    for entity in entities:
        if entity.logo:
            try:
                logo_address(folders_of_brand(folders, entity.brand), entity.logo)
            except SettingsError as error:
                broken[entity.key] = str(error)
    return broken


def _redrawn(name: str, content: bytes) -> bytes:
    from PIL import Image, ImageOps

    try:
        with Image.open(BytesIO(content), formats=("PNG", "JPEG")) as found:
            if found.width * found.height > _MOST_PIXELS:  # known before anything is unpacked
                raise SettingsError(f"logo {name}: more than {_MOST_PIXELS // 10**6} megapixels")
            # Converting cuts off what is above 255: of 16 bits all but black would be white.
            deep = found.mode in _DEEP_GREYS
            shallow = found.point(lambda grey: grey / 256).convert("L") if deep else found
            upright = ImageOps.exif_transpose(shallow).convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        reason = f"logo {name}: this is no picture that can be read"
        raise SettingsError(f"{reason} ({type(error).__name__})") from error
    plain = Image.new("RGB", upright.size, "white")
    plain.paste(upright, mask=upright.getchannel("A"))
    plain.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    drawn = BytesIO()
    plain.save(drawn, "PNG", optimize=True)
    return drawn.getvalue()


def _check_drawing(name: str, content: bytes) -> None:
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise SettingsError(f"logo {name}: take the document type out, it may hold entities")
    try:
        root = ET.fromstring(content)  # noqa: S314 # no document type, so no entities
    except ET.ParseError as error:
        raise SettingsError(f"logo {name}: this is no SVG ({error})") from error
    if not _local(root.tag) == "svg":
        raise SettingsError(f"logo {name}: this is no SVG, it begins with {_local(root.tag)}")
    for element in root.iter():
        if reason := _leads_away(element):
            raise SettingsError(f"logo {name}: {reason}; a logo holds all it shows")


def _leads_away(element: ET.Element) -> str:
    tag = _local(element.tag)
    if tag in _DANGEROUS:
        return f"it holds <{tag}>"
    if tag == "style" and _OUTSIDE.search(element.text or ""):
        return "its style sheet loads something"
    for name, value in element.attrib.items():
        if _local(name) == "href" and not value.strip().startswith("#"):
            return f"<{tag}> leads to {value.strip()[:60]!r}"
        if _OUTSIDE.search(value):
            return f"{_local(name)} of <{tag}> loads something"
        if _local(name).startswith("on"):
            return f"<{tag}> has {_local(name)}"
    return ""


def _local(name: object) -> str:
    return str(name).rpartition("}")[2].lower()


def _data(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
