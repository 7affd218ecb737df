"""Drafts: how many a second one process computes, against a plain loop with the same arithmetic."""

import gc
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import islice
from random import Random
from time import perf_counter

from bench.figures import Cell, table
from bench.town import BrokenError
from invoicing.domain.agreements import Agreement, Frame
from invoicing.domain.book import Book
from invoicing.domain.draft import Draft
from invoicing.domain.drafting.build import build_draft
from invoicing.domain.money import Money
from invoicing.domain.obligations import Obligation, ObligationKey
from invoicing.domain.parties import Address, Bank, Client, Entity, Series
from invoicing.domain.review import ReviewPolicy
from invoicing.domain.rules import Model
from invoicing.domain.tax import TaxRate, TaxRule, TaxTable
from invoicing.domain.terms import Terms
from invoicing.domain.work import WorkItem

LINES = 8
CHUNK = 1000  # facts made ahead of the clock; more would be memory, fewer would be noise
DAY = date(2026, 11, 2)
RATES = {"standard": Decimal(19), "reduced": Decimal(7)}
_CENT, _HUNDRED = Decimal("0.01"), Decimal(100)

Row = tuple[Decimal, Decimal, str]


@dataclass
class Pass:
    """What one way of computing took, and what all its invoices come to."""

    seconds: float = 0.0
    gross: Decimal = Decimal(0)


def drafts(count: int = 100_000) -> None:
    """Print the drafts per second of both ways, their ratio, and how far memory grew."""
    book, ours, plain = _book(), Pass(), Pass()
    facts = _facts(count)
    before = 0
    while chunk := list(islice(facts, CHUNK)):
        owed = [(_obligation(number, rows),) for number, rows in chunk]
        gc.collect()  # so that neither way pays for the facts
        _plain_loop(plain, [rows for _, rows in chunk])
        _our_way(ours, owed, book)
        before = before or _peak_kib()
    if ours.gross != plain.gross:
        raise BrokenError(f"the two ways disagree: {ours.gross} and {plain.gross}")
    table(
        f"{count} drafts of {LINES} lines with two tax rates, one process",
        ("way", "seconds", "drafts a second", "microseconds each", "seconds for 100,000"),
        [_row("build_draft", ours, count), _row("plain Decimal loop", plain, count)],
    )
    grown = _peak_kib() - before
    print(f"\n  {ours.seconds / plain.seconds:.1f} times the plain loop, which checks nothing")
    print(f"  peak memory grew by {grown / 1024:.1f} MiB after the first {CHUNK} drafts")


def _our_way(into: Pass, owed: list[tuple[Obligation]], book: Book) -> None:
    gross = []
    started = perf_counter()
    for obligations in owed:
        draft = build_draft(obligations, book)
        if not isinstance(draft, Draft):
            raise BrokenError(f"a draft was held: {draft.reason}")
        gross.append(draft.totals.gross.amount)
    into.seconds += perf_counter() - started
    into.gross += sum(gross)


def _plain_loop(into: Pass, chunk: list[list[Row]]) -> None:
    """Compute the same amounts the way a script would: no checks, no explanations, no types."""
    gross = []
    started = perf_counter()
    for rows in chunk:
        nets: dict[str, Decimal] = {}
        for quantity, price, category in rows:
            net = (quantity * price).quantize(_CENT, ROUND_HALF_UP)
            nets[category] = nets.get(category, Decimal(0)) + net
        taxes = [
            (net * RATES[category] / _HUNDRED).quantize(_CENT, ROUND_HALF_UP)
            for category, net in nets.items()
        ]
        gross.append(sum(nets.values()) + sum(taxes))
    into.seconds += perf_counter() - started
    into.gross += sum(gross)


def _row(name: str, one: Pass, count: int) -> tuple[Cell, ...]:
    each = one.seconds / count
    return name, one.seconds, round(1 / each), each * 1e6, each * 100_000


def _peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _facts(count: int) -> Iterator[tuple[int, list[Row]]]:
    """Yield made-up lines, the same ones in every run."""
    chance = Random(20261102)
    categories = [*RATES, *RATES] * (LINES // 4)
    for number in range(count):
        yield (
            number,
            [
                (
                    Decimal(chance.randint(1, 16000)).scaleb(-2),
                    Decimal(chance.randint(1000, 25000)).scaleb(-2),
                    category,
                )
                for category in categories
            ],
        )


def _obligation(number: int, rows: list[Row]) -> Obligation:
    work = tuple(
        WorkItem("crm", f"D-{number}-{at}", "Work", quantity, "h", Money(price, "EUR"), category)
        for at, (quantity, price, category) in enumerate(rows)
    )
    return Obligation(
        ObligationKey("brightwater", "frame", f"D-{number}"), "nordwind", Model.DEAL, "deals",
        "crm", f"won-{number}", DAY, f"Deal {number}", work,
    )  # fmt: skip


def _book() -> Book:
    entity = Entity(
        "brightwater", "Brightwater Systems GmbH", Address("Uferweg 1", "10115", "Berlin", "DE"),
        "Europe/Berlin", "EUR", "DE123456789", "billing@brightwater.example",
        Bank("Brightwater Systems GmbH", "Example Bank", "DE02120300000000202051"),
        Series("INV", "INV-{year}-{number:05d}"), Series("CN", "CN-{year}-{number:05d}"),
    )  # fmt: skip
    client = Client(
        "nordwind", "Nordwind Logistik GmbH", Address("Kai 7", "20457", "Hamburg", "DE"), "EUR",
        "Europe/Berlin", "de", Terms(14), ("ap@nordwind.example",),
    )  # fmt: skip
    frame = Agreement("frame", "nordwind", "brightwater", "Work", DAY, DAY, Frame())
    rules = tuple(
        TaxRule("DE", TaxRate(category, "S", percent, f"VAT {percent} %"), DAY)
        for category, percent in RATES.items()
    )
    return Book(
        config_hash="bench",
        entities={entity.key: entity},
        clients={client.key: client},
        agreements={frame.key: frame},
        rules=(),
        taxes=TaxTable(rules),
        review=ReviewPolicy({}, {}, ()),
    )
