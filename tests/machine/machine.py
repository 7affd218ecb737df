"""The machine: whatever happens, in whatever order, the promises of the ledger hold after it."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import ClassVar, TypeVar

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from invoicing.domain.exceptions import Action
from invoicing.domain.holds import HoldKind
from invoicing.domain.review import Answer
from invoicing.domain.rules import Model
from invoicing.services import dispatch
from invoicing.services.verify import verify
from tests.machine.company import CONFIGS, SHARES
from tests.machine.ends import settle, unfinished
from tests.machine.ledgers import Ledgers, Opened
from tests.machine.model import differences
from tests.machine.post import may_come_back
from tests.machine.world import MODELS, World
from tests.support.services import ACCEPTED, LATER, REFUSED, UNCERTAIN

T = TypeVar("T")
NETS = ("0.01", "333.33", "1200.00", "4201.68", "6000.00")
PEOPLE = ("finance", "lead", "jana")  # the last one approves nothing
PAYMENTS = ("exact", "partial", "over", "twice", "wrong currency", "wrong reference")
SMTP = (ACCEPTED, LATER, REFUSED, UNCERTAIN)

amounts = st.sampled_from(NETS).map(Decimal)
which = st.integers(0, 99)  # of whatever there is then
clients = st.sampled_from(("nordwind", "nordwind", "aurora", "solveig"))
models = st.sampled_from(MODELS)
logins = st.sampled_from(PEOPLE)
visits = st.integers(1, 40)  # at which of the fault points that it meets a worker is killed
sometimes_killed = st.just(0) | st.integers(0, 12)  # 0: it lives


def one_of(found: Sequence[T], index: int) -> T:
    """Pick one of what there is."""
    return found[index % len(found)]


def demand(objections: Iterable[str]) -> None:
    """Fail with everything that is wrong, in words."""
    if found := list(objections):
        raise AssertionError("\n".join(found))


class BillingMachine(RuleBasedStateMachine):
    """Events, people, faults and time, in any order; the checks come after each of them."""

    ledgers: ClassVar[Ledgers]
    is_well = False

    @initialize(is_new=st.booleans())
    def open(self, *, is_new: bool) -> None:
        """Begin with an empty ledger, or with a few invoices, so that stories come to more."""
        self.opened: Opened = self.ledgers.fresh()
        self.world = World(self.opened.ledger, note)
        if not is_new:
            self.world.begin()

    # -- facts

    @rule(client=clients, net=amounts)
    def deliver_event(self, client: str, net: Decimal) -> None:
        """A deal is won."""
        self.world.win_deal(client, net)

    @rule(what=st.sampled_from(("contract", *SHARES)))
    def deliver_progress(self, what: str) -> None:
        """A contract is signed, or a milestone is done: perhaps again, under another event."""
        if what == "contract":
            self.world.sign_contract()
        else:
            self.world.reach(what)

    @rule(net=amounts, login=st.sampled_from(("finance", "jana")))
    def deliver_request(self, net: Decimal, login: str) -> None:
        """A colleague, who may be an approver, asks for an invoice."""
        self.world.ask_one_off(net, login)

    @rule(hours=st.sampled_from(("0.25", "1", "7.5")).map(Decimal))
    def log_hours(self, hours: Decimal) -> None:
        """Somebody worked for the client that is billed by the month."""
        self.world.log_hours(hours)

    @precondition(lambda self: self.world.hints)
    @rule(index=which)
    def redeliver(self, index: int) -> None:
        """A webhook comes again."""
        self.world.hint(one_of(self.world.hints, index))

    @precondition(lambda self: self.world.deals())
    @rule(index=which, net=amounts)
    def change_source(self, index: int, net: Decimal) -> None:
        """A deal is changed where it is kept, whatever became of it here."""
        self.world.change_deal(one_of(self.world.deals(), index), net)

    # -- Airflow

    @rule(model=models)
    def run(self, model: Model) -> None:
        """A billing DAG runs."""
        self.world.run(model)

    @rule(model=models, visit=visits)
    def kill_worker(self, model: Model, visit: int) -> None:
        """A billing DAG runs, and its worker is killed somewhere."""
        with self.world.killing(visit):
            self.world.run(model)

    @precondition(lambda self: self.world.runs)
    @rule(index=which, model=models)
    def retry(self, index: int, model: Model) -> None:
        """A run that failed is tried again under its own id."""
        self.world.run(model, one_of(self.world.runs, index))

    @precondition(lambda self: self.world.parcels)
    @rule(index=which, step=st.sampled_from(("review", "issue", "render", "dispatch")))
    def clear_task(self, index: int, step: str) -> None:
        """A task that succeeded is cleared, with the ids of then."""
        self.world.step_again(one_of(self.world.parcels, index), step)

    @rule(visit=sometimes_killed)
    def follow_up(self, visit: int) -> None:
        """Reminders go out, and what was left behind."""
        with self.world.killing(visit):
            self.world.follow_up()

    # -- people

    @precondition(lambda self: self.world.asked)
    @rule(index=which, login=logins)
    def approve(self, index: int, login: str) -> None:
        """Somebody approves, who may or may not."""
        self.world.answer(one_of(sorted(self.world.asked), index), Answer.APPROVE, login)

    @precondition(lambda self: self.world.asked)
    @rule(index=which, login=logins)
    def reject(self, index: int, login: str) -> None:
        """Somebody rejects."""
        self.world.answer(one_of(sorted(self.world.asked), index), Answer.REJECT, login)

    @precondition(lambda self: self.world.asked)
    @rule(index=which, login=logins)
    def send_back(self, index: int, login: str) -> None:
        """Somebody sends a draft back."""
        self.world.answer(one_of(sorted(self.world.asked), index), Answer.SEND_BACK, login)

    @precondition(lambda self: self.world.asked)
    @rule(index=which)
    def nobody_answers(self, index: int) -> None:
        """A question times out."""
        self.world.time_out(one_of(sorted(self.world.asked), index))

    @precondition(lambda self: self.world.entries())
    @rule(index=which, choice=which, login=logins, onto=which, visit=sometimes_killed)
    def attend(self, index: int, choice: int, login: str, onto: int, visit: int) -> None:
        """Somebody acts from the queue; what the worker was killed at is asked for again."""
        entry = one_of(self.world.entries(), index)
        action = one_of(entry.kind.actions, choice)
        numbers = [one.number for one in self.world.invoices()]
        word = one_of(numbers, onto) if numbers and action is Action.PLACE else "a reason"
        if visit and action is not Action.PLACE:
            with self.world.killing(visit):
                self.world.attend(entry, action, login, word)
        self.world.attend(entry, action, login, word)

    @precondition(lambda self: self.world.invoices())
    @rule(what=st.sampled_from(("correction", "write-off")), index=which, login=logins)
    def ask(self, what: str, index: int, login: str) -> None:
        """Somebody asks for an invoice to be taken back or given up."""
        self.world.ask(what, one_of(self.world.invoices(), index), login)

    @precondition(lambda self: self.world.invoices())
    @rule(index=which, asked_by=logins, login=logins)
    def credit_half(self, index: int, asked_by: str, login: str) -> None:
        """Two people take back a part of an invoice."""
        self.world.credit_half(one_of(self.world.invoices(), index), asked_by, login)

    @precondition(lambda self: self.world.invoices())
    @rule(kind=st.sampled_from(HoldKind), index=which, login=logins)
    def hold(self, kind: HoldKind, index: int, login: str) -> None:
        """Somebody holds an invoice."""
        self.world.hold(kind, one_of(self.world.invoices(), index), login)

    @precondition(lambda self: self.world.invoices())
    @rule(kind=st.sampled_from(HoldKind), index=which, login=logins)
    def lift(self, kind: HoldKind, index: int, login: str) -> None:
        """Somebody lifts a hold."""
        self.world.lift(kind, one_of(self.world.invoices(), index), login)

    @rule(name=st.sampled_from(CONFIGS))
    def edit_config(self, name: str) -> None:
        """Somebody edits config/."""
        self.world.configure(name)

    # -- money

    @precondition(lambda self: self.world.invoices())
    @rule(index=which, how=st.sampled_from(PAYMENTS), visit=sometimes_killed)
    def pay(self, index: int, how: str, visit: int) -> None:
        """A client pays: rightly, in part, too much, twice, in another currency, for nothing."""
        invoice = one_of(self.world.invoices(), index)
        for _ in range(2 if how == "twice" else 1):
            self.world.pay(invoice, how)
        if visit:
            with self.world.killing(visit):
                self.world.receive()
        self.world.receive()

    @precondition(lambda self: self.world.invoices())
    @rule(index=which, what=st.sampled_from(("paid", "held", "void", "parked")))
    def remind_too_late(self, index: int, what: str) -> None:
        """Reminders wait for the mail server while what they are about is settled."""
        world, invoice = self.world, one_of(self.world.invoices(), index)
        world.pass_by(days=31)
        world.post.answers[:] = [LATER] * 20
        world.follow_up()
        world.post.answers.clear()
        world.settle_otherwise(invoice, what)
        world.pass_by(hours=1)
        world.follow_up()

    # -- what comes back by mail

    @precondition(lambda self: self.world.post.taken)
    @rule(index=which, choice=which)
    def write_back(self, index: int, choice: int) -> None:
        """A mail of ours bounces, its client objects, or an approver answers it, or a forger."""
        message = one_of(self.world.post.taken, index)
        if ways := may_come_back(message):
            self.world.returns.write(message, one_of(ways, choice))

    @precondition(lambda self: self.world.returns.box.backs)
    @rule(visit=sometimes_killed)
    def read_mail(self, visit: int) -> None:
        """Our mailbox is read."""
        self.world.read_mail(visit)

    # -- faults and time

    @rule(answers=st.lists(st.sampled_from(SMTP), min_size=1, max_size=3))
    def smtp_fault(self, answers: list[object]) -> None:
        """The mail server will answer the next mails otherwise."""
        self.world.post.answers[:] = answers  # type: ignore[assignment]

    @rule(what=st.sampled_from(("lease runs out", "twin", "second follow-up")))
    def interrupt(self, what: str) -> None:
        """While the next mail is under way, its lease runs out or another worker comes."""
        self.world.interrupt(what)

    @rule()
    def api_fault(self) -> None:
        """Every source is away from now on."""
        self.world.outage(begins=True)

    @precondition(lambda self: self.world.is_off)
    @rule(days=st.sampled_from((0, 3)))
    def resume_after_outage(self, days: int) -> None:
        """The sources are back, perhaps days later; everything runs once."""
        self.world.pass_by(days=days)
        self.world.outage(begins=False)
        self.world.run_all()

    @rule(days=st.sampled_from((0, 1, 4, 15, 31)))
    def tick(self, days: int) -> None:
        """Time goes by: an hour at least, so every lease runs out."""
        self.world.pass_by(days=days, hours=0 if days else 1)

    @rule(visit=sometimes_killed)
    def recover(self, visit: int) -> None:
        """Leases that ran out are looked at."""
        with self.world.killing(visit):
            dispatch.recover_expired(self.world.house.s)

    # -- what must hold

    @invariant()
    def promises_hold(self) -> None:
        """Compare the ledger with the model, and let it prove itself."""
        if hasattr(self, "world"):
            self.is_well = False
            demand(differences(self.world.facts, self.world.ledger))
            demand(f"{one.promise}: {one.where}" for one in verify(self.world.house.s))
            self.is_well = True

    def teardown(self) -> None:
        """Let everything come to rest and look at how it ended."""
        try:
            if self.is_well:
                settle(self.world)
                demand(unfinished(self.world))
                self.promises_hold()
        finally:
            self.opened.close()
