"""Tell the account of a client on the terminal or in a sheet: what is open, and since when."""

from collections.abc import Iterator, Sequence

from invoicing.console.sheets import Cell, as_csv
from invoicing.console.tables import table, visible
from invoicing.domain.render import AccountItem, AccountPage

_HEAD = ("invoice", "issued", "due", "late", "open", "contested", "what")
_NUMBERS = frozenset({3, 4, 5})
_SHEET = (
    "entity", "client", "invoice", "what", "issued_on", "due_on", "days_late", "currency", "due",
    "open", "contested", "asked",
)  # fmt: skip


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


def as_sheet(pages: Sequence[AccountPage]) -> str:
    """Return accounts as CSV, one line per invoice."""
    return as_csv(_SHEET, [_cells(page, item) for page in pages for item in page.items])


def _cells(page: AccountPage, item: AccountItem) -> tuple[Cell, ...]:
    money = (item.due, item.open, item.disputed, item.asked)
    return (
        page.entity.key, page.client.key, item.number, item.title, str(item.issued_on),
        str(item.due_on), item.days_late, item.due.currency, *(one.amount for one in money),
    )  # fmt: skip


def _row(item: AccountItem) -> tuple[str, ...]:
    late = f"{item.days_late} days" if item.days_late > 0 else ""
    contested = str(item.disputed) if item.disputed.amount else ""
    days = str(item.issued_on), str(item.due_on)
    return (item.number, *days, late, str(item.open), contested, item.title)
