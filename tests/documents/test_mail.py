"""The mails: the facts a client needs, in the client's language."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest
import yaml

from invoicing.documents.renderer import DocumentRenderer, template_folders
from invoicing.domain.credit import (
    IssuedCreditNote,
    LineCredit,
    credit_in_full,
    credit_note,
    issue_credit_note,
)
from invoicing.domain.dispatch import MessageKind
from invoicing.domain.errors import SettingsError
from invoicing.domain.issue import SeriesKey
from invoicing.domain.letters import Letter, Question
from invoicing.domain.money import Money, total
from invoicing.domain.render import AccountItem
from invoicing.services.ports import MailText
from tests.documents.papers import CLIENT, ENTITY, a_draft, a_letter, an_invoice

OPEN = Money(Decimal("1200.50"), "EUR")


def test_invoice_mail_says_what_to_pay_and_how(renderer: DocumentRenderer) -> None:
    mail = renderer.mail(a_letter(MessageKind.INVOICE, an_invoice(a_draft()), OPEN))

    assert mail.subject == "Invoice INV-2026-00001 from Brightwater Systems GmbH"
    for part in (mail.text, mail.html.replace("\N{NO-BREAK SPACE}", " ")):
        for words in (
            "INV-2026-00001", "EUR\N{NO-BREAK SPACE}1,200.50", "November 16, 2026",
            "DE02 1203 0000 0000 2020 51", "BYLADEM1001", "Platform work and support", "Spreebank",
        ):  # fmt: skip
            assert words.replace("\N{NO-BREAK SPACE}", " ") in part.replace(
                "\N{NO-BREAK SPACE}", " "
            )
    assert "\n\n\n" not in mail.text


def test_reminder_speaks_german_to_a_german_client(renderer: DocumentRenderer) -> None:
    client = replace(CLIENT, language="de")
    mail = renderer.mail(a_letter(MessageKind.REMINDER, an_invoice(a_draft(client=client)), OPEN))

    assert (
        mail.subject == "Zahlungserinnerung: Rechnung INV-2026-00001 von Brightwater Systems GmbH"
    )
    for part in (mail.text, mail.html):
        assert "1.200,50\N{NO-BREAK SPACE}EUR" in part
        assert "12.030,90\N{NO-BREAK SPACE}EUR" in part
        assert "16. November 2026" in part
    assert 'lang="de"' in mail.html


@pytest.mark.parametrize(
    ("today", "words"),
    [
        (date(2026, 11, 13), "is due on November 16, 2026"),
        (date(2026, 11, 16), "is due on November 16, 2026"),
        (date(2026, 11, 17), "was due on November 16, 2026"),
    ],
)
def test_a_note_in_advance_blames_nobody(
    renderer: DocumentRenderer, today: date, words: str
) -> None:
    mail = renderer.mail(a_letter(MessageKind.REMINDER, an_invoice(a_draft()), OPEN, today))

    assert words in mail.text
    assert words in mail.html
    assert mail.subject.startswith("Payment due soon" if "is due" in words else "Reminder")


def test_an_escalation_speaks_to_our_own_people(renderer: DocumentRenderer) -> None:
    client = replace(CLIENT, language="de", account_manager="dana")
    mail = renderer.mail(a_letter(MessageKind.ESCALATION, an_invoice(a_draft(client=client)), OPEN))

    assert "Overdue: invoice INV-2026-00001 to Harbor Health Inc." in mail.subject
    for part in (mail.text, mail.html):
        for words in ("dana", "ap@harbor.example", "invoicing trail INV-2026-00001"):
            assert words in part
        assert "DE02" not in part  # nobody here is asked to pay


def an_item(number: int, asked: str, days_late: int = 0, **more: str) -> AccountItem:
    """Return an open invoice of an account: what is asked of it is open, unless told otherwise."""
    amounts = {"open": asked, "due": asked, "disputed": "0.00 EUR", **more}
    return AccountItem(
        invoice_id=f"{number:032x}",
        number=f"INV-2026-{number:05d}",
        title=f"Work of month {number}",
        issued_on=date(2026, 10, 2),
        due_on=date(2026, 11, 20) - timedelta(days_late),
        due=Money.parse(amounts["due"]),
        open=Money.parse(amounts["open"]),
        asked=Money.parse(asked),
        disputed=Money.parse(amounts["disputed"]),
        days_late=days_late,
        client=amounts.get("client", ""),
    )


def letter_about(kind: MessageKind, *items: AccountItem, language: str = "en") -> Letter:
    client = replace(CLIENT, language=language, account_manager="dana")
    asked = total((item.asked for item in items), "EUR")
    return Letter(kind, ENTITY, client, date(2026, 11, 20), items=items, totals=(asked,))


def both(mail: MailText) -> tuple[str, str]:
    """Return the plain text, and the HTML part as text, with ordinary blanks."""
    html = unescape(re.sub(r"<[^>]+>", " ", mail.html))
    return tuple(" ".join(part.split()) for part in (mail.text, html))  # type: ignore[return-value]


def test_one_mail_reminds_of_many_invoices(renderer: DocumentRenderer) -> None:
    late, soon = an_item(1, "1200.50 EUR", 12), an_item(2, "300.00 EUR", -3)
    mail = renderer.mail(letter_about(MessageKind.REMINDER, late, soon))

    assert mail.subject == "Reminder: 2 open invoices from Brightwater Systems GmbH"
    for part in both(mail):
        for words in (
            "INV-2026-00001", "INV-2026-00002", "Work of month 2", "EUR 1,500.50", "EUR 300.00",
            "INV-2026-00001, INV-2026-00002",
        ):  # fmt: skip
            assert words in part
        assert part.count("overdue") == 1
        assert "clarified" not in part


def test_notes_in_advance_about_many_blame_nobody(renderer: DocumentRenderer) -> None:
    items = an_item(1, "1200.50 EUR", -1), an_item(2, "300.00 EUR", 0)
    mail = renderer.mail(letter_about(MessageKind.REMINDER, *items))

    assert mail.subject.startswith("Payment due soon: 2 invoices")
    for part in both(mail):
        assert "overdue" not in part


@pytest.mark.parametrize("others", [(), (2,)])
def test_what_is_contested_is_named_but_not_asked_for(
    renderer: DocumentRenderer, others: tuple[int, ...]
) -> None:
    contested = an_item(1, "700.00 EUR", 5, open="1000.00 EUR", disputed="300.00 EUR")
    items = contested, *(an_item(number, "50.00 EUR", 5) for number in others)
    mail = renderer.mail(letter_about(MessageKind.REMINDER, *items))

    asked = "EUR 750.00" if others else "EUR 700.00"
    for part in both(mail):
        assert f"please transfer {asked}" in part
        assert "Being clarified: EUR 300.00" in part or "Being clarified EUR 300.00" in part
        assert "is not part of this request" in part
        assert "transfer EUR 1,0" not in part


def test_escalations_of_several_clients_name_them(renderer: DocumentRenderer) -> None:
    items = (
        an_item(1, "10.00 EUR", 30, client="Harbor Health Inc."),
        an_item(2, "20.00 EUR", 40, client="Nordwind & Söhne"),
    )
    mail = renderer.mail(letter_about(MessageKind.ESCALATION, *items, language="fr"))

    assert mail.subject == "Overdue: 2 invoices to Harbor Health Inc., Nordwind & Söhne"
    for part in both(mail):
        assert "Nordwind & Söhne" in part
        assert "our own people only" in part
        assert "DE02" not in part


def a_note(*wanted: LineCredit) -> IssuedCreditNote:
    invoice = an_invoice(a_draft())
    note = (
        credit_note(invoice, wanted, reason="hours")
        if wanted
        else credit_in_full(invoice, reason="hours")
    )
    at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    return issue_credit_note(note, key=SeriesKey("brightwater", "CN", 2026), sequence=7, now=at)


@pytest.mark.parametrize(
    ("note", "left", "words"),
    [
        (a_note(), "0.00 EUR", ("takes back the whole invoice", "Nothing of that invoice is left")),
        (
            a_note(LineCredit(2, quantity=Decimal(3))),
            "500.00 EUR",
            ("takes back a part", "EUR 500.00 is still to be paid", "DE02 1203"),
        ),
    ],
    ids=["whole", "part"],
)
def test_a_credit_note_says_what_it_takes_back_and_what_is_left(
    renderer: DocumentRenderer, note: IssuedCreditNote, left: str, words: tuple[str, ...]
) -> None:
    letter = a_letter(MessageKind.CREDIT_NOTE, an_invoice(a_draft()), Money.parse(left))
    mail = renderer.mail(replace(letter, credit_note=note))

    assert mail.subject.startswith("Credit note CN-2026-00007 for invoice INV-2026-00001")
    for part in both(mail):
        assert all(one in part for one in words)
        assert f"EUR {note.content.totals.gross.amount:,}" in part
        assert ("DE02" in part) == (left != "0.00 EUR")


@pytest.mark.parametrize(
    ("left", "words"), [("0.00 EUR", "paid in full"), ("30.90 EUR", "EUR 30.90 is still open")]
)
def test_a_receipt_thanks_and_says_what_is_left(
    renderer: DocumentRenderer, left: str, words: str
) -> None:
    letter = a_letter(MessageKind.RECEIPT, an_invoice(a_draft()), Money.parse(left))
    mail = renderer.mail(replace(letter, paid=Money.parse("12000.00 EUR")))

    for part in both(mail):
        assert "your payment of EUR 12,000.00" in part
        assert words in part


@pytest.mark.parametrize(
    ("step", "subject"),
    [
        ("issued", "Sent: invoice INV-2026-00001 to Harbor Health Inc., EUR 12,030.90"),
        ("paid", "Paid: EUR 100.00 from Harbor Health Inc. for invoice INV-2026-00001"),
        ("paid:17~2", "Paid: EUR 100.00 from Harbor Health Inc. for invoice INV-2026-00001"),
        ("late-2", "Late: invoice INV-2026-00001 to Harbor Health Inc., EUR 1,200.50 open"),
    ],
)
def test_a_notice_tells_the_account_manager_the_news(
    renderer: DocumentRenderer, step: str, subject: str
) -> None:
    letter = a_letter(MessageKind.NOTICE, an_invoice(a_draft()), OPEN)
    paid = Money.parse("100.00 EUR") if step.startswith("paid") else None
    mail = renderer.mail(replace(letter, step=step, paid=paid))

    assert mail.subject == subject
    for part in both(mail):
        assert "our own people only" in part
        assert "DE02" not in part


def test_news_that_nobody_knows_the_words_of_is_a_mistake(renderer: DocumentRenderer) -> None:
    letter = a_letter(MessageKind.NOTICE, an_invoice(a_draft()), OPEN)
    with pytest.raises(SettingsError, match="notice_vanished_subject"):
        renderer.mail(replace(letter, step="vanished"))


QUESTION = Question(
    login="dana",
    title="Platform work <b>and</b> support",
    gross=Money.parse("12030.90 EUR"),
    reasons=("above EUR 5,000.00",),
    body="1. Workshop\n2. Pipeline",
    token="ap-0123456789abcdef",
    commands=("approve", "reject", "send back"),
    link="https://airflow.example/x",
)


def test_a_question_can_be_answered_by_a_reply(renderer: DocumentRenderer) -> None:
    client = replace(CLIENT, language="de")
    letter = Letter(MessageKind.APPROVAL, ENTITY, client, date(2026, 11, 20), question=QUESTION)
    mail = renderer.mail(letter)

    lines = mail.text.splitlines()
    assert QUESTION.token in lines  # the answer quotes it; only a line of its own is found again
    assert [line.strip() for line in lines if line.strip() in QUESTION.commands] == [
        "approve", "reject", "send back",
    ]  # fmt: skip
    assert "1. Workshop\n2. Pipeline" in mail.text
    assert QUESTION.token not in mail.subject
    assert QUESTION.token in mail.html
    assert "&lt;b&gt;and&lt;/b&gt;" in mail.html
    assert "do not forward" in mail.text


def test_a_link_that_is_no_page_is_not_shown_as_one(renderer: DocumentRenderer) -> None:
    question = replace(QUESTION, link="javascript:alert(1)")
    letter = Letter(MessageKind.APPROVAL, ENTITY, CLIENT, date(2026, 11, 20), question=question)
    assert "javascript" not in renderer.mail(letter).html


def all_letters(language: str) -> list[Letter]:
    """Return a letter of every kind and mood."""
    client = replace(CLIENT, language=language)
    invoice = an_invoice(a_draft(client=client))
    one = a_letter(MessageKind.INVOICE, invoice, OPEN)
    paid, late, soon = OPEN, an_item(1, "10.00 EUR", 4), an_item(2, "20.00 EUR", -4)
    many = letter_about(MessageKind.REMINDER, late, soon, language=language)
    question = Letter(MessageKind.APPROVAL, ENTITY, client, one.today, question=QUESTION)
    return [
        one,
        replace(one, balance=Money.zero("EUR")),
        replace(one, kind=MessageKind.REMINDER),
        replace(one, kind=MessageKind.REMINDER, today=date(2026, 11, 3)),
        replace(one, kind=MessageKind.CREDIT_NOTE, credit_note=a_note()),
        replace(one, kind=MessageKind.CREDIT_NOTE, credit_note=a_note(), balance=None),
        replace(one, kind=MessageKind.RECEIPT, paid=paid),
        replace(one, kind=MessageKind.ESCALATION),
        *(replace(one, kind=MessageKind.NOTICE, paid=paid, step=step) for step in NEWS),
        many,
        replace(many, items=(soon,)),
        replace(many, items=(soon, soon)),
        replace(many, kind=MessageKind.ESCALATION),
        question,
    ]


NEWS = ("issued", "paid", "late")


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "pt"])
def test_every_mail_is_whole_in_every_language(renderer: DocumentRenderer, language: str) -> None:
    letters = all_letters(language)
    assert {letter.kind for letter in letters} == set(MessageKind)
    for letter in letters:
        mail = renderer.mail(letter)
        assert mail.subject
        for part in (mail.subject, *both(mail)):
            assert not re.search(r"%\(|\{\{|None|Undefined|\[\]", part)
        assert "\n\n\n" not in mail.text
        assert not [line for line in mail.text.splitlines() if line != "-- " and line[-1:] == " "]


@pytest.mark.parametrize("language", ["de", "fr", "es"])
def test_no_shipped_language_borrows_words_for_mails(language: str) -> None:
    shipped = template_folders(Path("/nowhere"))[-1] / "labels"
    english, theirs = (
        yaml.safe_load((shipped / f"{name}.yaml").read_text("utf-8"))["mail"]
        for name in ("en", language)
    )
    gaps = {key: set(re.findall(r"%\(\w+\)s", words)) for key, words in english.items()}
    assert {key: set(re.findall(r"%\(\w+\)s", words)) for key, words in theirs.items()} == gaps


@pytest.mark.parametrize("part", ["http:", "src=", "url(", "<img", "<script", "<style", "<link"])
def test_opening_a_mail_fetches_nothing(renderer: DocumentRenderer, part: str) -> None:
    assert not [one for one in all_letters("en") if part in renderer.mail(one).html]


HOSTILE = "{{ 7*7 }} %(number)s <img src=x onerror=alert(1)>\r\nBcc: eve@evil.example \u202e"


def test_text_of_strangers_stays_text(renderer: DocumentRenderer) -> None:
    draft = replace(a_draft(client=replace(CLIENT, name=HOSTILE)), title=HOSTILE)
    letter = a_letter(MessageKind.INVOICE, an_invoice(draft), OPEN)
    item = replace(an_item(1, "10.00 EUR", 4), title=HOSTILE, client=HOSTILE)
    for one in (
        letter,
        replace(letter, kind=MessageKind.NOTICE, step="issued"),
        replace(letter, kind=MessageKind.RECEIPT, paid=OPEN),
        replace(letter_about(MessageKind.REMINDER, item), client=draft.client),
        letter_about(MessageKind.ESCALATION, item, item),
        replace(letter, kind=MessageKind.APPROVAL, question=replace(QUESTION, title=HOSTILE)),
    ):
        mail = renderer.mail(one)
        assert "49" not in mail.subject
        assert "\n" not in mail.subject
        assert "\u202e" not in mail.subject + mail.text + mail.html
        assert "{{ 7*7 }}" in mail.text or one.kind is MessageKind.REMINDER
        assert "<img" not in mail.html
        assert not [line for line in mail.text.splitlines() if line.startswith("Bcc")]


def test_html_is_escaped_and_text_is_not(renderer: DocumentRenderer) -> None:
    entity = replace(ENTITY, legal_name="Müller & <Söhne>")
    mail = renderer.mail(a_letter(MessageKind.INVOICE, an_invoice(a_draft(entity=entity)), OPEN))

    assert "Müller & <Söhne>" in mail.subject
    assert "Müller & <Söhne>" in mail.text
    assert "Müller &amp; &lt;Söhne&gt;" in mail.html


def test_own_words_and_own_template_win(
    renderer: DocumentRenderer, write_template: Callable[[str, str], Path]
) -> None:
    write_template("labels/en.yaml", 'mail: {greeting: "Dear friends,"}')
    write_template("mail/invoice.subject.j2", "{{ invoice.number }} is here")
    mail = renderer.mail(a_letter(MessageKind.INVOICE, an_invoice(a_draft()), OPEN))

    assert mail.subject == "INV-2026-00001 is here"
    assert mail.text.startswith("Dear friends,")


@pytest.mark.parametrize(
    "text", ["{{ invoice.nomber }}", "{% if %}", "{{ '%(nomber)s' | format(number=1) }}"]
)
def test_mistake_in_a_mail_template_is_named(
    renderer: DocumentRenderer, write_template: Callable[[str, str], Path], text: str
) -> None:
    path = write_template("mail/invoice.txt.j2", f"Hello\n{text}")
    with pytest.raises(SettingsError, match=r"line 2") as caught:
        renderer.mail(a_letter(MessageKind.INVOICE, an_invoice(a_draft()), OPEN))
    assert str(path) in str(caught.value)
