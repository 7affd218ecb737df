"""The machinery around the page: the PDF for the archive, equal bytes, and the child that stays."""

import base64
import hashlib
import io
import multiprocessing
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdf
import pytest

from invoicing.documents import einvoice
from invoicing.documents.inside import METADATA
from invoicing.documents.limits import RenderLimits
from invoicing.documents.pool import POOL, Pool
from invoicing.documents.renderer import DocumentRenderer, template_folders
from invoicing.documents.samples import Look, SampleKind, sample_page
from invoicing.documents.values import Job, pack_job
from invoicing.documents.worker import Worker
from invoicing.domain.canonical import to_plain
from invoicing.domain.parties import Paper
from invoicing.domain.render import DocumentKind, Page, preview_page
from tests.documents.papers import CLIENT, a_draft, a_page, text_of, titled

XML = b"<?xml version='1.0'?><rsm:CrossIndustryInvoice xmlns:rsm='urn:x'/>"


def a_job(page: Page | None = None, paper: str = "A4", xml: bytes | None = None) -> Job:
    """Return a page as the press gets it."""
    plain = to_plain(page or a_page())
    assert isinstance(plain, dict)
    return Job(plain, paper, xml=xml)


def read(content: bytes) -> Any:
    """Open a document; what lies in one has no types."""
    return pypdf.PdfReader(io.BytesIO(content))


def printed(worker: Worker, job: Job) -> Any:
    """Have a job printed."""
    return read(content_of(worker.ask(pack_job(job))))


def content_of(answer: dict[str, Any]) -> bytes:
    """Return the document of an answer."""
    assert answer["error"] == ""
    return base64.b64decode(str(answer["content"]))


@pytest.fixture(autouse=True)
def _cold() -> Any:
    """Begin and end without a waiting child."""
    POOL.close()
    yield
    POOL.close()


def test_every_document_is_made_for_the_archive(renderer: DocumentRenderer) -> None:
    for rendered in renderer.render([a_page(), preview_page(a_draft())]):
        assert rendered.document is not None, rendered.error
        reader = read(rendered.document.content)
        metadata = reader.trailer["/Root"]["/Metadata"].get_data()
        assert b'pdfaid:part="3"' in metadata
        assert b'pdfaid:conformance="B"' in metadata
        assert "/OutputIntents" in reader.trailer["/Root"]
        assert all("/FontFile" in "".join(_descriptor(font)) for font in _fonts(reader))


def _fonts(reader: Any) -> list[Any]:
    fonts = reader.pages[0]["/Resources"]["/Font"]
    return [font.get_object() for font in fonts.values()]


def _descriptor(font: Any) -> list[str]:
    return list(font["/DescendantFonts"][0]["/FontDescriptor"].keys())


def test_xml_lies_inside_where_readers_look_for_it(home: Path) -> None:
    with Worker(template_folders(home), RenderLimits()) as worker:
        reader = printed(worker, a_job(xml=XML))
        plain = printed(worker, a_job())

    assert reader.attachments == {"factur-x.xml": [XML]}
    root = reader.trailer["/Root"]
    assert {file.get_object()["/AFRelationship"] for file in root["/AF"]} == {"/Alternative"}
    (file,) = {file.idnum: file.get_object() for file in root["/AF"]}.values()
    inside = file["/EF"]["/F"].get_object()
    assert inside["/Subtype"] == "/text/xml"
    assert inside["/Params"]["/ModDate"] == inside["/Params"]["/CreationDate"]
    assert inside["/Params"]["/ModDate"] == "D:20261102000000Z"
    metadata = root["/Metadata"].get_data()
    assert METADATA in metadata
    assert metadata.count(b"<rdf:RDF") == 1
    assert b"<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>" in METADATA
    assert plain.attachments == {}
    assert b"factur-x" not in plain.trailer["/Root"]["/Metadata"].get_data()


def test_the_sheet_is_the_one_of_the_clients_office(renderer: DocumentRenderer) -> None:
    letter, a4 = renderer.render([a_page(), a_page(client=replace(CLIENT, paper=Paper.A4))])
    sizes = []
    for rendered in (letter, a4):
        assert rendered.document is not None, rendered.error
        box = read(rendered.document.content).pages[0].mediabox
        sizes.append((round(box.width), round(box.height)))
    assert sizes == [(612, 792), (595, 842)]


SHIFTED = """
import datetime, sys, time
real, ahead = datetime.datetime, datetime.timedelta(days=4321, seconds=12345)

class Shifted(real):
    @classmethod
    def now(cls, tz=None):
        return real.now(tz) + ahead

    @classmethod
    def utcnow(cls):
        return real.utcnow() + ahead

    @classmethod
    def today(cls):
        return real.today() + ahead

clock = time.time
datetime.datetime = Shifted
time.time = lambda: clock() + ahead.total_seconds()
from tests.documents.test_press import print_here
print_here()
"""


def print_here() -> None:
    """Print the hash of a document with XML inside; what a process of its own runs."""
    from invoicing.documents.press import Press

    content, renderer = Press(template_folders(Path("nowhere"))).make(a_job(xml=XML))
    print(hashlib.sha256(content).hexdigest(), renderer, sep="\n")  # noqa: T201


def test_equal_fingerprints_make_equal_bytes_elsewhere_and_on_another_day(
    tmp_path: Path, repository: Path, home: Path
) -> None:
    with Worker(template_folders(home), RenderLimits()) as worker:
        answer = worker.ask(pack_job(a_job(xml=XML)))
        told = _environment_of(worker)
        settings = Path(told["FONTCONFIG_FILE"]).read_text("utf-8")
        kept = tmp_path / "fonts.conf"  # with a cache of its own: that of the child is gone soon
        kept.write_text(settings.replace(told["HOME"], str(tmp_path)), "utf-8")
    expected = [hashlib.sha256(content_of(answer)).hexdigest(), answer["renderer"]]

    for number, zone in enumerate(("Pacific/Kiritimati", "America/Adak")):
        elsewhere = tmp_path / f"other {number}"
        elsewhere.mkdir()
        environment = {
            "PATH": os.environ["PATH"], "TZ": zone, "HOME": str(elsewhere),
            "TMPDIR": str(elsewhere), "LC_ALL": "C", "PYTHONHASHSEED": str(number + 7),
            "SOURCE_DATE_EPOCH": str(number * 10**9), "FONTCONFIG_FILE": str(kept),
            "PYTHONPATH": f"{repository / 'plugins'}:{repository}",
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", SHIFTED],
            env=environment,
            cwd=elsewhere,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.splitlines() == expected, done.stderr


def _environment_of(worker: Worker) -> dict[str, str]:
    parts = Path(f"/proc/{worker.pid}/environ").read_bytes().decode().split("\0")
    return dict(part.split("=", 1) for part in parts if part)


def test_the_shipped_fonts_are_used_before_those_of_the_machine(home: Path) -> None:
    with Worker(template_folders(home), RenderLimits()) as worker:
        settings = Path(_environment_of(worker)["FONTCONFIG_FILE"]).read_text("utf-8")
        reader = printed(worker, a_job())
    folders = [line for line in settings.splitlines() if line.startswith("<dir>")]
    assert folders[0].endswith("include/templates/fonts</dir>")
    assert "/etc/fonts" not in settings
    assert all("Source-Sans-3" in font["/BaseFont"] for font in _fonts(reader))


def test_font_of_the_user_is_found_by_its_name(
    renderer: DocumentRenderer,
    home: Path,
    repository: Path,
    write_template: Callable[[str, str], Path],
) -> None:
    (home / "include/templates/fonts").mkdir(parents=True)
    shutil.copy(
        repository / "include/templates/fonts/NotoSansHebrew-Regular.ttf",
        home / "include/templates/fonts/own.ttf",
    )
    write_template("invoice/invoice.html.j2", "<p style='font-family: Noto Sans Hebrew'>שלום</p>")
    (rendered,) = renderer.render([titled("any")])
    assert rendered.document is not None, rendered.error
    fonts = _fonts(read(rendered.document.content))
    assert any("Noto-Sans-Hebrew" in font["/BaseFont"] for font in fonts)


def waiting() -> int:
    """Return the process id of the child that waits."""
    assert POOL.waiting
    return POOL.waiting


def is_gone(pid: int) -> bool:
    """Tell whether a process is over."""
    return not Path(f"/proc/{pid}").exists()


def test_one_child_prints_one_batch_after_the_other(renderer: DocumentRenderer) -> None:
    renderer.render([a_page()])
    first = waiting()
    renderer.render([a_page(), a_page(sequence=2)])
    assert waiting() == first
    DocumentRenderer(renderer._folders).render([a_page()])
    assert waiting() == first


def test_a_child_that_died_meanwhile_costs_no_page(renderer: DocumentRenderer) -> None:
    renderer.render([a_page()])
    first = waiting()
    os.kill(first, 9)
    time.sleep(0.1)
    (rendered,) = renderer.render([a_page()])
    assert rendered.document is not None, rendered.error
    assert waiting() != first


def test_a_changed_template_reaches_the_next_batch(
    renderer: DocumentRenderer, write_template: Callable[[str, str], Path]
) -> None:
    renderer.render([a_page()])
    first = waiting()
    for words in ("one", "two"):
        write_template("invoice/invoice.html.j2", f"<p>{words} {{{{ number }}}}</p>")
        (rendered,) = renderer.render([a_page()])
        assert text_of(rendered).startswith(f"{words} INV-2026-00001")
    assert is_gone(first)


def test_a_child_ends_and_cleans_up_when_nobody_wants_it(home: Path) -> None:
    limits = RenderLimits(idle_seconds=1)
    worker = Worker(template_folders(home), limits).__enter__()
    folder = Path(_environment_of(worker)["HOME"])
    for _ in range(100):
        if not worker.lives:
            break
        time.sleep(0.1)
    assert not worker.lives
    assert not folder.exists()
    worker.close()


def test_a_child_that_waits_too_long_is_not_used(home: Path) -> None:
    pool, folders, limits = Pool(), template_folders(home), RenderLimits(idle_seconds=0)
    with pool.borrow(folders, limits) as first:
        pass
    with pool.borrow(folders, limits) as second:
        assert second is not first
    pool.close()
    assert is_gone(second.pid)


def test_two_batches_at_once_have_a_child_each(renderer: DocumentRenderer) -> None:
    outcomes: list[str] = []

    def render() -> None:
        outcomes.extend(one.error for one in renderer.render([a_page(sequence=n) for n in (1, 2)]))

    threads = [threading.Thread(target=render) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [""] * 6
    POOL.close()
    assert not _children()


def _children() -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            words = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == os.getpid() and b"invoicing.documents.child" in words:
            found.append(int(process.name))
    return found


def _render_in_a_fork(folders: list[Path], told: Any) -> None:
    before = POOL.waiting
    (rendered,) = DocumentRenderer(folders).render([a_page()])
    told.put((before == 0, rendered.error, waiting()))
    POOL.close()


def test_a_forked_process_leaves_the_child_to_its_parent(renderer: DocumentRenderer) -> None:
    renderer.render([a_page()])
    own = waiting()
    context: Any = multiprocessing.get_context("fork")
    told = context.Queue()
    fork = context.Process(target=_render_in_a_fork, args=(renderer._folders, told))
    fork.start()
    began_cold, error, other = told.get(timeout=60)
    fork.join()

    assert (began_cold, error) == (True, "")
    assert other != own
    (rendered,) = renderer.render([a_page()])
    assert rendered.document is not None, rendered.error
    assert waiting() == own


def test_a_process_that_just_ends_leaves_no_child_and_no_folder(
    home: Path, repository: Path, tmp_path: Path
) -> None:
    program = (
        "import os, sys; from pathlib import Path; from tests.documents.papers import a_page;"
        "from invoicing.documents.renderer import *; from invoicing.documents.pool import POOL;"
        "DocumentRenderer(template_folders(Path('nowhere'))).render([a_page()]);"
        "print(POOL.waiting, flush=True);"
        "os._exit(0) if sys.argv[1] == 'hard' else None"
    )
    for way in ("hard", "soft"):
        temporary = tmp_path / way
        temporary.mkdir()
        environment = {
            "PATH": os.environ["PATH"], "TMPDIR": str(temporary),
            "PYTHONPATH": f"{repository / 'plugins'}:{repository}",
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", program, way],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        pid = int(done.stdout)
        for _ in range(100):
            if is_gone(pid) and not list(temporary.iterdir()):
                break
            time.sleep(0.1)
        assert is_gone(pid)
        assert list(temporary.iterdir()) == []


def test_the_child_has_no_network_where_the_kernel_allows(home: Path) -> None:
    with Worker(template_folders(home), RenderLimits()) as worker:
        network = Path(f"/proc/{worker.pid}/ns/net").readlink()
    if network == Path("/proc/self/ns/net").readlink():
        pytest.skip("this kernel gives no network of its own to a process without rights")
    assert network.name.startswith("net:")


@pytest.mark.parametrize("brand", ["default", "modern"])
def test_every_kind_of_document_is_a_whole_pdf_a(renderer: DocumentRenderer, brand: str) -> None:
    pytest.importorskip("pikepdf")
    from tests.support.pdfa import pdfa_mistakes

    pages = [sample_page(kind, Look(brand, "de")) for kind in SampleKind]
    for page, rendered in zip(pages, renderer.render(pages), strict=True):
        assert rendered.document is not None, (page.kind, rendered.error)
        assert pdfa_mistakes(rendered.document.content) == [], page.kind


def test_final_documents_carry_their_e_invoice_and_others_none(renderer: DocumentRenderer) -> None:
    pages = {kind: sample_page(kind, Look(with_files=True)) for kind in SampleKind}
    for kind, rendered in zip(pages, renderer.render(list(pages.values())), strict=True):
        assert rendered.document is not None, rendered.error
        inside = read(rendered.document.content).attachments
        is_final = kind not in {SampleKind.PREVIEW, SampleKind.REMINDER, SampleKind.STATEMENT}
        assert (list(inside) == ["factur-x.xml"]) == is_final, kind
        assert set(rendered.files) == ({DocumentKind.CII, DocumentKind.UBL} if is_final else set())
        for file in rendered.files.values():
            assert file.media_type == "application/xml"
            assert file.sha256 == hashlib.sha256(file.content).hexdigest()
            assert file.renderer == einvoice.WRITER
        if is_final:
            assert inside["factur-x.xml"] == [rendered.files[DocumentKind.CII].content]


def test_an_e_invoice_that_cannot_be_written_fails_its_page_only(
    renderer: DocumentRenderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(page: Any) -> einvoice.Written:
        if page.number.endswith("2"):
            raise LookupError("no such code")
        return einvoice.Written()

    monkeypatch.setattr(einvoice, "write", write)
    first, second, third = renderer.render([a_page(sequence=n) for n in (1, 2, 3)])
    assert first.document is not None
    assert "the e-invoice: LookupError" in second.error
    assert third.document is not None
