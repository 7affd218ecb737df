"""The world of the machine: services over a real ledger, and all that can happen to them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal

from invoicing.domain.credit import LineCredit
from invoicing.domain.errors import InvoicingError, TransientError
from invoicing.domain.events import BillingEvent, Claim, EventKind, Hint
from invoicing.domain.exceptions import Action, ExceptionEntry
from invoicing.domain.holds import HoldKind
from invoicing.domain.issue import Invoice
from invoicing.domain.money import Money
from invoicing.domain.reconcile import Payment
from invoicing.domain.review import Answer, ReviewRequest, option
from invoicing.domain.rules import Model
from invoicing.domain.states import InvoiceState
from invoicing.domain.work import TimeEntry, WorkItem
from invoicing.services import (
    attend,
    correct,
    dispatch,
    follow_up,
    hold,
    issue,
    read_mail,
    reconcile,
    render,
    report,
    review,
)
from invoicing.services.faults import FaultError
from invoicing.services.gate import park
from invoicing.services.ledger_ports import Ledger
from invoicing.services.ports import no_faults
from tests.machine.company import (
    CONFIGS,
    DEPOSIT_PERCENT,
    FEE,
    SHARES,
    TOTAL,
    gross_of,
    the_book,
)
from tests.machine.model import MANY, Facts, Receipt
from tests.machine.peers import PostOffice, killed_at
from tests.machine.post import Printer
from tests.machine.returns import Returns
from tests.scenarios.town import Sources
from tests.support.services import House, a_hint, open_house

MODELS = (Model.DEAL, Model.MILESTONE, Model.RETAINER, Model.ONE_OFF)
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Asked:
    """A question that stands in Airflow: its run lives until it is answered."""

    parcel: str
    run_id: str
    request: ReviewRequest


@dataclass
class World:
    """The house, the outside, and the facts that a model of plain dicts is told."""

    ledger: Ledger
    note: Callable[[str], None]
    facts: Facts = field(default_factory=Facts)
    hints: list[Hint] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    parcels: list[str] = field(default_factory=list)
    asked: dict[str, Asked] = field(default_factory=dict)  # by draft and version
    config: str = CONFIGS[0]
    is_off: bool = False
    said: int = 0

    def __post_init__(self) -> None:
        house = open_house(self.ledger, the_book(self.config))
        self.sources, self.post = Sources(), PostOffice(self.facts, self._parked)
        self.returns, printer = Returns(self.ledger, self.facts), Printer()
        self.post.came_back = self.returns.unanswered
        s = replace(house.s, sources=self.sources, mailer=self.post, renderer=printer)
        s = replace(s, mailbox=self.returns.box)
        self.house: House = replace(house, s=s, sources=self.sources, printer=printer)
        self.configure(self.config)

    def begin(self) -> None:
        """Bill a little of everything, as a company that has been at work for a while."""
        for net in ("1200.00", "333.33"):
            self.win_deal("nordwind", Decimal(net))
        self.sign_contract()
        self.reach("concept")
        self.log_hours(Decimal(8))
        self.run_all()

    # -- what the sources tell

    def tell(self, event: BillingEvent, event_id: str) -> None:
        """Let a source tell of an object of its own."""
        address = f"{event.kind}/{event.subject}"
        self.sources.objects[address] = event
        self.hint(a_hint(address, event.kind, event.source, event_id))

    def hint(self, hint: Hint) -> None:
        """Deliver a webhook."""
        report.accept_hint(self.house.s, hint)
        if hint not in self.hints:
            self.hints.append(hint)

    def win_deal(self, client: str, net: Decimal) -> None:
        """Let the CRM tell of a deal."""
        deal = f"D-{len(self.hints) + 1}"
        self.tell(self._deal(client, deal, net), f"won-{deal}")
        self.facts.owe(f"{client}-projects", deal, client, net)
        self._notice_config(client)

    def _deal(self, client: str, deal: str, net: Decimal) -> BillingEvent:
        line = WorkItem(
            "crm", f"{deal}/1", "Set-up", Decimal(1), "piece", Money(net, "EUR"), "standard"
        )  # fmt: skip
        return BillingEvent("crm", "", EventKind.DEAL_WON, client, "", deal, self.today, (line,))

    def change_deal(self, address: str, net: Decimal) -> None:
        """Change a deal where it is kept; whoever reads it from now on reads this."""
        old = self.sources.objects[address]
        assert isinstance(old, BillingEvent)
        self.sources.objects[address] = self._deal(old.client, old.subject, net)
        self.facts.owe(f"{old.client}-projects", old.subject, old.client, net)

    def deals(self) -> list[str]:
        """Return the addresses of all deals."""
        return [address for address in self.sources.objects if address.startswith("deal_won/")]

    def sign_contract(self) -> None:
        """Let the project's contract be signed, as often as anybody likes."""
        claim = Claim("esign", "total", Money(TOTAL, "EUR"))
        event = self._of_project(EventKind.DOCUMENT_SIGNED, "S-501", "esign")
        self.tell(replace(event, claims=(claim,)), f"signed-{len(self.hints)}")
        net = TOTAL * DEPOSIT_PERCENT / 100
        self.facts.owe("kestrel-portal", "S-501:deposit", "kestrel", net)
        self._notice_late_deposit()

    def reach(self, milestone: str) -> None:
        """Let a milestone be done, or done again."""
        event = self._of_project(EventKind.MILESTONE_DONE, milestone, "psa")
        self.tell(event, f"done-{milestone}-{len(self.hints)}")
        net = TOTAL * SHARES[milestone] / 100
        self.facts.owe("kestrel-portal", milestone, "kestrel", net)
        self._notice_late_deposit()

    def _notice_late_deposit(self) -> None:
        """A deposit comes too late when the whole project may have been billed."""
        things = self.facts.things
        deposit = things.get(("kestrel-portal", "S-501:deposit"))
        if deposit and all(("kestrel-portal", key) in things for key in SHARES):
            deposit.is_calm = False

    def _of_project(self, kind: EventKind, subject: str, source: str) -> BillingEvent:
        return BillingEvent(source, "", kind, "kestrel", "kestrel-portal", subject, self.today, ())

    def ask_one_off(self, net: Decimal, login: str) -> None:
        """Let a colleague fill in the form."""
        form = f"form-{len(self.facts.things) + 1}"
        event = self._deal("nordwind", form, net)
        event = replace(
            event,
            source="form",
            event_id=form,
            kind=EventKind.ONE_OFF_REQUESTED,
            agreement="nordwind-projects",
            reported_by=login,
        )
        report.report_request(self.house.s, event)
        self.facts.owe("nordwind-projects", form, "nordwind", net)
        self._notice_config("nordwind")

    def log_hours(self, hours: Decimal) -> None:
        """Let somebody write down hours of today."""
        record = f"MD-{len(self.facts.hours) + 1}"
        entry = TimeEntry("psa", record, "Work", "Ada", "engineer", self.today, hours * 60)
        before = self.sources.work.get("meridian-data", ())
        self.sources.work["meridian-data"] = (*before, entry)
        self.facts.hours[record] = hours

    # -- what Airflow runs

    def run(self, model: Model, run_id: str = "") -> None:
        """Run a billing DAG up to its questions, and those of its tasks that ask nobody."""
        if not run_id:
            run_id = f"run-{len(self.runs) + 1}"
            self.runs.append(run_id)
        if model is Model.RETAINER:
            self._note_periods()
        living = {one.run_id for one in self.asked.values()}
        over = [one for one in self.runs if one not in living]
        for parcel in self.house.plan(run_id, model, *over):
            self.parcels.append(parcel)
            self.release(parcel, run_id)

    def run_all(self) -> None:
        """Run every DAG once."""
        for model in MODELS:
            self.run(model)
        self.receive()
        self.follow_up()

    def release(self, parcel: str, run_id: str) -> None:
        """Carry one parcel as far as it goes without a person."""
        if request := review.open_review(self.house.s, parcel):
            name = f"{request.draft_id} v{request.version}"
            self.asked[name] = Asked(parcel, run_id, request)
        else:
            self.house.finish(parcel)

    def step_again(self, parcel: str, step: str) -> None:
        """Clear one task of a parcel: the same step again, with the ids it had."""
        steps: dict[str, Callable[[], object]] = {
            "review": lambda: review.open_review(self.house.s, parcel),
            "issue": lambda: issue.issue_parcel(self.house.s, parcel),
            "render": lambda: render.render_parcel(self.house.s, parcel),
            "dispatch": lambda: dispatch.dispatch_parcel(self.house.s, parcel),
        }
        steps[step]()

    def _note_periods(self) -> None:
        """Note the months that the retainer is owed for by today."""
        month = date(2026, 11, 1)
        while month <= self.today:
            self.facts.owe("harbor-support", str(month), "harbor", FEE)
            month = (month + timedelta(days=32)).replace(day=1)

    def receive(self) -> None:
        """Run the DAG of payments."""
        report.report_payments(self.house.s)
        reconcile.reconcile_payments(self.house.s)
        if not self.is_off:
            self.facts.reconcile()

    def follow_up(self) -> None:
        """Run the DAG of reminders."""
        follow_up.follow_up(self.house.s)

    @contextmanager
    def killing(self, visit: int) -> Iterator[None]:
        """Let the worker inside be killed at its n-th fault point, if it comes so far."""
        alive = self.house
        fault = killed_at(visit, self.note) if visit else no_faults
        self.house = replace(alive, s=replace(alive.s, fault=fault))
        self.post.fault = fault
        try:
            yield
        except FaultError:
            pass
        finally:
            self.house, self.post.fault = alive, no_faults

    # -- what our people do

    def answer(self, name: str, answer: Answer, login: str) -> None:
        """Let a person answer a question; Airflow's run goes on with what was said."""
        asked = self.asked.pop(name)
        self.facts.said.add((asked.request.draft_id, login, answer))
        label = option(answer, asked.request.version, asked.request.content_hash)
        try:
            review.answer_review(self.house.s, asked.parcel, label, login)
        except InvoicingError as error:
            self.note(str(error))
            return
        if answer is not Answer.APPROVE:
            self._trouble_of(asked.request.draft_id)
        self.house.finish(asked.parcel)

    def author_of(self, name: str) -> str:
        """Return who made the draft that a question is about."""
        with self.ledger.read() as work:
            (record,) = work.drafts.get([self.asked[name].request.draft_id])
        return record.author

    def time_out(self, name: str) -> None:
        """Let nobody answer in time."""
        review.expire_review(self.house.s, self.asked.pop(name).parcel)

    def _trouble_of(self, draft_id: str) -> None:
        with self.ledger.read() as work:
            (record,) = work.drafts.get([draft_id])
        self.facts.trouble(record.draft.client.key)

    def entries(self) -> list[ExceptionEntry]:
        """Return the queue of exceptions."""
        with self.ledger.read() as work:
            return work.exceptions.list_open(MANY)

    def attend(self, entry: ExceptionEntry, action: Action, login: str, word: str = "") -> None:
        """Let a person act from the queue; what is refused changes nothing."""
        effect = self._effect_of(entry, action, word)
        try:
            done = attend.act(self.house.s, entry.id, action, login, word)
        except InvoicingError as error:
            self.note(f"{action} on {entry.code}: {error}")
            return
        self.note(f"{action} on {entry.code}: {done}")
        effect()

    def _effect_of(self, entry: ExceptionEntry, action: Action, word: str) -> Callable[[], None]:
        """Say what an action changes in the model, looked up before it is carried out."""
        facts = self.facts
        invoice = self.invoice(entry.subject)
        match action:
            case Action.SEND_AGAIN:
                return lambda: self._resent(entry.subject)
            case Action.VOID | Action.CORRECT if invoice:
                return lambda: self._voided(invoice)
            case Action.WRITE_OFF if invoice:
                return lambda: self._written_off(invoice)
            case Action.LIFT_HOLD if invoice:
                return lambda: facts.accounts[invoice.number].holds.discard(HoldKind.DISPUTED)
            case Action.PLACE:
                return lambda: facts.place(entry.subject.partition(":")[2], word)
            case _:
                return lambda: None if action is Action.ACKNOWLEDGE else facts.trouble()

    def _resent(self, outbox_id: str) -> None:
        with self.ledger.read() as work:
            self.facts.resends[work.outbox.get(outbox_id).message_id] += 1

    def _voided(self, invoice: Invoice) -> None:
        account = self.facts.accounts[invoice.number]
        account.is_void, account.written_off = True, Decimal(0)
        account.holds.clear()
        self.facts.trouble(account.client)

    def _written_off(self, invoice: Invoice) -> None:
        account = self.facts.accounts[invoice.number]
        account.written_off += max(account.open, Decimal(0))

    def ask(self, what: str, invoice: Invoice, login: str) -> None:
        """Let a person ask another one for a correction or a write-off."""
        asks = {"correction": correct.ask_correction, "write-off": correct.ask_write_off}
        try:
            asks[what](self.house.s, invoice.id, "it is wrong", login)
        except InvoicingError as error:
            self.note(str(error))

    def settle_otherwise(self, invoice: Invoice, what: str) -> None:
        """Let an invoice be paid, held, taken back, or its client be parked."""
        client = invoice.content.client.key
        if what == "paid":
            self.pay(invoice, "exact")
            self.receive()
        elif what == "held":
            self.hold(HoldKind.PAUSED, invoice, "finance")
        elif what == "parked":
            with self.ledger.write() as work:
                park(self.house.s, work, client, "somebody has to look")
            self.facts.trouble(client)
        else:
            self.ask("correction", invoice, "finance")
            for entry in self.entries():
                if (entry.code, entry.subject) == ("correction_asked", invoice.id):
                    self.attend(entry, Action.VOID, "lead")

    def credit_half(self, invoice: Invoice, asked_by: str, login: str) -> None:
        """Let two people take back half of the first line; the note says what that comes to."""
        line = invoice.content.lines[0]
        half = Money((line.net.amount / 2).quantize(_CENT, ROUND_DOWN), line.net.currency)
        wanted = [LineCredit(line.position, net=half)]
        self.said += 1  # the same words again would be the same request
        reason = f"half of it, said for the {self.said}. time"
        s = self.house.s
        try:
            number = correct.credit_lines(s, invoice.id, wanted, reason, asked_by, login)
        except InvoicingError as error:
            self.note(str(error))
            return
        with self.ledger.read() as work:
            record = work.credits.by_number(number)
        assert record is not None
        totals, account = record.note.content.totals, self.facts.accounts[invoice.number]
        expected = gross_of(half.amount, account.client)
        if abs(totals.gross.amount - expected) > _CENT:
            self.facts.wrong.append(f"{number} comes to {totals.gross}, not to {expected}")
        if self.is_void(invoice):
            self._voided(invoice)
        else:
            account.credit(totals.due.amount)

    def hold(self, kind: HoldKind, invoice: Invoice, login: str) -> None:
        """Let a person hold an invoice."""
        try:
            hold.place_hold(self.house.s, invoice.id, kind, "a reason", login)
        except InvoicingError as error:
            self.note(str(error))
        else:
            self.facts.accounts[invoice.number].holds.add(kind)

    def lift(self, kind: HoldKind, invoice: Invoice, login: str) -> None:
        """Let a person lift a hold."""
        hold.lift_hold(self.house.s, invoice.id, kind, login)
        self.facts.accounts[invoice.number].holds.discard(kind)
        if kind is HoldKind.PAUSED:
            self.facts.lifted.add(invoice.number)

    def configure(self, name: str) -> None:
        """Edit config/."""
        self.config = name
        self.house = self.house.with_book(the_book(name))
        for client in {thing.client for thing in self.facts.things.values()}:
            self._notice_config(client)

    def _notice_config(self, client: str) -> None:
        if self.config == "tight bounds":
            self.facts.trouble()
        if self.config == "nordwind off" and client == "nordwind":
            self.facts.trouble(client)

    # -- money and time

    def pay(self, invoice: Invoice, how: str) -> str:
        """Let a client pay; return the id of the payment."""
        account = self.facts.accounts[invoice.number]
        amounts = {
            "partial": (account.open / 2).quantize(_CENT, ROUND_DOWN),
            "over": account.open + 10,
        }
        amount = max(_CENT, amounts.get(how, account.open))
        currency = account.currency
        if how == "wrong currency":
            currency = "USD" if currency == "EUR" else "EUR"
        reference = f"{invoice.number}0" if how == "wrong reference" else invoice.number
        key = f"P-{len(self.facts.receipts) + 1}"
        self.facts.receipts[key] = Receipt(amount, currency, reference, amount)
        self.facts.waiting.append(key)
        payment = Payment("accounting", key, Money(amount, currency), self.today, reference)
        self.sources.objects[key] = payment
        self.hint(a_hint(key, EventKind.PAYMENT_RECEIVED, "accounting", f"paid-{key}"))
        return key

    def read_mail(self, visit: int = 0) -> None:
        """Read our mailbox, perhaps killed somewhere; the model learns what was read."""
        before = self.returns.read_so_far()
        with self.killing(visit):
            read_mail.read_mail(self.house.s)
        for draft_id in self.returns.learn_since(before):
            self._trouble_of(draft_id)

    def pass_by(self, **duration: float) -> None:
        """Let time go by, for business and for leases alike."""
        self.house.clock.pass_by(**duration)
        self.house.lease_clock.pass_by(**duration)

    def interrupt(self, what: str) -> None:
        """Let something happen while the next mail is under way."""

        def lease_runs_out() -> None:
            self.pass_by(hours=1)
            dispatch.recover_expired(self.house.s)

        others: dict[str, Callable[[], object]] = {
            "lease runs out": lease_runs_out,
            "twin": lambda: dispatch.dispatch_due(self.house.s),
            "second follow-up": self.follow_up,
        }
        self.post.meanwhile = others[what]

    def outage(self, *, begins: bool) -> None:
        """Let every source be away, or back again."""
        self.is_off = begins
        self.sources.failure = TransientError("the API does not answer") if begins else None

    @property
    def today(self) -> date:
        """The day it is (the clock stands at nine in the morning, everywhere in Europe)."""
        return self.house.clock.now().date()

    def invoices(self) -> list[Invoice]:
        """Return all invoices, by number."""
        with self.ledger.read() as work:
            return sorted(work.invoices.recent(MANY), key=lambda one: one.number)

    def invoice(self, invoice_id: str) -> Invoice | None:
        """Return an invoice, if there is one of this id."""
        with self.ledger.read() as work:
            return next(iter(work.invoices.get([invoice_id])), None)

    def is_void(self, invoice: Invoice) -> bool:
        """Tell whether an invoice was taken back."""
        with self.ledger.read() as work:
            return work.invoices.states([invoice.id])[invoice.id] is InvoiceState.VOID

    def _parked(self) -> set[str]:
        with self.ledger.read() as work:
            return set(work.parking.parked(None))
