"""Mails leave through a real Postfix, and what comes back is read from a real Dovecot."""

import imaplib
import smtplib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from invoicing.adapters.imap import ImapMailbox
from invoicing.adapters.mail import SmtpMailer
from invoicing.documents.mails import write_mail
from invoicing.documents.renderer import template_folders
from invoicing.documents.templates import Templates
from invoicing.domain.book import Book
from invoicing.domain.dispatch import MessageKind, OutboxRow
from invoicing.domain.holds import HoldKind
from invoicing.domain.letters import Letter
from invoicing.domain.money import Money
from invoicing.domain.states import DraftState, OutboxState
from invoicing.ledger.migrate import migrate
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services import dispatch, review
from invoicing.services.ports import MailText
from invoicing.services.read_mail import read_mail
from tests.mail_round_trip.rig import MX, PASSWORD, Rig, missing, running
from tests.support.services import House, PlainPrinter, a_book, open_house

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "everything is there")

BILLING, LEA, CLIENT = "billing@brightwater.example", "lea@lead.example", "ap@client.example"
TEMPLATES = Path(__file__).resolve().parents[2]


class MailPrinter(PlainPrinter):
    """Prints plain documents, but writes the mails that people really get."""

    def mail(self, letter: Letter) -> MailText:
        """Fill the templates that we ship."""
        return write_mail(Templates(template_folders(TEMPLATES)), letter)


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    """Both servers, for all tests here."""
    with running() as rig:
        yield rig


@pytest.fixture
def house(rig: Rig, tmp_path: Path) -> Iterator[House]:
    """A house whose mails go the real way, in both directions; Lea approves by mail."""
    url = f"sqlite:///{tmp_path}/ledger.db"
    migrate(url)
    ledger = SqlLedger(url)
    house = open_house(ledger)
    trusted = rig.authority.client_context()
    house.s = replace(
        house.s,
        mailer=SmtpMailer(
            host="localhost", port=rig.smtp_port, deadline_seconds=20, ssl_context=trusted
        ),
        mailbox=ImapMailbox(
            host="localhost", port=rig.imap_port, user=BILLING, password=PASSWORD,
            trusted=[MX], sent_folder="INBOX", context=lambda: trusted,
        ),
        renderer=MailPrinter(),
    )  # fmt: skip
    empty(rig, BILLING)
    empty(rig, LEA)
    empty(rig, CLIENT)
    yield house.with_book(_book(CLIENT))
    ledger.close()


def _book(billing_to: str) -> Book:
    book = a_book(approvers=("lea", "finance"))
    lea = replace(
        book.review.approvers["lea"], email=LEA, mail_limits={"EUR": Money.parse("20000.00 EUR")}
    )
    client = replace(book.client("nordwind"), billing_to=(billing_to,))
    return replace(
        book,
        review=replace(book.review, approvers={**book.review.approvers, "lea": lea}),
        clients={**book.clients, client.key: client},
    )


def opened(rig: Rig, person: str) -> imaplib.IMAP4:
    trusted = rig.authority.client_context()
    imap = imaplib.IMAP4_SSL("localhost", rig.imap_port, ssl_context=trusted, timeout=10)
    imap.login(person, PASSWORD)
    imap.select()
    return imap


def empty(rig: Rig, person: str) -> None:
    imap = opened(rig, person)
    if imap.search(None, "ALL")[1][0]:
        imap.store("1:*", "+FLAGS", "\\Deleted")
        imap.expunge()
    imap.logout()


def newest(rig: Rig, person: str) -> EmailMessage:
    """Return the mail that a person got, when it is there."""
    for _ in range(100):
        imap = opened(rig, person)
        numbers = imap.search(None, "ALL")[1][0].split()
        if numbers:
            raw = imap.fetch(numbers[-1].decode(), "(RFC822)")[1][0]
            imap.logout()
            assert isinstance(raw, tuple)
            return message_from_bytes(raw[1], policy=default)
        imap.logout()
        time.sleep(0.1)
    raise AssertionError(f"nothing came; {(rig.folder / 'postfix.log').read_text()[-1500:]}")


def send(rig: Rig, sender: str, mail: EmailMessage) -> None:
    """Write to us as a mail program does."""
    with smtplib.SMTP("localhost", rig.smtp_port, timeout=10) as smtp:
        smtp.starttls(context=rig.authority.client_context())
        smtp.send_message(mail, from_addr=sender, to_addrs=[BILLING])


def reply(to: EmailMessage, words: str, *, sender: str, head: str = "") -> EmailMessage:
    """Answer a mail and quote it, as mail programs do."""
    mail = EmailMessage(policy=default)
    mail["From"], mail["To"] = sender, BILLING
    mail["Subject"] = f"Re: {to['Subject']}"
    mail["In-Reply-To"] = str(to["Message-ID"])
    if head:
        name, _, value = head.partition(": ")
        mail[name] = value
    body = to.get_body(("plain",))
    quoted = "\n".join(f"> {line}" for line in str(body.get_content() if body else "").splitlines())
    mail.set_content(f"{words}\n\nOn Monday, Billing <{BILLING}> wrote:\n{quoted}\n")
    return mail


def until(found: Callable[[], bool], house: House) -> None:
    """Read our mailbox until something is so."""
    for _ in range(100):
        read_mail(house.s)
        if found():
            return
        time.sleep(0.1)
    raise AssertionError("it never came to that")


def row_of(house: House, subject: str, kind: MessageKind) -> OutboxRow:
    with house.s.ledger.read() as work:
        return next(one for one in work.outbox.of_invoices([subject]) if one.kind is kind)


def state(house: House, draft_id: str) -> DraftState:
    with house.s.ledger.read() as work:
        return work.drafts.get([draft_id])[0].state


def asked(house: House, rig: Rig) -> tuple[str, EmailMessage]:
    """Ask Lea by mail; returns the draft and the mail she got."""
    house.win_deal("D-1", "9000.00 EUR")
    (parcel,) = house.plan("run-1")
    request = review.open_review(house.s, parcel)
    assert request is not None
    dispatch.dispatch_due(house.s)
    assert row_of(house, request.draft_id, MessageKind.APPROVAL).state is OutboxState.DONE
    return request.draft_id, newest(rig, LEA)


def test_lea_approves_by_mail_and_the_invoice_leaves_with_the_next_run(
    house: House, rig: Rig
) -> None:
    draft_id, question = asked(house, rig)
    send(rig, LEA, reply(question, "approve", sender=f"Lea Lead <{LEA}>"))
    until(lambda: state(house, draft_id) is DraftState.APPROVED, house)

    (parcel,) = house.plan("run-2")
    assert house.finish(parcel) == [draft_id]
    mail = newest(rig, CLIENT)
    assert str(mail["From"]).endswith(f"<{BILLING}>") or str(mail["From"]) == BILLING
    assert row_of(house, draft_id, MessageKind.INVOICE).state is OutboxState.DONE


@pytest.mark.parametrize(
    "head", ["", f"Authentication-Results: {MX}; dmarc=pass header.from=lead.example"]
)
def test_whoever_only_says_to_be_lea_approves_nothing(house: House, rig: Rig, head: str) -> None:
    draft_id, question = asked(house, rig)
    send(rig, "eve@elsewhere.example", reply(question, "approve", sender=LEA, head=head))
    until(lambda: "mail_answer_refused" in house.open_codes(), house)

    assert state(house, draft_id) is DraftState.AWAITING_REVIEW


def test_a_mail_to_nobody_comes_back_from_the_server_and_is_shown(house: House, rig: Rig) -> None:
    house = house.with_book(_book("nobody@client.example"))
    invoice = house.invoice_of("D-1")
    assert row_of(house, invoice.id, MessageKind.INVOICE).state is OutboxState.DONE

    until(lambda: house.open_codes() == ["mail_bounced"], house)

    assert row_of(house, invoice.id, MessageKind.INVOICE).state is OutboxState.BOUNCED
    with house.s.ledger.read() as work:
        (entry,) = work.exceptions.open_of("mail_bounced")
        (hold,) = work.holds.open_on([invoice.id])[invoice.id]
    assert entry.cause.startswith("5.1.1: there is no such mailbox")
    assert hold.kind is HoldKind.PAUSED


def test_a_client_answers_the_invoice_and_is_not_reminded(house: House, rig: Rig) -> None:
    invoice = house.invoice_of("D-1")
    mail = newest(rig, CLIENT)
    assert [part.get_content_type() for part in mail.iter_attachments()] == ["application/pdf"]

    send(rig, CLIENT, reply(mail, "We never ordered this.", sender=CLIENT))
    until(lambda: house.open_codes() == ["client_replied"], house)

    with house.s.ledger.read() as work:
        (hold,) = work.holds.open_on([invoice.id])[invoice.id]
    assert hold.kind is HoldKind.DISPUTED


def test_a_mail_of_ours_is_found_where_it_was_kept(house: House, rig: Rig) -> None:
    sent = EmailMessage()
    sent["From"], sent["To"] = BILLING, BILLING
    sent["Message-ID"] = f"<{'0a' * 16}@brightwater.example>"
    sent.set_content("a blind copy")
    send(rig, BILLING, sent)
    newest(rig, BILLING)

    assert house.s.mailbox is not None
    assert house.s.mailbox.has_sent(str(sent["Message-ID"])) is True
    assert house.s.mailbox.has_sent(f"<{'0b' * 16}@brightwater.example>") is False
