"""Read mail: bounces, answers of approvers and replies of clients, each mail once.

A mail is one transaction: how far the mailbox was read, what the mail was, and what follows from
it. So it may be read again, after a crash or by two readers at once, and nothing happens twice.
"""

from collections.abc import Callable

from invoicing.domain.dispatch import MessageKind, OutboxRow
from invoicing.domain.errors import TransientError
from invoicing.domain.review import SYSTEM
from invoicing.services.bounces import row_named, take_report
from invoicing.services.ledger_ports import MailPosition, MailRecord, MailSort, UnitOfWork
from invoicing.services.mail_answers import (
    AnswerRefusedError,
    draft_asked_about,
    note_refusal,
    take_answer,
)
from invoicing.services.mail_replies import (
    TO_CLIENTS,
    answered,
    invoices_named,
    is_ours,
    show_reply,
    show_unknown,
    show_unread,
    written,
)
from invoicing.services.ports import Mailbox, MailPage, ReceivedMail, Services

_AWAY = "mailbox_unreachable"


def read_mail(s: Services, limit: int = 100) -> list[str]:
    """Read up to ``limit`` new mails; return the digests of those that this reader took."""
    if s.mailbox is None:
        return []
    with s.ledger.read() as work:
        position = work.mailboxes.position(s.mailbox.name)
    page = _page(s, s.mailbox, position, limit)
    if page is None:
        return []
    s.fault("read_mail.page_read")
    taken: list[str] = []
    for received in page.mails:
        after = MailPosition(page.position.validity, received.uid)
        outcome = _take(s, s.mailbox.name, received, position, after)
        if outcome is None:
            return taken  # another reader is ahead, or this one has to wait
        taken += [received.mail.digest] if outcome else []
        position = after
    _move_on(s, s.mailbox.name, position, page.position)
    return taken


def _page(
    s: Services, mailbox: Mailbox, position: MailPosition | None, limit: int
) -> MailPage | None:
    """Read from the mailbox; one that does not answer is shown until it answers again."""
    try:
        page = mailbox.read(position, limit)
    except TransientError as error:
        _show(s, mailbox, str(error))
        return None
    with s.ledger.read() as work:
        told = any(one.closed_at is None for one in work.exceptions.of_subjects([mailbox.name]))
    if told:
        _show(s, mailbox, "")
    return page


def _show(s: Services, mailbox: Mailbox, trouble: str) -> None:
    with s.write("mailbox") as work:
        if trouble:
            work.exceptions.open(_AWAY, mailbox.name, trouble, s.clock.now())
        else:
            work.exceptions.close(_AWAY, mailbox.name, SYSTEM, "it answers again", s.clock.now())


def _move_on(s: Services, mailbox: str, before: MailPosition | None, after: MailPosition) -> None:
    """Remember that what lies before ``after`` was read, where no mail of this page says it."""
    if before != after:
        _at(s, mailbox, before, after, lambda _: False)


def _at(
    s: Services,
    mailbox: str,
    before: MailPosition | None,
    after: MailPosition,
    settle: Callable[[UnitOfWork], bool],
) -> bool | None:
    """Move on and do what is to be done there in one transaction; None if another reader did."""
    with s.write("read_mail") as work:
        return settle(work) if work.mailboxes.advance(mailbox, before, after) else None


def _take(
    s: Services,
    mailbox: str,
    received: ReceivedMail,
    before: MailPosition | None,
    after: MailPosition,
) -> bool | None:
    """Take one mail in; False if it was read before, None when it is not this reader's to take."""
    desk = _Desk(s, mailbox, received, after)
    try:
        return _at(s, mailbox, before, after, desk.settle)
    except TransientError:
        return None
    except Exception as trouble:  # noqa: BLE001 - a mail fails alone, those behind it are read
        with s.write("refuse_mail") as work:
            if not work.mailboxes.advance(mailbox, before, after):
                return None
            return desk.refuse(work, trouble)


class _Desk:
    """One mail, and what follows from it."""

    def __init__(self, s: Services, mailbox: str, received: ReceivedMail, at: MailPosition) -> None:
        self._s, self._mailbox, self._at = s, mailbox, at
        self._mail = received.mail
        self._draft_id = draft_asked_about(s, received.mail)

    def settle(self, work: UnitOfWork) -> bool:
        """Do what the mail asks for, unless it was read before."""
        if self._draft_id:
            work.drafts.claim([self._draft_id])
        if work.mailboxes.is_known(self._mail.digest):
            return False
        record = self._record(*self._sort(work))
        if not work.mailboxes.add(record):
            raise TransientError("another reader is taking the same mail in")
        return True

    def refuse(self, work: UnitOfWork, trouble: Exception) -> bool:
        """Keep a mail that nothing follows from, and show why: its answer does not count, or we
        cannot make anything of it."""
        if not isinstance(trouble, AnswerRefusedError):
            record = self._record(MailSort.UNKNOWN, "", "shown to finance")
        else:
            record = self._record(MailSort.ANSWER, trouble.subject, "refused")
        if not work.mailboxes.add(record):
            return False
        if isinstance(trouble, AnswerRefusedError):
            note_refusal(self._s, work, trouble)
        else:
            show_unread(self._s, work, self._mail.digest, self._place(), trouble)
        return True

    def _sort(self, work: UnitOfWork) -> tuple[MailSort, str, str]:
        """Say what the mail is, what it is about, and what was done about it."""
        s, mail = self._s, self._mail
        if row_named(work, (mail.message_id,)) is not None:
            return MailSort.IGNORED, "", "a copy of a mail of ours"
        if mail.report is not None:
            return MailSort.BOUNCE, *take_report(s, work, mail.report)
        if mail.automatic:
            return MailSort.IGNORED, "", mail.automatic
        row = row_named(work, mail.references)
        about_draft = self._draft_id or self._asked_by(row)
        if about_draft:
            return MailSort.ANSWER, about_draft, take_answer(s, work, mail, about_draft)
        if is_ours(s, mail.sender):
            return MailSort.IGNORED, "", "written by our own people"
        return self._from_client(work, row)

    def _asked_by(self, row: OutboxRow | None) -> str:
        return row.invoice_id if row and row.kind is MessageKind.APPROVAL else ""

    def _from_client(self, work: UnitOfWork, row: OutboxRow | None) -> tuple[MailSort, str, str]:
        s, mail = self._s, self._mail
        named = invoices_named(s, work, mail)
        if row is not None and row.kind in TO_CLIENTS:
            meant = answered(s, work, mail, row, named)
        else:
            meant = written(s, work, mail, named)
        if meant:
            show_reply(s, work, meant, self._place())
            return MailSort.DISPUTE, meant[0], "shown to finance"
        subject = show_unknown(s, work, named, self._place())
        return MailSort.UNKNOWN, subject, "shown to finance" if subject else "about nothing of ours"

    def _place(self) -> str:
        return f"mail {self._at.uid} of {self._mailbox}"

    def _record(self, sort: MailSort, subject: str, outcome: str) -> MailRecord:
        return MailRecord(
            self._mailbox, self._at.validity, self._at.uid, self._mail.message_id,
            self._mail.digest, sort, subject, outcome, self._s.clock.now(),
        )  # fmt: skip
