"""The story of a schedule, all of it from one seed: who is billed, and who tells of it when."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from invoicing.domain.book import Book
from invoicing.domain.bounds import SafetyBounds
from invoicing.domain.canonical import fingerprint
from invoicing.domain.events import BillingEvent, EventKind, Hint
from invoicing.domain.money import Money
from invoicing.domain.rules import Model
from invoicing.domain.work import WorkItem
from tests.crash import owed
from tests.crash.company import COUNTRIES, currency_of, make_book
from tests.crash.owed import HOURLY_DAYS, HOURS_A_DAY, Line, Thing

_BEGINNINGS = (date(2026, 11, 2), date(2026, 12, 15), date(2026, 12, 30), date(2027, 2, 26))
# What some schedules exceed: then the client is parked until people let it go on.
_BOUNDS = (
    SafetyBounds(per_client_and_day=1),
    SafetyBounds(per_client_and_run=1),
    SafetyBounds(gross={"EUR": Money.parse("3000.00 EUR"), "USD": Money.parse("2500.00 USD")}),
)
MODEL_OF_CLIENT = {
    "kestrel": Model.MILESTONE, "meridian": Model.RETAINER, "juniper": Model.THRESHOLD,
    "larkspur": Model.RETAINER,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something a source tells us until we say that we have it; ``unknown`` is a strange word."""

    fact: Hint | BillingEvent
    from_pass: int = 0
    unknown: str = ""
    changed: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """What the sender calls it."""
        return self.fact.source, self.fact.event_id

    @property
    def message(self) -> tuple[str, ...]:
        """The very message: another content under the same name is another one."""
        content = self.fact.payload_hash if isinstance(self.fact, Hint) else ""
        return *self.key, content


@dataclass
class Story:
    """All that happens outside, and what must come of it."""

    seed: int
    random: Random
    begins: date
    clients: tuple[str, ...]
    book: Book
    safely: bool = False  # mails go over TLS, with a password
    by_mail: bool = False  # hardly anybody looks at Airflow's questions
    lanes: int = 1  # over how many connections at once
    models: tuple[Model, ...] = ()
    objects: dict[str, bytes] = field(default_factory=dict)
    later: dict[int, dict[str, bytes]] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)

    @property
    def at(self) -> datetime:
        """The instant it begins at."""
        return datetime(self.begins.year, self.begins.month, self.begins.day, 14, 0, tzinfo=UTC)

    def owed_by(self, today: date) -> list[Thing]:
        """Return all that is owed on ``today``."""
        return self.things + owed.by_calendar(self.begins, today, self.clients)


def write_story(seed: int) -> Story:
    """Make up a schedule."""
    random = Random(f"story {seed}")  # a text: equal in every process
    begins = random.choice(_BEGINNINGS)
    others = [key for key in COUNTRIES if key not in {"nordwind"}]
    clients = ("nordwind", *sorted(random.sample(others, random.randint(1, 3))))
    chain = random.random() < 0.2
    bounds = random.choice(_BOUNDS) if random.random() < 0.15 else SafetyBounds()
    by_mail = seed % 5 == 0
    book = make_book(begins, clients, chain=chain, careful=by_mail, bounds=bounds)
    story = Story(seed, random, begins, clients, book, safely=random.random() < 0.06)
    story.by_mail, story.lanes = by_mail, 3 if seed % 7 == 0 else 1
    for number in range(1, random.randint(2, 4)):
        _sell(story, f"D-{number}", random.choice(_with_frame(story)))
    if random.random() < 0.35:
        _ask(story, "F-1", random.choice(_with_frame(story)))
    for client in clients:
        _TELLS.get(client, _nothing)(story)
    _odd_ones(story)
    random.shuffle(story.deliveries)
    story.models = tuple(_models(story))
    return story


def _with_frame(story: Story) -> list[str]:
    return [key for key in story.clients if f"{key}-frame" in story.book.agreements]


def _models(story: Story) -> list[Model]:
    wanted = {MODEL_OF_CLIENT[key] for key in story.clients if key in MODEL_OF_CLIENT}
    if {"harbor", "shade", "dusk"}.intersection(story.clients):
        wanted.add(Model.RETAINER)
    if any(isinstance(one.fact, BillingEvent) for one in story.deliveries):
        wanted.add(Model.ONE_OFF)
    return [Model.DEAL, *(model for model in Model if model in wanted)]


def _hint(source: str, kind: EventKind, object_id: str, event_id: str = "", said: str = "") -> Hint:
    event = event_id or f"evt-{kind}-{object_id}"
    return Hint(source, event, kind, object_id, fingerprint([event, kind, object_id, said]))


def _tell(story: Story, hint: Hint | BillingEvent, from_pass: int | None = None) -> None:
    """Let a source tell something, perhaps several times."""
    begins = story.random.choice((0, 0, 0, 1, 2)) if from_pass is None else from_pass
    for _ in range(story.random.choice((1, 1, 1, 2))):
        story.deliveries.append(Delivery(hint, begins))


def _put(story: Story, path: str, said: Mapping[str, object]) -> None:
    story.objects[path] = json.dumps(said).encode()


def _lines(story: Story) -> list[Line]:
    random = story.random
    price = random.choice(
        (Decimal("120.00"), Decimal("99.99"), Decimal("1250.50"), Decimal("0.35"))
    )
    return [
        Line(random.randint(1, 5), price, random.choice((0, 0, 0, 7)))
        for _ in range(random.randint(1, 3))
    ]


def _said(lines: list[Line], category: str = "standard") -> list[dict[str, str]]:
    return [
        {
            "id": str(place), "description": f"Work {place}", "quantity": str(line.quantity),
            "unit": "h", "unit_price": str(line.price), "tax_category": category,
            "discount_percent": str(line.discount),
        }
        for place, line in enumerate(lines, 1)
    ]  # fmt: skip


def _sell(story: Story, deal: str, client: str) -> None:
    """Let a deal be won: told once or twice, by one source or by two, rarely contradicting."""
    random, lines = story.random, _lines(story)
    net = owed.net_of(lines)
    odd = random.random() < 0.04
    said = {
        "client": client, "title": f"Deal {deal}", "currency": currency_of(client),
        "lines": _said(lines, "unheard_of" if odd else "standard"),
    }  # fmt: skip
    day = str(story.begins)
    _put(story, f"/crm/deals/{deal}", {"id": deal, **said, "won_on": day})
    _tell(story, _hint("crm", EventKind.DEAL_WON, deal))
    if random.random() < 0.25:
        _tell(story, _hint("crm", EventKind.DEAL_WON, deal, f"again-{deal}"))
    contested = odd
    if random.random() < 0.3:
        wrong = random.random() < 0.25
        contested = contested or wrong
        paper = {"deal": deal, "status": "completed", "signed_on": day, **said}
        total = net + 10 if wrong else net
        _put(story, f"/esign/documents/S-{deal}", {"id": f"S-{deal}", **paper, "total": str(total)})
        _tell(story, _hint("esign", EventKind.DOCUMENT_SIGNED, f"S-{deal}"))
    one = owed.thing(f"{client}-frame", deal, client, net, contested=contested)
    if client != "dusk":
        story.things.append(one)


def _ask(story: Story, form: str, client: str) -> None:
    """Let one of our people ask for an invoice."""
    currency, who = currency_of(client), story.random.choice(("clerk", "anna"))
    net = Decimal(story.random.choice(("700.00", "4900.00")))
    line = WorkItem(
        "form", f"{form}/line:1", "Workshop", Decimal(1), "", Money(net, currency), "standard"
    )
    event = BillingEvent(
        "form", form, EventKind.ONE_OFF_REQUESTED, client, f"{client}-frame", form, story.begins,
        (line,), "Workshop", reported_by=who,
    )  # fmt: skip
    _tell(story, event)
    if client != "dusk":
        story.things.append(owed.thing(f"{client}-frame", form, client, net))


def _project(story: Story) -> None:
    random = story.random
    for key in random.sample(("concept", "build", "rollout"), random.randint(1, 3)):
        said = {
            "id": f"M-{key}", "client": "kestrel", "agreement": "kestrel-work", "milestone": key,
            "status": "done", "done_on": str(story.begins),
        }  # fmt: skip
        _put(story, f"/psa/milestones/M-{key}", said)
        _tell(story, _hint("psa", EventKind.MILESTONE_DONE, f"M-{key}"))
        if random.random() < 0.3:
            _tell(story, _hint("psa", EventKind.MILESTONE_DONE, f"M-{key}", f"reopened-{key}"))
        story.things.append(owed.milestone(key))


def _entry(name: str, day: date, hours: int) -> dict[str, object]:
    return {
        "kind": "time", "id": name, "person": "Ada", "role": "engineer",
        "worked_on": str(day), "minutes": str(hours * 60), "approved": True,
    }  # fmt: skip


def _hours(story: Story) -> None:
    """Log hours that grow from pass to pass; each growth is told."""
    logged = 0
    for number, grown in enumerate(story.random.choices((2, 4, 6), k=story.random.randint(1, 3))):
        logged += grown
        day = story.begins
        sheet = {
            "agreement": "juniper-work", "client": "juniper", "as_of": str(day),
            "entries": [_entry(f"J-{place:03}", day, 8) for place in range(logged)],
        }  # fmt: skip
        text = json.dumps(sheet).encode()
        story.later.setdefault(number, {})["/psa/timesheets/juniper-work"] = text
        hint = _hint("psa", EventKind.HOURS_LOGGED, "juniper-work", f"hours-{number}")
        _tell(story, hint, number)
    story.things += owed.hours(logged)


def _monthly(story: Story) -> None:
    first = story.begins.replace(day=1)
    days: list[date] = []
    for _ in range(14):
        days += [first.replace(day=day) for day in HOURLY_DAYS]
        first = (first + timedelta(days=31)).replace(day=1)
    entries = [_entry(f"M-{number:03}", day, HOURS_A_DAY) for number, day in enumerate(days)]
    said = {"agreement": "meridian-work", "entries": entries}
    _put(story, "/psa/agreements/meridian-work/work", said)


def _nothing(_story: Story) -> None:
    """Let nothing happen but what the calendar brings."""


def _odd_ones(story: Story) -> None:
    """Let sources tell what we cannot use: gone, of a stranger, changed, of no known kind."""
    random = story.random
    if random.random() < 0.1:
        _tell(story, _hint("crm", EventKind.DEAL_WON, "D-gone"))
    if random.random() < 0.1:
        said = {"client": "stranger", "title": "x", "currency": "EUR", "won_on": str(story.begins)}
        lines = _said([Line(1, Decimal(10))])
        _put(story, "/crm/deals/D-9", {"id": "D-9", **said, "lines": lines})
        _tell(story, _hint("crm", EventKind.DEAL_WON, "D-9"))
    if random.random() < 0.1:
        first = next(one for one in story.deliveries if isinstance(one.fact, Hint))
        assert isinstance(first.fact, Hint)
        hint = replace(first.fact, payload_hash=fingerprint("another content"))
        story.deliveries.append(Delivery(hint, first.from_pass + 1, changed=True))
    if random.random() < 0.1:
        hint = _hint("crm", EventKind.DEAL_WON, "X-1", "x-1")
        story.deliveries.append(Delivery(hint, 0, unknown="deal_lost"))


_TELLS = {"kestrel": _project, "juniper": _hours, "meridian": _monthly}
