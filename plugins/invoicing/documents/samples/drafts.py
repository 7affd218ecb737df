"""The made-up invoices behind the samples, computed like any other."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from invoicing.documents.samples.words import Words
from invoicing.domain.discounts import Discount
from invoicing.domain.draft import AppliedDiscount, DepositDeduction, Draft, Line
from invoicing.domain.events import Reference
from invoicing.domain.issue import Invoice, SeriesKey
from invoicing.domain.money import Money, total
from invoicing.domain.obligations import ObligationKey
from invoicing.domain.parties import Client, Entity
from invoicing.domain.periods import Period
from invoicing.domain.tax import TaxRate
from invoicing.domain.totals import Extras, Policy, compute_sums, line_net
from invoicing.domain.work import RecordRef, TimeEntry

DAY = date(2026, 11, 30)
_STANDARD = TaxRate("standard", "S", Decimal(19), "VAT")
_REDUCED = TaxRate("reduced", "S", Decimal(7), "VAT")
_REVERSE = TaxRate(
    "standard", "AE", Decimal(0), "VAT", "Reverse charge: VAT is owed by the recipient."
)
_DISCOUNT = Decimal(3)


def eur(amount: str) -> Money:
    """Return an amount in euros."""
    return Money(Decimal(amount), "EUR")


# Quantity, unit, price, and where they differ: base quantity, discount percent, tax.
_FACTS: tuple[tuple[str, str, str, int, int, TaxRate], ...] = (
    ("1", "piece", "8400.00", 1, 0, _STANDARD),
    ("12.5", "h", "145.00", 1, 0, _STANDARD),
    ("20", "h", "110.00", 1, 0, _STANDARD),
    ("6.25", "h", "98.00", 1, 0, _STANDARD),
    ("1", "month", "2400.00", 1, 0, _STANDARD),
    ("42300", "piece", "12.50", 1000, 0, _STANDARD),
    ("2", "piece", "389.00", 1, 10, _STANDARD),
    ("1", "piece", "178.40", 1, 0, _STANDARD),
    ("30", "piece", "12.00", 1, 0, _REDUCED),
    ("-1", "piece", "240.00", 1, 0, _STANDARD),
)


def _lines(client: Client, words: Words, count: int) -> tuple[Line, ...]:
    wanted = count or len(_FACTS)
    texts = [words.lines[number % len(_FACTS)] for number in range(wanted)]
    return tuple(_line(client, number, text) for number, text in enumerate(texts))


def _line(client: Client, number: int, text: str) -> Line:
    quantity, unit, price, base, percent, rate = _FACTS[number % len(_FACTS)]
    unit_price = eur(price)
    net, discount = line_net(Decimal(quantity), unit_price, Decimal(base), Decimal(percent))
    return Line(
        position=number + 1,
        description=text,
        quantity=Decimal(quantity),
        unit=unit,
        unit_price=unit_price,
        net=net,
        rate=rate if client.address.country == "DE" else _REVERSE,
        records=(RecordRef("crm", f"record-{number + 1}"),),
        rule="sample",
        explanation="quantity x price",
        base_quantity=Decimal(base),
        discount_percent=Decimal(percent),
        discount=discount if percent else None,
    )


def usual_draft(entity: Entity, client: Client, words: Words, count: int) -> Draft:
    """Return a month of work: ``count`` lines, or one of each kind."""
    discount = Discount(words.discount, percent=_DISCOUNT, approved_by="sample")
    draft = _draft(entity, client, words.title, _lines(client, words, count), (discount,))
    return replace(
        draft,
        period=Period(DAY.replace(day=1), DAY),
        references=(
            Reference("project", "P-2026-088"),
            Reference("sow", "SOW-2026-03"),
            Reference("order", "4500017321"),
        ),
        timesheet=tuple(_entries(words)),
    )


def _entries(words: Words) -> Sequence[TimeEntry]:
    worked = (("Ada Keller", "architect", 2, 450), ("Ada Keller", "architect", 11, 300),
              ("Jonas Berg", "engineer", 3, 480), ("Jonas Berg", "engineer", 4, 480),
              ("Jonas Berg", "engineer", 17, 480), ("Jonas Berg", "engineer", 24, 135))  # fmt: skip
    return [
        TimeEntry("pm", f"time-{number}", text, person, role, DAY.replace(day=day), Decimal(spent))
        for number, ((person, role, day, spent), text) in enumerate(
            zip(worked, words.entries, strict=True), 1
        )
    ]


def _draft(
    entity: Entity,
    client: Client,
    title: str,
    lines: tuple[Line, ...],
    discounts: tuple[Discount, ...] = (),
) -> Draft:
    sums = compute_sums([(line.rate, line.net) for line in lines], Policy("EUR"), Extras(discounts))
    applied = zip(discounts, sums.discounts, strict=True)
    return Draft(
        id="5a" * 16,
        entity=entity,
        client=client,
        obligations=(ObligationKey(entity.key, "sample", "2026-11-01"),),
        title=title,
        currency="EUR",
        supplied_on=DAY,
        terms=client.terms,
        lines=lines,
        taxes=sums.taxes,
        totals=sums.totals,
        discounts=tuple(AppliedDiscount(one, amount, "of the lines") for one, amount in applied),
        category="support",
    )


def deposit_draft(entity: Entity, client: Client, words: Words) -> Draft:
    """Return what was asked for before the work began."""
    line = replace(_line(client, 0, words.deposit), unit_price=eur("6000.00"), net=eur("6000.00"))
    draft = _draft(entity, client, words.title, (line,))
    return replace(draft, is_deposit=True, references=(Reference("sow", "SOW-2026-03"),))


def final_draft(draft: Draft, words: Words) -> Draft:
    """Take two deposits off an invoice, as its final invoice does."""
    deposits = tuple(_deduction(draft, words, *one) for one in ((41, "6000.00"), (44, "3000.00")))
    paid = total((deposit.gross for deposit in deposits), "EUR")
    totals = replace(draft.totals, paid=paid, due=draft.totals.gross - paid)
    return replace(draft, deposits=deposits, totals=totals)


def _deduction(draft: Draft, words: Words, sequence: int, net: str) -> DepositDeduction:
    tax = Money(eur(net).amount * draft.lines[0].rate.percent / 100, "EUR").rounded()
    title = f"{words.deposit} (INV-2026-{sequence:05d})"
    return DepositDeduction(f"{sequence:032d}", title, eur(net), tax, eur(net) + tax)


def issued(draft: Draft, sequence: int) -> Invoice:
    """Give a draft a number and its dates."""
    return Invoice(
        id=draft.id,
        number=f"INV-2026-{sequence:05d}",
        series=SeriesKey("brightwater", "INV", 2026),
        sequence=sequence,
        issued_at=datetime(2026, 11, 30, 9, tzinfo=UTC),
        issued_on=DAY,
        due_on=DAY + timedelta(days=14),
        version=1,
        content_hash=draft.content_hash,
        config_hash="f" * 64,
        content=draft,
    )
