"""The files of a page: which there are, and that nothing a stranger wrote breaks them."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pytest

from invoicing.documents.einvoice import WRITER, Written, write
from invoicing.domain.money import Money
from invoicing.domain.parties import EInvoice
from invoicing.domain.render import (
    AccountPage,
    AnyPage,
    CreditNotePage,
    DocumentKind,
    Page,
    Watermark,
    preview_page,
)
from tests.einvoice.made_up import (
    AURORA,
    CLIENT,
    FRENCH,
    GERMAN,
    ISSUED,
    S20,
    a_draft,
    a_line,
    note_of,
    page_of,
)

GOLDEN = Path(__file__).parent / "golden"
ROOT = Path(__file__).parents[2]


def tree(content: bytes) -> Element:
    return fromstring(content)  # noqa: S314 # our own file


def asking(*forms: EInvoice) -> AnyPage:
    return page_of(a_draft(client=replace(CLIENT, e_invoice=forms)))


@pytest.mark.parametrize(
    ("forms", "kinds", "inside"),
    [
        ((), set(), False),
        ((EInvoice.FACTUR_X,), set(), True),
        ((EInvoice.CII,), {DocumentKind.CII}, False),
        ((EInvoice.FACTUR_X, EInvoice.CII), {DocumentKind.CII}, True),
        ((EInvoice.PEPPOL,), {DocumentKind.UBL}, False),
        ((EInvoice.FACTUR_X, EInvoice.XRECHNUNG), {DocumentKind.UBL}, True),
    ],
)
def test_a_client_gets_the_forms_it_asks_for(
    forms: tuple[EInvoice, ...], kinds: set[DocumentKind], inside: bool
) -> None:
    written = write(asking(*forms))

    assert set(written.files) == kinds
    assert (written.embedded is not None) is inside
    assert written.note == ""


def test_without_a_wish_factur_x_lies_in_the_pdf_or_the_note_says_why_not() -> None:
    silent = replace(CLIENT, e_invoice=None)

    assert write(page_of(a_draft(client=silent))).embedded is not None
    assert write(page_of(a_draft(a_line(1, price="1.500 KWD"), client=silent))) == Written(
        {}, None, "Factur-X (EN 16931) left out: KWD has more than two decimals (BR-DEC)"
    )


def test_there_is_one_file_of_a_kind() -> None:
    written = write(asking(EInvoice.PEPPOL, EInvoice.XRECHNUNG))

    assert b"peppol.eu:2017:poacc:billing:3.0" in written.files[DocumentKind.UBL]
    assert written.note == "XRechnung 3.0 left out: there is one ubl file already"


def test_what_is_no_document_has_none() -> None:
    draft = a_draft()
    page = page_of(draft)
    assert isinstance(page, Page)
    note = note_of(draft)
    assert isinstance(note, CreditNotePage)
    letter = AccountPage(
        DocumentKind.REMINDER, GERMAN, CLIENT, ISSUED, (), (Money.parse("1.00 EUR"),)
    )

    for one in (
        preview_page(draft),
        replace(page, watermark=Watermark.SHADOW),
        replace(page, number=""),
        replace(note, issued_on=None),
        letter,
    ):
        assert write(one) == Written()


HOSTILE = "</ram:Name><x/> & ]]> \x00\x0b\ud800\ufffe\u202eevil &xxe; <!DOCTYPE a>"


def test_what_strangers_wrote_stays_text() -> None:
    draft = a_draft(
        a_line(1, description=f"{HOSTILE}\n{HOSTILE}"),
        client=replace(CLIENT, name=HOSTILE, buyer_reference=HOSTILE),
    )
    written = write(page_of(draft))

    assert written.embedded is not None
    for content in (written.embedded, *written.files.values()):
        assert b"<!DOCTYPE" not in content
        names = [node.text or "" for node in tree(content).iter() if node.tag.endswith("Name")]
        assert any("</ram:Name><x/> & ]]>" in name for name in names)
        assert not any("\u202e" in name or "\x00" in name for name in names)


def test_nothing_is_written_empty() -> None:
    bare = replace(GERMAN, phone="", contact="", registration="", electronic_address=None)
    written = write(
        page_of(
            a_draft(
                a_line(1, description="Work"), entity=bare, client=replace(CLIENT, e_invoice=None)
            )
        )
    )

    assert written.embedded is not None
    for node in tree(written.embedded).iter():
        assert (node.text or "").strip() or len(node), node.tag


_AGAIN = """
from hashlib import sha256
from tests.einvoice.made_up import by_chance
from invoicing.documents.einvoice import write
for seed in range(20):
    written = write(by_chance(seed))
    for content in (written.embedded or b"", *written.files.values()):
        print(sha256(content).hexdigest())
"""


def test_another_process_writes_the_same_bytes() -> None:
    def run(seed: str) -> str:
        found = {"PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "plugins")))}
        environment = {**os.environ, **found, "PYTHONHASHSEED": seed, "TZ": f"UTC{seed}"}
        done = subprocess.run(
            [sys.executable, "-c", _AGAIN],
            env=environment, capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip
        return done.stdout

    assert run("1") == run("7")


GOLDENS: Mapping[str, Callable[[], bytes | None]] = {
    "factur-x-german.xml": lambda: (
        write(page_of(a_draft(a_line(1, "3.5", "120.00 EUR"), a_line(2, percent="12.5")))).embedded
    ),
    "factur-x-french-credit-note.xml": lambda: (
        write(note_of(a_draft(a_line(1, "2", rate=S20), entity=FRENCH, client=AURORA))).embedded
    ),
    "peppol.xml": lambda: write(asking(EInvoice.PEPPOL)).files[DocumentKind.UBL],
    "xrechnung.xml": lambda: write(asking(EInvoice.XRECHNUNG)).files[DocumentKind.UBL],
}


@pytest.mark.parametrize("name", GOLDENS)
def test_the_files_are_those_that_were_looked_at(name: str) -> None:
    """After a wanted change: raise WRITER, and write the files anew with EINVOICE_GOLDEN=1."""
    content = GOLDENS[name]()
    if os.environ.get("EINVOICE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        (GOLDEN / name).write_bytes(content or b"")

    assert content == (GOLDEN / name).read_bytes()


def test_what_made_a_file_is_named_shortly() -> None:
    assert WRITER.startswith("einvoice ")
