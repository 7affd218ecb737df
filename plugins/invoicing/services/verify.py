"""Verify: look at the whole ledger and name every row that breaks what was promised."""

from collections.abc import Iterator
from dataclasses import dataclass

from invoicing.domain.issue import Invoice
from invoicing.domain.money import Money, total
from invoicing.domain.trail import broken_at
from invoicing.services.ledger_ports import UnitOfWork
from invoicing.services.ports import Services


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be: the promise that is broken, and where."""

    promise: str
    where: str


PROMISES = (
    "every key is unique",
    "numbers have no gap",
    "sums add up",
    "nothing is issued without an approval of exactly its content",
    "issued content never changes",
    "no balance is below zero",
    "the trail is whole",
)


def verify(s: Services) -> list[Finding]:
    """Check every promise over the whole ledger; an empty answer means that all of them hold."""
    with s.ledger.read() as work:
        return [Finding(promise, where) for promise, where in _findings(work)]


def _findings(work: UnitOfWork) -> Iterator[tuple[str, str]]:
    unique, gapless, sums, approved, frozen, balance, trail = PROMISES
    yield from ((unique, where) for where in work.audit.repeated_keys())
    yield from ((gapless, where) for where in work.audit.gaps())
    yield from ((approved, where) for where in work.audit.unapproved())
    for invoice in work.audit.each_invoice():
        yield from ((sums, f"{invoice.number}: {text}") for text in wrong_sums(invoice))
        if invoice.content.content_hash != invoice.content_hash:
            yield frozen, f"{invoice.number}: the content has another hash than when issued"
    for open_invoice in work.payments.open_invoices():
        if open_invoice.balance < Money.zero(open_invoice.balance.currency):
            yield balance, f"{open_invoice.number}: {open_invoice.balance}"
    for entries in work.audit.each_trail():
        sequence = broken_at(entries)
        if sequence is not None:
            yield trail, f"{entries[0].subject}, entry {sequence}"


def wrong_sums(invoice: Invoice) -> Iterator[str]:
    """Recompute the sums of an invoice from its lines and name those that differ."""
    content = invoice.content
    totals, currency = content.totals, content.currency
    inside = "gross" if content.prices_include_tax else "net"
    priced = totals.gross if content.prices_include_tax else totals.net
    checks = (
        ("sum", totals.sum, total((line.net for line in content.lines), currency)),
        ("discount", totals.discount, total((one.amount for one in content.discounts), currency)),
        ("net", totals.net, total((group.net for group in content.taxes), currency)),
        (inside, priced, totals.sum - totals.discount + totals.charges),
        ("tax", totals.tax, total((group.tax for group in content.taxes), currency)),
        ("gross", totals.gross, totals.net + totals.tax),
        ("due", totals.due, totals.gross - totals.paid - totals.withheld + totals.rounding),
    )
    for name, stated, computed in checks:
        if stated != computed:
            yield f"{name} is {stated}, but comes to {computed}"
