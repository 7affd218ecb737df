"""The overview: issued invoices page by page, how their money and mail stand, what is open."""

import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime

from invoicing.domain.dispatch import MessageKind
from invoicing.domain.issue import Invoice
from invoicing.domain.money import Money, total
from invoicing.domain.periods import local_date
from invoicing.domain.reconcile import money_state
from invoicing.domain.states import InvoiceState, MoneyState
from invoicing.services.ledger_ports.queries import OpenSum, Part, Settlement, Shown, Wanted
from invoicing.services.ports import Services, UnitOfWork
from invoicing.services.stories import (
    AGES,
    MoneyStory,
    OpenMoney,
    Overview,
    OverviewRow,
    Page,
    pages,
)

PAGE_SIZE = 50


def overview(
    s: Services,
    *,
    shown: Shown = Shown.ALL,
    client: str = "",
    number: int = 1,
    size: int = PAGE_SIZE,
) -> Overview:
    """Return a page of invoices with the state of their money and mail, and all that is open.

    ``number`` is the page, those issued last first; ``client`` leaves the invoices of one client.
    """
    wanted = Wanted(shown, client, _todays(s))
    with s.ledger.read() as work:
        sums = _aged(s, work.queries.open_sums(client))
        count = _count(work, wanted, sums)
        number = min(max(number, 1), pages(count, size))
        invoices = work.queries.invoices(wanted, Part((number - 1) * size, size))
        return Overview(
            rows=Page(tuple(_rows(s, work, invoices)), count, number, size),
            still_open=_open_money(sums),
            waiting_reviews=work.queries.waiting_count(),
            open_exceptions=sum(one.count for one in work.queries.open_codes()),
            client=client,
        )


_Aged = Sequence[tuple[int, OpenSum]]


def _count(work: UnitOfWork, wanted: Wanted, sums: _Aged) -> int:
    """Count the invoices of a list; what is open was added up already, and costs the most."""
    still_open = sum(one.count for _, one in sums)
    match wanted.shown:
        case Shown.OPEN:
            return still_open
        case Shown.LATE:
            return sum(one.count for days, one in sums if days > 0)
        case Shown.PAID:
            kinds = (Shown.ALL, Shown.VOID)
            every, void = (work.queries.count_invoices(replace(wanted, shown=k)) for k in kinds)
            return every - void - still_open
        case _:
            return work.queries.count_invoices(wanted)


def _aged(s: Services, sums: Sequence[OpenSum]) -> _Aged:
    """Say by how many days each is late; what is not due yet is late by less than one."""
    now = s.clock.now()
    return [((_today_at(s, one.entity, now) - one.due_on).days, one) for one in sums]


def _rows(s: Services, work: UnitOfWork, invoices: Sequence[Invoice]) -> Iterator[OverviewRow]:
    ids = [invoice.id for invoice in invoices]
    money_of = moneys(s, work, invoices)
    mails = {
        row.invoice_id: row.state
        for row in work.outbox.of_invoices(ids)
        if row.kind is MessageKind.INVOICE
    }
    for invoice in invoices:
        yield OverviewRow(invoice, money_of[invoice.id], mails.get(invoice.id))


def _open_money(sums: _Aged) -> tuple[OpenMoney, ...]:
    """Add up what is owed, each currency on its own, and sort what is late by its age."""
    by_currency: defaultdict[str, list[tuple[int, Money]]] = defaultdict(list)
    for days, one in sums:
        by_currency[one.amount.currency].append((days, one.amount))
    return tuple(_by_age(currency, parts) for currency, parts in sorted(by_currency.items()))


def _by_age(currency: str, parts: Sequence[tuple[int, Money]]) -> OpenMoney:
    ends = (*AGES[1:], sys.maxsize)
    late = [
        total((amount for days, amount in parts if start <= days < end), currency)
        for start, end in zip(AGES, ends, strict=True)
    ]
    return OpenMoney(total((amount for _, amount in parts), currency), tuple(late))


def _todays(s: Services) -> dict[str, date]:
    now = s.clock.now()
    return {entity: _today_at(s, entity, now) for entity in s.book.entities}


def _today_at(s: Services, entity: str, now: datetime) -> date:
    """Return the day at the seat of ``entity``; one that left the configuration is at UTC."""
    known = s.book.entities.get(entity)
    return local_date(now, known.zone if known else "UTC")


def moneys(s: Services, work: UnitOfWork, invoices: Sequence[Invoice]) -> dict[str, MoneyStory]:
    """Return how the money of each of these invoices stands."""
    ids = [invoice.id for invoice in invoices]
    balances, settled = work.payments.balances(ids), work.queries.settlements(ids)
    states = work.invoices.states(ids)
    return {
        one.id: _money(s, one, balances[one.id], settled[one.id], states[one.id])
        for one in invoices
    }


def _money(
    s: Services, invoice: Invoice, owed: Money, settled: Settlement, at: InvoiceState
) -> MoneyStory:
    due, is_void = invoice.content.totals.due, at is InvoiceState.VOID
    state = money_state(due, due - owed)
    today = local_date(s.clock.now(), invoice.content.entity.zone)
    late = 0 if is_void or state is MoneyState.PAID else (today - invoice.due_on).days
    return MoneyStory(state, owed, settled, max(late, 0), is_void)
