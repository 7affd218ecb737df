"""What failed, came back or is unknown waits for a person; only a proof settles it by itself."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

import pytest

from invoicing.domain.book import Book
from invoicing.domain.dispatch import MessageKind, OutboxRow
from invoicing.domain.errors import RefusedError, StateError, TransientError
from invoicing.domain.exceptions import Action
from invoicing.domain.holds import HoldKind
from invoicing.domain.review import SYSTEM
from invoicing.domain.states import OutboxState
from invoicing.services import attend, dispatch, follow_up, hold, resolve
from invoicing.services.ports import MailPage, MailPosition
from tests.services.corrections import done
from tests.support.services import REFUSED, UNCERTAIN, House, a_book

OTHER = ("buchhaltung@nordwind.example",)


@dataclass
class SentMails:
    """A mailbox in which the tests put what was sent."""

    sent: Collection[str] | None = ()
    failure: TransientError | None = None
    asked: list[str] = field(default_factory=list)
    name: str = "sent mails"

    def read(self, after: MailPosition | None, limit: int) -> MailPage:
        """Find nothing new."""
        return MailPage(after or MailPosition(0, 0), ())

    def has_sent(self, message_id: str) -> bool | None:
        """Tell what the test laid out."""
        self.asked.append(message_id)
        if self.failure:
            raise self.failure
        return None if self.sent is None else message_id in self.sent


def entry_of(house: House, code: str) -> str:
    with house.s.ledger.read() as work:
        (entry,) = [one for one in work.exceptions.list_open(10) if one.code == code]
    return entry.id


def bounced(house: House) -> OutboxRow:
    """Send an invoice and let its mail come back, as reading the mailbox does."""
    invoice = house.invoice_of("D-1")
    row = house.message_of(invoice.id)
    now = house.clock.now()
    with house.s.ledger.write() as work:
        assert work.outbox.resolve(row.id, OutboxState.DONE, OutboxState.BOUNCED)
        work.exceptions.open("mail_bounced", row.id, "5.1.1: no such mailbox", now)
        work.trail.add(invoice.id, "mail_bounced", now, {"message": row.id})
    hold.place_hold(house.s, invoice.id, HoldKind.PAUSED, "its mail came back", SYSTEM)
    return house.message_of(invoice.id)


def holds_on(house: House, invoice_id: str) -> list[HoldKind]:
    with house.s.ledger.read() as work:
        return [one.kind for one in work.holds.open_on([invoice_id])[invoice_id]]


def with_other_address(**changes: object) -> Book:
    book = a_book()
    nordwind = replace(book.clients["nordwind"], **changes)  # type: ignore[arg-type]
    return replace(book, clients={**book.clients, "nordwind": nordwind})


def test_a_mail_that_lies_among_the_sent_ones_is_done(house: House) -> None:
    house.mailer.answers.append(UNCERTAIN)
    invoice = house.invoice_of("D-1")
    row = house.message_of(invoice.id)
    s = replace(house.s, mailbox=SentMails([row.message_id]))

    assert resolve.resolve_uncertain(s) == [row.id]
    assert resolve.resolve_uncertain(s) == []

    assert house.message_of(invoice.id).state is OutboxState.DONE
    assert house.open_codes() == []
    assert house.actions(invoice.id)[-1] == "found_sent"
    assert len(house.mailer.sent) == 1


@pytest.mark.parametrize(
    "mailbox", [SentMails(()), SentMails(None), SentMails(failure=TransientError("away")), None]
)
def test_without_a_proof_nothing_is_settled_and_nothing_is_sent(
    house: House, mailbox: SentMails | None
) -> None:
    house.mailer.answers.append(UNCERTAIN)
    invoice = house.invoice_of("D-1")

    assert resolve.resolve_uncertain(replace(house.s, mailbox=mailbox)) == []

    assert house.message_of(invoice.id).state is OutboxState.UNCERTAIN
    assert house.open_codes() == ["send_uncertain"]
    assert dispatch.dispatch_due(house.s) == []
    assert len(house.mailer.sent) == 1


def test_a_copy_of_the_mail_that_came_back_proves_nothing_about_the_next_one(
    house: House,
) -> None:
    row = bounced(house)
    house.mailer.answers.append(UNCERTAIN)
    resolve.send_again(house.s, row.id, "finance")
    dispatch.dispatch_due(house.s)

    s = replace(house.s, mailbox=SentMails([row.message_id]))
    assert resolve.resolve_uncertain(s) == []

    assert house.message_of(row.invoice_id).state is OutboxState.UNCERTAIN
    assert house.open_codes() == ["send_uncertain"]


def test_a_mail_is_not_looked_for_for_ever(house: House) -> None:
    house.mailer.answers.append(UNCERTAIN)
    house.invoice_of("D-1")
    mailbox = SentMails(())

    house.lease_clock.pass_by(days=4)

    assert resolve.resolve_uncertain(replace(house.s, mailbox=mailbox)) == []
    assert mailbox.asked == []


def test_a_person_who_was_faster_is_right(house: House) -> None:
    house.mailer.answers.append(UNCERTAIN)
    invoice = house.invoice_of("D-1")
    row = house.message_of(invoice.id)

    class Slow(SentMails):
        def has_sent(self, message_id: str) -> bool | None:
            resolve.mark_delivered(house.s, row.id, "finance")
            return True

    assert resolve.resolve_uncertain(replace(house.s, mailbox=Slow())) == []
    assert "found_sent" not in house.actions(invoice.id)


@pytest.mark.parametrize(
    ("action", "after"),
    [
        (Action.SEND_AGAIN, OutboxState.PENDING),
        (Action.MARK_DELIVERED, OutboxState.DONE),
        (Action.SEND_TO_OTHER, OutboxState.BOUNCED),
    ],
)
def test_whatever_is_decided_about_a_mail_that_came_back_ends_the_pause(
    house: House, action: Action, after: OutboxState
) -> None:
    house = house.with_book(with_other_address(alternate_to=OTHER))
    row = bounced(house)
    assert holds_on(house, row.invoice_id) == [HoldKind.PAUSED]

    attend.act(house.s, entry_of(house, "mail_bounced"), action, "finance")

    with house.s.ledger.read() as work:
        assert work.outbox.get(row.id).state is after
    assert holds_on(house, row.invoice_id) == []
    assert house.open_codes() == []


def test_a_pause_that_a_person_asked_for_stays(house: House) -> None:
    row = bounced(house)
    hold.lift_hold(house.s, row.invoice_id, HoldKind.PAUSED, "finance")
    hold.place_hold(house.s, row.invoice_id, HoldKind.PAUSED, "they asked for time", "finance")

    attend.act(house.s, entry_of(house, "mail_bounced"), Action.MARK_DELIVERED, "finance")

    assert holds_on(house, row.invoice_id) == [HoldKind.PAUSED]


def test_the_same_goes_to_the_other_address_as_a_message_of_its_own(house: House) -> None:
    house = house.with_book(with_other_address(alternate_to=OTHER))
    row = bounced(house)

    attend.act(house.s, entry_of(house, "mail_bounced"), Action.SEND_TO_OTHER, "finance")
    (sent,) = dispatch.dispatch_due(house.s)

    first, second = house.mailer.sent
    assert second.recipients.to == OTHER
    assert second.message_id != first.message_id
    assert second.attachments == first.attachments
    with house.s.ledger.read() as work:
        assert work.outbox.get(sent).step == "issue~to2"
        assert work.outbox.get(row.id).state is OutboxState.BOUNCED


def test_no_address_is_tried_twice(house: House) -> None:
    house = house.with_book(with_other_address(alternate_to=OTHER))
    bounced(house)
    attend.act(house.s, entry_of(house, "mail_bounced"), Action.SEND_TO_OTHER, "finance")
    house.mailer.answers.append(REFUSED)
    dispatch.dispatch_due(house.s)

    with pytest.raises(RefusedError, match="no other address"):
        attend.act(house.s, entry_of(house, "send_failed"), Action.SEND_TO_OTHER, "finance")


def test_reminders_go_where_the_invoice_arrived(house: House) -> None:
    house = house.with_book(with_other_address(alternate_to=OTHER))
    row = bounced(house)
    attend.act(house.s, entry_of(house, "mail_bounced"), Action.SEND_TO_OTHER, "finance")
    dispatch.dispatch_due(house.s)
    with house.s.ledger.read() as work:
        (invoice,) = work.invoices.get([row.invoice_id])

    house.clock.pass_by(days=(invoice.due_on - invoice.issued_on).days + 4)
    follow_up.follow_up(house.s)

    assert house.mailer.sent[-1].subject.startswith("reminder")
    assert house.mailer.sent[-1].recipients.to == OTHER


def test_an_address_that_was_corrected_counts_as_the_other_one(house: House) -> None:
    house.mailer.answers.append(REFUSED)
    house.invoice_of("D-1")
    house = house.with_book(with_other_address(billing_to=OTHER, billing_cc=("cfo@x.example",)))

    attend.act(house.s, entry_of(house, "send_failed"), Action.SEND_TO_OTHER, "finance")
    dispatch.dispatch_due(house.s)

    assert house.mailer.sent[-1].recipients.to == OTHER
    assert house.mailer.sent[-1].recipients.cc == ("cfo@x.example",)


def test_what_is_sent_again_goes_to_the_same_address(house: House) -> None:
    row = bounced(house)
    house = house.with_book(with_other_address(billing_to=OTHER))

    attend.act(house.s, entry_of(house, "mail_bounced"), Action.SEND_AGAIN, "finance")
    dispatch.dispatch_due(house.s)

    assert house.mailer.sent[-1].recipients == row.recipients
    assert house.mailer.sent[-1].recipients.to != OTHER


def test_without_another_address_nothing_is_sent_and_the_entry_stays(house: House) -> None:
    row = bounced(house)

    with pytest.raises(RefusedError, match="no other address of nordwind"):
        attend.act(house.s, entry_of(house, "mail_bounced"), Action.SEND_TO_OTHER, "finance")

    assert house.open_codes() == ["mail_bounced"]
    assert holds_on(house, row.invoice_id) == [HoldKind.PAUSED]


def test_two_people_at_once_decide_once(house: House) -> None:
    house = house.with_book(with_other_address(alternate_to=OTHER))
    row = bounced(house)
    resolve.send_to_other(house.s, row.id, "finance")

    for late in (resolve.send_to_other, resolve.send_again, resolve.mark_delivered):
        with pytest.raises(StateError, match="nobody has to decide"):
            late(house.s, row.id, "lead")

    assert len(dispatch.dispatch_due(house.s)) == 1


def test_nothing_of_a_void_invoice_goes_to_another_address(house: House) -> None:
    house = house.with_book(with_other_address(alternate_to=OTHER))
    row = bounced(house)
    with house.s.ledger.read() as work:
        (invoice,) = work.invoices.get([row.invoice_id])

    done(house, invoice, Action.VOID)

    assert house.open_codes() == []
    with pytest.raises(StateError, match="void; it is not sent again"):
        resolve.send_to_other(house.s, row.id, "finance")


def test_mail_to_our_own_people_is_mended_in_the_config(house: House) -> None:
    book = with_other_address(account_manager="kim@b.example", tell_account_manager=True)
    house = house.with_book(book)
    invoice = house.invoice_of("D-1")
    house.mailer.answers.append(REFUSED)
    dispatch.dispatch_due(house.s)
    assert house.message_of(invoice.id, MessageKind.NOTICE).state is OutboxState.FAILED

    with pytest.raises(RefusedError, match="our own people"):
        attend.act(house.s, entry_of(house, "send_failed"), Action.SEND_TO_OTHER, "finance")
