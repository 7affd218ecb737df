"""Statement: the account of a client with each of our entities, as a page to print or to read."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from invoicing.domain.account import account_item, sums
from invoicing.domain.errors import NotFoundError
from invoicing.domain.issue import Invoice
from invoicing.domain.money import Money
from invoicing.domain.periods import local_date
from invoicing.domain.render import AccountItem, AccountPage, DocumentKind
from invoicing.domain.states import InvoiceState
from invoicing.services.ledger_ports import UnitOfWork
from invoicing.services.ledger_ports.queries import Part, Shown, Wanted
from invoicing.services.ports import Services

_PART = 500  # invoices looked at together


def statements(s: Services, client: str) -> list[AccountPage]:
    """Return what stands open with a client today: one page for each of our entities.

    An entity that never invoiced the client has none. What is the client's (paid too much, credited
    after it was paid) stands on the page as credit.
    """
    with s.ledger.read() as work:
        pages = list(_pages(s, work, client))
    if not pages and client not in s.book.clients:
        raise NotFoundError(f"there is no client {client!r}, and there never was an invoice to it")
    return pages


def _pages(s: Services, work: UnitOfWork, client: str) -> Iterator[AccountPage]:
    """Group the invoices by the entity that issued them, as its newest invoice states it."""
    entities: dict[str, list[Invoice]] = {}
    for one in _invoices(work, client):
        entities.setdefault(one.content.entity.key, []).append(one)
    for key, invoices in sorted(entities.items()):
        newest = max(invoices, key=lambda one: (one.issued_at, one.sequence)).content
        entity = s.book.entities.get(key, newest.entity)
        page = AccountPage(
            DocumentKind.STATEMENT,
            entity,
            s.book.clients.get(client, newest.client),
            local_date(s.clock.now(), entity.zone),
            (),
            (),
        )
        yield _filled(work, page, invoices)


def _invoices(work: UnitOfWork, client: str) -> Iterator[Invoice]:
    wanted, offset = Wanted(Shown.ALL, client), 0
    while found := work.queries.invoices(wanted, Part(offset, _PART)):
        yield from found
        offset += len(found)


def _filled(work: UnitOfWork, page: AccountPage, invoices: Sequence[Invoice]) -> AccountPage:
    ids = [one.id for one in invoices]
    balances, states = work.payments.balances(ids), work.invoices.states(ids)
    holds = work.holds.open_on(ids)
    items: list[AccountItem] = []
    credit: list[Money] = []
    for one in sorted(invoices, key=lambda one: (one.due_on, one.issued_on, one.number)):
        balance = balances[one.id]
        nothing = Money.zero(balance.currency)
        if balance > nothing and states[one.id] is InvoiceState.ISSUED:
            items.append(account_item(one, balance, holds[one.id], page.written_on))
        elif balance < nothing:
            credit.append(-balance)
    return replace(
        page,
        items=tuple(items),
        totals=sums(item.open for item in items),
        credit=sums(credit),
    )
