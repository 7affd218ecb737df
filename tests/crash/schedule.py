"""One schedule: passes that are killed, stopped and raced, then peace, then the judgement."""

import gc
import json
import os
import signal
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import httpx

from invoicing.domain.review import Answer
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services.ports import Services
from invoicing.services.verify import verify
from tests.crash.check import Facts, event_findings, trail_findings
from tests.crash.check_bills import bill_findings
from tests.crash.check_copies import copy_findings
from tests.crash.check_mail import mail_findings
from tests.crash.check_money import money_findings
from tests.crash.check_post import post_findings
from tests.crash.correspondents import Correspondents
from tests.crash.cycle import Cycle, Orders, due_deliveries, services
from tests.crash.faulty import STOP, Fault, Faults, draw_fault
from tests.crash.journal import Journal
from tests.crash.payers import Payers
from tests.crash.people import Diligent, Somebody
from tests.crash.places import Place
from tests.crash.shared import BUSINESS, Board, Times, die_with_parent
from tests.crash.shelves import Shelves
from tests.crash.story import Story, write_story
from tests.crash.world import World

_MOST_ROUNDS = 24  # days; more than the tries of a patient person and the last reminders take
_WARM = (1, 2, 3, 4)
_HANGS_SECONDS = 60
_JUDGES = (
    event_findings, bill_findings, mail_findings, money_findings, post_findings, copy_findings,
    trail_findings,
)  # fmt: skip
_TWINS = 0.35
_MOVES = 0.02  # in how many passes our mailbox was moved to another server
_FULL = 0.15  # in how many schedules no copy can be put into a folder for some passes
_SLIPS = 0.01  # how many mails cannot be written
_DAY = 86_400
_ANSWERS = {answer.value for answer in Answer}
# How long until the next pass, in seconds: within a lease, beyond it, or many days.
_LATER = (
    (20, 18), (400, 8), (700, 16), (4000, 8), (_DAY, 8), (5 * _DAY, 8), (12 * _DAY, 16),
    (21 * _DAY, 10), (35 * _DAY, 8),
)  # fmt: skip


@dataclass
class Bench:
    """What one worker needs for all its schedules, made once and warm."""

    board: Board
    world: World
    place: Place
    ledger: SqlLedger
    client: httpx.Client
    folder: Path
    journal: Journal

    def services(
        self,
        story: Story,
        fault: Callable[[str], None],
        slip: Callable[[], bool] = lambda: False,
        *,
        is_full: bool = False,
    ) -> Services:
        """Return the use cases for one process."""
        outside = (self.board, self.world, self.client)
        shelves = Shelves(self.folder, is_full)
        return services(
            self.ledger, story.book, *outside, fault, slip=slip, safely=story.safely,
            lanes=story.lanes, shelves=shelves,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PassPlan:
    """What one pass is like: when it is, what happens to its process, and to a twin's if any."""

    at: datetime
    fault: Fault | None
    kill_after: float
    twin: bool
    twin_fault: Fault | None
    wakes_late: bool

    @property
    def is_certain(self) -> bool:
        """Tell whether nothing in it hangs on how the operating system shares the time out."""
        stops = self.fault is not None and self.fault.action == STOP
        return not (self.twin or self.kill_after or stops)


@dataclass
class Result:
    """What became of a schedule."""

    seed: int
    violations: list[str] = field(default_factory=list)
    kills: int = 0
    invoices: int = 0
    uncertain: int = 0
    mails: int = 0
    returned: int = 0  # mails that came back or were answered, and were acted on
    answered: int = 0  # questions that were answered by mail


def run_schedule(seed: int, bench: Bench) -> Result:
    """Run one schedule; everything random in it comes from ``seed``."""
    return _Run(seed, bench).run()


def plan_passes(story: Story) -> list[PassPlan]:
    """Plan what happens to the processes of a schedule, and when."""
    random, at = Random(f"plan {story.seed}"), story.at
    plans: list[PassPlan] = []
    for number in range(random.choices((1, 2, 3, 4, 5), (10, 25, 35, 20, 10))[0]):
        if number:
            at += timedelta(seconds=_drawn(random, _LATER))
        twin = random.random() < _TWINS
        plans.append(
            PassPlan(
                at,
                draw_fault(random) if random.random() < 0.85 else None,
                random.uniform(0.001, 0.06) if random.random() < 0.08 else 0,
                twin,
                draw_fault(random) if twin and random.random() < 0.4 else None,
                random.random() < 0.6,
            )
        )
    return plans


class _Run:
    def __init__(self, seed: int, bench: Bench) -> None:
        self._bench = bench
        self._story = write_story(seed)
        self._random = Random(f"run {seed}")
        self._payers = Payers(seed)
        self._post = Correspondents(seed)
        self._full = _passes_with_a_full_disk(Random(f"disk {seed}"))
        self._result = Result(seed)
        self._orphan = 0
        self._times = Times()

    def run(self) -> Result:
        bench, story = self._bench, self._story
        bench.place.empty()
        bench.journal.clear()
        Shelves(bench.folder).empty()
        bench.world.begin(story.seed, story.objects)
        plans = plan_passes(story)
        for number, plan in enumerate(plans):
            self._pass(number, plan)
        self._wake()
        self._end(plans[-1], len(plans))
        return self._result

    def _pass(self, number: int, plan: PassPlan) -> None:
        bench, story = self._bench, self._story
        self._outside_goes_on(number, plan.at)
        self._times.add(bench.board.set_clocks(plan.at, plan.at))
        told = {tuple(message) for message in bench.journal.of("acknowledged")}
        deliveries = story.deliveries + self._payers.deliveries
        due = due_deliveries(deliveries, number, told, self._random)
        over = _runs(one for one in range(number) if self._random.random() < 0.9)
        orders = Orders(str(number), due, story.models, over)
        pids = {_fork(self._bench.folder, lambda: self._work(orders, plan.fault, f"{number}"))}
        if plan.twin:
            again = orders if self._random.random() < 0.5 else _renamed(orders, f"{number}b")
            pids.add(
                _fork(
                    self._bench.folder, lambda: self._work(again, plan.twin_fault, f"{number} twin")
                )
            )
        if self._orphan and not plan.wakes_late:
            pids.add(self._wake_up())
        if plan.kill_after:
            time.sleep(plan.kill_after)
            os.kill(min(pids), signal.SIGKILL)
        self._wait(pids)

    def _outside_goes_on(self, number: int, at: datetime) -> None:
        objects = dict(self._story.later.get(number, {}))
        mails = self._bench.world.mails()
        objects.update(self._payers.react(mails, number, at.date()))
        if objects:
            self._bench.world.put(objects)
        letters = self._post.react(mails, number)
        moved = self._random.random() < _MOVES
        if letters or moved:
            self._bench.world.write_to_us(letters, moved=moved)

    def _work(self, orders: Orders, fault: Fault | None, name: str) -> None:
        """Do one pass in a process of its own."""
        bench = self._bench
        random = Random(f"pass {self._story.seed} {name}")
        slip = lambda: random.random() < _SLIPS  # noqa: E731 - of the same chance as the rest
        full = int(name.split(maxsplit=1)[0]) in self._full
        s = bench.services(self._story, Faults(bench.board, fault), slip, is_full=full)
        who = Somebody(random, is_out=self._story.by_mail)
        Cycle(s, orders, who, random, bench.journal).run()

    def _wait(self, pids: set[int]) -> None:
        """Wait until each process ended or was stopped; a stopped one is woken after this pass."""
        ends = time.monotonic() + _HANGS_SECONDS
        while pids:
            pid, status = _waited(ends)
            if pid == 0:
                self._result.violations.append("a process hangs")
                for each in pids:
                    os.kill(each, signal.SIGKILL)
                    os.waitpid(each, 0)
                return
            if os.WIFSTOPPED(status):
                self._stopped(pid, pids)
                continue
            if pid == self._orphan:  # killed from outside in its sleep
                self._orphan = 0
            pids.discard(pid)
            self._judge(status)

    def _stopped(self, pid: int, pids: set[int]) -> None:
        if self._orphan or pid not in pids:
            os.kill(pid, signal.SIGCONT)  # one sleeper at a time is enough
            return
        pids.discard(pid)
        self._orphan = pid

    def _judge(self, status: int) -> None:
        if os.WIFSIGNALED(status):
            self._result.kills += 1
        elif os.WEXITSTATUS(status):
            text = (self._bench.folder / "error").read_text()
            self._result.violations.append(f"an error that is none of ours: {text}")

    def _wake_up(self) -> int:
        """Let the process that was stopped go on, whatever became of its lease."""
        orphan, self._orphan = self._orphan, 0
        os.kill(orphan, signal.SIGCONT)
        return orphan

    def _wake(self) -> None:
        if self._orphan:
            board, late = self._bench.board, timedelta(seconds=_drawn(self._random, _LATER[:4]))
            at = board.now(BUSINESS) + late
            self._times.add(board.set_clocks(at, at))
            self._wait({self._wake_up()})

    def _end(self, last: PassPlan, number: int) -> None:
        """Let peace come, look at everything, and hear what is wrong."""
        bench = self._bench
        bench.world.be_lossy(lossy=False)
        self._outside_goes_on(number, last.at)
        bench.world.write_to_us(self._post.rest(), moved=False)
        everything: dict[str, bytes] = {}
        for _, objects in sorted(self._story.later.items()):
            everything.update(objects)
        bench.world.put(everything)
        told = bench.folder / "told"
        told.unlink(missing_ok=True)
        self._wait(
            {
                _fork(
                    self._bench.folder,
                    lambda: told.write_text(json.dumps(self._peace(last, number))),
                )
            }
        )
        if not told.exists():
            self._result.violations.append("the last process said nothing")
            return
        self._tell(json.loads(told.read_text()))

    def _tell(self, said: Mapping[str, object]) -> None:
        result = self._result
        wrong = said["wrong"]
        assert isinstance(wrong, list)
        result.violations += wrong
        for name in ("invoices", "uncertain", "mails", "returned", "answered"):
            setattr(result, name, said[name])

    def _peace(self, last: PassPlan, number: int) -> dict[str, object]:
        bench, story = self._bench, self._story
        s = bench.services(story, Faults(bench.board))
        random = Random(f"peace {story.seed}")
        who = Diligent(random, story.seed)
        at = max(last.at, bench.board.now(BUSINESS))
        before, deliveries = "", story.deliveries + self._payers.deliveries
        for turn in range(_MOST_ROUNDS):
            at += timedelta(days=1)  # longer than any pause between two attempts
            self._times.add(bench.board.set_clocks(at, at))
            told = {tuple(message) for message in bench.journal.of("acknowledged")}
            due = tuple(one for one in deliveries if one.message not in told)
            over = _runs(range(number + turn + 1))
            orders = Orders(f"{number + turn + 1}", due, story.models, over, calm=True)
            Cycle(s, orders, who, random, bench.journal).run()
            now = bench.place.mark()
            if now == before:
                break
            before = now
        else:
            return {"wrong": ["it never becomes quiet"], **_counts({})}
        return self._judgement(s, at)

    def _judgement(self, s: Services, at: datetime) -> dict[str, object]:
        bench, story = self._bench, self._story
        rows = bench.place.rows()
        facts = Facts(
            rows=rows,
            owed=story.owed_by(at.date()),
            story=story,
            paid=self._payers.paid,
            told=self._payers.deliveries,
            mails=bench.world.mails(),
            written=self._post.written,
            notes=bench.world.notes(),
            shelves=Shelves(bench.folder),
            journal=bench.journal,
            times=self._times,
            exact=bench.place.url.startswith("sqlite"),
        )
        wrong = [f"verify: {one.promise} {one.where}" for one in verify(s)]
        wrong += [f"check: {one}" for judge in _JUDGES for one in judge(facts)]
        return {"wrong": wrong, **_counts(rows), "mails": len(facts.mails)}


def _counts(rows: Mapping[str, list[Mapping[str, object]]]) -> dict[str, int]:
    uncertain = sum(row["state"] == "uncertain" for row in rows.get("outbox", ()))
    read = [(row["sort"], row["outcome"]) for row in rows.get("mails", ())]
    return {
        "invoices": len(rows.get("invoices", ())),
        "uncertain": uncertain,
        "mails": 0,
        "returned": sum(sort in {"bounce", "dispute"} for sort, _ in read),
        "answered": sum(sort == "answer" and said in _ANSWERS for sort, said in read),
    }


def _passes_with_a_full_disk(random: Random) -> range:
    first = random.randint(0, 2)
    return range(first, first + 3) if random.random() < _FULL else range(0)


def _drawn(random: Random, weighted: tuple[tuple[int, int], ...]) -> int:
    return random.choices([what for what, _ in weighted], [weight for _, weight in weighted])[0]


def _runs(numbers: Iterable[int]) -> frozenset[str]:
    """Name the runs of these passes, a twin's own run as well."""
    return frozenset(name for one in numbers for name in (f"{one}", f"{one}b"))


def _renamed(orders: Orders, run_id: str) -> Orders:
    return Orders(run_id, orders.deliveries, orders.models, orders.over)


def _fork(folder: Path, work: Callable[[], object]) -> int:
    """Do something in a process of its own, which never returns here."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        die_with_parent()
        gc.disable()
        work()
        code = 0
    except BaseException:  # noqa: BLE001 - the runner tells about whatever it was
        (folder / "error").write_text(traceback.format_exc())
    finally:
        os._exit(code)


def _waited(ends: float) -> tuple[int, int]:
    """Return the next process that ended or was stopped, or 0 when none does in time."""
    left = ends - time.monotonic()
    if left <= 0:
        return 0, 0
    signal.setitimer(signal.ITIMER_REAL, left)
    try:
        return os.waitpid(-1, os.WUNTRACED)
    except InterruptedError:
        return 0, 0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def warm_up(bench: Bench) -> None:
    """Do a whole cycle in this process, so that those forked from it have compiled statements."""
    for seed in _WARM:
        story = write_story(seed)
        bench.place.empty()
        bench.journal.clear()
        bench.world.begin(seed, {**story.objects, **story.later.get(0, {})})
        bench.world.be_lossy(lossy=False)
        with httpx.Client(timeout=5) as client:
            s = replace(bench, client=client).services(story, Faults(Board()))
            random, who = Random(seed), Diligent(Random(seed), seed)
            for number in range(2):
                at = story.at + timedelta(days=20 * number)
                bench.board.set_clocks(at, at)
                due = due_deliveries(story.deliveries, 9, (), random)
                orders = Orders(str(number), due, story.models, frozenset({"0"}), calm=True)
                Cycle(s, orders, who, random, bench.journal).run()
            verify(s)
    bench.ledger.close()
