"""What the make-believe company knows: deals, payments, its world, and what it told the product."""

import json
import re
import secrets
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from sandbox.seed import seeded_deals
from sandbox.seed_world import seeded_world
from sandbox.world import World

SOURCES = ("crm", "psa", "esign", "accounting")
MAILBOX = "mailbox"  # where the keys of our own mailbox stand
_AMOUNT = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
_CURRENCY = re.compile(r"[A-Z]{3}")


class MistakeError(ValueError):
    """Something a person typed is not usable; the text says what to write."""


@dataclass
class Deal:
    """A deal of the CRM; it is won once ``won_on`` is set."""

    id: str
    client: str
    agreement: str
    title: str
    currency: str
    lines: list[dict[str, str]]
    won_on: str = ""

    @property
    def total(self) -> Decimal:
        """The sum of the lines, before tax."""
        return sum(
            (Decimal(line["quantity"]) * Decimal(line["unit_price"]) for line in self.lines),
            Decimal("0.00"),
        )

    def told(self) -> dict[str, Any]:
        """Write the deal as the product reads it."""
        return asdict(self) | {"won_on": self.won_on or None}


@dataclass
class Payment:
    """Money that arrived in the company's account."""

    id: str
    amount: str
    currency: str
    received_on: str
    reference: str


@dataclass
class Event:
    """A webhook that the product must get: what it is about, and how far that came."""

    event_id: str
    source: str
    kind: str
    object_id: str
    state: str = "pending"  # then delivered, refused or given_up
    attempts: int = 0
    answer: str = ""


@dataclass
class Company:
    """The state of the sandbox, in memory and in one JSON file."""

    file: Path
    today: str = ""
    deals: dict[str, Deal] = field(default_factory=dict)
    payments: dict[str, Payment] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    world: World = field(default_factory=lambda: World.read(seeded_world()))

    @classmethod
    def opened(cls, folder: Path, today: str = "") -> "Company":
        """Continue what ``folder`` holds, or begin with the seeds."""
        company = cls(folder / "company.json", today)
        if company.file.exists():
            kept = json.loads(company.file.read_text())
            company.deals = {one["id"]: Deal(**one) for one in kept["deals"]}
            company.payments = {one["id"]: Payment(**one) for one in kept["payments"]}
            company.events = {one["event_id"]: Event(**one) for one in kept["events"]}
            company.world = World.read(kept["world"])
        else:
            company.deals = {one["id"]: Deal(**one) for one in seeded_deals()}
            company.save()
        return company

    def save(self) -> None:
        """Write everything down; a reader sees the old file or the new one."""
        kept = {
            "deals": [asdict(one) for one in self.deals.values()],
            "payments": [asdict(one) for one in self.payments.values()],
            "events": [asdict(one) for one in self.events.values()],
            "world": self.world.as_kept(),
        }
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps(kept, indent=1))
        new.replace(self.file)

    def win(self, deal_id: str, won_on: str = "") -> Event:
        """Win a deal; winning it twice is the same event, as in any good CRM."""
        deal = self.deals[deal_id]
        known = self.event_about("crm", deal_id)
        if known is not None:
            return known
        deal.won_on = self._day(won_on)
        return self._tell("crm", "deal_won", deal_id)

    def receive(
        self, number: str, amount: str, currency: str, received_on: str = "", reference: str = ""
    ) -> Event:
        """Receive money for the invoice ``number``; another ``reference`` may replace the usual."""
        if not _AMOUNT.fullmatch(amount):
            raise MistakeError("Write the amount like 1234.50, without separators or currency.")
        if not _CURRENCY.fullmatch(currency):
            raise MistakeError("Write the currency as three capital letters, such as EUR.")
        day = self._day(received_on)
        payment_id = f"P-{len(self.payments) + 1:04d}"
        text = reference or f"Invoice {number}"
        self.payments[payment_id] = Payment(payment_id, amount, currency, day, text)
        return self._tell("accounting", "payment_received", payment_id)

    def let_happen(self, happening_id: str, day: str = "") -> Event:
        """Let something happen; a second time is the same event."""
        happening = self.world.happenings[happening_id]
        if happening.event_id:
            return self.events[happening.event_id]
        self.world.let_happen(happening, self._day(day))
        event = self._tell(happening.source, happening.kind, happening.object_id)
        happening.event_id = event.event_id
        self.save()
        return event

    def event_about(self, source: str, object_id: str) -> Event | None:
        """Return the event about an object, if the product was (or is being) told."""
        for event in self.events.values():
            if (event.source, event.object_id) == (source, object_id):
                return event
        return None

    def _tell(self, source: str, kind: str, object_id: str) -> Event:
        event = Event(f"evt_{secrets.token_hex(8)}", source, kind, object_id)
        self.events[event.event_id] = event
        self.save()
        return event

    def _day(self, text: str) -> str:
        try:
            return date.fromisoformat(text or self.default_day).isoformat()
        except ValueError:
            raise MistakeError("Write the day like 2026-11-02.") from None

    @property
    def default_day(self) -> str:
        """The day that is used unless somebody says another one."""
        return self.today or date.today().isoformat()  # noqa: DTZ011 - a person's own calendar


def shared_keys(folder: Path) -> dict[str, dict[str, str]]:
    """Return token and webhook secret of each source, and the login of our mailbox.

    They are made once and readable by the owner only.
    """
    file = folder / "keys.json"
    if not file.exists():
        made = {
            source: {"token": secrets.token_urlsafe(24), "secret": secrets.token_urlsafe(32)}
            for source in SOURCES
        }
        made[MAILBOX] = {"user": "billing", "password": secrets.token_urlsafe(24)}
        new = folder / "keys.new"
        new.touch(mode=0o600)
        new.write_text(json.dumps(made, indent=1))
        new.replace(file)
    keys: dict[str, dict[str, str]] = json.loads(file.read_text())
    return keys
