"""A case for every step that reads what came back by mail, or copies documents out."""

from dataclasses import dataclass, field, replace

from invoicing.domain.errors import TransientError
from invoicing.domain.money import Money
from invoicing.domain.render import Archived
from invoicing.domain.review import Approver
from invoicing.services import archive, dispatch, resolve, review
from invoicing.services.read_mail import read_mail
from tests.concurrency.twins import Step
from tests.support.letterbox import OURS, SERVER, HandBox, a_bounce, a_letter, open_box
from tests.support.services import UNCERTAIN, House


def came_back(house: House) -> Step:
    """A mail that was taken comes back."""
    box = open_box(house)
    house.invoice_of("D-1")
    box.mails.append(a_bounce(house.mailer.sent[-1].message_id))
    return read_mail


def objected(house: House) -> Step:
    """A client answers the mail with an invoice."""
    box = open_box(house)
    house.invoice_of("D-1")
    mail = house.mailer.sent[-1]
    box.mails.append(a_letter(mail.recipients.to[0], "That is wrong.\n", mail.message_id))
    return read_mail


def unreachable_box(house: House) -> Step:
    """Our mailbox does not answer."""
    open_box(house).is_away = True
    return read_mail


def _asked_by_mail(house: House) -> tuple[HandBox, str]:
    box = open_box(house)
    person = Approver("finance", email=f"finance@{OURS.partition('@')[2]}",
                      mail_limits={"EUR": Money.parse("50000.00 EUR")})  # fmt: skip
    policy = house.s.book.review
    approvers = {**policy.approvers, "finance": person}
    house.s = replace(
        house.s, book=replace(house.s.book, review=replace(policy, approvers=approvers))
    )
    house.win_deal("D-1", "9000.00 EUR")
    (parcel,) = house.plan("run-1")
    review.open_review(house.s, parcel)
    return box, person.email


def asked_by_mail(house: House) -> Step:
    """A question is mailed to whoever may answer by mail."""
    _asked_by_mail(house)
    return dispatch.dispatch_due


def _answered(house: House, word: str) -> Step:
    box, sender = _asked_by_mail(house)
    assert dispatch.dispatch_due(house.s)
    mail = house.mailer.sent[-1]
    proof = f"{SERVER}; dmarc=pass header.from={sender.partition('@')[2]}"
    text = f"{word}\n\n> {mail.text}\n"
    box.mails.append(a_letter(sender, text, mail.message_id, Authentication_Results=proof))
    return read_mail


def approved_by_mail(house: House) -> Step:
    """An approver answers by mail."""
    return _answered(house, "approve")


def refused_by_mail(house: House) -> Step:
    """An approver's mail says two things at once."""
    return _answered(house, "approve or reject")


def found_among_the_sent(house: House) -> Step:
    """A mail with an unknown outcome lies among the sent ones."""
    box = open_box(house)
    house.mailer.answers.append(UNCERTAIN)
    house.invoice_of("D-1")
    box.sent.add(house.mailer.sent[-1].message_id)
    return resolve.resolve_uncertain


def sent_elsewhere(house: House) -> Step:
    """What came back goes to the client's other address."""
    box = open_box(house)
    invoice = house.invoice_of("D-1")
    box.mails.append(a_bounce(house.mailer.sent[-1].message_id))
    read_mail(house.s)
    client = replace(invoice.content.client, alternate_to=("other@nordwind.example",))
    book = replace(house.s.book, clients={**house.s.book.clients, client.key: client})
    with house.s.ledger.read() as work:
        (entry,) = work.exceptions.open_of("mail_bounced")
    return lambda s: resolve.send_to_other(replace(s, book=book), entry.subject, "finance")


@dataclass
class Shelf:
    """A folder that keeps every copy, or none."""

    kept: list[Archived] = field(default_factory=list)
    is_full: bool = False

    def keep(self, copy: Archived) -> None:
        """Keep a copy."""
        if self.is_full:
            raise TransientError("there is no room left")
        self.kept.append(copy)


def archived(house: House) -> Step:
    """An invoice is copied into the archive."""
    house.invoice_of("D-1")
    return lambda s: archive.archive_pending(replace(s, archive=Shelf()))


def full_archive(house: House) -> Step:
    """For hours nothing can be copied into the archive."""
    house.invoice_of("D-1")
    house.clock.pass_by(hours=3)
    return lambda s: archive.archive_pending(replace(s, archive=Shelf(is_full=True)))


MAIL_CASES = (
    came_back, objected, unreachable_box, asked_by_mail, approved_by_mail, refused_by_mail,
    found_among_the_sent, sent_elsewhere, archived, full_archive,
)  # fmt: skip
