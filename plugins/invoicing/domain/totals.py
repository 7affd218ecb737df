"""Totals of an invoice in their fixed order, each from the rounded parts before it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import TypeAlias

from invoicing.domain.discounts import Discount, Spread
from invoicing.domain.errors import MoneyError
from invoicing.domain.money import (
    EXACT,
    Money,
    Rounding,
    percent_of,
    plain,
    ratio,
    share_out,
    total,
)
from invoicing.domain.parties import TaxRounding
from invoicing.domain.tax import TaxGroup, TaxRate, joined_group


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures below the lines; each is the outcome of the ones before it.

    ``charges`` are put on the document; ``withheld`` is what the client keeps back for its tax
    office; ``rounding`` is what cash rounding adds or takes away.
    """

    sum: Money
    discount: Money
    charges: Money
    net: Money
    tax: Money
    gross: Money
    paid: Money
    withheld: Money
    rounding: Money
    due: Money

    def explain(self) -> tuple[tuple[str, str], ...]:
        """Say for each figure how it came about."""
        net = f"{self.sum} - {self.discount} + {self.charges}"
        if self.sum - self.discount + self.charges != self.net:
            net += ", without the tax inside the prices"
        return (
            ("sum", "all line amounts added up"),
            ("discount", "discounts on the document"),
            ("charges", "charges on the document"),
            ("net", net),
            ("tax", "the tax of each rate added up"),
            ("gross", f"{self.net} + {self.tax}"),
            ("paid", "paid before this invoice was issued"),
            ("withheld", "kept back by the client for its tax office"),
            ("rounding", "what rounding the payable amount adds"),
            ("due", f"{self.gross} - {self.paid} - {self.withheld} + {self.rounding}"),
        )


@dataclass(frozen=True, slots=True)
class Charge:
    """An amount on the document besides its lines, with the tax it bears; a minus takes off."""

    reason: str
    amount: Money
    rate: TaxRate


@dataclass(frozen=True, slots=True)
class Policy:
    """How an entity and a client want an invoice computed."""

    currency: str
    rounding: Rounding = Rounding.HALF_UP
    tax_rounding: TaxRounding = TaxRounding.PER_GROUP
    prices_include_tax: bool = False
    withholding_percent: Decimal = Decimal(0)
    cash_step: Money | None = None


@dataclass(frozen=True, slots=True)
class Extras:
    """What comes besides the lines.

    ``allowances`` are amounts off the document that name their tax, counted with the discounts;
    ``rounding`` is a stated rounding amount, instead of a step.
    """

    discounts: tuple[Discount, ...] = ()
    charges: tuple[Charge, ...] = ()
    paid: Money | None = None
    rounding: Money | None = None
    allowances: tuple[Charge, ...] = ()


_NO_EXTRAS = Extras()


@dataclass(frozen=True, slots=True)
class Sums:
    """The tax of each group, the discount of each document discount, and the totals."""

    taxes: tuple[TaxGroup, ...]
    discounts: tuple[Money, ...] = field(default=())
    totals: Totals = field(kw_only=True)


@dataclass(slots=True)
class _Basket:
    """All amounts of one taxable share in a tax group, under the first one's rate."""

    rate: TaxRate
    parts: list[Money]


_Groups: TypeAlias = dict[tuple[str, Decimal, str], list[_Basket]]


@cache
def _nothing(currency: str) -> Money:
    return Money.zero(currency)  # asked for once per line of a batch


def line_net(
    quantity: Decimal,
    unit_price: Money,
    base_quantity: Decimal = Decimal(1),
    discount_percent: Decimal = Decimal(0),
    rounding: Rounding = Rounding.HALF_UP,
) -> tuple[Money, Money]:
    """Return a line's net amount and its discount: the gross is rounded, then the discount."""
    if base_quantity <= 0:
        raise MoneyError(f"a price is for more than {plain(base_quantity)} units")
    if base_quantity == 1:
        gross = unit_price.product(quantity, rounding)
    else:
        gross = ratio(unit_price, quantity, base_quantity, rounding)
    if not discount_percent:
        return gross, _nothing(gross.currency)
    discount = percent_of(gross, discount_percent, rounding)
    return gross - discount, discount


def adjust_line(
    amount: Money, *, charges: Sequence[Money] = (), allowances: Sequence[Money] = ()
) -> Money:
    """Put the stated charges of a line on its amount and take its stated allowances off."""
    return amount + total(charges, amount.currency) - total(allowances, amount.currency)


def compute_sums(
    nets: Sequence[tuple[TaxRate, Money]], policy: Policy, extras: Extras | None = None
) -> Sums:
    """Compute taxes and totals of lines; ``nets`` are their rounded amounts, in order.

    Two of our categories with the same EN 16931 code and percent are one group under the first
    one's label, also where only a share of one is taxed; another sentence for the invoice keeps
    them apart, so that none is lost. Every discount is computed from the lines, none from what
    another one left.
    """
    extras = extras or _NO_EXTRAS
    groups: _Groups = {}
    _sort_in(groups, nets)
    discounts = _discounts(extras.discounts, tuple(groups.values()), policy)
    _sort_in(groups, [(each.rate, -each.amount) for each in extras.allowances])
    _sort_in(groups, [(each.rate, each.amount) for each in extras.charges])
    taxes = tuple(
        joined_group(
            [(basket.rate, basket.parts) for basket in group],
            policy.currency,
            rounding=policy.rounding,
            tax_rounding=policy.tax_rounding,
            prices_include_tax=policy.prices_include_tax,
        )
        for group in groups.values()
    )
    lines = total((net for _, net in nets), policy.currency)
    return Sums(taxes, discounts, totals=_totals(lines, discounts, taxes, policy, extras))


def _sort_in(groups: _Groups, amounts: Sequence[tuple[TaxRate, Money]]) -> None:
    # Lines share few rates; to look each up by what it says took longer than all the adding.
    seen: dict[int, list[Money]] = {}
    for rate, amount in amounts:
        parts = seen.get(id(rate))
        if parts is None:
            parts = seen[id(rate)] = _parts_of(groups, rate)
        parts.append(amount)


def _parts_of(groups: _Groups, rate: TaxRate) -> list[Money]:
    """Return the amounts that are taxed like ``rate`` so far."""
    baskets = groups.setdefault(rate.group, [])
    for basket in baskets:
        if basket.rate.taxable_percent == rate.taxable_percent:
            return basket.parts
    baskets.append(_Basket(rate, []))
    return baskets[-1].parts


def _discounts(
    discounts: Sequence[Discount], groups: Sequence[Sequence[_Basket]], policy: Policy
) -> tuple[Money, ...]:
    """Take each discount off the groups and return what each came to."""
    if not discounts:
        return ()
    bases = [[total(basket.parts, policy.currency) for basket in group] for group in groups]
    nets = [
        (group[0].rate, total(each, policy.currency))
        for group, each in zip(groups, bases, strict=True)
    ]
    amounts = []
    for discount in discounts:
        shares = _shares(discount, nets, policy)
        for group, base, share in zip(groups, bases, shares, strict=True):
            for basket, part in zip(group, share_out(share, base), strict=True):
                basket.parts.append(-part)
        amounts.append(total(shares, policy.currency))
    return tuple(amounts)


def _shares(
    discount: Discount, nets: Sequence[tuple[TaxRate, Money]], policy: Policy
) -> Sequence[Money]:
    """Return what a discount takes off each group; nothing off those that it does not cover."""
    covered = [net for rate, net in nets if discount.covers(rate.code, rate.percent)]
    found = iter(_off(discount, covered, policy))
    nothing = _nothing(policy.currency)
    return [
        next(found) if discount.covers(rate.code, rate.percent) else nothing for rate, _ in nets
    ]


def _off(discount: Discount, nets: Sequence[Money], policy: Policy) -> Sequence[Money]:
    percent, amount = discount.percent, discount.amount
    if (percent is None) == (amount is None):
        raise MoneyError(f"discount {discount.reason!r} needs either a percentage or an amount")
    per_group = discount.spread is Spread.PER_GROUP
    if percent is not None and per_group:
        return [percent_of(net, percent, policy.rounding) for net in nets]
    if amount is None:
        whole = total(nets, policy.currency)
        amount = percent_of(whole, percent or Decimal(0), policy.rounding)
    elif per_group and len(nets) > 1:
        raise MoneyError(
            f"discount {discount.reason!r} is an amount; spread it pro_rata, only a percentage"
            " can be taken off each tax group"
        )
    if amount.amount and not any(net.amount for net in nets):
        raise MoneyError(
            f"discount {discount.reason!r} of {amount} is on {discount.scope or 'the lines'}, which"
            " come to nothing on this invoice; correct what it is on, or leave it out"
        )
    return share_out(amount, nets)


@dataclass(frozen=True, slots=True)
class Remainder:
    """What is left of a whole when deposits are deducted as they were charged."""

    paid_net: Money
    paid_tax: Money
    paid_gross: Money
    net: Money
    tax: Money
    gross: Money


def deduct_deposits(whole: Totals, deposits: Sequence[Totals]) -> Remainder:
    """Take deposit invoices, with the tax they bore, off the whole that they were a part of."""
    currency = whole.net.currency
    net = total((deposit.net for deposit in deposits), currency)
    tax = total((deposit.tax for deposit in deposits), currency)
    gross = net + tax
    return Remainder(net, tax, gross, whole.net - net, whole.tax - tax, whole.gross - gross)


def _totals(
    lines: Money,
    discounts: Sequence[Money],
    taxes: Sequence[TaxGroup],
    policy: Policy,
    extras: Extras,
) -> Totals:
    currency = policy.currency
    nothing = _nothing(currency)
    net = total((group.net for group in taxes), currency)
    tax = total((group.tax for group in taxes), currency)
    paid = nothing if extras.paid is None else extras.paid
    withheld = rounding = discount = charges = nothing
    if policy.withholding_percent:
        withheld = percent_of(net, policy.withholding_percent, policy.rounding)
    gross = net + tax
    payable = gross - paid - withheld
    if extras.rounding is not None:
        rounding = extras.rounding
    elif policy.cash_step is not None:
        rounding = round_to_step(payable, policy.cash_step) - payable
    if discounts or extras.allowances:
        allowances = [allowance.amount for allowance in extras.allowances]
        discount = total([*discounts, *allowances], currency)
    if extras.charges:
        charges = total((charge.amount for charge in extras.charges), currency)
    return Totals(
        sum=lines,
        discount=discount,
        charges=charges,
        net=net,
        tax=tax,
        gross=gross,
        paid=paid,
        withheld=withheld,
        rounding=rounding,
        due=payable + rounding,
    )


def round_to_step(amount: Money, step: Money) -> Money:
    """Return the nearest multiple of ``step``; the middle goes away from zero (Swiss 0.05)."""
    if step <= Money.zero(amount.currency):
        raise MoneyError(f"cash cannot be rounded to steps of {step}")
    # Exact where it matters: a quotient with an endless fraction is never in the middle.
    steps = EXACT.divide(amount.amount, step.amount).to_integral_value(ROUND_HALF_UP)
    return step.times(steps).rounded()
