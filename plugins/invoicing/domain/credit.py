"""Credit notes: an issued invoice, or a part of it, taken back under a number of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from invoicing.domain.canonical import fingerprint, late
from invoicing.domain.draft import Draft, Line
from invoicing.domain.errors import MoneyError
from invoicing.domain.events import Reference
from invoicing.domain.issue import Invoice, SeriesKey, format_number
from invoicing.domain.money import Money, Rounding, plain, ratio, share_out, total
from invoicing.domain.parties import Client, Entity
from invoicing.domain.periods import Period, local_date
from invoicing.domain.tax import (
    TaxGroup,
    TaxInBooks,
    TaxRate,
    joined_group,
    named_shares,
    tax_in_books,
    tax_inside,
)
from invoicing.domain.totals import Totals, line_net


@dataclass(frozen=True, slots=True)
class LineCredit:
    """What to take back of one line: a quantity, a net amount, or (neither) all that is left."""

    position: int
    quantity: Decimal | None = None
    net: Money | None = None


@dataclass(frozen=True, slots=True)
class CreditLine:
    """A line of a credit note, and the line of the invoice that it takes back.

    ``units`` is how much of that line's quantity it uses up: none where an amount was credited.
    """

    line: Line
    of_position: int
    units: Decimal


@dataclass(frozen=True, slots=True)
class CreditNote:
    """A credit note before it has a number; its amounts are positive (EN 16931 type 381).

    ``invoice_number`` is the invoice it corrects. ``closes`` says that nothing of the invoice is
    left: the invoice and all its credit notes add up to exactly zero. ``supplied_on``, ``period``,
    ``references`` and ``prices_include_tax`` are those of the invoice.
    """

    id: str
    entity: Entity
    client: Client
    invoice_id: str
    invoice_number: str
    invoice_issued_on: date
    reason: str
    currency: str
    lines: tuple[CreditLine, ...]
    taxes: tuple[TaxGroup, ...]
    totals: Totals
    closes: bool
    rounding: str
    tax_in_books: TaxInBooks | None = None
    supplied_on: date | None = late(None)
    period: Period | None = late(None)
    references: tuple[Reference, ...] = late(())
    prices_include_tax: bool = late(False)

    @property
    def content_hash(self) -> str:
        """What an approval is bound to: every fact of the note, so any change changes it."""
        return fingerprint(self)


@dataclass(frozen=True, slots=True)
class IssuedCreditNote:
    """A credit note with its number, frozen from here on."""

    id: str
    number: str
    series: SeriesKey
    sequence: int
    issued_at: datetime
    issued_on: date
    content_hash: str
    content: CreditNote


def issue_credit_note(
    note: CreditNote, *, key: SeriesKey, sequence: int, now: datetime
) -> IssuedCreditNote:
    """Freeze a credit note under a number of the entity's own series for credit notes."""
    issued_on = local_date(now, note.entity.zone)
    number = format_number(note.entity.credit_notes, issued_on, sequence)
    return IssuedCreditNote(note.id, number, key, sequence, now, issued_on, note.content_hash, note)


@dataclass(frozen=True, slots=True)
class Uncredited:
    """What an invoice still stands for when its credit notes are taken off."""

    net: Money
    tax: Money
    gross: Money


def uncredited(invoice: Invoice, notes: Sequence[CreditNote]) -> Uncredited:
    """Return what can still be credited of an invoice."""
    whole, currency = invoice.content.totals, invoice.content.currency
    net = whole.net - total((note.totals.net for note in notes), currency)
    tax = whole.tax - total((note.totals.tax for note in notes), currency)
    return Uncredited(net, tax, net + tax)


def credit_in_full(
    invoice: Invoice, earlier: Sequence[CreditNote] = (), *, reason: str
) -> CreditNote:
    """Take back all that is left of an invoice."""
    wanted = [LineCredit(line.position) for line in invoice.content.lines]
    return credit_note(invoice, wanted, earlier, reason=reason)


def credit_note(
    invoice: Invoice,
    wanted: Sequence[LineCredit],
    earlier: Sequence[CreditNote] = (),
    *,
    reason: str,
    at_most_the_rest: bool = False,
) -> CreditNote:
    """Take back parts of an invoice that ``earlier`` notes left.

    More than the rest is refused, or becomes the rest with ``at_most_the_rest``. A part rounds like
    a line of an invoice; the note that leaves nothing of a line or of a tax group takes what
    rounding left there, so that everything adds up to exactly zero.
    """
    draft = invoice.content
    left = {line.position: _line_rest(line, earlier) for line in draft.lines}
    lines: list[CreditLine] = []
    for credit in wanted:
        if credit.position not in left:
            raise MoneyError(f"{invoice.number} has no line {credit.position} to credit")
        rest = left[credit.position]
        found = _credit_line(rest, credit, Rounding(draft.rounding), capped=at_most_the_rest)
        left[credit.position] = rest.without(found)
        if found.line.net.amount:
            lines.append(replace(found, line=replace(found.line, position=len(lines) + 1)))
    if not lines:
        raise MoneyError(f"a credit note about nothing: no amount of {invoice.number} is credited")
    unfinished = {rest.line.rate.group for rest in left.values() if rest.net.amount}
    credited = {line.line.rate.group for line in lines}
    taxes = tuple(
        _part_of_group(group, draft, lines, earlier)
        if group.rate.group in unfinished
        else _rest_of_group(group, earlier)
        for group in draft.taxes
        if not unfinished or group.rate.group in credited
    )
    return _note(invoice, tuple(lines), taxes, earlier, (reason, not unfinished))


@dataclass(frozen=True, slots=True)
class _Rest:
    """What of one line is not credited yet."""

    line: Line
    quantity: Decimal
    net: Money

    def without(self, credit: CreditLine) -> "_Rest":
        return _Rest(self.line, self.quantity - credit.units, self.net - credit.line.net)


def _line_rest(line: Line, earlier: Sequence[CreditNote]) -> _Rest:
    rest = _Rest(line, line.quantity, line.net)
    for note in earlier:
        for credit in note.lines:
            if credit.of_position == line.position:
                rest = rest.without(credit)
    return rest


def _beyond(wanted: Decimal, rest: Decimal) -> bool:
    """Tell whether ``wanted`` takes more than the rest; a rebate's rest is below zero."""
    return not (0 <= wanted <= rest or rest <= wanted <= 0)


def _credit_line(
    rest: _Rest, credit: LineCredit, rounding: Rounding, *, capped: bool
) -> CreditLine:
    line, quantity, net = rest.line, credit.quantity, credit.net
    if quantity is not None and net is not None:
        raise MoneyError(f"credit line {line.position} by a quantity or by an amount, not by both")
    if quantity is not None and _beyond(quantity, rest.quantity):
        _refuse(line, f"{plain(rest.quantity)} {line.unit}", plain(quantity), capped=capped)
        quantity = rest.quantity
    if net is not None and _beyond(net.amount, rest.net.amount):
        _refuse(line, str(rest.net), str(net), capped=capped)
        net = rest.net
    if quantity is not None:
        return _by_quantity(rest, quantity, rounding)
    if net is not None and net != rest.net:
        return _by_amount(line, net, Decimal(0))
    if rest.net == line.net:
        return _by_quantity(rest, rest.quantity, rounding)
    return _by_amount(line, rest.net, rest.quantity)


def _refuse(line: Line, left: str, wanted: str, *, capped: bool) -> None:
    if not capped:
        raise MoneyError(
            f"line {line.position} ({line.description}) has {left} left to credit, not {wanted}"
        )


def _by_quantity(rest: _Rest, quantity: Decimal, rounding: Rounding) -> CreditLine:
    line, price = rest.line, rest.line.unit_price
    net, discount = line_net(quantity, price, line.base_quantity, line.discount_percent, rounding)
    explanation = f"{plain(quantity)} {line.unit} x {price} = {net}"
    if quantity == rest.quantity or _beyond(net.amount, rest.net.amount):
        net = rest.net
        explanation = f"{plain(quantity)} {line.unit}, all that was left: {net}"
    printed = replace(
        line,
        quantity=quantity,
        net=net,
        records=(),
        explanation=f"{explanation}; takes back line {line.position}",
        discount=None if line.discount is None else discount,
    )
    return CreditLine(printed, line.position, quantity)


def _by_amount(line: Line, net: Money, units: Decimal) -> CreditLine:
    sign = -1 if net.amount < 0 else 1  # a price is never negative, its quantity is
    printed = replace(
        line,
        quantity=Decimal(sign),
        unit_price=net.times(Decimal(sign)),
        net=net,
        records=(),
        explanation=f"{net} of the {line.net} of line {line.position}",
        base_quantity=Decimal(1),
        discount_percent=Decimal(0),
        discount=None,
    )
    return CreditLine(printed, line.position, units)


def _earlier_groups(group: TaxGroup, earlier: Sequence[CreditNote]) -> list[TaxGroup]:
    return [one for note in earlier for one in note.taxes if one.rate.group == group.rate.group]


def _rest_of_group(group: TaxGroup, earlier: Sequence[CreditNote]) -> TaxGroup:
    net, tax, shares = group.net, group.tax, dict(group.shares)
    for one in _earlier_groups(group, earlier):
        net, tax = net - one.net, tax - one.tax
        shares = {name: shares[name] - amount for name, amount in one.shares}
    explanation = f"all that was left of {group.tax} on {group.net} for {group.rate.label}"
    return TaxGroup(group.rate, net, tax, explanation, tuple(shares.items()))


def _part_of_group(
    group: TaxGroup, draft: Draft, lines: Sequence[CreditLine], earlier: Sequence[CreditNote]
) -> TaxGroup:
    """Tax what is credited of a group, in proportion where a discount or charge changed its net."""
    if draft.prices_include_tax:
        return _part_inside(group, draft, lines, earlier)
    key = group.rate.group
    billed = total((line.net for line in draft.lines if line.rate.group == key), draft.currency)
    rounding, rest = Rounding(draft.rounding), _rest_of_group(group, earlier)
    parts = _by_taxable_share([one.line for one in lines if one.line.rate.group == key])
    if billed != group.net and billed.amount:
        whole = total((net for _, nets in parts for net in nets), draft.currency)
        share = _within(ratio(whole, group.net.amount, billed.amount, rounding), rest.net)
        parts = _shared(share, parts)
    part = joined_group(
        [(rate, [_within(net, rest.net) for net in nets]) for rate, nets in parts],
        draft.currency,
        rounding=rounding,
        tax_rounding=draft.entity.tax_rounding,
    )
    tax = _within(part.tax, rest.tax)
    return replace(part, rate=group.rate, tax=tax, shares=named_shares(tax, group.rate), bases=())


def _part_inside(
    group: TaxGroup, draft: Draft, lines: Sequence[CreditLine], earlier: Sequence[CreditNote]
) -> TaxGroup:
    """Take back a part of prices with the tax inside: the price is credited, to the cent."""
    key, currency, rounding = group.rate.group, draft.currency, Rounding(draft.rounding)
    whole, rest = group.net + group.tax, _rest_of_group(group, earlier)
    billed = total((line.net for line in draft.lines if line.rate.group == key), currency)
    price = total((one.line.net for one in lines if one.line.rate.group == key), currency)
    if billed != whole and billed.amount:
        price = ratio(price, whole.amount, billed.amount, rounding)
    price = _within(price, rest.net + rest.tax)
    part = tax_inside(group, price, rounding)
    net = _within(price - _within(part.tax, rest.tax), rest.net)
    tax = price - net
    shares = named_shares(tax, group.rate)
    return TaxGroup(group.rate, net, tax, part.explanation, shares)


def _by_taxable_share(lines: Sequence[Line]) -> list[tuple[TaxRate, list[Money]]]:
    parts: dict[Decimal, tuple[TaxRate, list[Money]]] = {}
    for line in lines:
        parts.setdefault(line.rate.taxable_percent, (line.rate, []))[1].append(line.net)
    return list(parts.values())


def _shared(
    net: Money, parts: Sequence[tuple[TaxRate, list[Money]]]
) -> list[tuple[TaxRate, list[Money]]]:
    """Share a net amount out as the parts have it."""
    shares = share_out(net, [total(nets, net.currency) for _, nets in parts])
    return [(rate, [share]) for (rate, _), share in zip(parts, shares, strict=True)]


def _within(amount: Money, rest: Money) -> Money:
    """Cut ``amount`` down to the rest; a rebate taken back among sales makes the rest larger."""
    opposite = (amount.amount < 0 < rest.amount) or (rest.amount < 0 < amount.amount)
    return amount if opposite or not _beyond(amount.amount, rest.amount) else rest


def _note(
    invoice: Invoice,
    lines: tuple[CreditLine, ...],
    taxes: tuple[TaxGroup, ...],
    earlier: Sequence[CreditNote],
    why: tuple[str, bool],
) -> CreditNote:
    draft = invoice.content
    reason, closes = why
    totals = _totals(draft, lines, taxes, [note.totals for note in earlier], closes=closes)
    return CreditNote(
        id=fingerprint([invoice.id, "credit", len(earlier) + 1])[:32],
        entity=draft.entity,
        client=draft.client,
        invoice_id=invoice.id,
        invoice_number=invoice.number,
        invoice_issued_on=invoice.issued_on,
        reason=reason,
        currency=draft.currency,
        lines=lines,
        taxes=taxes,
        totals=totals,
        closes=closes,
        rounding=draft.rounding,
        tax_in_books=_in_books(draft, totals.tax, earlier, closes=closes),
        supplied_on=draft.supplied_on,
        period=draft.period,
        references=draft.references,
        prices_include_tax=draft.prices_include_tax,
    )


def _totals(
    draft: Draft,
    lines: Sequence[CreditLine],
    taxes: Sequence[TaxGroup],
    earlier: Sequence[Totals],
    *,
    closes: bool,
) -> Totals:
    currency, whole = draft.currency, draft.totals
    nothing = Money.zero(currency)
    sum_ = total((credit.line.net for credit in lines), currency)
    net = total((group.net for group in taxes), currency)
    tax = total((group.tax for group in taxes), currency)
    gross = net + tax
    off = sum_ - (gross if draft.prices_include_tax else net)
    withheld = whole.withheld - total((each.withheld for each in earlier), currency)
    rounding = whole.rounding - total((each.rounding for each in earlier), currency)
    if not closes:
        rounding = nothing
        share = nothing
        if whole.net.amount:
            share = ratio(whole.withheld, net.amount, whole.net.amount, Rounding(draft.rounding))
        withheld = _within(share, withheld)
    paid = _paid_ahead(whole, gross, earlier)
    return Totals(
        sum=sum_,
        discount=max(off, nothing),
        charges=max(-off, nothing),
        net=net,
        tax=tax,
        gross=gross,
        paid=paid,
        withheld=withheld,
        rounding=rounding,
        due=gross - paid - withheld + rounding,
    )


def _paid_ahead(whole: Totals, gross: Money, earlier: Sequence[Totals]) -> Money:
    """Return what a note does not give back: deposits were charged by invoices of their own.

    First a note takes back what the invoice itself asked for, then what was paid ahead of it.
    """
    currency = whole.gross.currency
    credited = gross + total((each.gross for each in earlier), currency)
    ahead = max(credited - (whole.gross - whole.paid), Money.zero(currency))
    return ahead - total((each.paid for each in earlier), currency)


def _in_books(
    draft: Draft, tax: Money, earlier: Sequence[CreditNote], *, closes: bool
) -> TaxInBooks | None:
    """Convert at the invoice's own rate, so that the books end at zero too."""
    whole = draft.tax_in_books
    if whole is None:
        return None
    if not closes:
        return tax_in_books(tax, whole.rate, Rounding(draft.rounding))
    amount = whole.amount
    for note in earlier:
        if note.tax_in_books is not None:
            amount -= note.tax_in_books.amount
    return TaxInBooks(amount, whole.rate, f"all that was left of {whole.amount}")
