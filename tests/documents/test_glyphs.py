"""A character that no font has stops the document, and is named with its place and the remedy."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from invoicing.documents.glyphs import Losses, package_for
from invoicing.documents.renderer import DocumentRenderer
from invoicing.domain.canonical import to_plain
from invoicing.domain.render import Page
from tests.documents.papers import CLIENT, a_line, a_page, text_of, titled

PRIVATE, UNASSIGNED = "\U00103123", "\u0378"


def named(name: str) -> Page:
    """Return the page of a client of this name."""
    return a_page(client=replace(CLIENT, name=name))


def test_characters_without_a_font_are_named_with_their_place(renderer: DocumentRenderer) -> None:
    lines = [a_line(1, "fine"), a_line(2, f"Unknown {UNASSIGNED} and {PRIVATE}")]
    private, several = renderer.render([named(f"Harbor {PRIVATE}"), a_page(*lines)])

    assert private.document is None
    assert "no font has U+103123 (without a name) in client.name." in private.error
    assert "take it out" in private.error
    assert "Debian" not in private.error
    assert several.document is None
    assert "U+0378 (without a name) in lines[2].description" in several.error
    assert "U+103123" in several.error


def test_the_packages_that_help_are_named_once() -> None:
    losses, page = Losses(), to_plain(named("日本 Holding 日 🎉"))
    assert isinstance(page, dict)
    losses.characters = dict.fromkeys(map(ord, "日本🎉ไ"))
    assert losses.reason(page) == (
        "no font has U+65E5 (CJK UNIFIED IDEOGRAPH-65E5) in client.name;"
        " U+672C (CJK UNIFIED IDEOGRAPH-672C) in client.name;"
        " U+1F389 (PARTY POPPER) in client.name;"
        " U+0E44 (THAI CHARACTER SARA AI MAIMALAI) in a label or the template itself."
        " Install fonts-noto-cjk fonts-noto-color-emoji fonts-noto-core (Debian packages),"
        " or put a font that has it into include/templates/fonts"
    )


def test_the_reason_tells_no_name(renderer: DocumentRenderer) -> None:
    (rendered,) = renderer.render([named(f"Secretive {PRIVATE} Holding")])
    assert "Secretive" not in rendered.error


def test_what_is_invisible_by_nature_needs_no_glyph(renderer: DocumentRenderer) -> None:
    words = "co\u00adoperation zero\u200bwidth join\u200der non\u200cjoiner e\u0301 word\u2060s"
    (rendered,) = renderer.render([a_page(a_line(1, words), client=replace(CLIENT, name=words))])
    assert rendered.document is not None, rendered.error


@pytest.mark.parametrize(
    "name", ["Łódź Ørsted Ğ", "Ελληνική Εταιρεία", "Общество", "חברה בע״מ", "شركة التجارة"]
)
def test_the_shipped_fonts_know_the_scripts_of_our_clients(
    renderer: DocumentRenderer, name: str
) -> None:
    (rendered,) = renderer.render([named(name)])
    assert rendered.document is not None, rendered.error


def test_a_character_of_a_template_is_no_fault_of_the_client(
    renderer: DocumentRenderer, write_template: Callable[[str, str], Path]
) -> None:
    write_template("invoice/invoice.html.j2", f"<p>{PRIVATE} {{{{ number }}}}</p>")
    (rendered,) = renderer.render([titled("any")])
    assert "a label or the template itself" in rendered.error


def test_one_page_does_not_speak_for_the_next(renderer: DocumentRenderer) -> None:
    bad, good = renderer.render([named(PRIVATE), named("Harbor")])
    assert bad.document is None
    assert "Harbor" in text_of(good)


@pytest.mark.parametrize(
    ("character", "package"),
    [
        ("日", "fonts-noto-cjk"),
        ("한", "fonts-noto-cjk"),
        ("ア", "fonts-noto-cjk"),
        ("￥", "fonts-noto-cjk"),
        ("\U00020000", "fonts-noto-cjk"),
        ("🎉", "fonts-noto-color-emoji"),
        ("☃", "fonts-noto-color-emoji"),
        ("ไ", "fonts-noto-core"),
        (PRIVATE, ""),
        ("\ue123", ""),
        (UNASSIGNED, ""),
    ],
)
def test_each_block_has_its_package(character: str, package: str) -> None:
    assert package_for(ord(character)) == package
