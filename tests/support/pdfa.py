"""A look at a PDF for what usually breaks PDF/A-3b, and veraPDF where a machine has it.

The look is no general validator: it knows the mistakes that a renderer like ours can make.
"""

import io
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

PDFA_ID = "{http://www.aiim.org/pdfa/ns/id/}"
FACTUR_X = "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_FORBIDDEN_KEYS = ("/AA", "/OpenAction", "/JavaScript", "/AcroForm")


def pdfa_mistakes(content: bytes) -> list[str]:
    """Return what keeps a PDF from being PDF/A-3b; empty when nothing was found."""
    import pikepdf

    with pikepdf.open(io.BytesIO(content)) as pdf:
        return [
            *_head(content, pdf),
            *_identity(pdf),
            *_forbidden(pdf),
            *_fonts(pdf),
            *_images(pdf),
            *_attachments(pdf),
        ]


def attached(content: bytes) -> dict[str, bytes]:
    """Return the files inside a PDF by their names."""
    import pikepdf

    with pikepdf.open(io.BytesIO(content)) as pdf:
        return {name: spec.get_file().read_bytes() for name, spec in pdf.attachments.items()}


def factur_x_claims(content: bytes) -> dict[str, str]:
    """Return what the metadata of a PDF say about the invoice inside."""
    import pikepdf

    with pikepdf.open(io.BytesIO(content)) as pdf:
        return {
            key.removeprefix(FACTUR_X): value
            for key, value in _metadata(pdf)
            if key.startswith(FACTUR_X)
        }


def verapdf_says(content: bytes) -> str:
    """Return veraPDF's complaint, or nothing; asks only where ``VERAPDF`` names the program."""
    program = os.environ.get("VERAPDF")
    if not program:
        return ""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        Path(file.name).write_bytes(content)
        done = subprocess.run(
            [program, "--flavour", "3b", "--format", "text", file.name],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    return "" if done.stdout.startswith("PASS") else done.stdout + done.stderr


def _head(content: bytes, pdf: Any) -> Iterator[str]:
    if content[9:10] != b"%" and b"\n%" not in content[:20]:
        yield "the second line is no comment of binary characters"
    if pdf.is_encrypted:
        yield "it is encrypted"
    if "/ID" not in pdf.trailer:
        yield "the trailer has no ID"


def _metadata(pdf: Any) -> Iterator[tuple[str, str]]:
    """Yield every simple property of the XMP packet, whichever way it is written."""
    if "/Metadata" not in pdf.Root:
        return
    packet: Element = fromstring(pdf.Root.Metadata.read_bytes())  # noqa: S314 # our own file
    for node in packet.iter(f"{_RDF}Description"):
        yield from node.items()
        yield from ((child.tag, (child.text or "").strip()) for child in node)


def _identity(pdf: Any) -> Iterator[str]:
    told = dict(_metadata(pdf))
    part, level = told.get(f"{PDFA_ID}part"), told.get(f"{PDFA_ID}conformance")
    if (part, level) not in {("3", "B"), ("3", "U"), ("3", "A")}:
        yield f"the metadata say PDF/A {part}{level}"
    intents = list(pdf.Root.get("/OutputIntents", []))
    if not any("/DestOutputProfile" in intent for intent in intents):
        yield "no output intent has a colour profile"


def _forbidden(pdf: Any) -> Iterator[str]:
    names = pdf.Root.get("/Names", {})
    yield from (f"{key} in the catalog" for key in _FORBIDDEN_KEYS if key in pdf.Root)
    yield from (f"{key} in the names" for key in _FORBIDDEN_KEYS if key in names)
    for number, page in enumerate(pdf.pages, 1):
        for note in page.get("/Annots", []):
            kind, flags = str(note.Subtype), int(note.get("/F", 0))
            if kind not in {"/Link", "/Popup"} and not flags & 4:
                yield f"page {number} has a {kind} that is not printed"


def _fonts(pdf: Any) -> Iterator[str]:
    for thing in pdf.objects:
        if getattr(thing, "get", None) is None or not _is_kind(thing, "/FontDescriptor"):
            continue
        if not any(key in thing for key in ("/FontFile", "/FontFile2", "/FontFile3")):
            yield f"font {thing.get('/FontName')} is not embedded"


def _is_kind(thing: Any, kind: str) -> bool:
    try:
        return str(thing.get("/Type", "")) == kind
    except (TypeError, ValueError):
        return False


def _images(pdf: Any) -> Iterator[str]:
    import pikepdf

    for thing in pdf.objects:
        if not isinstance(thing, pikepdf.Stream) or str(thing.get("/Subtype", "")) != "/Image":
            continue
        if thing.get("/Interpolate", False):
            yield "an image is interpolated (6.2.8-3)"
        if str(thing.get("/ColorSpace", "")) == "/DeviceCMYK":
            yield "an image is in CMYK without a profile"


def _attachments(pdf: Any) -> Iterator[str]:
    listed = pdf.Root.get("/AF", [])
    for name, spec in pdf.attachments.items():
        if "/AFRelationship" not in spec.obj:
            yield f"attachment {name} has no relationship"
        if "/Subtype" not in spec.obj.EF.F:
            yield f"attachment {name} has no media type"
        if not len(listed):
            yield f"attachment {name} is not among the associated files"
