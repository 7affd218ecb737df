"""The attack programme of documents: payloads in every field and every sink, and canaries."""

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pypdf
import pytest

from invoicing.documents.einvoice import write
from invoicing.documents.limits import RenderLimits
from invoicing.documents.renderer import DocumentRenderer, template_folders
from invoicing.documents.samples import Look, SampleKind, sample_page
from invoicing.domain.dispatch import MessageKind
from invoicing.domain.draft import Draft
from invoicing.domain.letters import Letter, Question
from invoicing.domain.money import Money
from invoicing.domain.render import AnyPage, Page, file_name, invoice_page
from tests.documents.hostile import SECRET, Canary, poisoned
from tests.documents.papers import a_draft_with_everything, an_invoice, text_of, titled

PER_PAGE = 10
WRAPPERS = (
    '<img src="{0}">', '"><img src={0}>', "'><img src='{0}'", "<link rel=stylesheet href='{0}'>",
    "</style><style>@import url({0})</style>", '<object data="{0}"></object>', '<embed src="{0}">',
    '<iframe src="{0}"></iframe>', '<a href="{0}">x</a>', '<a rel=attachment href="{0}">x</a>',
    '<link rel=attachment href="{0}">', '<svg><image href="{0}"/></svg>', '<base href="{0}">',
    '<p style="background: url({0})">x</p>', '<video poster="{0}"></video>', "url({0})",
    '<meta http-equiv=refresh content="0;url={0}">', "{{% include '{0}' %}}", "{{{{ '{0}' }}}}",
    "<style>@font-face {{ font-family: a; src: url({0}) }}</style>",
)  # fmt: skip
EVERYWHERE = frozenset({"name", "legal_name", "description", "title", "reason", "street", "city",
                        "contact", "client", "body", "unit", "registration"})  # fmt: skip
FORMULA, RESULT = (
    "{{1337*1337}}${1337*1337}#{1337*1337}<%=1337*1337%>{%print(1337*1337)%}",
    "1787569",
)


def addresses(canary: Canary, secret: Path) -> list[str]:
    """Return ten ways to name the server that must not be called and the file nobody may see."""
    port = canary.url.rpartition(":")[2]
    return [
        canary.url, canary.url.replace("http", "HTTP"), f"//127.0.0.1:{port}",
        f"http://user@127.0.0.1:{port}", f"http://2130706433:{port}", f"http://[::1]:{port}",
        f"https://templates.invalid@127.0.0.1:{port}", f"file://{secret}", f"FILE:{secret}",
        f"data:text/html,<img src={canary.url}>",
    ]  # fmt: skip


def in_twelve_fields(payload: Callable[[int], str]) -> Draft:
    """Return a draft with a payload of its own in each of twelve fields."""
    draft = a_draft_with_everything()
    line = replace(draft.lines[0], description=payload(1), unit=payload(2))
    rate = replace(draft.taxes[0].rate, note=payload(3))
    client, entity = draft.client, draft.entity
    (first, *rest), deposit, reference = draft.discounts, draft.deposits[0], draft.references[0]
    return replace(
        draft,
        title=payload(4),
        lines=(line, *draft.lines[1:]),
        taxes=(replace(draft.taxes[0], rate=rate), *draft.taxes[1:]),
        client=replace(
            client, name=payload(5), tax_id=payload(6),
            address=replace(client.address, street=payload(7), city=payload(8)),
        ),
        entity=replace(entity, registration=payload(9)),
        discounts=(replace(first, discount=replace(first.discount, reason=payload(10))), *rest),
        deposits=(replace(deposit, title=payload(11)),),
        references=(replace(reference, id=payload(12)),),
    )  # fmt: skip


def test_two_hundred_payloads_in_twelve_fields_reach_nothing(
    renderer: DocumentRenderer, canary: Canary, secret_file: Path
) -> None:
    payloads = [
        (f"{number:03d}", wrapper, address)
        for number, (wrapper, address) in enumerate(
            (wrapper, address) for wrapper in WRAPPERS for address in addresses(canary, secret_file)
        )
    ]
    assert len(payloads) == 200

    def of_page(start: int) -> Callable[[int], str]:
        some = payloads[start : start + PER_PAGE]
        return lambda field: " ".join(
            wrapper.format(f"{address}/{number}-{field}") for number, wrapper, address in some
        )

    pages = [
        invoice_page(an_invoice(in_twelve_fields(of_page(start))))
        for start in range(0, len(payloads), PER_PAGE)
    ]
    for start, rendered in zip(range(0, 200, PER_PAGE), renderer.render(pages), strict=True):
        text = text_of(rendered).replace(" ", "")
        assert "11,068.44" in text
        assert SECRET not in text
        for number in range(start, start + PER_PAGE):  # printed as text, in most fields whole
            assert f"{number:03d}-1" in text
        assert rendered.document is not None
        assert not [
            name for name in attachments(rendered.document.content) if name != "factur-x.xml"
        ]
        assert SECRET.encode() not in rendered.document.content
    assert canary.hits == []


def attachments(content: bytes) -> list[str]:
    """Return the names of the files inside a document."""
    return list(pypdf.PdfReader(io.BytesIO(content)).attachments)


def every_page() -> Iterator[AnyPage]:
    """Yield a page of each kind."""
    for kind in SampleKind:
        yield sample_page(kind, Look(language="en", with_files=True))


def test_a_formula_is_worked_out_nowhere(renderer: DocumentRenderer) -> None:
    pages = [poisoned(page, FORMULA, only=EVERYWHERE) for page in every_page()]
    for page, rendered in zip(pages, renderer.render(pages), strict=True):
        shown = text_of(rendered)
        assert RESULT not in shown
        assert "1337*1337" in shown, page.kind
        written = write(page)
        for content in (*written.files.values(), written.embedded or b""):
            assert RESULT.encode() not in content
    for letter in every_letter():
        mail = renderer.mail(letter)
        assert RESULT not in mail.subject + mail.text + mail.html, letter.kind
        assert "1337*1337" in mail.text, letter.kind
    assert "1337" in file_name(FORMULA)
    assert RESULT not in file_name(FORMULA)


def every_letter() -> Iterator[Letter]:
    """Yield a letter of each kind, hostile in each text that is not ours."""
    page = sample_page(SampleKind.INVOICE, Look())
    account = sample_page(SampleKind.REMINDER, Look())
    assert isinstance(page, Page)
    invoice, euro = an_invoice(page.content), Money.parse("1.00 EUR")
    question = Question("ada", "title", euro, ("over a limit",), "body", "ap-1", ("approve",))
    facts: dict[str, Any] = {
        "invoice": invoice,
        "balance": euro,
        "paid": euro,
        "question": question,
    }
    steps = {MessageKind.NOTICE: "paid"}
    for kind in MessageKind:
        if kind is MessageKind.CREDIT_NOTE:
            continue  # its letter needs an issued note; the note's page is printed above
        items = getattr(account, "items", ()) if kind is MessageKind.REMINDER else ()
        letter = Letter(
            kind, page.entity, page.client, date(2026, 11, 30), items=items,
            totals=(euro,), step=steps.get(kind, ""), **facts,
        )  # fmt: skip
        yield poisoned(letter, FORMULA, only=EVERYWHERE)


ATTACHING = {
    "link": '<link rel="attachment" href="data:text/plain,canary">',
    "anchor": '<a rel="attachment" href="data:text/plain,canary">x</a>',
    "own file": '<link rel="attachment" href="logo.svg">',
}


@pytest.mark.parametrize("way", ATTACHING)
def test_a_template_attaches_nothing(
    renderer: DocumentRenderer, write_template: Callable[[str, str], Path], way: str
) -> None:
    write_template("invoice/logo.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")
    write_template("invoice/invoice.html.j2", f"<p>{{{{ number }}}}</p>{ATTACHING[way]}")
    (rendered,) = renderer.render([titled("any")])
    assert rendered.document is None
    assert "refused to load or link" in rendered.error


def test_hints_of_old_html_do_nothing(
    renderer: DocumentRenderer, write_template: Callable[[str, str], Path], canary: Canary
) -> None:
    body = f'<table background="{canary.url}/a" width=1><tr><td bgcolor=red>fine</td></tr></table>'
    write_template("invoice/invoice.html.j2", body)
    (rendered,) = renderer.render([titled("any")])
    assert "fine" in text_of(rendered)
    assert canary.hits == []


GREEDY = {
    "text": "{{ 'a' * (20000000 * (number | length)) }}",
    "columns": '<table><tr><td colspan="1000000">x</td></tr></table>',
    "flex": '<div style="display: flex">' * 24 + "x" + "</div>" * 24,
    "pages": "<p style='break-after: page'>x</p>" * 3000,
    "picture": '<img src="data:image/png;base64,{{ number }}" style="width: 1e9px">',
}


def test_greedy_templates_cost_their_own_page_only(
    home: Path, write_template: Callable[[str, str], Path]
) -> None:
    parts = [
        f"{{% if page.content.title == '{name}' %}}{body}{{% endif %}}"
        for name, body in GREEDY.items()
    ]
    write_template("invoice/invoice.html.j2", f"<p>{{{{ number }}}}</p>{''.join(parts)}")
    limits = RenderLimits(wall_seconds=30, cpu_seconds=1)
    names = [name for greedy in GREEDY for name in (greedy, "good")]
    rendered = DocumentRenderer(template_folders(home), limits).render(
        [titled(name) for name in names]
    )
    for name, one in zip(names, rendered, strict=True):
        assert (one.document is None) == (name != "good"), (name, one.error)
