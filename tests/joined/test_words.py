"""What the use cases want to say, in the words of the real templates, as mails that can be sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from invoicing.adapters.mime import compose
from invoicing.documents.mails import write_mail
from invoicing.documents.templates import Templates, template_folders
from invoicing.domain.book import Book
from invoicing.domain.letters import Letter
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services import correct, dispatch, follow_up, reconcile, render, report
from invoicing.services.ports import MailText
from tests.support.ledgers import kind, ledger, migrated_database, migrated_file, url
from tests.support.services import House, PlainPrinter, a_book, open_house

__all__ = ["kind", "ledger", "migrated_database", "migrated_file", "url"]

MANAGER = "dana@brightwater.example"


@dataclass
class Scribe(PlainPrinter):
    """A printer of plain documents that writes mails with the shipped templates."""

    templates: Templates = field(
        default_factory=lambda: Templates(template_folders(Path("/nowhere")))
    )

    def mail(self, letter: Letter) -> MailText:
        """Write the mail as a client would read it."""
        return write_mail(self.templates, letter)


def talkative() -> Book:
    """A book whose client and account manager hear of everything."""
    book = a_book()
    client = replace(
        book.clients["nordwind"],
        language="en",
        account_manager=MANAGER,
        tell_account_manager=True,
        receipts=True,
        billing_bcc=("archive@brightwater.example",),
    )
    return replace(book, clients={**book.clients, client.key: client})


@pytest.fixture
def house(ledger: SqlLedger) -> House:
    opened = open_house(ledger, talkative())
    return replace(opened, s=replace(opened.s, renderer=Scribe()))


def subjects(house: House) -> Sequence[str]:
    """Send what may go now, and return the subjects of what went."""
    before = len(house.mailer.sent)
    render.render_pending(house.s)
    follow_up.follow_up(house.s)
    dispatch.dispatch_due(house.s)
    return [mail.subject for mail in house.mailer.sent[before:]]


def on(house: House, *day: int) -> None:
    year, month, of_month = day
    house.clock.at = datetime(year, month, of_month, 10, tzinfo=UTC)


def read(house: House, start: str) -> list[EmailMessage]:
    """Return the mails whose subject begins so, as their readers get them."""
    return [
        message_from_bytes(compose(mail).content, policy=SMTP)
        for mail in house.mailer.sent
        if mail.subject.startswith(start)
    ]


def test_a_year_of_mails_is_said_in_words(house: House) -> None:
    first, second = house.invoice_of("D-1"), house.invoice_of("D-2")
    assert set(subjects(house)) >= {
        f"Sent: invoice {one.number} to Nordwind Logistik GmbH, EUR 1,428.00"
        for one in (first, second)
    }
    on(house, 2026, 12, 7)
    assert "Reminder: 2 open invoices from Brightwater Systems GmbH" in subjects(house)

    house.pay("P-1", "1428.00 EUR", first.number)
    report.report_payments(house.s)
    reconcile.reconcile_payments(house.s)
    said = subjects(house)
    assert f"Payment received: invoice {first.number} from Brightwater Systems GmbH" in said
    assert [one for one in said if one.startswith("Paid: EUR")]

    correct.ask_correction(house.s, second.id, "wrong scope", "finance")
    correct.void_invoice(house.s, second.id, "lead")
    note = f"Credit note CN-2026-00001 for invoice {second.number} from Brightwater Systems GmbH"
    assert note in subjects(house)
    assert not house.open_codes()


def test_every_mail_says_who_sends_it_and_where_it_belongs(house: House) -> None:
    invoice, _ = house.invoice_of("D-1"), house.invoice_of("D-2")
    on(house, 2026, 12, 7)
    subjects(house)

    bills, (reminder,) = read(house, "Invoice"), read(house, "Reminder")
    assert [one["Subject"] for one in bills if invoice.number in one["Subject"]]
    ids = {one["Message-ID"] for one in bills}
    assert set(reminder["References"].split()) == ids
    assert reminder["In-Reply-To"] in ids
    for mail in (*bills, reminder, *read(house, "Sent")):
        (sender,) = mail["From"].addresses
        assert sender.display_name == "Brightwater Systems GmbH"
        assert "archive@" not in mail.as_string()
    hidden = [mail.recipients.bcc for mail in house.mailer.sent if "Invoice" in mail.subject]
    assert hidden == [("archive@brightwater.example",)] * 2


def test_mails_over_several_connections_go_once_and_say_the_same(house: House) -> None:
    house.mailer.connections = 4
    for deal in range(6):
        house.invoice_of(f"D-{deal}")
    subjects(house)
    ids = [mail.message_id for mail in house.mailer.sent]
    assert len(ids) == len(set(ids)) == 12
