"""Sheet: the draft in the making, where each kind of pricing writes its lines."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from invoicing.domain.agreements import Agreement
from invoicing.domain.draft import AppliedDiscount, Balance, DraftRecord, Line, Standing
from invoicing.domain.drafting.phrases import Phrases
from invoicing.domain.errors import TerminalError
from invoicing.domain.money import EXACT, Money, Rounding
from invoicing.domain.obligations import Hold, Obligation
from invoicing.domain.parties import Client, Entity
from invoicing.domain.rules import BillingRule
from invoicing.domain.tax import HOW_ROUNDED, TaxRate, TaxTable
from invoicing.domain.totals import line_net
from invoicing.domain.work import RecordRef

ONE = Decimal(1)
HUNDRED = Decimal(100)
ROUNDED = {rounding: f"rounded {how}" for rounding, how in HOW_ROUNDED.items()}
_NAMED_RECORDS = 3


class HeldError(TerminalError):
    """Ends the drafting: a person must look first."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.hold = Hold(code, reason)


@dataclass(slots=True)
class Sheet:
    """The parties, the day and the other drafts of an agreement, and the lines written so far.

    ``obligation`` is the one being priced; ``earlier`` are the agreement's other drafts and
    invoices, the oldest first; ``standing`` is all that the ledger holds about it. ``rules`` are
    the book's. ``rounding`` is the rule that every amount is rounded by, ``rounded`` says it in
    words.
    """

    agreement: Agreement
    client: Client
    entity: Entity
    taxes: TaxTable
    supplied_on: date
    obligation: Obligation
    earlier: tuple[DraftRecord, ...]
    standing: Standing
    rules: tuple[BillingRule, ...]
    lines: list[Line] = field(default_factory=list)
    balances: list[Balance] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    whole_discounts: list[AppliedDiscount] = field(default_factory=list)
    phrases: Phrases = field(default_factory=Phrases)
    # Every line asks for these three.
    currency: str = field(init=False)
    rounding: Rounding = field(init=False)
    rounded: str = field(init=False)
    _rates: dict[str, TaxRate] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.currency, self.rounding = self.client.currency, self.entity.rounding
        self.rounded = ROUNDED[self.rounding]

    def rate(self, category: str, what: str) -> TaxRate:
        """Return the tax on a category of work; ``what`` names the work if there is none."""
        rate = self._rates.get(category)
        if rate is None:
            rate = self._rates[category] = self.rate_on(category, what, self.supplied_on)
        return rate

    def rate_on(self, category: str, what: str, day: date) -> TaxRate:
        """Return the tax on a category of work that was supplied on ``day``."""
        rate = self.taxes.rate_for(self.entity, self.client, category, day)
        if rate is None:
            raise HeldError("tax_unknown", self._no_rate(category, what, day))
        return rate

    def own_rate(self) -> TaxRate:
        """Return the tax on what the agreement itself promises."""
        return self.rate(self.agreement.tax_category, f"agreement {self.agreement.key}")

    def own_rate_on(self, day: date) -> TaxRate:
        """Return the tax on what the agreement promised, where it was supplied on ``day``."""
        return self.rate_on(self.agreement.tax_category, f"agreement {self.agreement.key}", day)

    def counted(self, name: str) -> Decimal:
        """Add up what this invoice and the earlier ones noted under ``name``."""
        return sum(self._noted(name), Decimal(0))

    def has_counted(self, name: str) -> bool:
        """Tell whether this invoice or an earlier one noted anything under ``name``."""
        return any(True for _ in self._noted(name))

    def _noted(self, name: str) -> Iterator[Decimal]:
        drafts = (record.draft.balances for record in self.earlier)
        for balances in (*drafts, self.balances):
            yield from (one.amount for one in balances if one.name == name)

    def say(self, phrase: str, **facts: object) -> str:
        """Return words of ours in the language of the client."""
        return self.phrases.say(phrase, **facts)

    def own_ref(self) -> RecordRef:
        """Name what is owed as a record: its price stands in the agreement, not in a source."""
        return RecordRef(self.obligation.source, f"{self.agreement.key}:{self.obligation.key.unit}")

    def in_currency(self, price: Money, what: str) -> None:
        """Refuse a price that is not in the client's currency."""
        if price.currency != self.currency:
            raise HeldError(
                "currency_differs",
                f"{what} is in {price.currency}, but {self.client.key} is billed in"
                f" {self.currency}",
            )

    def add(
        self,
        description: str,
        quantity: Decimal,
        unit: str,
        price: Money,
        net: Money,
        how: str,
        *,
        rate: TaxRate | None = None,
        records: Sequence[RecordRef] = (),
        base: Decimal = ONE,
    ) -> None:
        """Write a line of the agreement's own price; ``how`` says what was computed.

        What is below zero has a negative quantity, never a negative price (EN 16931 BR-27). Where
        quantity and price as printed would round to another amount, one item of it is printed.
        """
        if price.amount < 0:
            quantity, price = -quantity, -price
        if price != net and line_net(quantity, price, base, rounding=self.rounding)[0] != net:
            sign = -ONE if net.amount < 0 else ONE
            quantity, unit, price, base = sign, "item", net.times(sign), ONE
        refs = tuple(records) or (self.own_ref(),)
        self.in_currency(price, description)
        rule = self.obligation.rule
        text = f"{how} = {net}, {self.rounded}; {named(refs)}; rule {rule}"
        self.lines.append(
            Line(
                len(self.lines) + 1, description, quantity, unit, price, net,
                self.own_rate() if rate is None else rate, refs, rule, text, base,
            )
        )  # fmt: skip

    def _no_rate(self, category: str, what: str, day: date) -> str:
        address = self.client.address
        place = f"{address.country} {address.region}".rstrip()
        return (
            f"config/taxes.yaml has not exactly one rate for {category!r} and country {place} on"
            f" {day} ({what})"
        )


def named(records: Collection[RecordRef]) -> str:
    """Name a few records, and count them when they are many."""
    if len(records) == 1:
        return ", ".join(map(str, records))
    first = ", ".join(f"{ref.source} {ref.record_id}" for ref in list(records)[:_NAMED_RECORDS])
    more = len(records) - _NAMED_RECORDS
    return f"{len(records)} records: {first}" + (f" and {more} more" if more > 0 else "")


def product(one: Decimal, other: Decimal | int) -> Decimal:
    """Multiply two quantities to the last digit."""
    return EXACT.multiply(one, Decimal(other))


def shortest(value: Decimal) -> Decimal:
    """Write a number without needless zeros: 90, not 90.0 and not 9E+1."""
    whole = value.to_integral_value()
    return whole if whole == value else value.normalize(EXACT)
