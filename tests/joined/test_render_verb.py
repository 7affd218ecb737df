"""`invoicing render`: samples without a ledger, stored documents with one; logos that are wrong."""

import re
from pathlib import Path

import pypdf
import pytest

from invoicing.cli import main
from invoicing.config.problems import ConfigError
from invoicing.config.settings import Settings
from invoicing.domain.issue import Invoice
from invoicing.domain.rules import Model
from invoicing.services import decide, draft, issue, parcels, render, report, review
from invoicing.services.ports import Services
from invoicing.services.reprint import changed_parts
from invoicing.wiring import open_services

Told = pytest.CaptureFixture[str]


def text_of(path: Path) -> str:
    """Return the text of a PDF file."""
    return " ".join(" ".join(page.extract_text().split()) for page in pypdf.PdfReader(path).pages)


def test_a_sample_needs_no_ledger(home: Path, tmp_path: Path, capsys: Told) -> None:
    out = tmp_path / "sample.pdf"
    asked = ["--kind", "credit_note", "--brand", "modern", "--lang", "de", "--paper", "Letter"]
    assert main(["render", "--sample", *asked, "--xml", "--out", str(out)]) == 0

    assert f"wrote {out}" in capsys.readouterr().out
    assert "CN-2026-00007" in text_of(out)
    assert "Nordwind" in text_of(out)
    assert round(pypdf.PdfReader(out).pages[0].mediabox.width) == 612
    assert b"CrossIndustryInvoice" in out.with_name("sample.cii.xml").read_bytes()
    assert b"CreditNote" in out.with_name("sample.ubl.xml").read_bytes()
    assert not list((home / "state").rglob("*.db"))


def test_a_sample_has_as_many_lines_as_one_wants(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "long.pdf"
    assert main(["render", "--sample", "--lines", "80", "--out", str(out)]) == 0
    assert len(pypdf.PdfReader(out).pages) >= 3


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ([], "name an invoice, or ask for --sample"),
        (["INV-1", "--sample"], "name an invoice, or ask for --sample"),
        (["--sample", "--kind", "receipt"], "there is no sample receipt, but invoice, preview"),
        (["--sample", "--lines", "1001"], "between 1 and 1000"),
        (["--sample", "--lines", "0"], "between 1 and 1000"),
    ],
)
def test_what_makes_no_sense_is_refused(
    home: Path, asked: list[str], answer: str, capsys: Told
) -> None:
    assert main(["render", *asked]) == 2
    assert answer in capsys.readouterr().err


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (["--logo", "gone.png"], "the sample cannot be rendered: logo gone.png: there is no such"),
        (["--out", "gone/x.pdf"], "gone/x.pdf cannot be written: No such file"),
        (["--out", "."], ". cannot be written: Is a directory"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    home: Path, asked: list[str], answer: str, capsys: Told
) -> None:
    assert main(["render", "--sample", *asked]) == 1
    told = capsys.readouterr().err
    assert answer in told
    assert told.count("\n") == 1


def test_the_files_beside_a_sample_have_its_name(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "my_note.v2.pdf"
    assert main(["render", "--sample", "--kind", "credit_note", "--xml", "--out", str(out)]) == 0
    names = {"my_note.v2.pdf", "my_note.v2.cii.xml", "my_note.v2.ubl.xml"}
    assert {path.name for path in tmp_path.glob("my*")} == names


def an_issued_invoice(s: Services) -> Invoice:
    """Return an invoice whose document is stored."""
    report.report_events(s, Model.RETAINER)
    decide.decide_events(s, Model.RETAINER)
    draft.draft_obligations(s, Model.RETAINER)
    parcel = parcels.plan_parcels(s, Model.RETAINER, "run-1", lambda _: False)[0]
    review.open_review(s, parcel)
    done = render.render_invoices(s, issue.issue_parcel(s, parcel))
    with s.ledger.read() as work:
        return work.invoices.get(done)[0]


def test_stored_bytes_are_written_and_can_be_made_again(
    settings: Settings, tmp_path: Path, capsys: Told
) -> None:
    invoice = an_issued_invoice(open_services(settings))
    out = tmp_path / "out.pdf"

    assert main(["render", invoice.number, "--out", str(out)]) == 0
    told = capsys.readouterr().out
    assert "weasyprint" in told
    assert invoice.number in text_of(out)
    assert main(["render", invoice.id, "--again"]) == 0
    assert f"{invoice.number}: made again, the same bytes" in capsys.readouterr().out

    css = settings.home / "include/templates/invoice/invoice.css"
    css.write_text(css.read_text("utf-8") + "\np { margin-left: 1mm }\n", "utf-8")
    other = tmp_path / "other.pdf"
    assert main(["render", invoice.number, "--again", "--out", str(other)]) == 1
    told = capsys.readouterr().out
    assert "other templates, fonts or libraries made it" in told
    assert "  templates " in told
    assert "  fonts " not in told
    assert other.read_bytes() != out.read_bytes()
    assert main(["render", invoice.number, "--out", str(other)]) == 0
    assert other.read_bytes() == out.read_bytes()


def test_a_draft_has_its_preview_and_what_is_unknown_nothing(
    settings: Settings, tmp_path: Path, capsys: Told
) -> None:
    s = open_services(settings)
    report.report_events(s, Model.RETAINER)
    decide.decide_events(s, Model.RETAINER)
    drafted = draft.draft_obligations(s, Model.RETAINER)[0]
    out = tmp_path / "out.pdf"

    assert main(["render", drafted, "--out", str(out)]) == 0
    assert "BROUILLON" in text_of(out)
    assert main(["render", drafted, "--again"]) == 0
    assert "made again, the same bytes" in capsys.readouterr().out
    out.unlink()
    assert main(["render", "INV-1999-00001", "--out", str(out)]) == 1
    assert not out.exists()


def test_changed_parts_of_a_fingerprint_are_named() -> None:
    before = "weasyprint 70.0, pango 1.50.12, fonts aa"
    assert changed_parts(before, "weasyprint 70.1, pango 1.50.12, fonts aa, zlib 1.3") == (
        "weasyprint 70.0, now 70.1",
        "zlib none, now 1.3",
    )
    assert changed_parts(before, before) == ()


def with_logo(home: Path, name: str) -> None:
    """Give our entities another logo."""
    company = home / "config" / "company.yaml"
    text, changed = re.subn(r"(?m)^( +logo:).*$", rf"\1 {name}", company.read_text("utf-8"))
    assert changed
    company.write_text(text, "utf-8")


def test_a_broken_logo_is_a_mistake_of_the_configuration(settings: Settings, capsys: Told) -> None:
    with_logo(settings.home, "gone.png")
    assert main(["check"]) == 2
    assert "logo gone.png: there is no such" in capsys.readouterr().out
    with pytest.raises(ConfigError, match=r"logo gone\.png"):
        open_services(settings)


def test_a_logo_that_breaks_later_leaves_the_last_good_configuration(settings: Settings) -> None:
    logo = settings.home / "include/templates/invoice/own.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>', "utf-8")
    with_logo(settings.home, "own.svg")
    good = open_services(settings).book.config_hash
    logo.write_text("<svg", "utf-8")
    company = settings.home / "config" / "company.yaml"
    company.write_text(company.read_text("utf-8") + "\n# edited\n", "utf-8")

    s = open_services(settings)
    assert s.book.config_hash == good
    with s.ledger.read() as work:
        (told,) = work.exceptions.open_of("config_broken")
    assert "company.yaml" in told.cause
