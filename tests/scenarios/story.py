"""The story of a day: what is new in the ledger and in the postman's bag, line by line."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from invoicing.domain.dispatch import MessageKind, OutboxRow, Outcome
from invoicing.domain.exceptions import ExceptionEntry
from invoicing.domain.issue import Invoice
from invoicing.domain.money import Money
from tests.scenarios.records import Records, named
from tests.support.services import House

_VERBS = {
    MessageKind.INVOICE: "mailed  ",
    MessageKind.REMINDER: "reminded",
    MessageKind.ESCALATION: "escalated",
    MessageKind.CREDIT_NOTE: "mailed  ",
    MessageKind.RECEIPT: "thanked ",
    MessageKind.NOTICE: "told    ",
}


@dataclass
class Account:
    """What was invoiced in one currency, and where it went."""

    invoiced: Decimal = Decimal(0)
    credited: Decimal = Decimal(0)
    written_off: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)
    open: Decimal = Decimal(0)

    def __str__(self) -> str:
        return (
            f"invoiced {self.invoiced}, credited {self.credited},"
            f" written off {self.written_off}, paid {self.paid}, open {self.open}"
        )


@dataclass
class Story:
    """Tells what came about since it was asked before."""

    house: House
    records: Records
    _told: set[str] = field(default_factory=set)
    _mails: int = 0
    _attempts: Counter[str] = field(default_factory=Counter)
    _open: dict[str, ExceptionEntry] = field(default_factory=dict)

    def news(self) -> Iterator[str]:
        """Yield what is new, in the order in which people would tell it."""
        invoices = self.records.invoices()
        yield from self._new_invoices(invoices)
        yield from self._new_mails(invoices)
        yield from self._money(invoices)
        yield from sorted(self._exceptions())  # those of one instant have no order

    def _new_invoices(self, invoices: list[Invoice]) -> Iterator[str]:
        for one in invoices:
            if one.id not in self._told:
                self._told.add(one.id)
                totals = one.content.totals
                less = f", {totals.paid.amount} paid ahead" if totals.paid.amount else ""
                yield (
                    f"invoice  {one.number} to {one.content.client.key} for"
                    f" {named(one.content.obligations)}: {totals.net.amount} +"
                    f" {totals.tax.amount} = {totals.gross}{less}, due {one.due_on}"
                )

    def _new_mails(self, invoices: list[Invoice]) -> Iterator[str]:
        numbers = {one.id: one.number for one in invoices}
        with self.house.s.ledger.read() as work:
            rows = {row.message_id: row for row in work.outbox.of_invoices(list(numbers))}
            notes = work.credits.of_invoices(list(numbers))
        numbers |= {one.note.id: one.note.number for each in notes.values() for one in each}
        sent = self.house.mailer.sent[self._mails :]
        self._mails = len(self.house.mailer.sent)
        for message in sent:
            row = rows[message.message_id]
            people = ", ".join((*message.recipients.to, *message.recipients.cc))
            what = self._said(row, numbers, message.text)
            yield f"{_VERBS[row.kind]} {what} to {people}{self._answer_to(row)}"

    def _said(self, row: OutboxRow, numbers: dict[str, str], text: str) -> str:
        """Say what a mail was about; of a reminder also which invoices were left, and the sum."""
        number = numbers[row.invoice_id]
        match row.kind:
            case MessageKind.INVOICE:
                return number
            case MessageKind.CREDIT_NOTE:
                return f"{numbers[row.plain_step]} of {number}"
            case MessageKind.REMINDER | MessageKind.ESCALATION:
                steps = {row.invoice_id: row.step} | {o.invoice_id: o.step for o in row.about}
                left = ", ".join(f"{steps[one]} about {numbers[one]}" for one in self._claimed(row))
                return f"{left} ({text})"
            case _:
                return f"{row.step} about {number}"

    def _claimed(self, row: OutboxRow) -> Iterator[str]:
        """Yield the invoices that a reminder still was about when it left."""
        with self.house.s.ledger.read() as work:
            for one in row.invoice_ids:
                entries = (e for e in work.trail.of(one) if e.action == "reminder_claimed")
                if any(dict(entry.detail)["message"] == row.id for entry in entries):
                    yield one

    def _answer_to(self, row: OutboxRow) -> str:
        """Say what the mail server said to the next attempt, unless it took the mail."""
        with self.house.s.ledger.read() as work:
            attempts = [
                one for one in work.outbox.attempts(row.invoice_id) if one.outbox_id == row.id
            ]
        self._attempts[row.id] += 1
        outcome = attempts[self._attempts[row.id] - 1].outcome
        return "" if outcome == Outcome.ACCEPTED else f"; {outcome}"

    def _money(self, invoices: list[Invoice]) -> Iterator[str]:
        numbers = {one.id: one.number for one in invoices}
        with self.house.s.ledger.read() as work:
            credits_ = work.credits.of_invoices(list(numbers))
            given_up = work.write_offs.of_invoices(list(numbers))
            paid = {one: work.payments.of_invoice(one) for one in numbers}
        for one, number in numbers.items():
            for payment, part in paid.get(one, []):
                key = f"{payment.external_id} {number}"
                yield from self._once(
                    key, f"payment  {payment.external_id}: {part.amount} on {number}"
                )
            for record in credits_.get(one, []):
                totals = record.note.content.totals
                text = f"{totals.net.amount} + {totals.tax.amount} = {totals.gross}"
                name = record.note.number
                yield from self._once(name, f"credit   {name} of {number}: {text}")
            for index, part_off in enumerate(given_up.get(one, [])):
                text = f"written  {part_off.amount} of {number} off"
                yield from self._once(f"{number} off {index}", text)

    def _once(self, key: str, line: str) -> Iterator[str]:
        if key not in self._told:
            self._told.add(key)
            yield line

    def _exceptions(self) -> Iterator[str]:
        now = {entry.id: entry for entry in self.records.open_entries()}
        for entry_id, entry in self._open.items():
            if entry_id not in now:
                closed = self.records.entry(entry_id)
                yield f"closed   {self._about(entry)} by {closed.closed_by}: {closed.decision}"
        for entry_id, entry in now.items():
            if entry_id not in self._open:
                yield f"opened   {self._about(entry)} for {entry.kind.owner}"
        self._open = now

    def _about(self, entry: ExceptionEntry) -> str:
        return f"{entry.code} about {self.records.name(entry.subject)}"

    def sums(self) -> Iterator[str]:
        """Yield what is open on each invoice, and how the whole of each currency adds up."""
        accounts: dict[str, Account] = {}
        for one in self.records.invoices():
            account = accounts.setdefault(one.content.currency, Account())
            due = one.content.totals.due
            balance = self._account_of(one, account)
            if balance.amount:
                yield f"open     {one.number} {one.content.client.key}: {balance.amount} of {due}"
        for currency, account in sorted(accounts.items()):
            yield f"in all   {currency}: {account}"

    def _account_of(self, invoice: Invoice, account: Account) -> Money:
        """Put an invoice into the account of its currency; return what is open on it."""
        with self.house.s.ledger.read() as work:
            balance = work.payments.balances([invoice.id])[invoice.id]
            parts = work.payments.of_invoice(invoice.id)
            notes = work.credits.of_invoices([invoice.id])[invoice.id]
            given_up = work.write_offs.of_invoices([invoice.id])[invoice.id]
        account.invoiced += invoice.content.totals.due.amount
        account.paid += sum((part.amount.amount for _, part in parts), Decimal(0))
        account.credited += sum((one.note.content.totals.due.amount for one in notes), Decimal(0))
        account.written_off += sum((one.amount.amount for one in given_up), Decimal(0))
        account.open += balance.amount
        return balance
