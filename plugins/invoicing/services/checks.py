"""Checks: what an issued invoice, a credit note and a trail must agree with, each by itself."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from invoicing.domain.credit import IssuedCreditNote
from invoicing.domain.draft import Line, invoice_id
from invoicing.domain.issue import Invoice, format_number, series_key
from invoicing.domain.money import plain, total
from invoicing.domain.parties import Series
from invoicing.domain.periods import Period, local_date
from invoicing.domain.promises import Finding, Promise
from invoicing.domain.review import SYSTEM, Approval
from invoicing.domain.tax import TaxGroup
from invoicing.domain.terms import due_date
from invoicing.domain.trail import TrailEntry, broken_at
from invoicing.services.ledger_ports.audit import (
    BilledPeriod,
    StoredInvoice,
    StoredLine,
    StoredNote,
    StoredSums,
    StoredTax,
)
from invoicing.services.ledger_ports.claims import Reviewed

_DAY = timedelta(days=1)
_BEFORE_ISSUE = frozenset(
    {"drafted", "review_asked", "step_approved", "approved", "sent_back", "rejected", "shadowed"}
)


def wrong_invoice(stored: StoredInvoice) -> Iterator[Finding]:
    """Name everything in which an issued invoice and the rows about it disagree."""
    invoice = stored.invoice
    texts: tuple[tuple[Promise, Iterable[str]], ...] = (
        (Promise.ONE_INVOICE, _wrong_claims(stored)),
        (Promise.NUMBERS, _wrong_number(invoice, invoice.content.entity.series)),
        (Promise.FROZEN, _wrong_dates(invoice)),
        (Promise.APPROVED, _wrong_approval(stored)),
        (Promise.SUMS, wrong_sums(invoice)),
        (Promise.SUMS, _wrong_rows(stored)),
    )
    for promise, found in texts:
        for text in found:
            yield Finding(promise, f"{invoice.number}: {text}", stored.sums.client)


def _wrong_claims(stored: StoredInvoice) -> Iterator[str]:
    content = stored.invoice.content
    if invoice_id(content.obligations) != stored.invoice.id:
        yield "its id is not the one of what it bills"
    if stored.is_void:
        return
    owed = {key.id: str(key) for key in content.obligations}
    for key in sorted(owed.keys() - stored.owed):
        yield f"it bills {owed[key]}, which does not point to it"
    for key in sorted(stored.owed - owed.keys()):
        yield f"obligation {key} points to it, but is not on it"
    for ref in sorted(content.records - stored.consumed, key=str):
        yield f"it bills {ref}, which is not bound to it"


def _wrong_number(document: Invoice | IssuedCreditNote, series: Series) -> Iterator[str]:
    entity = document.content.entity
    if document.series != series_key(entity, document.issued_at, series):
        yield f"it stands in {document.series}, which is not the series of its day"
    number = format_number(series, document.issued_on, document.sequence)
    if number != document.number:
        yield f"number {document.sequence} of its series is written {number}"


def _wrong_dates(invoice: Invoice) -> Iterator[str]:
    content = invoice.content
    if invoice.issued_on != local_date(invoice.issued_at, content.entity.zone):
        yield f"it was issued at {invoice.issued_at}, and says {invoice.issued_on}"
    due_on = due_date(invoice.issued_on, content.terms, content.entity.holidays)
    if invoice.due_on != due_on:
        yield f"its terms make it due on {due_on}, and it says {invoice.due_on}"


def _wrong_approval(stored: StoredInvoice) -> Iterator[str]:
    invoice, reviewed = stored.invoice, stored.reviewed
    if not reviewed.approves(invoice.content_hash):
        yield f"nobody approved exactly this content of version {invoice.version}"
    for one in approved_by_people(reviewed):
        if one.decided_by in stored.authors:
            yield f"{one.decided_by} made it and approved it"
        if not one.decided_by or one.decided_by == SYSTEM:
            yield "it was approved by no person and by no rule"
        asked = {request.step: request.content_hash for request in reviewed.requests}
        if asked.get(one.step) != one.content_hash:
            yield f"{one.decided_by} approved what nobody was asked about"


def approved_by_people(reviewed: Reviewed) -> Iterator[Approval]:
    """Yield the approvals that people gave, not rules."""
    return (one for one in reviewed.approvals if not (one.rule and one.decided_by == SYSTEM))


def _wrong_rows(stored: StoredInvoice) -> Iterator[str]:
    content = stored.invoice.content
    due = content.totals.due
    sums = StoredSums(
        content.entity.key, content.client.key, content.currency, plain(due.amount), due.minor
    )
    yield from _differing(sums, stored.sums, "")
    yield from _differing_rows(map(_line, content.lines), stored.lines, "line")
    groups = (_tax(at, group) for at, group in enumerate(content.taxes, 1))
    yield from _differing_rows(groups, stored.taxes, "tax")


def _line(line: Line) -> StoredLine:
    return StoredLine(
        line.position,
        plain(line.quantity),
        plain(line.unit_price.amount),
        plain(line.net.amount),
        line.net.minor,
        line.net.currency,
        line.rate.code,
        plain(line.rate.percent),
    )


def _tax(position: int, group: TaxGroup) -> StoredTax:
    return StoredTax(
        position,
        group.rate.code,
        plain(group.rate.percent),
        plain(group.net.amount),
        group.net.minor,
        plain(group.tax.amount),
        group.tax.minor,
        group.net.currency,
    )


def _differing_rows(
    computed: Iterable[StoredLine | StoredTax],
    stored: Sequence[StoredLine | StoredTax],
    what: str,
) -> Iterator[str]:
    left = {row.position: row for row in stored}
    for row in computed:
        kept = left.pop(row.position, None)
        if kept is None:
            yield f"{what} {row.position} is not in the table"
        else:
            yield from _differing(row, kept, f"{what} {row.position}: ")
    for position in left:
        yield f"{what} {position} of the table is not on the invoice"


def _differing(
    content: StoredLine | StoredTax | StoredSums,
    kept: StoredLine | StoredTax | StoredSums,
    place: str,
) -> Iterator[str]:
    for name, told, said in zip(content._fields, content, kept, strict=True):
        if told != said:
            yield f"{place}the table has {said} as {name}, the content {told}"


def wrong_sums(document: Invoice | IssuedCreditNote) -> Iterator[str]:
    """Recompute the sums from the lines and name those that differ."""
    content = document.content
    totals, currency = content.totals, content.currency
    if isinstance(document, Invoice):
        lines: Iterable[Line] = document.content.lines
        inclusive = document.content.prices_include_tax
        off = total((one.amount for one in document.content.discounts), currency)
    else:
        lines = (one.line for one in document.content.lines)
        inclusive = totals.sum - totals.discount + totals.charges == totals.gross
        off = totals.discount
    inside, priced = ("gross", totals.gross) if inclusive else ("net", totals.net)
    checks = (
        ("sum", totals.sum, total((line.net for line in lines), currency)),
        ("discount", totals.discount, off),
        ("net", totals.net, total((group.net for group in content.taxes), currency)),
        (inside, priced, totals.sum - totals.discount + totals.charges),
        ("tax", totals.tax, total((group.tax for group in content.taxes), currency)),
        ("gross", totals.gross, totals.net + totals.tax),
        ("due", totals.due, totals.gross - totals.paid - totals.withheld + totals.rounding),
    )
    for name, stated, computed in checks:
        if stated != computed:
            yield f"{name} is {stated}, but comes to {computed}"


def wrong_note(stored: StoredNote) -> Iterator[Finding]:
    """Name everything in which a credit note and the rows about it disagree."""
    note, content = stored.note, stored.note.content
    due = content.totals.due
    sums = StoredSums(
        content.entity.key, content.client.key, content.currency, plain(due.amount), due.minor
    )
    texts: tuple[tuple[Promise, Iterable[str]], ...] = (
        (Promise.NUMBERS, _wrong_number(note, content.entity.credit_notes)),
        (Promise.SUMS, wrong_sums(note)),
        (Promise.SUMS, _differing(sums, stored.sums, "")),
    )
    for promise, found in texts:
        for text in found:
            yield Finding(promise, f"{note.number}: {text}", content.client.key)


def wrong_trail(entries: Sequence[TrailEntry]) -> Iterator[Finding]:
    """Name where the chain of a subject breaks, and what it tells that cannot have happened."""
    subject = entries[0].subject
    sequence = broken_at(list(entries))
    if sequence is not None:
        yield Finding(Promise.TRAIL, f"{subject}, entry {sequence}", subject)
    told = _Told()
    for entry in entries:
        for promise, text in told.wrong_in(entry):
            yield Finding(promise, f"{subject}, entry {entry.sequence}: {text}", subject)


class _Told:
    """What the trail of one subject has told so far; its order needs no clock."""

    def __init__(self) -> None:
        self._issued = False
        self._against: dict[str, str] = {}  # why the invoice must not be reminded of

    def wrong_in(self, entry: TrailEntry) -> Iterator[tuple[Promise, str]]:
        """Name what the next entry tells that cannot have happened, and take it in."""
        facts = dict(entry.detail)
        match entry.action:
            case "issued":
                if self._issued:
                    yield Promise.STATES, "it was issued before"
                self._issued = True
            case action if self._issued and action in _BEFORE_ISSUE:
                yield Promise.STATES, f"{action} after it was issued"
            case "payment_allocated" if facts.get("state") != "paid" and "paid" in self._against:
                yield Promise.STATES, "it was paid before"
            case "reminder_claimed" if self._against:
                why = ", ".join(self._against.values())
                yield Promise.REMINDERS, f"reminder {facts.get('step')} left, but {why}"
        self._take_in(entry.action, facts)

    def _take_in(self, action: str, facts: dict[str, str]) -> None:
        match action:
            case "payment_allocated" if facts.get("state") == "paid":
                self._against["paid"] = "it was paid"
            case "voided":
                self._against["void"] = "it was void"
            case "written_off" if not facts.get("amount", "").startswith("-"):
                self._against["written_off"] = "the rest was written off"
            case "hold_placed" if not facts.keys() & {"amount", "line", "ends_on"}:
                self._against[facts["kind"]] = f"it was {facts['kind']}"
            case "hold_lifted":
                self._against.pop(facts.get("kind", ""), None)


def overlapping(one: BilledPeriod, before: BilledPeriod) -> Iterator[Finding]:
    """Name days that two live invoices bill under one agreement to one payer."""
    if one.number != before.number and one.period.starts_on <= before.period.ends_on:
        where = f"{one.agreement}: {one.number} bills {one.period}, {before.number} {before.period}"
        yield Finding(Promise.PERIODS, where, one.client)


def hole(one: BilledPeriod, before: BilledPeriod) -> Period | None:
    """Return the days between two periods that neither bills, if there are any."""
    starts_on, ends_on = before.period.ends_on + _DAY, one.period.starts_on - _DAY
    return Period(starts_on, ends_on) if starts_on <= ends_on else None
