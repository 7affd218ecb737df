"""Corrections: fees billed ahead that the agreement, as it is now, would not bill like that."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias

from invoicing.domain.agreements import RecurringItem, Retainer
from invoicing.domain.draft import DraftRecord, Line
from invoicing.domain.drafting.active import billed_period, periods_until
from invoicing.domain.drafting.fees import Part, fee_parts, item_parts
from invoicing.domain.drafting.sheet import Sheet
from invoicing.domain.money import Money, plain, total
from invoicing.domain.periods import Period
from invoicing.domain.report import CALENDAR, is_settlement
from invoicing.domain.work import RecordRef

FEE_CORRECTED = "fee_corrected"  # the flag: a person looks at what was edited
_CORRECTED = "corrected"
_FEE = ""  # names the fee among the recurring lines of a period
_Key: TypeAlias = tuple[str, str]  # the first day of a period, and a recurring line or the fee


@dataclass(frozen=True, slots=True)
class _Charged:
    """What all invoices so far charged for the fee, or a recurring line, of one period."""

    period: Period
    item: str
    lines: tuple[Line, ...]
    corrections: int
    credited: bool

    @property
    def net(self) -> Money:
        return total((line.net for line in self.lines), self.lines[0].net.currency)


def add_corrections(sheet: Sheet, pricing: Retainer) -> None:
    """Credit what earlier invoices charged for their periods and charge what is agreed today.

    Plans may change, and pauses and ends be known, after a fee was invoiced ahead. Parts that are
    the same now and then cancel each other out, so that only the difference is written; what
    earlier corrections wrote counts as charged. A recurring line keeps its price.
    """
    this, unit = billed_period(sheet), sheet.obligation.key.unit
    begun = {one.starts_on: one for one in _calendar(sheet, pricing)}
    for charged in _charged(sheet):
        if charged.credited or begun.get(charged.period.starts_on) != charged.period:
            continue  # corrected by a person; or billed by another cycle
        if charged.period.starts_on > this.starts_on and not is_settlement(unit):
            continue
        if (today := _today(sheet, pricing, charged)) is not None:
            _add_difference(sheet, charged, today)


def _calendar(sheet: Sheet, pricing: Retainer) -> Iterator[Period]:
    """Yield the periods of today's calendar, up to the last one that was billed."""
    billed = [one.draft.period.starts_on for one in sheet.earlier if one.draft.period]
    if billed:
        yield from periods_until(sheet.agreement, max(billed), pricing.cycle)


def _charged(sheet: Sheet) -> Iterator[_Charged]:
    """Find the lines of fees and recurring lines on earlier invoices, and their corrections."""
    first: dict[_Key, tuple[Period, list[Line]]] = {}
    later = defaultdict[_Key, list[tuple[str, Line]]](list)
    invoices = defaultdict[_Key, set[str]](set)
    for record in sheet.earlier:
        if (period := record.draft.period) is not None:
            for key, line in _named(sheet, record, _firsts):
                if key[0] == str(period.starts_on):
                    first.setdefault(key, (period, []))[1].append(line)
                    invoices[key].add(record.id)
        for key, line in _named(sheet, record, _corrected):
            later[key].append((record.id, line))
    for key, (period, lines) in sorted(first.items(), key=lambda one: one[0]):
        corrections = {invoice for invoice, _ in later[key]}
        lines += [line for _, line in later[key]]
        is_credited = not sheet.standing.credited.isdisjoint(invoices[key] | corrections)
        yield _Charged(period, key[1], tuple(lines), len(corrections), is_credited)


def _named(
    sheet: Sheet, record: DraftRecord, names: Callable[[Sheet, Line], Iterator[_Key]]
) -> Iterator[tuple[_Key, Line]]:
    """Yield each line with each period and recurring line that its records name."""
    for line in record.draft.lines:
        for key in names(sheet, line):
            yield key, line


def _tails(sheet: Sheet, line: Line) -> Iterator[list[str]]:
    """Yield what the calendar's records of a line name, after the agreement."""
    own = f"{sheet.agreement.key}:"
    for ref in line.records:
        if ref.source == CALENDAR and ref.record_id.startswith(own):
            yield ref.record_id.removeprefix(own).split(":")


def _firsts(sheet: Sheet, line: Line) -> Iterator[_Key]:
    for tail in _tails(sheet, line):
        if len(tail) in {1, 2}:
            yield tail[0], tail[1] if tail[1:] else _FEE


def _corrected(sheet: Sheet, line: Line) -> Iterator[_Key]:
    for tail in _tails(sheet, line):
        if tail[-3:-2] == [_CORRECTED]:
            yield tail[0], tail[1] if len(tail) > 4 else _FEE


def _today(sheet: Sheet, pricing: Retainer, charged: _Charged) -> list[Part] | None:
    """Return what a period comes to as agreed now; None where nothing says so any more."""
    if charged.item == _FEE:
        return fee_parts(sheet, pricing, charged.period)
    for item in pricing.items:
        if item.key == charged.item:
            return item_parts(sheet, pricing, _as_charged(item, charged.lines[0]), charged.period)
    return None


def _as_charged(item: RecurringItem, line: Line) -> RecurringItem:
    """Give a recurring line the price, and where it was billed in full the quantity, of its day."""
    quantity = line.quantity if line.unit == item.unit else item.quantity
    return replace(item, unit_price=line.unit_price, quantity=quantity)


def _add_difference(sheet: Sheet, charged: _Charged, today: Sequence[Part]) -> None:
    now = total((part.net for part in today), sheet.currency)
    parts = list(_difference([*map(_taken_back, charged.lines)], today))
    if not parts:
        return
    item = f":{charged.item}" if charged.item else ""
    # A further change corrects again, from these lines on, under the next number.
    basis = f"{_CORRECTED}:{charged.corrections + 1}:{now}"
    name = f"{sheet.agreement.key}:{charged.period.starts_on}{item}:{basis}"
    why = f"{charged.period} is {now} as agreed now, not {charged.net} as billed before"
    for part in parts:
        sheet.add(
            part.description, part.quantity, part.unit, part.price, part.net,
            f"{why}; {part.how}", rate=charged.lines[0].rate,
            records=(RecordRef(CALENDAR, name),), base=part.base,
        )  # fmt: skip
    sheet.flags.append(FEE_CORRECTED)


def _taken_back(line: Line) -> Part:
    quantity = line.quantity.copy_negate()
    how = f"billed before and taken back, {plain(quantity)} {line.unit} x {line.unit_price}"
    if line.base_quantity != 1:
        how += f" per {plain(line.base_quantity)}"
    return Part(
        line.description, quantity, line.unit, line.unit_price, -line.net, how,
        line.base_quantity,
    )  # fmt: skip


def _difference(taken_back: Sequence[Part], today: Sequence[Part]) -> Iterator[Part]:
    """Leave out the parts that are the same amount now and then."""
    missing = Counter[Decimal]()
    for part in (*taken_back, *today):
        missing[abs(part.net.amount)] += 1 if part.net.amount > 0 else -1
    for part in (*taken_back, *today):
        amount = abs(part.net.amount)
        sign = 1 if part.net.amount > 0 else -1
        if missing[amount] * sign > 0 and amount:
            missing[amount] -= sign
            yield part
