"""The example company in a real Airflow, with the peers around it and hands to move its world."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from invoicing.adapters.signatures import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from invoicing.domain.issue import Invoice
from invoicing.ledger.clocks import LedgerClock, move_clock
from invoicing.ledger.migrate import migrate
from invoicing.ledger.unit_of_work import SqlLedger
from sandbox.airflow_house import AirflowHouse, running, wait_for
from tests.support.peers import (
    Mailbox,
    ObjectServer,
    connections,
    mail_server,
    object_server,
    webhook_secret,
    words_of,
)

BUSINESS_DAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@dataclass
class Company:
    """A real Airflow, its ledger, and the peers around it."""

    airflow: AirflowHouse
    ledger: SqlLedger
    mailbox: Mailbox
    crm: ObjectServer
    psa: ObjectServer
    accounting: ObjectServer

    def tell(
        self, source: str, kind: str, object_id: str, *, event_id: str = "", **forged: str
    ) -> httpx.Response:
        """Send a signed webhook; ``secret``, ``timestamp`` and ``signature`` may be forged."""
        told = {"event_id": event_id or f"evt-{object_id}", "kind": kind, "object_id": object_id}
        body = json.dumps(told).encode()
        timestamp = forged.get("timestamp") or str(int(time.time()))
        secret = forged.get("secret") or webhook_secret(source)
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP_HEADER: timestamp,
            SIGNATURE_HEADER: forged.get("signature") or sign(secret, timestamp, body),
        }
        url = f"{self.airflow.url}/invoicing/webhooks/{source}"
        return httpx.post(url, content=body, headers=headers, timeout=30)

    def win_deal(
        self, deal_id: str, price: str, client: str = "nordwind", **more: Any
    ) -> httpx.Response:
        """Let the CRM win a deal of one line and tell us."""
        self.crm.win_deal(deal_id, client, price=price, **more)
        return self.tell("crm", "deal_won", deal_id)

    def pay(self, payment_id: str, amount: str, currency: str, reference: str) -> httpx.Response:
        """Let accounting receive a payment and tell us."""
        self.accounting.receive_payment(payment_id, amount, currency, reference)
        return self.tell("accounting", "payment_received", payment_id)

    def invoice_of(self, deal_id: str) -> Invoice | None:
        """Return the invoice of a deal, if it was issued."""
        with self.ledger.read() as work:
            invoices = work.invoices.recent(1000)
        keys = {invoice.id: invoice.content.obligations for invoice in invoices}
        return next(
            (one for one in invoices if any(deal_id in str(key) for key in keys[one.id])), None
        )

    def numbers(self) -> list[str]:
        """Return the numbers of all invoices."""
        with self.ledger.read() as work:
            return sorted(invoice.number for invoice in work.invoices.recent(1000))

    def mails_about(self, number: str) -> int:
        """Count the mails to clients that name an invoice, alone or among others."""
        return sum(number in words_of(mail) for mail in self.mailbox.to_clients())

    def wait_for_mail(self, deal_id: str, seconds: float = 90) -> Invoice:
        """Wait until the invoice of a deal was mailed."""

        def mailed() -> Invoice | None:
            invoice = self.invoice_of(deal_id)
            return invoice if invoice and self.mails_about(invoice.number) else None

        return wait_for(mailed, seconds, f"the mail about {deal_id}")

    def open_codes(self) -> list[str]:
        """Return the codes of the open exceptions."""
        with self.ledger.read() as work:
            return [entry.code for entry in work.exceptions.list_open(1000)]

    def actions(self, subject: str) -> list[str]:
        """Return what the trail says happened to a subject."""
        with self.ledger.read() as work:
            return [entry.action for entry in work.trail.of(subject)]

    def sweep(self, dag_id: str) -> str:
        """Start a run by hand, because the next sweep may be a minute away; return its id."""
        return self.airflow.trigger(dag_id)

    def pass_by(self, days: int) -> None:
        """Move business time on."""
        now = LedgerClock(self.ledger, movable=True).now()
        move_clock(self.ledger, now + timedelta(days=days), movable=True)


@contextmanager
def company_in(home: Path, *, ledger_url: str = "", **options: Any) -> Iterator[Company]:
    """Run the example company in ``home`` on its business day; options are those of `start`."""
    url = ledger_url or f"sqlite:///{home}/ledger.db"
    migrate(url)
    ledger = SqlLedger(url)
    move_clock(ledger, BUSINESS_DAY, movable=True)
    with (
        mail_server() as mailbox,
        object_server("crm") as crm,
        object_server("psa") as psa,
        object_server("accounting") as accounting,
    ):
        peers = connections(mailbox, crm=crm, psa=psa, accounting=accounting)
        with running(home, ledger_url=url, connections=peers, **options) as airflow:
            yield Company(airflow, ledger, mailbox, crm, psa, accounting)
    ledger.close()
