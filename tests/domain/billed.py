"""Invoices made of bare lines, for tests that are about what happens to an invoice afterwards."""

from dataclasses import replace
from decimal import Decimal

from invoicing.domain.draft import Draft, Line
from invoicing.domain.issue import Invoice, issue_draft, series_key
from invoicing.domain.money import Money
from invoicing.domain.parties import Entity
from invoicing.domain.tax import TaxRate
from invoicing.domain.terms import Terms
from invoicing.domain.totals import Extras, Policy, compute_sums, line_net
from invoicing.domain.work import RecordRef
from tests.domain.builders import DAY, ENTITY, NORDWIND, NOW, STANDARD


def line(
    quantity: str = "10",
    price: str = "99.99",
    rate: TaxRate = STANDARD,
    *,
    currency: str = "EUR",
    percent: str = "0",
) -> Line:
    """Return one line; its position is set by `billed`."""
    amount, units, off = Money(Decimal(price), currency), Decimal(quantity), Decimal(percent)
    net, discount = line_net(units, amount, discount_percent=off)
    return Line(
        1, "Work", units, "h", amount, net, rate, (RecordRef("crm", "L-1"),), "rule", "by hand",
        discount_percent=off, discount=discount if off else None,
    )  # fmt: skip


def billed(
    *lines: Line,
    entity: Entity = ENTITY,
    extras: Extras | None = None,
    policy: Policy | None = None,
) -> Draft:
    """Return the draft of these lines."""
    numbered = [replace(one, position=index) for index, one in enumerate(lines or (line(),), 1)]
    currency = numbered[0].net.currency
    policy = policy or Policy(currency)
    sums = compute_sums([(one.rate, one.net) for one in numbered], policy, extras)
    return Draft(
        id="0" * 32,
        entity=entity,
        client=NORDWIND,
        obligations=(),
        title="Work",
        currency=currency,
        supplied_on=DAY,
        terms=Terms(14),
        lines=tuple(numbered),
        taxes=sums.taxes,
        totals=sums.totals,
        rounding=policy.rounding,
        prices_include_tax=policy.prices_include_tax,
    )


def issued(draft: Draft | None = None, *, sequence: int = 1) -> Invoice:
    """Return a draft with its number."""
    draft = draft or billed()
    key = series_key(draft.entity, NOW)
    return issue_draft(draft, version=1, config_hash="c0ffee", key=key, sequence=sequence, now=NOW)
