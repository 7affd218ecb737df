"""Mistakes put into the product on purpose: the programme must find each of them, and soon.

Each is a function that patches the product in a worker before its first schedule; the ledger of
the worker is handed to it for those that need a guard of the database to be gone.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from invoicing.adapters.attempt import Attempt, Phase
from invoicing.adapters.sources.money_in import PaymentReport
from invoicing.domain.dispatch import Delivery, Message, OutboxRow, Outcome
from invoicing.domain.draft import DraftRecord
from invoicing.domain.events import Hint
from invoicing.domain.issue import Invoice, SeriesKey, issue_draft
from invoicing.domain.parcels import ParcelItem
from invoicing.domain.parties import Mode
from invoicing.domain.reconcile import Payment
from invoicing.domain.render import DocumentKind
from invoicing.domain.states import DraftState, InvoiceState, OutboxState
from invoicing.ledger.documents import DocumentRows
from invoicing.ledger.invoices import InvoiceRows
from invoicing.ledger.outbox import OutboxRows
from invoicing.ledger.trail import TrailRows
from invoicing.services import (
    compose,
    correct,
    dispatch,
    draft,
    gate,
    issue,
    letters,
    reconcile,
    render,
    report,
)
from invoicing.services.ledger_ports import Document, Receipt, UnitOfWork
from invoicing.services.ports import Services
from tests.crash import cycle
from tests.crash.mutants_of_mail import MAIL_MUTANTS
from tests.crash.patching import Change, patch
from tests.crash.places import Place

_ACCEPTED = Delivery(Outcome.ACCEPTED, "reply", 250, "2.0.0 kept")


def send_then_mark(_place: Place) -> None:
    """The intent is written together with the result, after the mail is out."""
    held: dict[str, tuple[OutboxRow, str, datetime, datetime]] = {}

    def claim(
        rows: OutboxRows, row: OutboxRow, owner: str, lease_until: datetime, now: datetime
    ) -> bool:
        if rows.get(row.id).state is not OutboxState.PENDING:
            return False
        held[row.id] = row, owner, lease_until, now
        return True

    def finish(rows: OutboxRows, row_id: str, *facts: Any) -> bool:
        return bool(real_claim(rows, *held[row_id]) and real_finish(rows, row_id, *facts))

    real_claim = patch(OutboxRows, "claim", claim)
    real_finish = patch(OutboxRows, "finish", finish)


def mark_then_send(_place: Place) -> None:
    """A message counts as sent as soon as it is claimed."""

    def claim(
        rows: OutboxRows, row: OutboxRow, owner: str, lease_until: datetime, now: datetime
    ) -> bool:
        return bool(
            real_claim(rows, row, owner, lease_until, now)
            and real_finish(rows, row.id, owner, OutboxState.DONE, _ACCEPTED, now)
        )

    real_finish = OutboxRows.finish
    real_claim = patch(OutboxRows, "claim", claim)


def resend_uncertain(_place: Place) -> None:
    """A message that may have arrived is tried again by itself."""

    def finish(rows: OutboxRows, row_id: str, owner: str, after: OutboxState, *facts: Any) -> bool:
        after = OutboxState.PENDING if after is OutboxState.UNCERTAIN else after
        return bool(real(rows, row_id, owner, after, *facts))

    real = patch(OutboxRows, "finish", finish)


def claim_without_compare(_place: Place) -> None:
    """Whoever comes sends, whatever state the message is in by then."""

    def claim(
        rows: OutboxRows, row: OutboxRow, owner: str, lease_until: datetime, now: datetime
    ) -> bool:
        newest = rows.get(row.id)
        if newest.state is not OutboxState.PENDING:
            rows._changed(outbox_id(row.id), {"state": OutboxState.PENDING})
        return bool(real(rows, newest, owner, lease_until, now))

    def outbox_id(row_id: str) -> Any:
        from invoicing.ledger.tables import outbox

        return outbox.c.id == row_id

    patch(OutboxRows, "is_free", lambda *_facts: True)
    real = patch(OutboxRows, "claim", claim)


def number_outside(place: Place) -> None:
    """A number is taken for good before the issue is committed."""
    taken: dict[SeriesKey, Path] = {}
    folder = Path(place.url.removeprefix("sqlite:///")).parent / "numbers"

    def take(rows: InvoiceRows, key: SeriesKey, count: int) -> int:
        real(rows, key, count)
        folder.mkdir(exist_ok=True)
        file = taken.setdefault(key, folder / f"{key.entity}-{key.series}-{key.year}")
        last = int(file.read_text()) if file.exists() else 0
        file.write_text(str(last + count))
        return last + 1

    def empty() -> None:
        for file in folder.glob("*"):
            file.unlink()
        real_empty()

    real = patch(InvoiceRows, "take_numbers", take)
    real_empty = patch(place, "empty", empty)


def new_message_id(_place: Place) -> None:
    """Each attempt has a Message-ID of its own."""

    def message(**facts: Any) -> Message:
        new = {"message_id": f"<{uuid4().hex}@brightwater.example>"}
        return real(**facts | new)  # type: ignore[no-any-return]

    real = patch(compose, "Message", message)


def random_invoice_id(place: Place) -> None:
    """The id of an invoice is made up and not made of what is owed."""

    def issued(*facts: Any, **more: Any) -> Invoice:
        return replace(issue_draft(*facts, **more), id=uuid4().hex)

    for table in ("invoices", "outbox"):
        _without_constraints(place, table, "FOREIGN KEY")
    patch(issue, "issue_draft", issued)


def highest_plus_one(place: Place) -> None:
    """A number is the highest one plus one as it was a moment ago; nothing keeps them unique."""
    seen: dict[SeriesKey, int] = {}

    def issue_drafts(s: Services, items: Sequence[ParcelItem]) -> list[str]:
        seen.clear()
        with s.ledger.read() as work:
            for one in work.invoices.recent(1000):
                seen[one.series] = max(seen.get(one.series, 0), one.sequence)
        time.sleep(0.01)
        return real(s, items)  # type: ignore[no-any-return]

    def take(rows: InvoiceRows, key: SeriesKey, count: int) -> int:
        real_take(rows, key, count)
        first = seen.get(key, 0) + 1
        seen[key] = first + count - 1
        return first

    _without_constraints(place, "invoices", "UNIQUE")
    real = patch(issue, "issue_drafts", issue_drafts)
    real_take = patch(InvoiceRows, "take_numbers", take)


def acknowledge_first(_place: Place) -> None:
    """A hint is acknowledged before it is stored; it is stored with the next step."""
    waiting: list[Hint] = []

    def accept(_s: Services, hint: Hint) -> Receipt:
        waiting.append(hint)
        return Receipt.NEW

    def report_events(s: Services, *facts: Any) -> Any:
        while waiting:
            real(s, waiting[0])
            waiting.pop(0)
        return real_report(s, *facts)

    real = patch(report, "accept_hint", accept)
    real_report = patch(report, "report_events", report_events)


def recover_at_once(_place: Place) -> None:
    """A message that somebody sends counts as left behind, whatever the lease says."""

    def expired(rows: OutboxRows, now: datetime) -> Any:
        return real(rows, now + timedelta(days=365))

    real = patch(OutboxRows, "expired", expired)


def approved_by_state(_place: Place) -> None:
    """Who reaches the issue task is taken to be approved; the ledger is not asked."""

    def claimed(work: UnitOfWork, records: Sequence[DraftRecord]) -> Any:
        for one in records:
            if one.state is not DraftState.APPROVED:
                item = ParcelItem(one.id, one.version)
                work.drafts.move(item, one.state, DraftState.APPROVED)
        return real(work, records)

    patch(issue, "_problem", lambda *_facts: "")
    real = patch(issue, "_claimed", claimed)


def reminder_unchecked(_place: Place) -> None:
    """A reminder that was queued is sent, whatever was paid or held since."""
    patch(letters, "reason_to_wait", lambda *_facts: "")
    patch(reconcile, "drop_waiting", lambda *_facts: None)


def document_overwritten(place: Place) -> None:
    """A document is made anew in every run, looks different, and takes the place of the first."""

    def put(
        rows: DocumentRows, subject: str, version: int, kind: DocumentKind, document: Document
    ) -> bool:
        if kind is DocumentKind.INVOICE:
            rows.connection.exec_driver_sql(
                "DELETE FROM document_links WHERE kind = 'invoice' AND subject = ?", (subject,)
            )
        return bool(real_put(rows, subject, version, kind, document))

    _without_triggers(place, "document_links")
    real_put = patch(DocumentRows, "put", put)
    patch(render, "_has_document", lambda *_facts: False)
    patch(cycle, "MARK", lambda: uuid4().hex)


def late_result_applied(_place: Place) -> None:
    """The result of a sender counts, whoever owns the message by then."""

    def finish(rows: OutboxRows, row_id: str, owner: str, after: OutboxState, *facts: Any) -> bool:
        row = rows.get(row_id)
        if row.state is not OutboxState.SENDING or row.owner != owner:
            rows._changed(_here(row_id), {"state": OutboxState.SENDING, "owner": owner})
        return bool(real(rows, row_id, owner, after, *facts))

    def _here(row_id: str) -> Any:
        from invoicing.ledger.tables import outbox

        return outbox.c.id == row_id

    real = patch(OutboxRows, "finish", finish)


def lost_reply_is_refusal(_place: Place) -> None:
    """A connection that is lost after the final dot counts as not taken, so it is tried again."""
    patch(Attempt, "_unanswered", property(lambda _attempt: Outcome.RETRY))


def some_recipients_do(_place: Place) -> None:
    """A mail goes to those recipients that the server takes, and counts as sent."""

    def address(attempt: Any, wire: Any) -> Any:
        attempt._enter(Phase.MAIL)
        attempt._expect(wire.ask(f"MAIL FROM:<{attempt._envelope.sender}>".encode()), 250)
        for recipient in attempt._envelope.recipients:
            attempt._enter(Phase.RCPT)
            wire.ask(f"RCPT TO:<{recipient}>".encode())
        return iter([wire.ask(b"DATA")])

    patch(Attempt, "_address", address)


def shadow_is_live(_place: Place) -> None:
    """A client that is only to be compared gets numbers and mail."""
    patch(gate.Gate, "mode", lambda *_facts: Mode.LIVE)
    patch(draft, "_close_shadow", lambda *_facts: None)


def payment_by_event(_place: Place) -> None:
    """A payment is known by the event that told of it, so two events make two payments."""

    def to_domain(told: PaymentReport, hint: Hint) -> Payment:
        paid: Payment = real(told, hint)
        return replace(paid, external_id=f"{told.id}-{hint.event_id}")

    real = patch(PaymentReport, "to_domain", to_domain)


def void_followed_up(_place: Place) -> None:
    """Taking an invoice back leaves its messages and reminders as they were, and they are sent."""

    def due(rows: OutboxRows, now: datetime, limit: int) -> list[OutboxRow]:
        query = "SELECT o.id FROM outbox o JOIN invoices i ON i.id = o.invoice_id"
        waiting = rows.connection.exec_driver_sql(
            f"{query} WHERE i.state = 'void' AND o.state = 'pending'"
            " AND o.kind IN ('invoice', 'reminder', 'escalation')"
        )
        return [*real(rows, now, limit), *(rows.get(row.id) for row in waiting)]

    patch(correct, "_drop_messages", lambda *_facts, **_more: None)
    patch(letters, "reason_to_wait", lambda *_facts: "")
    # Nothing looks void to whoever writes or sends a mail.
    nothing_is_void = SimpleNamespace(VOID="never", ISSUED=InvoiceState.ISSUED)
    patch(compose, "InvoiceState", nothing_is_void)
    patch(dispatch, "_stopped", lambda *_facts: None)
    real = patch(OutboxRows, "due", due)


def trail_forgets(_place: Place) -> None:
    """What is told of a subject twice in one step is written without its place in the chain."""

    def chain(rows: TrailRows, subject: str) -> Any:
        entries = real(rows, subject)
        return [replace(one, hash=one.hash[::-1]) if at else one for at, one in enumerate(entries)]

    real = patch(TrailRows, "_chain", chain)


MUTANTS: Mapping[str, Change] = {
    "send-then-mark": send_then_mark,
    "mark-then-send": mark_then_send,
    "resend-uncertain": resend_uncertain,
    "claim-without-compare": claim_without_compare,
    "number-outside": number_outside,
    "new-message-id": new_message_id,
    "random-invoice-id": random_invoice_id,
    "highest-plus-one": highest_plus_one,
    "acknowledge-first": acknowledge_first,
    "recover-at-once": recover_at_once,
    "approved-by-state": approved_by_state,
    "reminder-unchecked": reminder_unchecked,
    "document-overwritten": document_overwritten,
    "late-result-applied": late_result_applied,
    "lost-reply-is-refusal": lost_reply_is_refusal,
    "some-recipients-do": some_recipients_do,
    "shadow-is-live": shadow_is_live,
    "payment-by-event": payment_by_event,
    "trail-forgets": trail_forgets,
    "void-followed-up": void_followed_up,
    **MAIL_MUTANTS,
}


def _without_triggers(place: Place, table: str) -> None:
    found = place.run([f"{_ABOUT.format(table)} AND type = 'trigger'"], "name")
    place.run([f"DROP TRIGGER {name}" for name in found])


def _without_constraints(place: Place, table: str, *begins: str) -> None:
    """Make a table of an empty ledger anew without some of its constraints."""
    (created,) = place.run([f"{_ABOUT.format(table)} AND type = 'table'"], "sql")
    others = place.run([f"{_ABOUT.format(table)} AND type <> 'table'"], "sql")
    lines = [line for line in created.split("\n") if not any(word in line for word in begins)]
    anew = "\n".join(lines).replace(",\n)", "\n)").replace(", \n)", "\n)")
    place.run([f"DROP TABLE {table}", anew, *(one for one in others if one)])


_ABOUT = "SELECT name, sql FROM sqlite_master WHERE tbl_name = '{}'"
