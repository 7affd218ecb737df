"""Cases about whole invoices: totals, deposits, credit notes, the rate of a day."""

from datetime import UTC, date, datetime
from decimal import Decimal

from invoicing.domain.agreements import DepositTerms
from invoicing.domain.credit import CreditNote, LineCredit, credit_note, uncredited
from invoicing.domain.discounts import Discount, Spread
from invoicing.domain.draft import Draft, Line
from invoicing.domain.issue import Invoice, SeriesKey
from invoicing.domain.money import Money, Rounding
from invoicing.domain.parties import Address, Bank, Client, Entity, Series, TaxRounding
from invoicing.domain.pricing.deposits import deposit_net
from invoicing.domain.tax import (
    ExchangeRate,
    TaxPart,
    TaxRate,
    TaxRule,
    TaxTable,
    one_after_another,
    split_tax,
    tax_in_books,
)
from invoicing.domain.terms import Terms
from invoicing.domain.totals import (
    Charge,
    Extras,
    Policy,
    Sums,
    compute_sums,
    deduct_deposits,
    line_net,
)
from tests.golden.compare import Result, Value
from tests.golden.fields import Fields

PLACE = Address("Uferweg 1", "10115", "Berlin", "DE")
SERIES = Series("INV", "{year}-{number}")
INCLUSIVE = {"inclusive": True, "exclusive": False}


def seller(zone: str = "UTC", currency: str = "EUR") -> Entity:
    """Return a legal entity about which only its zone and currency matter."""
    bank = Bank("Seller", "Bank", "DE02120300000000202051")
    return Entity(
        "seller", "Seller", PLACE, zone, currency, "DE1", "a@example.org", bank, SERIES, SERIES
    )


def buyer(currency: str = "EUR") -> Client:
    """Return a client about whom nothing matters but the currency."""
    return Client("buyer", "Buyer", PLACE, currency, "UTC", "en", Terms(30), ())


def rate_of(case: Fields, name: str = "rate", category: str = "S") -> TaxRate:
    """Read a tax rate."""
    code = case.text("cat", category)
    percent, taxable = case.decimal(name), case.decimal("taxable_pct", "100")
    return TaxRate(code, code, percent, code, taxable_percent=taxable)


def totals(case: Fields) -> Result:
    """Compute the lines, tax groups and totals of an invoice."""
    currency = case.text("currency")
    policy = _policy(case, currency)
    nets = [_line(line, policy) for line in case.items("lines")]
    extras = _extras(case, currency)
    sums = compute_sums(nets, policy, extras)
    parts = [
        TaxPart(part.text("name"), part.decimal("rate")) for part in case.items("jurisdictions")
    ]
    return {
        "lines": [net for _, net in nets],
        **_figures(sums),
        "jurisdiction_split": split_tax(sums.totals.tax, tuple(parts)),
        "tax_in_accounting_currency": _in_books(case, sums.totals.tax),
    }


def _policy(case: Fields, currency: str) -> Policy:
    percent = Decimal(0)
    if "withholding" in case:
        percent = case.child("withholding").decimal("rate")
    return Policy(
        currency,
        rounding=case.rounding(),
        tax_rounding=TaxRounding(case.text("tax_rounding", TaxRounding.PER_GROUP)),
        prices_include_tax=INCLUSIVE[case.text("tax_mode", "exclusive")],
        withholding_percent=percent,
        cash_step=case.money("cash_rounding", currency) if "cash_rounding" in case else None,
    )


def _line(line: Fields, policy: Policy) -> tuple[TaxRate, Money]:
    net, _ = line_net(
        line.decimal("qty"),
        line.money("unit_price", policy.currency),
        line.decimal("base_qty", "1"),
        line.decimal("discount_pct", "0"),
        policy.rounding,
    )
    return rate_of(line), net


def _extras(case: Fields, currency: str) -> Extras:
    return Extras(
        discounts=tuple(_discount(one, currency) for one in case.items("doc_discounts")),
        charges=tuple(_charge(charge, currency) for charge in case.items("charges")),
        paid=case.money("prepaid", currency) if "prepaid" in case else None,
    )


def _discount(discount: Fields, currency: str) -> Discount:
    percent = discount.decimal("pct") if "pct" in discount else None
    amount = discount.money("amount", currency) if percent is None else None
    usual = Spread.PRO_RATA if percent is None else Spread.PER_GROUP
    return Discount(
        "discount",
        percent=percent,
        amount=amount,
        spread=Spread(discount.text("allocation", usual)),
        tax_code=discount.text("cat", ""),
        tax_percent=discount.decimal("rate") if "rate" in discount else None,
    )


def _charge(charge: Fields, currency: str) -> Charge:
    return Charge("charge", charge.money("amount", currency), rate_of(charge))


def _figures(sums: Sums) -> dict[str, Value]:
    figures = sums.totals
    return {
        "groups": [
            {
                "cat": group.rate.code,
                "rate": group.rate.percent,
                "basis": group.net,
                "tax": group.tax,
            }
            for group in sums.taxes
        ],
        "sum_lines": figures.sum,
        "doc_discount_total": figures.discount,
        "charge_total": figures.charges,
        "net": figures.net,
        "tax": figures.tax,
        "gross": figures.gross,
        "prepaid": figures.paid,
        "withheld": figures.withheld,
        "rounding_amount": figures.rounding,
        "due": figures.due,
    }


def _in_books(case: Fields, tax: Money) -> Money | None:
    if "tax_currency" not in case:
        return None
    books = case.child("tax_currency")
    units = books.decimal("units_of_invoice_currency_per_unit")
    rate = ExchangeRate(books.text("code"), tax.currency, units, date.min, "the case")
    return tax_in_books(tax, rate, case.rounding()).amount


def _taxed(rate: TaxRate, net: Money, rounding: Rounding, paid: Money | None = None) -> Sums:
    policy = Policy(net.currency, rounding=rounding)
    return compute_sums([(rate, net)], policy, Extras(paid=paid))


def deposit_final(case: Fields) -> Result:
    """Compute deposit invoices and the final one that deducts them."""
    currency, rounding = case.text("currency"), case.rounding()
    whole_net = case.money("total_net", currency)
    deposits = []
    for deposit in case.items("deposits"):
        deposit.skip("date")
        if "net" in deposit:  # stated, so whether it makes sense is not asked
            net = deposit.money("net", deposit.text("currency", currency))
        else:
            net = deposit_net(whole_net, DepositTerms(percent=deposit.decimal("pct")), rounding)
        deposits.append(_taxed(rate_of(deposit), net, rounding).totals)
    rate = rate_of(case, "final_rate")
    rest = deduct_deposits(_taxed(rate, whole_net, rounding).totals, deposits)
    final = _taxed(rate, whole_net, rounding, rest.paid_gross).totals
    return {
        "deposits": [{"net": each.net, "vat": each.tax, "gross": each.gross} for each in deposits],
        "final": {
            "net": final.net,
            "vat": final.tax,
            "gross": final.gross,
            "prepaid_gross": final.paid,
            "due": final.due,
            "remaining_net": rest.net,
            "remaining_vat": rest.tax,
        },
    }


def credits_(case: Fields) -> Result:
    """Credit parts of an invoice of one line, one note after the other."""
    invoice = _issued(case)
    currency = invoice.content.currency
    notes: list[CreditNote] = []
    shown: list[Value] = []
    for credit in case.items("credits"):
        credit.skip("date")
        quantity = credit.decimal("qty") if "qty" in credit else None
        net = credit.money("net", currency) if "net" in credit else None
        wanted = [LineCredit(1, quantity, net)]
        note = credit_note(invoice, wanted, notes, reason="the case", at_most_the_rest=True)
        notes.append(note)
        shown.append(
            {
                "net": note.totals.net,
                "vat": note.totals.tax,
                "gross": note.totals.gross,
                "remaining_gross": uncredited(invoice, notes).gross,
            }
        )
    whole, rest = invoice.content.totals, uncredited(invoice, notes)
    return {
        "invoice": {"net": whole.net, "vat": whole.tax, "gross": whole.gross},
        "credit_notes": shown,
        "remaining": {"net": rest.net, "vat": rest.tax},
    }


def _issued(case: Fields) -> Invoice:
    currency, rounding = case.text("currency"), case.rounding()
    quantity, price, rate = case.decimal("qty"), case.money("price", currency), rate_of(case)
    net, _ = line_net(quantity, price, rounding=rounding)
    line = Line(1, "work", quantity, "h", price, net, rate, (), "rule", "the case")
    sums = _taxed(rate, net, rounding)
    draft = Draft(
        id="invoice",
        entity=seller(currency=currency),
        client=buyer(currency),
        obligations=(),
        title="invoice",
        currency=currency,
        supplied_on=date(2026, 1, 1),
        terms=Terms(30),
        lines=(line,),
        taxes=sums.taxes,
        totals=sums.totals,
        rounding=rounding,
    )
    return Invoice(
        id=draft.id,
        number="1",
        series=SeriesKey("seller", "INV", 2026),
        sequence=1,
        issued_at=datetime(2026, 1, 1, tzinfo=UTC),
        issued_on=date(2026, 1, 1),
        due_on=date(2026, 1, 31),
        version=1,
        content_hash=draft.content_hash,
        config_hash="case",
        content=draft,
    )


def rate_by_date(case: Fields) -> Result:
    """Find the rate of the tax point and tax an amount with it."""
    currency, rounding = case.text("currency"), case.rounding()
    taxed_as = case.text("cat", "")
    rules = one_after_another(
        [
            TaxRule(
                PLACE.country,
                rate_of(each),
                each.day("from"),
                each.day("to") if "to" in each else None,
            )
            for each in case.items("rates")
        ]
    )
    issued_on = case.day("issue_date") if "issue_date" in case else None
    tax_point = case.day("tax_point") if "tax_point" in case else issued_on
    net = case.money("net", currency)
    for rule in rules:
        taxed_as = taxed_as or rule.rate.category
    rate = tax_point and TaxTable(rules).rate_for(seller(), buyer(), taxed_as, tax_point)
    if not rate:
        return {"rate": None, "tax": None, "gross": None}
    figures = _taxed(rate, net, rounding).totals
    return {"rate": rate.percent, "tax": figures.tax, "gross": figures.gross}
