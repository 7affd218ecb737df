"""Mistakes about mails that go out merged or copied, and about what comes back."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from invoicing.adapters import folders, mail, mime
from invoicing.domain.dispatch import Delivery, OutboxRow, Outcome, Recipients
from invoicing.domain.states import OutboxState
from invoicing.ledger.mailed import MailboxRows
from invoicing.services import (
    bounces,
    credit,
    dispatch,
    follow_up,
    letters,
    mail_answers,
    read_mail,
    reconcile,
    resolve,
)
from invoicing.services.ledger_ports import UnitOfWork
from invoicing.services.ports import Services
from tests.crash.patching import Change, patch
from tests.crash.places import Place


def merged_unchecked(_place: Place) -> None:
    """Of a reminder about several invoices only the first is looked at again."""

    def standings(*facts: Any) -> Iterator[Any]:
        for place, one in enumerate(real(*facts)):
            yield replace(one, reason="") if place else one

    real = patch(letters, "_standings", standings)


def letter_not_reread(_place: Place) -> None:
    """A mail leaves as it was written, whatever changed until it was claimed."""
    written: dict[str, Any] = {}

    def said(s: Services, work: UnitOfWork, row: OutboxRow, token: str) -> Any:
        if work.outbox.writing:  # type: ignore[attr-defined]
            return written.pop(row.id, None) or real(s, work, row, token)
        written[row.id] = real(s, work, row, token)
        return written[row.id]

    real = patch(dispatch, "said", said)
    patch(reconcile, "drop_waiting", lambda *_facts: None)


def bounce_ignored(_place: Place) -> None:
    """A mail that comes back is read, and that is all."""
    patch(bounces, "_come_back", lambda *_facts: "bounced")


def bounce_goes_on(_place: Place) -> None:
    """A client is reminded on where its mails do not arrive."""

    def arrived(work: UnitOfWork, invoices: Mapping[str, Any]) -> set[str]:
        return set(invoices)

    patch(bounces, "_pause", lambda *_facts: None)
    patch(follow_up, "_with_mail_sent", arrived)


def token_lives_on(_place: Place) -> None:
    """A token is good for as many answers as one likes."""
    patch(MailboxRows, "use_tokens", lambda *_facts: None)


def anybody_answers(_place: Place) -> None:
    """Whoever has a token decides, whoever that is."""

    def approver(s: Services, _mail: object, token: Any) -> Any:
        return s.book.review.approvers[token.approver]

    patch(mail_answers, "_approver", approver)


def place_before_effects(_place: Place) -> None:
    """A mail counts as read before what it says was done."""

    def take(s: Services, mailbox: str, received: Any, before: Any, after: Any) -> bool | None:
        with s.write("read_mail") as work:
            if not work.mailboxes.advance(mailbox, before, after):
                return None
        desk = read_mail._Desk(s, mailbox, received, after)
        try:
            with s.write("read_mail") as work:
                return desk.settle(work)
        except mail_answers.AnswerRefusedError as refusal:
            with s.write("refuse_mail") as work:
                return desk.refuse(work, refusal)

    patch(read_mail, "_take", take)


def found_and_sent_again(_place: Place) -> None:
    """A mail of which nobody knows goes again, although it lies among the sent ones."""

    def note_found(s: Services, row: OutboxRow) -> bool:
        with s.write("found_sent") as work:
            moved = work.outbox.resolve(row.id, OutboxState.UNCERTAIN, OutboxState.PENDING)
            decision = "found among the sent mails"
            work.exceptions.close("send_uncertain", row.id, "system", decision, s.clock.now())
            return moved

    patch(resolve, "_note_found", note_found)


def copy_in_place(_place: Place) -> None:
    """A copy is written where readers look for it, bit by bit."""

    def put(self: Any, folder: int, name: str, content: bytes) -> None:
        if name in os.listdir(folder):
            return
        file = os.open(name, os.O_WRONLY | os.O_CREAT, 0o640, dir_fd=folder)
        os.write(file, content[:5])
        self.fault("archive.begin")
        self.fault("archive.written")
        self.fault("archive.synced")
        os.write(file, content[5:])
        os.close(file)
        self.fault("archive.renamed")

    patch(folders.Directory, "_put", put)


def hidden_is_shown(_place: Place) -> None:
    """Who gets a hidden copy stands among those who get one openly."""

    def headers(message: Any, to: Any, cc: Any, at: Any) -> Any:
        return real(message, to, (*cc, *message.recipients.bcc), at)

    real = patch(mime, "_headers", headers)


def hidden_is_forgotten(_place: Place) -> None:
    """Nobody gets a hidden copy."""

    def compose_open(message: Any, *facts: Any) -> Any:
        people = message.recipients
        return real(replace(message, recipients=Recipients(people.to, people.cc)), *facts)

    real = patch(mail, "compose", compose_open)


def others_go_with_the_first(_place: Place) -> None:
    """A reminder about several invoices is dropped when the first of them is paid or void."""

    def standings(*facts: Any) -> Iterator[Any]:
        reason = ""
        for place, one in enumerate(real(*facts)):
            reason = reason or (one.reason if not place else "")
            yield replace(one, reason=one.reason or reason)

    real = patch(letters, "_standings", standings)


def note_of_nobody(_place: Place) -> None:
    """A correction is numbered, and the client does not hear of it."""
    patch(credit, "_announce", lambda *_facts, **_more: None)


def portal_unwritten(_place: Place) -> None:
    """A copy for the portal counts as there, and nobody wrote it."""
    there = Delivery(Outcome.ACCEPTED, "portal", 0, "the files lie in the portal's folder")
    patch(dispatch, "_put", lambda *_facts: there)


MAIL_MUTANTS: Mapping[str, Change] = {
    "merged-unchecked": merged_unchecked,
    "letter-not-reread": letter_not_reread,
    "bounce-ignored": bounce_ignored,
    "bounce-goes-on": bounce_goes_on,
    "token-lives-on": token_lives_on,
    "anybody-answers": anybody_answers,
    "place-before-effects": place_before_effects,
    "found-and-sent-again": found_and_sent_again,
    "copy-in-place": copy_in_place,
    "hidden-is-shown": hidden_is_shown,
    "hidden-is-forgotten": hidden_is_forgotten,
    "others-go-with-the-first": others_go_with_the_first,
    "note-of-nobody": note_of_nobody,
    "portal-unwritten": portal_unwritten,
}
