"""Cases about money that comes in: payments, discounts for early ones, interest on late ones."""

from datetime import date
from decimal import Decimal

from invoicing.domain.early_payment import EarlyPaymentOffer, settle_early
from invoicing.domain.interest import DayCount, late_interest
from invoicing.domain.metrics import days_sales_outstanding
from invoicing.domain.money import Money
from invoicing.domain.reconcile import Receipt, open_account, place_oldest_first, write_off
from invoicing.domain.tax import tax_group
from tests.golden.compare import Result
from tests.golden.fields import Fields
from tests.golden.invoices import rate_of


def payments(case: Fields) -> Result:
    """Place payments one after the other, then write off what the tolerance allows."""
    currency = case.text("currency")
    tolerance = case.money("write_off_tolerance", currency, "0")
    account = open_account(currency, [_invoice(one, currency) for one in case.items("invoices")])
    seen = []
    for payment in case.items("payments"):
        payment.skip("date")  # they are listed in the order they came in
        named = payment.text("invoice", "")
        receipt = Receipt(payment.money("amount", currency), named)
        account = place_oldest_first(account, receipt)
        seen.append([invoice.open for invoice in account.invoices])
    account = write_off(account, tolerance)
    return {
        "open_after_each": seen,
        "invoices": [
            {"id": invoice.id, "open": invoice.open, "status": invoice.state.value}
            for invoice in account.invoices
        ],
        "unapplied_credit": account.unapplied,
        "written_off": account.written_off,
    }


def _invoice(invoice: Fields, currency: str) -> tuple[str, Money, date]:
    issued_on = date.min
    for name in ("date", "issue_date"):
        if name in invoice:
            issued_on = invoice.day(name)
    return invoice.text("id"), invoice.money("amount", currency), issued_on


def skonto(case: Fields) -> Result:
    """Settle one invoice of one rate under an offer for early payment."""
    currency, rounding = case.text("currency"), case.rounding()
    gross = case.money("gross", currency)
    group = tax_group(rate_of(case), [gross], currency, rounding=rounding, prices_include_tax=True)
    settled = settle_early(
        [group],
        EarlyPaymentOffer(case.decimal("discount_pct"), case.whole("discount_days")),
        case.day("issue_date"),
        case.money("paid", currency),
        paid_on=case.day("paid_on"),
        rounding=rounding,
    )
    return {
        "status": settled.state.value,
        "discount_gross": settled.discount_gross,
        "discount_net": settled.discount_net,
        "discount_vat": settled.discount_tax,
        "open": settled.open,
    }


def interest(case: Fields) -> Result:
    """Compute interest on a late payment."""
    currency = case.text("currency")
    late = late_interest(
        case.money("principal", currency),
        case.decimal("rate"),
        case.day("from"),
        case.day("to"),
        day_count=DayCount(case.text("basis", DayCount.ACT_365)),
        fixed=case.money("fixed", currency, "0"),
        rounding=case.rounding(),
    )
    return {"days": late.days, "interest": late.interest, "claim": late.claim}


def metric(case: Fields) -> Result:
    """Compute how long sales wait for their money; the cases name no currency."""
    currency = case.text("currency", "EUR")
    days: Decimal | None = days_sales_outstanding(
        case.money("receivables", currency),
        case.money("credit_sales", currency),
        case.whole("days"),
        case.whole("decimals", 1),
        case.rounding(),
    )
    return {"dso_days": None if days is None else str(days)}
