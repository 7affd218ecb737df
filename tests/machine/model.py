"""What must be true of the ledger, told by plain dicts that know nothing of how it works."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from invoicing.domain.issue import Invoice
from invoicing.domain.parcels import ParcelItem
from invoicing.domain.review import Approval
from invoicing.domain.states import InvoiceState
from invoicing.services.ledger_ports import Ledger
from tests.machine.company import PER_HOUR, gross_of

NOTHING = Decimal(0)
MANY = 100_000


@dataclass
class Thing:
    """Something owed: what it may come to, and whether anything happened that may stop it."""

    client: str
    nets: set[Decimal]
    is_calm: bool = True


@dataclass
class Account:
    """An invoice as a bookkeeper would keep it."""

    due: Decimal
    currency: str
    client: str
    paid: Decimal = NOTHING
    written_off: Decimal = NOTHING
    credited: Decimal = NOTHING
    is_void: bool = False
    holds: set[str] = field(default_factory=set)

    @property
    def open(self) -> Decimal:
        """What is owed on it; below zero it is the client's."""
        owed = NOTHING if self.is_void else self.due - self.credited
        return owed - self.paid - self.written_off

    def credit(self, amount: Decimal) -> None:
        """Take a part back; what was given up of it before is not given up any more."""
        self.credited += amount
        self.written_off -= min(self.written_off, max(NOTHING, -self.open))


@dataclass
class Receipt:
    """Money that came in: how much of it found no invoice yet."""

    amount: Decimal
    currency: str
    reference: str
    unplaced: Decimal = NOTHING


@dataclass
class Facts:
    """All that the machine knows from what it did itself."""

    things: dict[tuple[str, str], Thing] = field(default_factory=dict)
    hours: dict[str, Decimal] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)  # receipts that nobody reconciled yet
    handed_over: Counter[str] = field(default_factory=Counter)  # mails by Message-ID
    resends: Counter[str] = field(default_factory=Counter)  # a person's word, by Message-ID
    said: set[tuple[str, str, str]] = field(default_factory=set)  # draft, login, answer
    lifted: set[str] = field(default_factory=set)  # invoices that somebody wants reminded again
    wrong: list[str] = field(default_factory=list)

    def owe(self, agreement: str, unit: str, client: str, net: Decimal) -> None:
        """Note that something is owed, or that it was told with another amount."""
        thing = self.things.setdefault((agreement, unit), Thing(client, set()))
        if thing.nets - {net}:
            thing.is_calm = False
        thing.nets.add(net)

    def trouble(self, *clients: str) -> None:
        """Note that something happened which may keep the things of some clients back."""
        for thing in self.things.values():
            if not clients or thing.client in clients:
                thing.is_calm = False

    def place(self, key: str, number: str = "") -> None:
        """Place a receipt where its reference, or a person, says."""
        receipt = self.receipts[key]
        account = self.accounts.get(number or receipt.reference)
        if account is None or account.is_void or account.currency != receipt.currency:
            return
        part = max(NOTHING, min(receipt.unplaced, account.open))
        account.paid += part
        receipt.unplaced -= part

    def reconcile(self) -> None:
        """Place what came in since the last time."""
        for key in self.waiting:
            self.place(key)
        self.waiting.clear()


def differences(facts: Facts, ledger: Ledger) -> Iterator[str]:
    """Say what the ledger has otherwise than it must be."""
    with ledger.read() as work:
        invoices = work.invoices.recent(MANY)
        ids = [one.id for one in invoices]
        states = work.invoices.states(ids)
        balances = work.payments.balances(ids)
        items = [ParcelItem(one.id, one.version) for one in invoices]
        reviewed = work.reviews.of_versions(items)
    said = [one for each in reviewed.values() for one in each.approvals if not one.rule]
    for one in invoices:
        totals, client = one.content.totals, one.content.client.key
        account = Account(totals.due.amount, totals.due.currency, client)
        facts.accounts.setdefault(one.number, account)
    live = [one for one in invoices if states[one.id] is InvoiceState.ISSUED]
    yield from _owed_once(invoices, live)
    yield from _amounts(facts, live)
    yield from _numbers(invoices)
    yield from _hours(facts, live)
    yield from _mails(facts)
    yield from _words(facts, said)
    for one in invoices:
        account = facts.accounts[one.number]
        if account.is_void is not (states[one.id] is InvoiceState.VOID):
            yield f"{one.number} is {states[one.id]}, void in the model: {account.is_void}"
        if balances[one.id].amount != account.open:
            yield f"{one.number}: {balances[one.id]} are open, {account.open} in the model"
    yield from facts.wrong


def _owed_once(invoices: Iterable[Invoice], live: Iterable[Invoice]) -> Iterator[str]:
    revisions = Counter((k.agreement, k.unit) for one in invoices for k in one.content.obligations)
    billed = Counter((k.agreement, k.unit) for one in live for k in one.content.obligations)
    for thing, count in billed.items():
        if count > 1:
            yield f"{thing} is on {count} invoices that are not void"
    for one in invoices:
        for key in one.content.obligations:
            if key.revision >= revisions[key.agreement, key.unit]:
                yield f"{key} has a revision without a void invoice before it"


def _amounts(facts: Facts, live: Iterable[Invoice]) -> Iterator[str]:
    for one in live:
        client = one.content.client.key
        if client == "solveig":
            yield f"{one.number} was issued to a client in shadow"
        if client == "meridian":
            continue  # its hours are counted by themselves
        (key,) = one.content.obligations
        thing = facts.things.get((key.agreement, key.unit))
        if thing is None:
            yield f"{one.number} bills {key}, which nobody told of"
        elif (gross := one.content.totals.gross.amount) not in (
            allowed := {gross_of(net, client) for net in thing.nets}
        ):
            yield f"{one.number} comes to {gross}, not to one of {allowed}"


def _numbers(invoices: Iterable[Invoice]) -> Iterator[str]:
    rows: dict[str, list[int]] = {}
    for one in invoices:
        rows.setdefault(str(one.series), []).append(one.sequence)
    for row, numbers in rows.items():
        if sorted(numbers) != list(range(1, len(numbers) + 1)):
            yield f"{row} has the numbers {sorted(numbers)}"


def _hours(facts: Facts, live: Iterable[Invoice]) -> Iterator[str]:
    """Each record is billed once, and what is billed is its hours times the rate."""
    seen: Counter[str] = Counter()
    for one in live:
        if one.content.client.key != "meridian":
            continue
        records = [ref.record_id for line in one.content.lines for ref in line.records]
        seen.update(records)
        net = sum((facts.hours[record] for record in records), NOTHING) * PER_HOUR
        if one.content.totals.net.amount != net:
            yield f"{one.number} comes to {one.content.totals.net}, its hours to {net}"
    yield from (f"{record} is billed {count} times" for record, count in seen.items() if count > 1)


def _words(facts: Facts, approvals: Iterable[Approval]) -> Iterator[str]:
    """Whoever approved said so, in Airflow or in a mail that proves who wrote it."""
    for one in approvals:
        if (one.draft_id, one.decided_by, one.answer) not in facts.said:
            yield f"{one.decided_by} never said {one.answer} to {one.draft_id}"


def _mails(facts: Facts) -> Iterator[str]:
    for message_id, count in facts.handed_over.items():
        if count > 1 + facts.resends[message_id]:
            resends = facts.resends[message_id]
            yield f"{message_id} was handed over {count} times, with {resends} on a person's word"
