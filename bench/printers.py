"""Printers: the ways to make a PDF that are measured, each in a process of its own."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Literal

from bench.meters import peak_mib
from invoicing.documents import einvoice
from invoicing.documents.renderer import DocumentRenderer, template_folders
from invoicing.documents.samples import Look, SampleKind, sample_page
from invoicing.documents.values import Job
from invoicing.domain.canonical import Plain, to_plain
from invoicing.domain.parties import Paper
from invoicing.domain.render import Page, paper_of

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

ORDINARY = Path(__file__).parent / "ordinary"
Way = Literal["naive", "own template", "plain", "shipped", "pooled"]
_TICKS = os.sysconf("SC_CLK_TCK")
Print = Callable[[Sequence[Page]], int]


@dataclass(frozen=True)
class Lap:
    """What some pages took: seconds on the wall and of CPU, bytes, and the peak of memory."""

    wall: float
    cpu: float
    size: int
    peak: float


def sample(lines: int, number: int) -> Page:
    """Return an invoice of so many lines, without an annex."""
    page = sample_page(SampleKind.INVOICE, Look(paper=Paper.A4, lines=lines))
    assert isinstance(page, Page)  # noqa: S101 # an invoice is one
    content = replace(page.content, timesheet=())
    return replace(page, content=content, number=f"INV-2026-{number:05d}")


def serve(way: Way, home: Path, orders: "Connection[Lap, tuple[int, int] | None]") -> None:
    """Print what is ordered (lines, count) until nothing more is, and tell what it took."""
    printer, cpu, peak = _open(way, home)
    number = 0
    while (order := orders.recv()) is not None:
        lines, count = order
        pages = [sample(lines, number + place) for place in range(1, count + 1)]
        number += count
        before, began = cpu(), perf_counter()
        size = printer(pages)
        orders.send(Lap(perf_counter() - began, cpu() - before, size // count, peak()))


def _open(way: Way, home: Path) -> tuple[Print, Callable[[], float], Callable[[], float]]:
    if way == "naive":
        return _naive, process_time, peak_mib
    if way == "pooled":
        return _pooled(home)
    return _pressed(way, home), process_time, peak_mib


def _naive(pages: Sequence[Page]) -> int:
    """Make everything anew for each invoice, as the first example of a tutorial does."""
    from jinja2 import Environment, FileSystemLoader
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    size = 0
    for page in pages:
        environment = Environment(loader=FileSystemLoader(ORDINARY), autoescape=True)
        text = environment.get_template("invoice.html.j2").render(page=to_plain(page))
        fonts = FontConfiguration()
        style = CSS(filename=ORDINARY / "invoice.css", font_config=fonts)
        content = HTML(string=text, base_url=str(ORDINARY)).write_pdf(
            stylesheets=[style], font_config=fonts
        )
        size += len(content)
    return size


def _pressed(way: Way, home: Path) -> Print:
    """Print with the press alone: a user's template, or ours without what an archive wants."""
    from invoicing.documents import press as module

    if way == "own template":
        folder = home / "include" / "templates" / "invoice"
        folder.mkdir(parents=True)
        for file in ORDINARY.iterdir():
            (folder / file.name).write_bytes(file.read_bytes())
    if way == "plain":
        module.VARIANT = None  # type: ignore[assignment] # what the product never does
    press = module.Press(template_folders(home))

    def printer(pages: Sequence[Page]) -> int:
        return sum(len(press.make(_job(page, with_xml=way != "plain"))[0]) for page in pages)

    return printer


def _job(page: Page, *, with_xml: bool) -> Job:
    plain: Plain = to_plain(page)
    assert isinstance(plain, dict)  # noqa: S101 # a page is a dataclass
    xml = einvoice.write(page).embedded if with_xml else None
    return Job(plain, paper_of(page.client).value, xml=xml)


def _pooled(home: Path) -> tuple[Print, Callable[[], float], Callable[[], float]]:
    """Print as the product does, and count what its child uses, too."""
    from invoicing.documents.pool import POOL

    renderer = DocumentRenderer(template_folders(home))

    def printer(pages: Sequence[Page]) -> int:
        done = [one.document for one in renderer.render(pages)]
        return sum(len(document.content) for document in done if document)

    def child() -> Path:
        return Path(f"/proc/{POOL.waiting}")

    def cpu() -> float:
        # The name stands in brackets and may hold anything; figures follow it.
        figures = (child() / "stat").read_text().rpartition(")")[2].split()
        return process_time() + sum(map(int, figures[11:13])) / _TICKS

    def peak() -> float:
        lines = (child() / "status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024

    printer([sample(1, 0)])
    return printer, cpu, peak
