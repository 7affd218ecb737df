"""Checks: what the tax law and plain sense want of an invoice before it may be drafted."""

from collections.abc import Sequence

from invoicing.domain.drafting.caps import CAP_REACHED
from invoicing.domain.drafting.corrections import FEE_CORRECTED
from invoicing.domain.drafting.sheet import HeldError, Sheet
from invoicing.domain.money import Money
from invoicing.domain.tax import TaxGroup, TaxInBooks, tax_in_books
from invoicing.domain.totals import Totals

_OUT_OF_SCOPE = "O"
_RECIPIENT_PAYS = {"AE", "K"}


def check_due(sheet: Sheet, totals: Totals) -> None:
    """Refuse an invoice that asks for nothing, or that would give money back."""
    if totals.gross.amount <= 0:
        why = " (above the agreed cap nothing is billed)" if CAP_REACHED in sheet.flags else ""
        if FEE_CORRECTED in sheet.flags:
            why = (
                ": fees billed before are taken back, more than what is due now; write a credit"
                " note for the invoices of those periods instead"
            )
        raise HeldError("nothing_due", f"the invoice would come to {totals.gross}{why}")
    if totals.due.amount < 0:
        raise HeldError(
            "nothing_due",
            f"{totals.paid} were paid ahead, more than the {totals.gross} of the invoice",
        )


def check_taxes(sheet: Sheet, taxes: Sequence[TaxGroup]) -> None:
    """Refuse tax codes that may not stand together, and reverse charge between unknown parties."""
    codes = {group.rate.code for group in taxes}
    if _OUT_OF_SCOPE in codes and len(codes) > 1:
        others = ", ".join(sorted(codes - {_OUT_OF_SCOPE}))
        raise HeldError(
            "mixed_tax_codes",
            f"an invoice with lines outside the scope of tax (O) may have no others, here {others}"
            " (EN 16931 BR-O-11); bill them apart",
        )
    if codes.isdisjoint(_RECIPIENT_PAYS):
        return
    for party, tax_id in (
        (sheet.client.key, sheet.client.tax_id),
        (sheet.entity.key, sheet.entity.tax_id),
    ):
        if not tax_id:
            raise HeldError(
                "reverse_charge_without_tax_id",
                f"the client owes the tax (reverse charge), so the tax id of {party} must be on the"
                " invoice; write it as `tax_id`",
            )


def taxes_in_books(sheet: Sheet, tax: Money) -> TaxInBooks | None:
    """Return the tax in the currency of our books, where the invoice is in another one."""
    books = sheet.entity.currency
    if not tax.amount or books == tax.currency:
        return None
    found = sheet.taxes.exchange_rate(books, tax.currency, sheet.supplied_on)
    rate = found or sheet.taxes.exchange_rate(tax.currency, books, sheet.supplied_on)
    if rate is None:
        raise HeldError(
            "exchange_rate_missing",
            f"the tax {tax} must be stated in {books} too, but config/taxes.yaml has no rate of"
            f" {books} to {tax.currency} for {sheet.supplied_on}",
        )
    return tax_in_books(tax, rate, sheet.rounding)
