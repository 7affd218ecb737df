"""Hostile text and careless templates: nothing is run, nothing is fetched, no page takes others."""

import os
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from invoicing.documents.limits import RenderLimits
from invoicing.documents.renderer import DocumentRenderer, template_folders
from invoicing.documents.worker import Worker
from invoicing.domain.dispatch import MessageKind
from invoicing.domain.errors import SettingsError
from invoicing.domain.money import Money
from invoicing.domain.render import preview_page
from tests.documents.hostile import Canary, poisoned
from tests.documents.papers import (
    a_draft,
    a_draft_with_everything,
    a_letter,
    a_line,
    a_page,
    an_invoice,
    pages_of,
    text_of,
    titled,
)


def hostile_texts(canary: Canary, secret_file: Path) -> list[str]:
    """Return text that is code somewhere: HTML, CSS, Jinja, a link, a format, a control."""
    return [
        f'<img src="{canary.url}/img"><script>alert(1)</script>',
        f'"><link rel=attachment href="file://{secret_file}"><p x="',
        f"</style><style>@import url({canary.url}/css);*{{display:none}}</style>",
        "{{ 1337*1337 }}{% include '/etc/passwd' %}{# gone #}",
        "{{ ''.__class__.__mro__ }} ${1337*1337} %(number)s {0.__class__}",
        "javascript:alert(1)",
        "url(file:///etc/passwd) expression(1)",
        f"data:text/html,<img src={canary.url}/data>",
        "\u202egnp.exe\u0000\u0008\ufeff\ud800 end",
        "W" * 400,
        "../../../../etc/passwd",
    ]


def test_hostile_text_is_printed_as_text(
    renderer: DocumentRenderer, canary: Canary, secret_file: Path
) -> None:
    texts = hostile_texts(canary, secret_file)
    draft = a_draft_with_everything()
    rendered = renderer.render([preview_page(poisoned(draft, text)) for text in texts])

    for text, one in zip(texts, rendered, strict=True):
        shown = text_of(one)
        assert "1787569" not in shown
        assert "canary-in-a-file" not in shown
        assert "11,068.44" in shown  # nothing was hidden by a style of a client
        assert one.document is not None
        assert b"/URI" not in one.document.content
        assert b"/EmbeddedFile" not in one.document.content
        if text.isascii() and len(text) < 20:
            assert text in shown
    assert "{{ ''.__class__" in text_of(rendered[4])
    assert "gnp.exe\N{REPLACEMENT CHARACTER} end" in text_of(rendered[8])
    assert canary.hits == []


def test_endless_text_goes_on_over_the_pages(renderer: DocumentRenderer) -> None:
    words, letters = renderer.render(
        [a_page(a_line(1, "word " * 1500 + "end")), a_page(a_line(1, "W" * 3000 + " end"))]
    )
    assert text_of(words).count("word") == 1500
    assert text_of(letters).count("W") == 3000
    for rendered in (words, letters):
        assert len(pages_of(rendered)) > 1
        assert "EUR 119.00" in text_of(rendered)


def test_line_break_in_a_name_forges_no_line(renderer: DocumentRenderer) -> None:
    draft = a_draft()
    client = replace(draft.client, name="Harbor\nIBAN: GB33 0000\u2028Pay here")
    (rendered,) = renderer.render([preview_page(replace(draft, client=client))])
    assert rendered.document is not None
    assert "Harbor IBAN: GB33 0000 Pay here" in text_of(rendered)


def test_hostile_text_cannot_leave_a_mail(
    renderer: DocumentRenderer, canary: Canary, secret_file: Path
) -> None:
    for text in hostile_texts(canary, secret_file):
        invoice = replace(an_invoice(poisoned(a_draft(), text)), number=f"INV\r\nBcc: {text}")
        mail = renderer.mail(a_letter(MessageKind.REMINDER, invoice, Money(Decimal(1), "EUR")))
        assert len(mail.subject.splitlines()) == 1
        assert mail.subject.isprintable()
        assert "1787569" not in mail.subject + mail.text + mail.html
        for tag in ("<script", "<img", "<link", "<a "):
            assert tag not in mail.html


def references(canary: Canary, secret_file: Path) -> dict[str, tuple[str, str]]:
    """Return by name what a template may try to load, and the address that must be refused."""
    http, file = canary.url, f"file://{secret_file}"
    svg = f"<svg xmlns='http://www.w3.org/2000/svg'><image href='{http}/svg' width='9'/></svg>"
    return {
        "image": (f'<img src="{http}/img.png">', f"{http}/img.png"),
        "file": (f'<img src="{file}">', file),
        "style": (f"<style>@import url({http}/a.css);</style>", f"{http}/a.css"),
        "sheet": (f'<link rel="stylesheet" href="{http}/b.css">', f"{http}/b.css"),
        "font": (
            f"<style>@font-face {{ font-family: x; src: url({http}/x.ttf) }}</style><p>x</p>",
            f"{http}/x.ttf",
        ),
        "background": (f'<p style="background: url({http}/bg.png)">x</p>', f"{http}/bg.png"),
        "attachment": (f'<link rel="attachment" href="{file}">', file),
        "linked file": (f'<a rel="attachment" href="{file}">x</a>', file),
        "object": (f'<object data="{http}/o.svg"></object>', f"{http}/o.svg"),
        "embed": (f'<embed src="{http}/e.svg">', f"{http}/e.svg"),
        "svg": (f'<img src="data:image/svg+xml,{svg}">', f"{http}/svg"),
        "base": (f'<base href="{http}/"><img src="rel.png">', f"{http}/rel.png"),
        "outside": ('<img src="../../../secret.png">', "link secret.png"),
        "template": ('<img src="invoice.html.j2">', "link invoice/invoice.html.j2"),
        "script": ('<a href="javascript:alert(1)">x</a>', "javascript:alert(1)"),
        "link to file": (f'<a href="{file}">x</a>', file),
        "plain link": (f'<a href="{http}/p">x</a>', f"{http}/p"),
    }


def test_template_may_load_its_own_files_only(
    renderer: DocumentRenderer,
    write_template: Callable[[str, str], Path],
    canary: Canary,
    secret_file: Path,
) -> None:
    tried = references(canary, secret_file)
    dot = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9'/></svg>"
    write_template("invoice/logo.svg", dot)
    (secret_file.parent / "home/include/templates/invoice/stolen.svg").symlink_to(secret_file)
    good = (
        '<img src="logo.svg"><a href="https://a.example/">a</a><a href="mailto:a@b.example">b</a>'
    )
    cases = {name: body for name, (body, _) in tried.items()} | {"good": good}
    cases["stolen"] = '<img src="stolen.svg">'
    write_template("invoice/invoice.html.j2", _choice(cases))

    rendered = dict(zip(cases, renderer.render([titled(name) for name in cases]), strict=True))

    assert rendered["good"].document is not None, rendered["good"].error
    assert "stolen.svg" in rendered["stolen"].error
    for name, (_, denied) in tried.items():
        assert rendered[name].document is None, name
        assert denied in rendered[name].error, name
    assert canary.hits == []


def _choice(cases: dict[str, str]) -> str:
    """Return a template that shows the body named by the title of the invoice."""
    parts = [
        f"{{% if page.content.title == '{name}' %}}{body}{{% endif %}}"
        for name, body in cases.items()
    ]
    return f"<p>{{{{ page.number }}}}</p>{''.join(parts)}"


def test_style_sheet_that_loads_from_outside_stops_the_renderer(
    renderer: DocumentRenderer, write_template: Callable[[str, str], Path], canary: Canary
) -> None:
    write_template("invoice/invoice.css", f"@import url({canary.url}/x.css);")
    with pytest.raises(SettingsError, match=r"/x\.css"):
        renderer.render([titled("any")])
    assert canary.hits == []


def test_poisoned_page_fails_alone(
    renderer: DocumentRenderer, home: Path, write_template: Callable[[str, str], Path]
) -> None:
    loop = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    cases = {
        "loop": loop,
        "memory": "{{ 'a' * 3000000000 }}",
        "columns": '<table><tr><td colspan="1000000">x</td></tr></table>',
        "deep": "<div>" * 3000,
        "again": '{% include "invoice/invoice.html.j2" %}',
        "escape": "{{ ''.__class__.__mro__ }}",
        "good": "",
    }
    write_template("invoice/invoice.html.j2", _choice(cases))
    limits = RenderLimits(wall_seconds=60, cpu_seconds=1)
    names = ["good", "loop", "memory", "good", "columns", "deep", "escape", "again", "good"]
    rendered = DocumentRenderer(template_folders(home), limits).render(
        [titled(name) for name in names]
    )

    errors = [one.error for one in rendered]
    assert [bool(error) for error in errors] == [name != "good" for name in names]
    assert "processor time" in errors[1]
    assert "memory" in errors[2]
    assert "nested too deeply" in errors[5]
    assert "__class__" in errors[6]
    assert "invoice.html.j2, line " in errors[7]
    assert errors[7].endswith("the template extends, includes or calls itself")


def test_hanging_page_is_given_up(home: Path, write_template: Callable[[str, str], Path]) -> None:
    loop = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    write_template("invoice/invoice.html.j2", _choice({"loop": loop, "good": ""}))
    limits = RenderLimits(wall_seconds=3, cpu_seconds=600)
    hanging, good = DocumentRenderer(template_folders(home), limits).render(
        [titled("loop"), titled("good")]
    )

    assert "not ready after 3 seconds" in hanging.error
    assert good.document is not None


def test_child_sees_no_secret_and_leaves_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INVOICING_LEDGER_URL", "postgresql://canary-secret@127.0.0.1/ledger")
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", "canary-secret")
    with Worker(template_folders(home), RenderLimits()) as worker:
        process = Path(f"/proc/{worker.pid}")
        environment = process.joinpath("environ").read_bytes()
        maps = process.joinpath("maps").read_text()
        folder = process.joinpath("cwd").readlink()
    assert b"canary" not in environment
    assert {part.partition(b"=")[0] for part in environment.split(b"\0") if part} <= {
        b"PATH", b"HOME", b"TMPDIR", b"LANG", b"PYTHONHASHSEED", b"LD_LIBRARY_PATH",
        b"FONTCONFIG_FILE",
    }  # fmt: skip
    assert "libpango" in maps
    assert "psycopg" not in maps
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(worker.pid, 0)


def test_template_that_cannot_be_read_is_named(
    renderer: DocumentRenderer, write_template: Callable[[str, str], Path]
) -> None:
    path = write_template("invoice/invoice.html.j2", "<p>\n{% if %}")
    with pytest.raises(SettingsError, match=r"line 2") as caught:
        renderer.render([titled("any")])
    assert str(path) in str(caught.value)
