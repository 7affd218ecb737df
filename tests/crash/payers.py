"""The clients' money: who got an invoice by mail pays, in full, in part, twice, or wrongly."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from random import Random

from invoicing.domain.canonical import fingerprint
from invoicing.domain.dispatch import MessageKind
from invoicing.domain.events import EventKind, Hint
from tests.crash.story import Delivery
from tests.crash.words import OPEN, SUBJECT
from tests.crash.world_mail import Mail

# How a client pays: the parts of what is open, in percent.
_WAYS: tuple[tuple[int, tuple[int, ...]], ...] = (
    (18, ()), (34, (100,)), (12, (40,)), (10, (50, 50)), (8, (100, 100)), (6, (120,)),
    (6, (30, 30, 70)), (2, (-20,)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Paid:
    """Money that was really paid; ``number`` is the invoice it names, if it names one of ours."""

    external_id: str
    amount: Decimal
    currency: str
    number: str


@dataclass
class Payers:
    """All clients and their bank."""

    seed: int
    paid: list[Paid] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)

    def react(self, mails: Iterable[Mail], number: int, today: date) -> dict[str, bytes]:
        """Decide what is paid for invoices that came since; return the bank's new records.

        Each payment is told from a pass on that is not always the next one, perhaps twice.
        """
        objects: dict[str, bytes] = {}
        for mail in mails:
            named, is_open = SUBJECT.search(mail.content), OPEN.search(mail.content)
            if named is None or is_open is None or mail.message_id in self._seen:
                continue
            if named[1].decode() != MessageKind.INVOICE:
                continue
            self._seen.add(mail.message_id)
            random = Random(f"payer {self.seed} {mail.message_id}")
            whole, currency = Decimal(is_open[1].decode()), is_open[2].decode()
            for part in random.choices([w for _, w in _WAYS], [n for n, _ in _WAYS])[0]:
                amount = (whole * part / 100).quantize(Decimal("0.01"))
                said = self._pay(random, amount, currency, named[2].decode(), number)
                objects.update(self._record(said, today))
        return objects

    def _pay(
        self, random: Random, amount: Decimal, currency: str, number: str, now: int
    ) -> tuple[Paid, str]:
        reference, chance = f"invoice {number}", random.random()
        names = number
        if chance < 0.1:
            reference, names = f"invoice {number}0", ""
        elif chance < 0.13:
            currency = "CHF"
        paid = Paid(f"P-{len(self.paid) + 1}", amount, currency, names)
        self.paid.append(paid)
        first = now + random.choice((0, 0, 1, 2))
        for telling in range(random.choice((1, 1, 1, 2))):
            event = f"pay-{paid.external_id}-{telling if random.random() < 0.7 else 0}"
            payload = fingerprint([event, paid.external_id])
            hint = Hint("accounting", event, EventKind.PAYMENT_RECEIVED, paid.external_id, payload)
            self.deliveries.append(Delivery(hint, first + telling))
        return paid, reference

    def _record(self, said: tuple[Paid, str], today: date) -> dict[str, bytes]:
        paid, reference = said
        record = {
            "id": paid.external_id, "amount": str(paid.amount), "currency": paid.currency,
            "received_on": str(today), "reference": reference,
        }  # fmt: skip
        return {f"/accounting/payments/{paid.external_id}": json.dumps(record).encode()}
