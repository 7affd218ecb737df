"""The oracle: what is owed in a schedule, to the cent, by arithmetic of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from tests.crash.company import COUNTRIES, MODES, PERCENTS, currency_of

_CENT = Decimal("0.01")
_PERCENT_OF_TAX = {"DE": Decimal(19), "FR": Decimal(0), "US": Decimal(0)}
HOURLY_DAYS = range(3, 28, 6)  # the days of each month on which hours were logged
HOURS_A_DAY = 5


@dataclass(frozen=True, slots=True)
class Line:
    """A line of something sold."""

    quantity: int
    price: Decimal
    discount: int = 0


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing owed: the agreement and unit that name it, and what its invoice must come to.

    ``billable`` is false where nobody may be sent an invoice; ``contested`` where sources disagree
    or something is missing, so that a person may hold it for ever.
    """

    agreement: str
    unit: str
    client: str
    due: Decimal
    billable: bool = True
    contested: bool = False

    @property
    def name(self) -> str:
        """What it is called in a finding."""
        return f"{self.agreement}/{self.unit}"

    @property
    def currency(self) -> str:
        """The currency its invoice is in."""
        return currency_of(self.client)


def thing(
    agreement: str, unit: str, client: str, net: Decimal, *, contested: bool = False
) -> Thing:
    """Return a thing owed that comes to ``net`` before tax."""
    due = net + _cents(net * _PERCENT_OF_TAX[COUNTRIES[client]] / 100)
    return Thing(agreement, unit, client, due, client not in MODES, contested)


def net_of(lines: Sequence[Line]) -> Decimal:
    """Add lines up; each line and each discount is rounded by itself."""
    whole = [line.quantity * line.price for line in lines]
    off = [_cents(each * line.discount / 100) for each, line in zip(whole, lines, strict=True)]
    return sum(whole, Decimal(0)) - sum(off, Decimal(0))


def milestone(key: str) -> Thing:
    """Return what a milestone of the project is worth."""
    return thing("kestrel-work", key, "kestrel", Decimal(9000) * PERCENTS[key] / 100)


def hours(entries: int) -> list[Thing]:
    """Return what is owed once so many entries of eight hours came together: 40 hours each."""
    return [
        thing("juniper-work", f"hours:{number}", "juniper", Decimal(40 * 100))
        for number in range(1, entries * 8 // 40 + 1)
    ]


def by_calendar(begins: date, today: date, clients: Sequence[str]) -> list[Thing]:
    """Return what the calendar makes due up to and on ``today``."""
    months = list(_months(begins, today))
    found: list[Thing] = []
    for client in {"harbor", "shade"}.intersection(clients):
        found += [thing(f"{client}-support", str(month), client, Decimal(2400)) for month in months]
    if "larkspur" in clients:
        shares = (Decimal("333.33"), Decimal("333.34"), Decimal("333.33"))
        found += [
            thing("larkspur-work", str(month), "larkspur", share)
            for month, share in zip(months, shares, strict=False)
        ]
    if "meridian" in clients:
        worth = Decimal(len(HOURLY_DAYS) * HOURS_A_DAY * 110)
        found += [
            thing("meridian-work", str(month), "meridian", worth)
            for month in months
            if _next_month(month) <= today
        ]
    return found


def _months(begins: date, today: date) -> list[date]:
    month, found = begins.replace(day=1), []
    while month <= today:
        found.append(month)
        month = _next_month(month)
    return found


def _next_month(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)
