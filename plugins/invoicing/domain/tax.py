"""Tax: the rate for a client's country and a category of work, computed once per rate."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from invoicing.domain.money import Money, plain, total

_PERCENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class TaxRate:
    """The tax on one kind of work.

    ``code`` is the EN 16931 category (S standard, AE reverse charge, O outside the scope, ...);
    ``note`` is the sentence the law wants on the invoice when no tax is charged.
    """

    category: str
    code: str
    percent: Decimal
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class TaxRule:
    """A rate with the country of the client and the days it is in force."""

    country: str
    rate: TaxRate
    valid_from: date
    valid_to: date | None = None

    def covers(self, country: str, category: str, day: date) -> bool:
        """Tell whether this rule taxes work of ``category`` for ``country`` on ``day``."""
        return (
            self.country == country
            and self.rate.category == category
            and self.valid_from <= day
            and (self.valid_to is None or day <= self.valid_to)
        )


@dataclass(frozen=True, slots=True)
class TaxTable:
    """All tax rules; the answer is one rate or none, never a guess."""

    rules: tuple[TaxRule, ...]

    def rate_for(self, country: str, category: str, day: date) -> TaxRate | None:
        """Return the one rate that applies, or None when none or several do."""
        found = [rule.rate for rule in self.rules if rule.covers(country, category, day)]
        return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class TaxGroup:
    """The tax on all lines of one (category, rate), with how it was computed."""

    rate: TaxRate
    net: Money
    tax: Money
    explanation: str


def tax_groups(nets: Iterable[tuple[TaxRate, Money]], currency: str) -> tuple[TaxGroup, ...]:
    """Tax each (category, rate) once: rounding line by line would gain or lose cents.

    Two of our categories with the same EN 16931 code and percent are one group under the first
    one's label; another sentence for the invoice keeps them apart, so that none is lost.
    """
    groups: dict[tuple[str, Decimal, str], tuple[TaxRate, list[Money]]] = {}
    for rate, net in nets:
        groups.setdefault((rate.code, rate.percent, rate.note), (rate, []))[1].append(net)
    return tuple(_tax_group(rate, parts, currency) for rate, parts in groups.values())


def _tax_group(rate: TaxRate, parts: list[Money], currency: str) -> TaxGroup:
    net = total(parts, currency)
    tax = net.times(_PERCENT).times(rate.percent).rounded()
    explanation = (
        f"{plain(rate.percent)} % of {net}, rounded once for {rate.label}, half away from zero"
    )
    return TaxGroup(rate, net, tax, explanation)
