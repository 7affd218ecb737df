"""What comes back by mail in the machine, and what a model learns of it once it was read."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from invoicing.domain.dispatch import Message
from invoicing.domain.holds import HoldKind
from invoicing.services.ledger_ports import Ledger
from tests.machine.model import Facts
from tests.machine.post import ANSWERS, PAUSING, PERSON, Back, Letterbox


@dataclass
class Returns:
    """Our mailbox, seen by those who write to us."""

    ledger: Ledger
    facts: Facts
    box: Letterbox = field(default_factory=Letterbox)

    def write(self, message: Message, what: str) -> None:
        """Let somebody write to us about a mail of ours."""
        self.box.put(Back(what, message))

    def read_so_far(self) -> int:
        """Return how many mails were read."""
        with self.ledger.read() as work:
            position = work.mailboxes.position(self.box.name)
        return position.uid if position else 0

    def learn_since(self, before: int) -> Iterator[str]:
        """Note what was read; yield the drafts that somebody rejected."""
        for back in self.box.backs[before : self.read_so_far()]:
            yield from self._learn(back)

    def _learn(self, back: Back) -> Iterator[str]:
        row_id = back.about.message_id[1:].partition("@")[0]
        with self.ledger.read() as work:
            row = work.outbox.get(row_id)
            told = {one.code for one in work.exceptions.of_subjects([row.id, *row.invoice_ids])}
        if back.what == "bounce" and "mail_bounced" not in told:
            self.facts.wrong.append(f"{row.kind} {row.step} came back, and nobody was told")
        if back.what == "objection":
            self._objected(back, told)
        if back.what in ANSWERS:
            self.facts.said.add((row.invoice_id, PERSON, ANSWERS[back.what]))
        if back.what == "rejection":
            yield row.invoice_id

    def _objected(self, back: Back, told: set[str]) -> None:
        if "client_replied" not in told:
            self.facts.wrong.append(f"{back.about.subject} was objected to, and nobody was told")
        for number in back.numbers:
            account = self.facts.accounts[number]
            if not account.is_void:
                account.holds.add(HoldKind.DISPUTED)

    def unanswered(self) -> set[str]:
        """Return the numbers of invoices whose mails came back, and nobody decided about it."""
        with self.ledger.read() as work:
            entries = work.exceptions.open_of("mail_bounced")
            rows = [work.outbox.get(one.subject) for one in entries]
            ids = [one for row in rows if row.kind in PAUSING for one in row.invoice_ids]
            numbers = {one.number for one in work.invoices.get(ids)}
        return numbers - self.facts.lifted
