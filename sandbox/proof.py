"""The proof: what is checked about the demo, told as it is checked, and counted."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from invoicing.domain.draft import DraftRecord
from invoicing.domain.issue import Invoice
from invoicing.domain.parties import Channel
from invoicing.domain.states import DraftState
from invoicing.services.ports import Services
from invoicing.services.queries import invoice_story
from invoicing.services.stories import InvoiceStory
from invoicing.services.verify import PROMISES, verify
from sandbox.airflow_house import HouseError, wait_for
from sandbox.client import attachment, mails
from sandbox.expected import Expected
from sandbox.people import People
from sandbox.servers import OUR_DOMAINS
from sandbox.town import Town, say

PATIENCE = 150.0  # seconds; a sweep comes every minute


@dataclass
class Proof:
    """Checks that are told as they are made, and counted."""

    town: Town
    services: Services
    passed: int = 0
    failed: int = 0
    began: float = field(default_factory=time.monotonic)

    @property
    def people(self) -> People:
        """Everybody who may answer a review."""
        return People(self.town.airflow, self.services)

    def check(self, what: str, holds: bool) -> None:
        """Count one check."""
        self.passed += holds
        self.failed += not holds
        took = time.monotonic() - self.began
        say(f"{'ok    ' if holds else 'FAILED'} {took:5.0f} s  {what}")

    def comes(self, what: str, look: Callable[[], object]) -> bool:
        """Wait for something to come true, and count it."""
        try:
            wait_for(look, PATIENCE, what)
        except HouseError:
            self.check(what, False)
            return False
        self.check(what, True)
        return True

    def brings(self, expected: Iterable[Expected], choices: Mapping[str, str]) -> None:
        """Answer reviews until every expected invoice is mailed, and check the amounts.

        ``choices`` are the answers that are no approval, by a part of the question's subject.
        """
        missing = list(expected)

        def all_mailed() -> bool:
            for review, taken in self.people.answer_all(choices):
                self.check(f"answered: {review.subject}", taken)
            for one in [one for one in missing if self.mailed(self.invoice(one))]:
                missing.remove(one)
                self._check_amounts(one)
            return not missing

        try:
            wait_for(all_mailed, PATIENCE, "the invoices")
        except HouseError:
            for one in missing:
                self.check(f"{one.what}: {one.agreement} {one.unit} is mailed", False)

    def invoice(self, expected: Expected) -> Invoice | None:
        """Return the invoice of a thing owed, if there is one."""
        wanted = (expected.agreement, expected.unit)
        for invoice in self.invoices():
            if any((key.agreement, key.unit) == wanted for key in invoice.content.obligations):
                return invoice
        return None

    def invoices(self) -> list[Invoice]:
        """Return all invoices, oldest first."""
        with self.town.ledger.read() as work:
            return work.invoices.recent(1000)[::-1]

    def mails_about(self, number: str) -> list[dict[str, Any]]:
        """Return the mails to clients that name an invoice, oldest first."""
        return [
            mail
            for mail in mails(self.town.sandbox.url)
            if number in mail["subject"] or number in mail["text"]
            if not any(map(_is_ours, mail["recipients"]))
        ]

    def mailed(self, invoice: Invoice | None) -> bool:
        """Tell whether an invoice lies in the mailbox."""
        return invoice is not None and bool(self.mails_about(invoice.number))

    def told_us(self, words: str) -> list[dict[str, Any]]:
        """Return the mails to our own people with these words in their subject or text."""
        return [
            mail
            for mail in mails(self.town.sandbox.url)
            if words in mail["subject"] or words in mail["text"]
            if all(map(_is_ours, mail["recipients"]))
        ]

    def story(self, invoice: Invoice) -> InvoiceStory:
        """Return all the ledger knows about an invoice."""
        return invoice_story(self.services, invoice.id)

    def drafts(self, state: DraftState, client: str) -> list[DraftRecord]:
        """Return the drafts of a client in one state."""
        with self.town.ledger.read() as work:
            found = work.drafts.in_state(state, 1000)
        return [one for one in found if one.draft.client.key == client]

    def open_codes(self) -> list[str]:
        """Return the codes of the open exceptions."""
        with self.town.ledger.read() as work:
            return [entry.code for entry in work.exceptions.list_open(1000)]

    def _check_amounts(self, expected: Expected) -> None:
        invoice = self.invoice(expected)
        if invoice is None:
            return
        totals = invoice.content.totals
        found = (str(totals.gross), str(totals.due))
        wanted = (expected.gross, expected.due or expected.gross)
        left = f", {wanted[1]} of it left to pay" if expected.due else ""
        what = f"{expected.what}: {invoice.number}, {wanted[0]}{left}"
        self.check(what if found == wanted else f"{what} (found {found})", found == wanted)


def _is_ours(address: str) -> bool:
    return address.rpartition("@")[2] in OUR_DOMAINS


def check_ledger(proof: Proof) -> None:
    """Check what must hold whatever happened: documents, promises, and no failed run."""
    proof.comes("every mail carries the stored document", lambda: _documents_agree(proof))
    proof.comes("the archive has every document", lambda: _archive_agrees(proof))
    proof.comes("the portal has what its clients get", lambda: _portal_agrees(proof))
    findings = verify(proof.services)
    for promise, sentence in PROMISES.items():
        broken = any(finding.promise is promise for finding in findings)
        proof.check(f"the ledger holds {promise}: {sentence}", not broken)
    failed = proof.town.airflow.get("/dags/~/dagRuns", state="failed")["total_entries"]
    proof.check("no run failed in Airflow", failed == 0)


def tell_timelines(proof: Proof) -> None:
    """Print the trail of every invoice."""
    for invoice in proof.invoices():
        story = proof.story(invoice)
        say(f"\n{invoice.number}  {story.content.client.name}, {story.content.totals.gross}")
        for entry in story.trail.entries:
            say(f"    {entry.at:%Y-%m-%d %H:%M:%S}  {entry.actor:8} {entry.action}")


def _documents_agree(proof: Proof) -> bool:
    """Compare the first mail about each invoice with the document in the ledger."""
    for invoice in proof.invoices():
        arrived = proof.mails_about(invoice.number)
        if not arrived:
            return False
        content = attachment(proof.town.sandbox.url, arrived[0]["number"])
        if sha256(content).hexdigest() != proof.story(invoice).document:
            return False
    return True


def _portal_agrees(proof: Proof) -> bool:
    """Compare the portal's folder with what went to clients who look there."""
    folder = Path(proof.town.airflow.env["INVOICING_PORTAL"])
    shown = {sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*.pdf")}
    mine = [one for one in proof.invoices() if Channel.PORTAL in one.content.client.channels]
    return bool(mine) and {proof.story(one).document for one in mine} <= shown


def _archive_agrees(proof: Proof) -> bool:
    """Compare the archive with the documents in the ledger."""
    folder = Path(proof.town.airflow.env["INVOICING_STATE"]) / "archive"
    kept = {sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*.pdf")}
    return {proof.story(invoice).document for invoice in proof.invoices()} <= kept
