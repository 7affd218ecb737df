"""Files and mail of an invoice: what was stored is handed out, what came back is told."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from invoicing.domain.dispatch import MessageKind, Recipients, outbox_row
from invoicing.domain.exceptions import Action
from invoicing.domain.parties import Channel
from invoicing.domain.render import DocumentKind
from invoicing.services import follow_up
from invoicing.services.attend import act
from invoicing.services.correct import ask_correction
from invoicing.services.ledger_ports import MailRecord, MailSort
from invoicing.services.ports import Document
from invoicing.web.present import message_words
from tests.support.services import REFUSED, House
from tests.web.conftest import As

XML = b'<?xml version="1.0"?><Invoice/>'


def test_a_structured_invoice_is_handed_out_as_a_file(as_user: As, house: House) -> None:
    invoice = house.invoice_of("D-1")
    digest = sha256(XML).hexdigest()
    with house.s.ledger.write() as work:
        stored = Document(digest, "application/xml", XML, "writer 1")
        work.documents.put(invoice.id, invoice.version, DocumentKind.UBL, stored)
    viewer = as_user("viewer")

    page = viewer.get(f"/invoicing/invoices/{invoice.number}").text
    answer = viewer.get(f"/invoicing/invoices/{invoice.number}/ubl.xml")

    assert f"/invoices/{invoice.id}/ubl.xml" in page
    assert "cii.xml" not in page
    assert answer.content == XML
    assert answer.headers["content-type"] == "application/xml"
    name = answer.headers["content-disposition"]
    assert name == f'attachment; filename="{invoice.number}.ubl.xml"'
    assert viewer.get(f"/invoicing/invoices/{invoice.number}/cii.xml").status_code == 404
    assert viewer.get(f"/invoicing/invoices/{invoice.number}/exe.xml").status_code == 422


def test_a_credit_note_is_handed_out_by_its_number(as_user: As, house: House) -> None:
    invoice = house.invoice_of("D-1")
    asked = ask_correction(house.s, invoice.id, "wrong hours", "finance")
    act(house.s, asked, Action.VOID, "lead")
    follow_up.follow_up(house.s)
    viewer = as_user("viewer")

    answer = viewer.get("/invoicing/credit-notes/CN-2026-00001.pdf")

    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == 'inline; filename="CN-2026-00001.pdf"'
    page = viewer.get(f"/invoicing/invoices/{invoice.number}").text
    assert "/credit-notes/CN-2026-00001.pdf" in page
    assert viewer.get("/invoicing/credit-notes/CN-2026-00009.pdf").status_code == 404


def test_mail_that_came_in_is_told_without_its_text(as_user: As, house: House) -> None:
    invoice = house.invoice_of("D-1")
    with house.s.ledger.write() as work:
        now = house.clock.now()
        (message, *_) = work.outbox.of_invoices([invoice.id])
        for number, subject in enumerate([invoice.id, message.id]):
            what = MailRecord(
                "billing", 1, number, f"<{number}@x>", f"digest-{number}", MailSort.DISPUTE,
                subject, f"what was done {number}", now,
            )  # fmt: skip
            assert work.mailboxes.add(what)

    page = as_user("viewer").get(f"/invoicing/invoices/{invoice.number}").text

    assert "Mail that came to us" in page
    assert "what was done 0" in page
    assert "what was done 1" in page


def test_the_head_says_how_the_newest_mail_fared_and_the_story_is_in_order(
    as_user: As, house: House
) -> None:
    book = house.s.book
    other = replace(book.clients["nordwind"], alternate_to=("other@nordwind.example",))
    house = house.with_book(replace(book, clients={**book.clients, "nordwind": other}))
    house.mailer.answers.append(REFUSED)
    invoice = house.invoice_of("D-1")
    with house.s.ledger.read() as work:
        (entry,) = work.exceptions.list_open(10)
    house.lease_clock.at += timedelta(hours=1)
    act(house.s, entry.id, Action.SEND_TO_OTHER, "finance")
    follow_up.follow_up(house.s)
    house.lease_clock.at += timedelta(hours=1)
    asked = ask_correction(house.s, invoice.id, "wrong hours", "finance")
    act(house.s, asked, Action.VOID, "lead")
    follow_up.follow_up(house.s)

    page = as_user("viewer").get(f"/invoicing/invoices/{invoice.number}").text

    head, _, rest = page.partition("What you can do")
    head = head if rest else page.partition("<section")[0]
    assert ">sent</span>" in head
    assert "not sent" not in head
    told = page.partition("<h2>Mail and notes</h2>")[2]
    assert told.index("to <bdi>other@nordwind.example") < told.index("<strong>Credit note</strong>")


@pytest.mark.parametrize(
    ("kind", "step", "channel", "words"),
    [
        (MessageKind.INVOICE, "issue~to2", Channel.MAIL, "Invoice"),
        (MessageKind.REMINDER, "day_after_due~to2", Channel.MAIL, "Reminder, day after due"),
        (MessageKind.ESCALATION, "escalation", Channel.MAIL, "Escalation"),
        (MessageKind.NOTICE, "late", Channel.MAIL, "Notice: late"),
        (MessageKind.NOTICE, "paid:P-1", Channel.MAIL, "Notice: paid"),
        (MessageKind.NOTICE, "paid-P-1@crm/deals/1", Channel.SOURCE, "Note: paid"),
    ],
)
def test_a_message_is_called_what_it_is(
    kind: MessageKind, step: str, channel: Channel, words: str
) -> None:
    row = outbox_row("i" * 32, kind, step, Recipients(("a@b.example",)), "us@b.example")
    assert message_words(replace(row, channel=channel)) == words
