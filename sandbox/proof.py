"""The proof: plays finance, the client's bank and the calendar, and checks what became of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256

import httpx

from invoicing.config.settings import settings_from
from invoicing.domain.draft import DraftRecord
from invoicing.domain.issue import Invoice
from invoicing.domain.states import DraftState, MoneyState
from invoicing.ledger.clocks import move_clock
from invoicing.services.ports import Services
from invoicing.services.queries import InvoiceStory, invoice_story
from invoicing.services.verify import PROMISES, verify
from invoicing.wiring import open_services
from sandbox.airflow_house import HouseError, wait_for
from sandbox.client import attachment, mails, pay, send_again, wait_delivered
from sandbox.town import BIG_DEAL, SMALL_DEAL, STRANGE_DEAL, Town, say

DAY_AFTER_DUE = datetime(2026, 12, 3, 10, 0, tzinfo=UTC)
NORDWIND, HARBOR, AURORA = "nordwind", "harbor", "aurora"
_PATIENCE = 150.0  # seconds; a sweep comes every minute


@dataclass
class Proof:
    """Checks that are told as they are made, and counted."""

    town: Town
    services: Services
    passed: int = 0
    failed: int = 0
    began: float = field(default_factory=time.monotonic)

    def check(self, what: str, holds: bool) -> None:
        """Count one check."""
        self.passed += holds
        self.failed += not holds
        took = time.monotonic() - self.began
        say(f"{'ok    ' if holds else 'FAILED'} {took:5.0f} s  {what}")

    def comes(self, what: str, look: Callable[[], object]) -> bool:
        """Wait for something to come true, and count it."""
        try:
            wait_for(look, _PATIENCE, what)
        except HouseError:
            self.check(what, False)
            return False
        self.check(what, True)
        return True

    def invoices(self, client: str) -> list[Invoice]:
        """Return the client's invoices, oldest first."""
        with self.town.ledger.read() as work:
            found = work.invoices.recent(100)
        return [one for one in reversed(found) if one.content.client.key == client]

    def invoice_of(self, deal_id: str) -> Invoice | None:
        """Return the invoice of a deal, if there is one."""
        return next(
            (
                one
                for one in self.invoices(NORDWIND)
                if any(key.unit.startswith(deal_id) for key in one.content.obligations)
            ),
            None,
        )

    def mails_about(self, number: str) -> int:
        """Count the mails that name an invoice."""
        return sum(number in mail["subject"] for mail in mails(self.town.sandbox.url))

    def mailed(self, invoice: Invoice | None) -> bool:
        """Tell whether an invoice lies in the mailbox."""
        return invoice is not None and self.mails_about(invoice.number) > 0

    def story(self, invoice: Invoice) -> InvoiceStory:
        """Return all the ledger knows about an invoice."""
        return invoice_story(self.services, invoice.id)


def prove(town: Town) -> int:
    """Check the whole way; returns 0 if every check passed."""
    environ = {key: text for key, text in town.airflow.env.items() if key.startswith("INVOICING_")}
    proof = Proof(town, open_services(settings_from(environ)))
    _what_needs_nobody(proof)
    _what_needs_somebody(proof)
    _what_comes_twice(proof)
    _what_is_paid(proof)
    _what_time_brings(proof)
    _what_must_hold(proof)
    _tell_timelines(proof)
    say(f"\n{proof.passed} passed, {proof.failed} failed")
    return 1 if proof.failed else 0


def _what_needs_nobody(proof: Proof) -> None:
    proof.comes("the small deal is mailed", lambda: proof.mailed(proof.invoice_of(SMALL_DEAL)))
    proof.comes(
        "Harbor's retainer is mailed", lambda: any(map(proof.mailed, proof.invoices(HARBOR)))
    )
    proof.comes("the strange deal is held", lambda: "unknown_client" in _open_codes(proof))
    proof.check("the strange deal has no invoice", proof.invoice_of(STRANGE_DEAL) is None)


def _what_needs_somebody(proof: Proof) -> None:
    house = proof.town.airflow
    for subject, choice in (("Nordwind", "Approve"), ("Aurora", "Reject")):
        review = house.wait_for_review(subject, seconds=_PATIENCE)
        answer = house.answer(review, choice, "finance", "decided by the demo")
        taken = answer.status_code in {httpx.codes.OK, httpx.codes.CONFLICT}
        proof.check(f"finance answers {choice} about {subject}", taken)
        if choice == "Reject":
            house.finish(review.dag_id, review.run_id)
            states = house.task_states(review.dag_id, review.run_id)
            skipped = states["release.dispatch", review.map_index] == "skipped"
            proof.check("Airflow skips the rejected parcel alone", skipped)
    proof.comes("the approved deal is mailed", lambda: proof.mailed(proof.invoice_of(BIG_DEAL)))
    rejected = [
        one for one in _drafts(proof, DraftState.REJECTED) if one.draft.client.key == AURORA
    ]
    proof.check("the rejected draft is closed, without a number", len(rejected) == 1)
    proof.check("Aurora got no mail", not proof.invoices(AURORA))


def _what_comes_twice(proof: Proof) -> None:
    url = proof.town.sandbox.url
    before = len(mails(url))
    for event_id in proof.town.events:
        send_again(url, event_id)
        wait_delivered(url, event_id)
    numbers = sorted(one.number for client in (NORDWIND, HARBOR) for one in proof.invoices(client))
    proof.check("every webhook again: the same three numbers", numbers == _first_numbers(3))
    proof.check("every webhook again: no further mail", len(mails(url)) == before)


def _what_is_paid(proof: Proof) -> None:
    url = proof.town.sandbox.url
    small, big = proof.invoice_of(SMALL_DEAL), proof.invoice_of(BIG_DEAL)
    if small is None or big is None:
        proof.check("there are invoices to pay", False)
        return
    pay(url, small.number, "1428.00", "EUR")
    pay(url, big.number, "10000.00", "EUR")
    for invoice, state in ((small, MoneyState.PAID), (big, MoneyState.PARTIALLY_PAID)):
        proof.comes(f"{invoice.number} is {state}", partial(_has, proof, invoice, state))


def _what_time_brings(proof: Proof) -> None:
    move_clock(proof.town.ledger, DAY_AFTER_DUE, movable=True)
    small, big = proof.invoice_of(SMALL_DEAL), proof.invoice_of(BIG_DEAL)
    harbor = proof.invoices(HARBOR)[0]
    if small is None or big is None:
        return
    for invoice in (big, harbor):
        what = f"{invoice.number} is reminded of"
        proof.comes(what, partial(_reminded, proof, invoice))
    reminder = next(
        m for m in reversed(mails(proof.town.sandbox.url)) if big.number in m["subject"]
    )
    proof.check("the reminder names the open rest", "12,015.00" in _digits(reminder["text"]))
    proof.check("the paid invoice is not reminded of", proof.mails_about(small.number) == 1)
    proof.comes("December's retainer is mailed", lambda: len(proof.invoices(HARBOR)) == 2)
    proof.comes(
        "December's first invoice to Aurora waits", lambda: proof.town.airflow.reviews("Aurora")
    )


def _what_must_hold(proof: Proof) -> None:
    proof.comes("every mail carries the stored document", lambda: _documents_agree(proof))
    findings = verify(proof.services)
    for promise in PROMISES:
        broken = [finding.where for finding in findings if finding.promise == promise]
        proof.check(f"the ledger holds: {promise}", not broken)
    failed = proof.town.airflow.get("/dags/~/dagRuns", state="failed")["total_entries"]
    proof.check("no run failed in Airflow", failed == 0)


def _tell_timelines(proof: Proof) -> None:
    for client in (NORDWIND, HARBOR):
        for invoice in proof.invoices(client):
            story = proof.story(invoice)
            say(f"\n{invoice.number}  {story.content.client.name}, {story.content.totals.gross}")
            for entry in story.trail.entries:
                say(f"    {entry.at:%Y-%m-%d %H:%M:%S}  {entry.actor:8} {entry.action}")


def _documents_agree(proof: Proof) -> bool:
    """Compare the first mail about each invoice with the document in the ledger."""
    url = proof.town.sandbox.url
    arrived = mails(url)
    for client in (NORDWIND, HARBOR):
        for invoice in proof.invoices(client):
            mail = next((m for m in arrived if invoice.number in m["subject"]), None)
            if mail is None:
                return False
            content = attachment(url, mail["number"])
            if sha256(content).hexdigest() != proof.story(invoice).document:
                return False
    return True


def _first_numbers(count: int) -> list[str]:
    return [f"INV-2026-{number:05d}" for number in range(1, count + 1)]


def _open_codes(proof: Proof) -> list[str]:
    with proof.town.ledger.read() as work:
        return [entry.code for entry in work.exceptions.list_open(100)]


def _drafts(proof: Proof, state: DraftState) -> list[DraftRecord]:
    with proof.town.ledger.read() as work:
        return work.drafts.in_state(state, 100)


def _has(proof: Proof, invoice: Invoice, state: MoneyState) -> bool:
    money = proof.story(invoice).money
    return money is not None and money.state is state


def _reminded(proof: Proof, invoice: Invoice) -> bool:
    return proof.mails_about(invoice.number) == 2


def _digits(text: str) -> str:
    """Read German figures like English ones: the client's language is not what is checked."""
    return text.replace("12.015,00", "12,015.00")
