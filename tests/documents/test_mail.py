"""The mails: the facts a client needs, in the client's language."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from invoicing.documents.renderer import DocumentRenderer
from invoicing.domain.dispatch import MessageKind
from invoicing.domain.errors import SettingsError
from invoicing.domain.money import Money
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
