"""Write documents where the terminal wants them, and tell whether they can be made again."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from invoicing.domain.errors import RefusedError
from invoicing.domain.render import DocumentKind, ending
from invoicing.services.ports import Document, Rendered
from invoicing.services.reprint import Comparison, Stored, changed_parts


def write_sample(rendered: Rendered, out: Path, *, with_files: bool) -> Iterator[str]:
    """Write a made-up document and yield what was written."""
    if rendered.document is None:
        raise RefusedError(f"the sample cannot be rendered: {rendered.error}")
    yield from _write(out, rendered.document, rendered.files, with_files=with_files)
    if rendered.note:
        yield f"e-invoice: {rendered.note}"


def write_stored(stored: Stored, out: Path | None, *, with_files: bool) -> Iterator[str]:
    """Write the stored bytes, under their own name unless another is given."""
    file = out or Path(stored.file_name(stored.page.kind))
    yield from _write(file, stored.document, stored.files, with_files=with_files)
    yield f"sha256 {stored.document.sha256}"
    yield f"made by {stored.document.renderer}"


def tell_comparison(stored: Stored, found: Comparison) -> Iterator[str]:
    """Yield whether a document came out as it is stored, and if not, why that may be."""
    if not found.differences:
        yield f"{stored.name}: made again, the same bytes"
        return
    yield from (f"{stored.name}: {difference}" for difference in found.differences)
    if found.same_machine:
        yield "the same templates, fonts and libraries made both: this must not be"
        return
    yield "other templates, fonts or libraries made it; the stored bytes stay the document:"
    for part in changed_parts(stored.document.renderer, found.again.renderer):
        yield f"  {part}"


def write_files(documents: Mapping[Path, Document]) -> Iterator[str]:
    """Write documents to their places and yield what was written; RefusedError where one cannot be.

    What stood there before is overwritten.
    """
    for path, one in documents.items():
        yield from _put(path, one.content)


def write_text(path: Path, text: str) -> Iterator[str]:
    """Write a sheet to its place and yield what was written, as `write_files` does."""
    yield from _put(path, f"\ufeff{text}".encode())  # without the mark Excel reads Latin-1


def _put(path: Path, content: bytes) -> Iterator[str]:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise RefusedError(f"{path} cannot be written: {error.strerror}") from error
    yield f"wrote {path}"


def _write(
    file: Path, document: Document, files: Mapping[DocumentKind, Document], *, with_files: bool
) -> Iterator[str]:
    beside = files if with_files else {}
    written = {file: document}
    written |= {file.with_name(file.stem + ending(kind)): one for kind, one in beside.items()}
    yield from write_files(written)
    if with_files and not beside:
        yield "no e-invoice files belong to it; a Factur-X, if it has one, lies inside the PDF"
