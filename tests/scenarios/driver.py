"""Living through a month: every morning the runs of all ways of billing, then what people do."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from pathlib import Path

from invoicing.adapters.folders import Directory
from invoicing.config.settings import Environment, Settings
from invoicing.domain.review import ReviewRequest
from invoicing.domain.rules import Model
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services import follow_up, reconcile, report, review
from invoicing.services.ports import Services
from invoicing.services.verify import verify
from invoicing.wiring import active_book
from tests.golden.fields import CaseError
from tests.scenarios.months import Day, Month
from tests.scenarios.people import Asked, People
from tests.scenarios.records import Records, name_of
from tests.scenarios.story import Story
from tests.scenarios.town import Sources, Town
from tests.support.services import HandClock, House, PlainPrinter, Postman

ROOT = Path(__file__).parents[2]
MORNING, AFTERNOON = time(8, 0, tzinfo=UTC), time(18, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Lived:
    """What a month came to: the outcome of each day on which something came about, the sums."""

    days: Mapping[date, tuple[str, ...]]
    sums: tuple[str, ...]


def live(month: Month, ledger_url: str, home: Path) -> Lived:
    """Live through a month over an empty ledger; ``home`` is a folder to keep config/ in."""
    shutil.copytree(ROOT / month.company, home / "config")
    with _opened(ledger_url) as ledger:
        company = _Company(Settings(home, ledger_url, Environment.SANDBOX), ledger)
        days = {}
        for day in month.each_day():
            if outcome := tuple(company.live(day)):
                days[day.on] = outcome
        return Lived(days, tuple(company.sums()))


@contextmanager
def _opened(ledger_url: str) -> Iterator[SqlLedger]:
    ledger = SqlLedger(ledger_url)
    try:
        yield ledger
    finally:
        ledger.close()


@dataclass
class _Company:
    """The services of the company, and the hands that move its world."""

    settings: Settings
    ledger: SqlLedger
    house: House = field(init=False)
    town: Town = field(init=False)
    people: People = field(init=False)
    story: Story = field(init=False)
    questions: dict[str, Asked] = field(default_factory=dict)
    runs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        clock, lease_clock = HandClock(), HandClock()
        sources, mailer, printer = Sources(), Postman(), PlainPrinter()
        book = active_book(self.settings, self.ledger, clock)
        services = Services(
            self.ledger, book, clock, lease_clock, sources, mailer, printer, "",
            portal=Directory(self.settings.home / "portal"),
        )  # fmt: skip
        self.house = House(services, clock, lease_clock, sources, mailer, printer)
        records = Records(self.ledger)
        self.town = Town(self.house)
        self.people = People(self.house, records, self.questions, self._configure)
        self.story = Story(self.house, records)

    def live(self, day: Day) -> Iterator[str]:
        """Live through one day and tell what came about."""
        self._now(datetime.combine(day.on, MORNING))
        self._read_config()
        self.town.today = day.on
        for step in day.told:
            self.town.happen(step)
        yield from self._run()
        yield from self.story.news()
        self._now(datetime.combine(day.on, AFTERNOON))
        for step in day.people:
            if refused := self.people.act(step):
                yield f"refused  {refused}"
            self._read_config()
            yield from self.story.news()
        if day.people:
            yield from self._run()
        else:
            follow_up.follow_up(self.house.s)  # morning has come in America, too
        yield from self.story.news()

    def sums(self) -> Iterator[str]:
        """Tell how the month ended; a broken promise of the ledger would be part of it."""
        yield from self.story.sums()
        for finding in verify(self.house.s):
            yield f"broken   {finding.promise}: {finding.where}"

    def _now(self, at: datetime) -> None:
        self.house.clock.at = self.house.lease_clock.at = at

    def _configure(self, file: str, find: str, write: str) -> None:
        path = self.settings.home / "config" / file
        text = path.read_text("utf-8")
        if text.count(find) != 1:
            raise CaseError(f"config/{file} has {find!r} {text.count(find)} times, not once")
        path.write_text(text.replace(find, write), "utf-8")

    def _read_config(self) -> None:
        book = active_book(self.settings, self.ledger, self.house.clock)
        self.house = replace(self.house, s=replace(self.house.s, book=book))
        for one in (self.town, self.people, self.story):
            one.house = self.house

    def _run(self) -> Iterator[str]:
        """Run every DAG once: each way of billing, then payments and reminders."""
        s = self.house.s
        report.report_payments(s)
        reconcile.reconcile_payments(s)
        for model in Model:
            yield from self._bill(model)
        follow_up.follow_up(s)

    def _bill(self, model: Model) -> Iterator[str]:
        # A run whose question has not been answered lives on; all others are over.
        living = {asked.run_id for asked in self.questions.values()}
        over = [run for run in self.runs if run not in living]
        run_id = f"run-{len(self.runs) + 1}"
        self.runs.append(run_id)
        for parcel in self.house.plan(run_id, model, *over):
            if request := review.open_review(self.house.s, parcel):
                yield self._ask(parcel, run_id, request)
            else:
                self.house.finish(parcel)

    def _ask(self, parcel: str, run_id: str, request: ReviewRequest) -> str:
        with self.ledger.read() as work:
            record = work.drafts.get([request.draft_id])[0]
        name = name_of(record)
        self.questions[name] = Asked(parcel, run_id, request)
        return f"asked    {name}: {record.draft.totals.gross}, step {request.step}"
