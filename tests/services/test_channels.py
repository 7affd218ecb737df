"""A document reaches its client in each of its ways, and our own people hear what they want to."""

from contextlib import AbstractContextManager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from threading import current_thread

import pytest

from invoicing.adapters.folders import Directory
from invoicing.domain.credit import LineCredit
from invoicing.domain.dispatch import Delivery, Message, MessageKind
from invoicing.domain.errors import TransientError
from invoicing.domain.exceptions import Action
from invoicing.domain.issue import Invoice
from invoicing.domain.money import Money
from invoicing.domain.parties import Channel, EInvoice, ElectronicAddress
from invoicing.domain.render import AnyPage, Archived, DocumentKind
from invoicing.domain.states import OutboxState
from invoicing.services import attend, correct, dispatch, follow_up, render
from invoicing.services.ports import Document, MailSession, Rendered
from invoicing.services.verify import verify
from tests.services.corrections import WHY, asked, done, notes_of
from tests.support.services import LATER, REFUSED, UNCERTAIN, House, PlainPrinter

MANAGER = "kim@brightwater.example"
PLACE = ElectronicAddress("9930", "DE123456789")
BOTH = (Channel.MAIL, Channel.PORTAL)


ADDRESSED = {"buyer_reference": "04011000-12345-03", "electronic_address": PLACE}


def told(house: House, **changes: object) -> House:
    """Return the house with another kind of client."""
    book = house.s.book
    nordwind = replace(book.clients["nordwind"], **changes)  # type: ignore[arg-type]
    known = {"contact": "Accounts", "phone": "+49 40 123456", "electronic_address": PLACE}
    entities = {key: replace(one, **known) for key, one in book.entities.items()}  # type: ignore[arg-type]
    clients = {**book.clients, "nordwind": nordwind}
    return house.with_book(replace(book, clients=clients, entities=entities))


class WithFiles(PlainPrinter):
    """A renderer that makes the structured files, too."""

    def _one(self, page: AnyPage) -> Rendered:
        rendered = super()._one(page)
        if page.kind in {DocumentKind.PREVIEW, DocumentKind.REMINDER}:
            return rendered
        files = {
            kind: Document(sha256(text).hexdigest(), "application/xml", text, "writer 1")
            for kind, text in ((DocumentKind.CII, b"<cii/>"), (DocumentKind.UBL, b"<ubl/>"))
        }
        return replace(rendered, files=files, note="")


def names(message: Message) -> list[str]:
    return [attachment.name for attachment in message.attachments]


def voided(house: House, invoice: Invoice) -> str:
    """Take an invoice back and render the credit note; return its id."""
    done(house, invoice, Action.VOID)
    (note_id,) = render.render_pending(house.s)
    return note_id


@pytest.mark.parametrize(
    ("asked_for", "expected"),
    [
        (None, []),
        ((), []),
        ((EInvoice.FACTUR_X,), []),
        ((EInvoice.CII,), ["INV-2026-00001.cii.xml"]),
        ((EInvoice.XRECHNUNG,), ["INV-2026-00001.ubl.xml"]),
        (
            (EInvoice.PEPPOL, EInvoice.CII),
            ["INV-2026-00001.cii.xml", "INV-2026-00001.ubl.xml"],
        ),
    ],
)
def test_the_structured_files_that_a_client_asks_for_go_with_the_mail(
    house: House, asked_for: tuple[EInvoice, ...] | None, expected: list[str]
) -> None:
    house = told(house, e_invoice=asked_for, **ADDRESSED)
    house = replace(house, s=replace(house.s, renderer=WithFiles()))

    house.invoice_of("D-1")

    assert names(house.mailer.sent[0]) == ["INV-2026-00001.pdf", *expected]


def test_a_client_with_a_portal_gets_the_files_there_as_well(house: House, tmp_path: Path) -> None:
    house = told(house, channels=BOTH)
    portal = Directory(tmp_path / "portal")
    house = replace(house, s=replace(house.s, portal=portal, renderer=WithFiles()))

    invoice = house.invoice_of("D-1")

    assert house.message_of(invoice.id, way=Channel.PORTAL).state is OutboxState.DONE
    assert {path.name for path in (tmp_path / "portal").rglob("*.*")} == {
        f"INV-2026-00001{ending}" for ending in (".pdf", ".cii.xml", ".ubl.xml")
    }
    assert len(house.mailer.sent) == 1
    assert verify(house.s) == []


def test_without_a_portal_a_person_reads_what_to_do(house: House) -> None:
    house = told(house, channels=(Channel.PORTAL,))

    house.invoice_of("D-1")

    assert house.open_codes() == ["send_failed"]
    with house.s.ledger.read() as work:
        assert "INVOICING_PORTAL" in work.exceptions.list_open(1)[0].cause
    assert house.mailer.sent == []


def test_a_portal_copy_whose_writer_vanished_is_simply_written_again(
    house: House, tmp_path: Path
) -> None:
    class KilledError(BaseException):
        pass

    class Dying:
        def keep(self, copy: Archived) -> None:
            Directory(tmp_path).keep(copy)
            raise KilledError

    house = told(house, channels=(Channel.PORTAL,))
    broken = replace(house, s=replace(house.s, portal=Dying()))
    with pytest.raises(KilledError):
        broken.invoice_of("D-1")
    house.lease_clock.pass_by(seconds=601)
    mended = replace(house.s, portal=Directory(tmp_path))
    dispatch.recover_expired(mended)
    house.lease_clock.pass_by(minutes=6)

    assert len(dispatch.dispatch_due(mended)) == 1
    assert house.open_codes() == []
    assert verify(house.s) == []


def test_a_portal_that_is_away_is_tried_again(house: House, tmp_path: Path) -> None:
    class Away:
        def keep(self, copy: Archived) -> None:
            raise TransientError("the portal is not mounted")

    house = told(house, channels=(Channel.PORTAL,))
    invoice = replace(house, s=replace(house.s, portal=Away())).invoice_of("D-1")
    assert house.message_of(invoice.id, way=Channel.PORTAL).state is OutboxState.PENDING
    house.lease_clock.pass_by(minutes=6)

    assert dispatch.dispatch_due(replace(house.s, portal=Directory(tmp_path)))


def test_a_client_gets_the_credit_note_of_a_void_invoice(house: House) -> None:
    invoice = house.invoice_of("D-1")
    note_id = voided(house, invoice)

    (sent,) = dispatch.dispatch_due(house.s)

    mail = house.mailer.sent[-1]
    assert names(mail) == ["CN-2026-00001.pdf"]
    assert mail.follows == (house.mailer.sent[0].message_id,)
    row = house.message_of(invoice.id, MessageKind.CREDIT_NOTE)
    assert (row.id, row.step) == (sent, note_id)
    assert dispatch.dispatch_due(house.s) == []
    assert verify(house.s) == []


def test_each_part_that_is_credited_has_a_note_and_a_mail_of_its_own(house: House) -> None:
    invoice = house.invoice_of("D-1")
    for amount in ("100.00 EUR", "50.00 EUR"):
        wanted = [LineCredit(1, net=Money.parse(amount))]
        correct.credit_lines(house.s, invoice.id, wanted, WHY, "finance", "lead")
    render.render_pending(house.s)

    dispatch.dispatch_due(house.s)

    sent = sorted(name for mail in house.mailer.sent[1:] for name in names(mail))
    assert sent == ["CN-2026-00001.pdf", "CN-2026-00002.pdf"]
    assert len(notes_of(house, invoice)) == 2


@pytest.mark.parametrize("answer", [LATER, REFUSED])
def test_a_client_who_never_got_the_invoice_gets_no_correction_of_it(
    house: House, answer: object
) -> None:
    house.mailer.answers.append(answer)  # type: ignore[arg-type]
    invoice = house.invoice_of("D-1")
    voided(house, invoice)
    house.lease_clock.pass_by(days=2)

    assert dispatch.dispatch_due(house.s) == []

    assert len(house.mailer.sent) == 1
    assert house.message_of(invoice.id, MessageKind.CREDIT_NOTE).state is OutboxState.FAILED
    assert house.open_codes() == []
    assert verify(house.s) == []


def test_a_client_who_may_have_the_invoice_gets_its_correction(house: House) -> None:
    house.mailer.answers.append(UNCERTAIN)
    invoice = house.invoice_of("D-1")
    voided(house, invoice)

    assert len(dispatch.dispatch_due(house.s)) == 1


def test_a_correction_never_overtakes_its_invoice(house: House) -> None:
    house.mailer.answers.append(LATER)
    invoice = house.invoice_of("D-1")
    wanted = [LineCredit(1, net=Money.parse("100.00 EUR"))]
    correct.credit_lines(house.s, invoice.id, wanted, WHY, "finance", "lead")
    render.render_pending(house.s)
    assert dispatch.dispatch_due(house.s) == []

    house.lease_clock.pass_by(minutes=6)
    dispatch.dispatch_due(house.s)
    dispatch.dispatch_due(house.s)

    assert [names(mail)[0] for mail in house.mailer.sent[1:]] == [
        "INV-2026-00001.pdf",
        "CN-2026-00001.pdf",
    ]


def test_a_credit_note_that_cannot_be_rendered_waits_and_is_shown(house: House) -> None:
    invoice = house.invoice_of("D-1")
    house.printer.broken.add("nordwind")
    done(house, invoice, Action.VOID)
    assert render.render_pending(house.s) == []
    assert house.open_codes() == ["render_failed"]
    assert dispatch.dispatch_due(house.s) == []
    house.printer.broken.clear()

    with house.s.ledger.read() as work:
        (entry,) = work.exceptions.list_open(10)
    attend.act(house.s, entry.id, Action.RENDER_AGAIN, "finance")

    assert house.open_codes() == []
    assert len(dispatch.dispatch_due(house.s)) == 1


def test_the_account_manager_hears_of_an_invoice_when_it_left(house: House) -> None:
    house = told(house, account_manager=MANAGER, tell_account_manager=True)
    house.mailer.answers.append(LATER)
    house.invoice_of("D-1")
    assert dispatch.dispatch_due(house.s) == []

    house.lease_clock.pass_by(minutes=6)
    dispatch.dispatch_due(house.s)
    dispatch.dispatch_due(house.s)

    assert [mail.recipients.to for mail in house.mailer.sent[1:]] == [
        ("rechnung@nordwind.example",),
        (MANAGER,),
    ]
    assert house.mailer.sent[-1].attachments == ()
    assert verify(house.s) == []


def test_a_copy_for_the_account_manager_goes_with_the_mail(house: House) -> None:
    house = told(house, account_manager=MANAGER, copy_account_manager=True, billing_bcc=("b@x.de",))

    house.invoice_of("D-1")

    (mail,) = house.mailer.sent
    assert (mail.recipients.cc, mail.recipients.bcc) == ((MANAGER,), ("b@x.de",))


def test_a_reminder_brings_its_letter_and_the_invoices_it_is_about(house: House) -> None:
    invoice = house.invoice_of("D-1")
    house.clock.pass_by(days=31)
    follow_up.queue_reminders(house.s)

    dispatch.dispatch_due(house.s)

    mail = house.mailer.sent[-1]
    assert [name.partition("-")[0] for name in names(mail)] == ["reminder", "INV"]
    row = house.message_of(invoice.id, MessageKind.REMINDER)
    with house.s.ledger.read() as work:
        kept = work.documents.find(row.id, 1, DocumentKind.REMINDER)
    assert kept is not None
    assert kept.content == mail.attachments[0].content
    assert mail.follows == (house.mailer.sent[0].message_id,)


def test_a_reminder_whose_letter_cannot_be_made_is_shown_and_not_sent(house: House) -> None:
    house.invoice_of("D-1")
    house.clock.pass_by(days=31)
    follow_up.queue_reminders(house.s)
    house.printer.broken.add("nordwind")

    assert dispatch.dispatch_due(house.s) == []

    assert house.open_codes() == ["send_failed"]
    assert len(house.mailer.sent) == 1


def test_a_request_of_nobody_is_dropped_when_its_invoice_goes(house: House) -> None:
    house = told(house, account_manager=MANAGER, tell_account_manager=True)
    invoice = house.invoice_of("D-1")

    done(house, invoice, Action.VOID)

    row = house.message_of(invoice.id, MessageKind.NOTICE)
    assert row.state is OutboxState.FAILED
    assert house.open_codes() == []


class ManyLanes:
    """A mailer with several connections, which tells in which lane each mail went."""

    def __init__(self, house: House, connections: int) -> None:
        self.connections, self._mailer = connections, house.mailer
        self.lanes: dict[str, str] = {}
        self.opened = 0

    def session(self) -> AbstractContextManager[MailSession]:
        self.opened += 1
        return self

    def __enter__(self) -> MailSession:
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def wait(self) -> None:
        """Wait for nothing."""

    def send(self, message: Message) -> Delivery:
        self.lanes[message.message_id] = current_thread().name
        return self._mailer.send(message)


def test_mails_go_over_several_connections_each_once(house: House) -> None:
    house.mailer.answers += [LATER] * 6
    for number in range(6):
        house.invoice_of(f"D-{number}")
    house.lease_clock.pass_by(minutes=6)
    lanes = ManyLanes(house, 3)
    s = replace(house.s, mailer=lanes)

    sent = dispatch.dispatch_due(s)

    assert len(sent) == len(set(sent)) == 6
    assert len(lanes.lanes) == 6
    assert lanes.opened == 3
    assert dispatch.dispatch_due(s) == []
    assert len(house.mailer.sent) == 12
    assert verify(house.s) == []


def test_a_ledger_away_in_one_lane_does_not_lose_the_others(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.mailer.answers += [LATER] * 4
    invoices = [house.invoice_of(f"D-{number}") for number in range(4)]
    house.lease_clock.pass_by(minutes=6)
    claim, failing = dispatch._claim, house.message_of(invoices[0].id).id

    def sometimes(*args: object) -> bool:
        if args[1].id == failing:  # type: ignore[attr-defined]
            raise TransientError("gone")
        return claim(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(dispatch, "_claim", sometimes)
    s = replace(house.s, mailer=ManyLanes(house, 4))
    with pytest.raises(TransientError):
        dispatch.dispatch_due(s)

    states = [house.message_of(one.id).state for one in invoices]
    assert states == [OutboxState.PENDING, *[OutboxState.DONE] * 3]


def test_an_invoice_that_is_taken_back_between_claim_and_mail_is_not_sent(house: House) -> None:
    house.mailer.answers.append(LATER)
    invoice = house.invoice_of("D-1")
    entry = asked(house, invoice)
    house.lease_clock.pass_by(minutes=10)

    def void_then(point: str) -> None:
        if point == "claim.committed":
            attend.act(house.s, entry, Action.VOID, "lead")

    dispatch.dispatch_due(replace(house.s, fault=void_then))
    render.render_pending(house.s)

    assert dispatch.dispatch_due(house.s) == []
    assert len(house.mailer.sent) == 1
