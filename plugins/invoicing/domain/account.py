"""Account: what stands open with a client, invoice by invoice, and what a reminder may ask for."""

from collections.abc import Collection, Iterable
from datetime import date

from invoicing.domain.holds import HoldKind, InvoiceHold, held_back
from invoicing.domain.issue import Invoice
from invoicing.domain.money import Money, total
from invoicing.domain.render import AccountItem


def account_item(
    invoice: Invoice,
    balance: Money,
    holds: Collection[InvoiceHold],
    today: date,
    step: str = "",
) -> AccountItem:
    """Return an invoice as it stands on an account on ``today``.

    What a hold keeps back can be more than is open by now; it is shown up to the balance. What is
    contested and what is under way are not asked for.
    """
    nothing = Money.zero(balance.currency)
    still_open = max(balance, nothing)
    disputed = min(held_back(holds, HoldKind.DISPUTED, still_open, today), still_open)
    under_way = held_back(holds, HoldKind.IN_TRANSIT, still_open, today)
    return AccountItem(
        invoice_id=invoice.id,
        number=invoice.number,
        title=invoice.content.title,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        due=invoice.content.totals.due,
        open=still_open,
        asked=max(still_open - disputed - under_way, nothing),
        disputed=disputed,
        days_late=(today - invoice.due_on).days,
        step=step,
        client=invoice.content.client.name,
    )


def sums(amounts: Iterable[Money]) -> tuple[Money, ...]:
    """Add up amounts, each currency on its own."""
    listed = list(amounts)
    currencies = sorted({one.currency for one in listed})
    return tuple(
        total((one for one in listed if one.currency == currency), currency)
        for currency in currencies
    )
