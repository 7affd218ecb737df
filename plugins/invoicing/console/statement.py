"""Tell the account of a client on the terminal: what is open, since when, and what is contested."""

from collections.abc import Iterator

from invoicing.console.tables import table, visible
from invoicing.domain.render import AccountItem, AccountPage

_HEAD = ("invoice", "issued", "due", "late", "open", "contested", "what")
_NUMBERS = frozenset({3, 4, 5})


def tell(page: AccountPage) -> Iterator[str]:
    """Yield the lines of one account."""
    yield visible(f"{page.client.name} with {page.entity.legal_name}, {page.written_on}")
    if page.items:
        yield from (f"  {line}" for line in table([_HEAD, *map(_row, page.items)], _NUMBERS))
    else:
        yield "  nothing is open"
    for total in page.totals:
        yield f"  open in all: {total}"
    for credit in page.credit:
        yield f"  the client's: {credit}"


def _row(item: AccountItem) -> tuple[str, ...]:
    late = f"{item.days_late} days" if item.days_late > 0 else ""
    contested = str(item.disputed) if item.disputed.amount else ""
    days = str(item.issued_on), str(item.due_on)
    return (item.number, *days, late, str(item.open), contested, item.title)
