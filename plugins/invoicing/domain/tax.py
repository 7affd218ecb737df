"""Tax: the one rate for a client's place and a category of work on the day of the tax point."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from invoicing.domain.errors import MoneyError
from invoicing.domain.money import EXACT, Money, Rounding, plain, ratio, split_by_weight, total
from invoicing.domain.parties import Client, Entity, Exemption, TaxRounding

HOW_ROUNDED: Mapping[Rounding, str] = {
    Rounding.HALF_UP: "half away from zero",
    Rounding.HALF_EVEN: "half to the even neighbour",
    Rounding.HALF_DOWN: "half towards zero",
    Rounding.UP: "away from zero",
    Rounding.DOWN: "towards zero",
    Rounding.CEILING: "up",
    Rounding.FLOOR: "down",
}
_HUNDRED = Decimal(100)
_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class TaxPart:
    """The share of one authority in a combined rate, shown on the invoice."""

    name: str
    percent: Decimal


@dataclass(frozen=True, slots=True)
class TaxRate:
    """The tax on one kind of work.

    ``code`` is the EN 16931 category (S standard, AE reverse charge, O outside the scope, ...);
    ``note`` is the sentence the law wants on the invoice when no tax is charged. Only
    ``taxable_percent`` of the net is taxed; ``parts`` are the authorities that a combined rate
    belongs to.
    """

    category: str
    code: str
    percent: Decimal
    label: str
    note: str = ""
    taxable_percent: Decimal = Decimal(100)
    parts: tuple[TaxPart, ...] = ()

    @property
    def group(self) -> tuple[str, Decimal, str]:
        """What is taxed together: our own name and label of a rate keep nothing apart.

        Nor does the taxable share: each amount brings its own into the one computation.
        """
        return self.code, self.percent, self.note

    @property
    def effective_percent(self) -> Decimal:
        """The percentage of the whole net: the rate on its taxable share."""
        if self.taxable_percent == _HUNDRED:
            return self.percent
        return EXACT.multiply(EXACT.multiply(self.percent, self.taxable_percent), _HUNDREDTH)


@dataclass(frozen=True, slots=True)
class TaxRule:
    """A rate with the client's place and the days it is in force.

    An empty ``region`` means the whole country, an empty ``entity`` any of ours; a rule that names
    them wins over one that does not.
    """

    country: str
    rate: TaxRate
    valid_from: date
    valid_to: date | None = None
    region: str = ""
    entity: str = ""

    def names(self, entity: str, region: str, day: date) -> int | None:
        """Count what of entity and region this rule names, or None where it does not apply."""
        if day < self.valid_from or (self.valid_to is not None and day > self.valid_to):
            return None
        if (self.region and self.region != region) or (self.entity and self.entity != entity):
            return None
        return bool(self.region) + bool(self.entity)


def one_after_another(rules: Sequence[TaxRule]) -> tuple[TaxRule, ...]:
    """End each rule without an end on the day before the next one for the same work begins."""
    begins: dict[tuple[str, ...], list[date]] = {}
    for rule in rules:
        begins.setdefault(_same_work(rule), []).append(rule.valid_from)
    closed = []
    for rule in rules:
        later = [day for day in begins[_same_work(rule)] if day > rule.valid_from]
        if later and rule.valid_to is None:
            closed.append(replace(rule, valid_to=min(later) - timedelta(days=1)))
        else:
            closed.append(rule)
    return tuple(closed)


def _same_work(rule: TaxRule) -> tuple[str, ...]:
    return rule.country, rule.region, rule.entity, rule.rate.category


@dataclass(frozen=True, slots=True)
class ExchangeRate:
    """How much of ``currency`` one unit of ``base`` was worth from a day on, and who said so."""

    base: str
    currency: str
    rate: Decimal
    valid_from: date
    source: str


@dataclass(frozen=True, slots=True)
class TaxTable:
    """All tax rules and exchange rates; the answer is one of them or none, never a guess."""

    rules: tuple[TaxRule, ...]
    exchange_rates: tuple[ExchangeRate, ...] = ()
    # By country and category: a batch asks once per line.
    _places: dict[tuple[str, str], list[TaxRule]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        for rule in self.rules:
            self._places.setdefault((rule.country, rule.rate.category), []).append(rule)

    def rate_for(self, entity: Entity, client: Client, category: str, day: date) -> TaxRate | None:
        """Return the one rate that applies on the tax point, or None when none or several do.

        A client's exemption that is in force wins over every rule.
        """
        if client.exemption is not None and client.exemption.covers(day):
            return _exempt(category, client.exemption)
        best, found = -1, None
        for rule in self._places.get((client.address.country, category), ()):
            named = rule.names(entity.key, client.address.region, day)
            if named is None or named < best:
                continue
            found = rule.rate if named > best else None
            best = named
        return found

    def exchange_rate(self, base: str, currency: str, day: date) -> ExchangeRate | None:
        """Return the newest rate known on ``day``; None without one, or when two contradict."""
        known = [
            rate
            for rate in self.exchange_rates
            if rate.base == base and rate.currency == currency and rate.valid_from <= day
        ]
        if not known:
            return None
        newest = max(rate.valid_from for rate in known)
        found = [rate for rate in known if rate.valid_from == newest]
        return found[0] if len({rate.rate for rate in found}) == 1 else None


def _exempt(category: str, exemption: Exemption) -> TaxRate:
    label = f"Exempt, certificate {exemption.certificate}" if exemption.certificate else "Exempt"
    return TaxRate(category, "E", Decimal(0), label, exemption.reason)


@dataclass(frozen=True, slots=True)
class TaxGroup:
    """The tax on all lines of one (category, rate), with how it was computed.

    ``shares`` are the amounts of the authorities of a combined rate, by name; they add up to
    ``tax``. ``bases`` are filled only where different shares of the amounts are taxed: the amounts
    as they were priced (with the tax where prices include it), each with its own rate; ``rate`` is
    then the first of these.
    """

    rate: TaxRate
    net: Money
    tax: Money
    explanation: str
    shares: tuple[tuple[str, Money], ...] = ()
    bases: tuple[tuple[TaxRate, Money], ...] = ()

    def amounts(self, *, inside: bool) -> tuple[tuple[TaxRate, Money], ...]:
        """Return what it was computed from, by rate; ``inside`` where prices include the tax."""
        return self.bases or ((self.rate, self.net + self.tax if inside else self.net),)


def tax_group(
    rate: TaxRate,
    parts: Sequence[Money],
    currency: str,
    *,
    rounding: Rounding = Rounding.HALF_UP,
    tax_rounding: TaxRounding = TaxRounding.PER_GROUP,
    prices_include_tax: bool = False,
) -> TaxGroup:
    """Tax the amounts of one rate together: rounding line by line would gain or lose cents."""
    return joined_group(
        [(rate, parts)],
        currency,
        rounding=rounding,
        tax_rounding=tax_rounding,
        prices_include_tax=prices_include_tax,
    )


def joined_group(
    amounts: Sequence[tuple[TaxRate, Sequence[Money]]],
    currency: str,
    *,
    rounding: Rounding = Rounding.HALF_UP,
    tax_rounding: TaxRounding = TaxRounding.PER_GROUP,
    prices_include_tax: bool = False,
) -> TaxGroup:
    """Tax the amounts of rates that differ in their taxable share only, and round once.

    Where a seller may and does choose so, each amount is rounded for itself all the same. With tax
    inside the prices the net is rounded, and what remains of the price is the tax.
    """
    rate = amounts[0][0]
    bases = [(each, total(parts, currency)) for each, parts in amounts]
    whole = _sum([base for _, base in bases], currency)
    once = tax_rounding is TaxRounding.PER_GROUP
    if prices_include_tax:
        net = _net_once(bases, rounding) if once else _line_by_line(amounts, _without_tax, rounding)
        tax = whole - net
    else:
        net = whole
        tax = _tax_once(bases, rounding) if once else _line_by_line(amounts, _tax_on, rounding)
    explanation = _explain(bases, net, rounding, once=once, inside=prices_include_tax)
    shares = named_shares(tax, rate) if rate.parts else ()
    return TaxGroup(rate, net, tax, explanation, shares, tuple(bases) if len(bases) > 1 else ())


def bases_left(
    before: TaxGroup, charged: TaxGroup, *, inside: bool
) -> tuple[tuple[TaxRate, Money], ...]:
    """Return the bases of a group without those that were charged already."""
    if not before.bases and not charged.bases:
        return ()
    left = dict(before.amounts(inside=inside))
    for rate, amount in charged.amounts(inside=inside):
        left[rate] = left.get(rate, Money.zero(amount.currency)) - amount
    return tuple(left.items())


def tax_inside(group: TaxGroup, price: Money, rounding: Rounding = Rounding.HALF_UP) -> TaxGroup:
    """Take the tax out of a part of what a group came to with its tax.

    A group with several taxable shares says itself how much of such a part is tax.
    """
    if not group.bases or not price.amount:
        return tax_group(
            group.rate, [price], price.currency, rounding=rounding, prices_include_tax=True
        )
    gross = group.net + group.tax
    net = ratio(price, group.net.amount, gross.amount, rounding)
    tax = price - net
    explanation = f"as in {gross}, which are {group.net} and {group.tax} tax: {group.explanation}"
    shares = named_shares(tax, group.rate) if group.rate.parts else ()
    return TaxGroup(group.rate, net, tax, explanation, shares)


def named_shares(tax: Money, rate: TaxRate) -> tuple[tuple[str, Money], ...]:
    """Share a rounded tax out to the authorities of its rate, each with its name."""
    names = (part.name for part in rate.parts)
    return tuple(zip(names, split_tax(tax, rate.parts), strict=True))


def _sum(rounded: Sequence[Money], currency: str) -> Money:
    return rounded[0] if len(rounded) == 1 else total(rounded, currency)


def _explain(
    bases: Sequence[tuple[TaxRate, Money]],
    net: Money,
    rounding: Rounding,
    *,
    once: bool,
    inside: bool,
) -> str:
    rate = bases[0][0]
    if len(bases) == 1:
        taxed = f"{_part_of(rate)}{net}"
    else:
        the = "the net in " if inside else ""
        taxed = " and of ".join(f"{_part_of(each)}{the}{base}" for each, base in bases)
    how = "once" if once else "line by line"
    within = ", taken out of prices that include it" if inside else ""
    return (
        f"{plain(rate.percent)} % of {taxed}{within}, rounded {how} for {rate.label},"
        f" {HOW_ROUNDED[rounding]}"
    )


def _part_of(rate: TaxRate) -> str:
    return "" if rate.taxable_percent == _HUNDRED else f"{plain(rate.taxable_percent)} % of "


def _line_by_line(
    amounts: Sequence[tuple[TaxRate, Sequence[Money]]],
    each: Callable[[Money, TaxRate, Rounding], Money],
    rounding: Rounding,
) -> Money:
    rounded = [each(part, rate, rounding) for rate, parts in amounts for part in parts]
    return _sum(rounded, rounded[0].currency)


def _factor(rate: TaxRate) -> Decimal:
    return EXACT.multiply(rate.effective_percent, _HUNDREDTH)


def _tax_on(base: Money, rate: TaxRate, rounding: Rounding) -> Money:
    return base.product(_factor(rate), rounding)


def _tax_once(bases: Sequence[tuple[TaxRate, Money]], rounding: Rounding) -> Money:
    rate, base = bases[0]
    if len(bases) == 1:
        return _tax_on(base, rate, rounding)
    exact = [base.times(_factor(rate)) for rate, base in bases]
    return total(exact, base.currency).rounded(rounding)


def _without_tax(price: Money, rate: TaxRate, rounding: Rounding) -> Money:
    return ratio(price, _HUNDRED, EXACT.add(_HUNDRED, rate.effective_percent), rounding)


def _net_once(bases: Sequence[tuple[TaxRate, Money]], rounding: Rounding) -> Money:
    rate, price = bases[0]
    if len(bases) == 1:
        return _without_tax(price, rate, rounding)
    # Quotients without a last digit are added up exactly before the one rounding.
    exact = sum(
        (Fraction(price.amount) / (1 + Fraction(_factor(rate))) for rate, price in bases),
        Fraction(0),
    )
    one = Money(Decimal(1), price.currency)
    return ratio(one, Decimal(exact.numerator), Decimal(exact.denominator), rounding)


def split_tax(tax: Money, parts: tuple[TaxPart, ...]) -> tuple[Money, ...]:
    """Share a rounded tax out to the authorities of its rate, to the last cent."""
    if not parts:
        return ()
    return tuple(split_by_weight(tax, [part.percent for part in parts]))


@dataclass(frozen=True, slots=True)
class TaxInBooks:
    """The whole tax in the currency of our books, where the invoice is in another one."""

    amount: Money
    rate: ExchangeRate
    explanation: str


def tax_in_books(
    tax: Money, rate: ExchangeRate, rounding: Rounding = Rounding.HALF_UP
) -> TaxInBooks:
    """Convert the rounded tax total, once, to the currency of the books.

    The rate may say what one unit of the books' currency is worth in the invoice's, or the reverse.
    """
    if rate.rate <= 0:
        raise MoneyError(f"an exchange rate of {plain(rate.rate)} ({rate.source}) is none")
    one = Decimal(1)
    if tax.currency == rate.currency:
        amount, sign = ratio(Money(tax.amount, rate.base), one, rate.rate, rounding), "/"
    elif tax.currency == rate.base:
        amount, sign = ratio(Money(tax.amount, rate.currency), rate.rate, one, rounding), "x"
    else:
        raise MoneyError(f"a rate of {rate.base} in {rate.currency} says nothing about {tax}")
    explanation = (
        f"{tax} {sign} {plain(rate.rate)} ({rate.currency} for one {rate.base}, {rate.source},"
        f" {rate.valid_from}), rounded once, {HOW_ROUNDED[rounding]}"
    )
    return TaxInBooks(amount, rate, explanation)
