"""Made-up invoices of every kind that a structured invoice can say, many of them by chance."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random

from invoicing.domain.agreements import DepositStyle
from invoicing.domain.credit import (
    CreditNote,
    IssuedCreditNote,
    LineCredit,
    credit_in_full,
    credit_note,
)
from invoicing.domain.discounts import Discount, Spread
from invoicing.domain.draft import AppliedDiscount, Draft, Line, deposit_ref
from invoicing.domain.drafting.deposits import deductions, settle
from invoicing.domain.errors import MoneyError
from invoicing.domain.events import Reference
from invoicing.domain.issue import Invoice, SeriesKey
from invoicing.domain.money import Money
from invoicing.domain.obligations import ObligationKey
from invoicing.domain.parties import (
    Address,
    Bank,
    Client,
    EInvoice,
    ElectronicAddress,
    Entity,
    Series,
    TaxRounding,
)
from invoicing.domain.periods import Period
from invoicing.domain.render import AnyPage, credit_note_page, invoice_page
from invoicing.domain.tax import ExchangeRate, TaxInBooks, TaxRate, tax_in_books
from invoicing.domain.terms import Terms
from invoicing.domain.totals import Extras, Policy, Sums, compute_sums, line_net
from invoicing.domain.work import RecordRef

ISSUED = date(2026, 11, 2)
ALL_FORMS = (EInvoice.FACTUR_X, EInvoice.CII, EInvoice.PEPPOL)

S19 = TaxRate("standard", "S", Decimal(19), "VAT 19 %")
S7 = TaxRate("reduced", "S", Decimal(7), "VAT 7 %")
S20 = TaxRate("standard", "S", Decimal(20), "TVA 20 %")
S55 = TaxRate("reduced", "S", Decimal("5.5"), "TVA 5,5 %")
ZERO = TaxRate("zero", "Z", Decimal(0), "Zero rated")
EXEMPT = TaxRate("training", "E", Decimal(0), "Exempt", "Training is exempt from VAT.")
REVERSE = TaxRate("standard", "AE", Decimal(0), "Reverse charge", "The customer owes the VAT.")
GOODS = TaxRate("goods", "K", Decimal(0), "Intra-community", "Supply inside the Community.")
EXPORT = TaxRate("goods", "G", Decimal(0), "Export", "Export outside the European Union.")
OUTSIDE = TaxRate("standard", "O", Decimal(0), "No VAT", "Not subject to German VAT.")
CANARY = TaxRate("standard", "L", Decimal(7), "IGIC 7 %")

GERMAN = Entity(
    key="brightwater",
    legal_name="Brightwater Systems GmbH",
    address=Address("Lindenufer 12", "10115", "Berlin", "DE"),
    zone="Europe/Berlin",
    currency="EUR",
    tax_id="DE123456788",
    email="billing@brightwater.example.com",
    bank=Bank("Brightwater Systems GmbH", "Spreebank", "DE02 1203 0000 0000 2020 51", "BYLADEM1"),
    series=Series("INV", "INV-{year}-{number:05d}"),
    credit_notes=Series("CN", "CN-{year}-{number:05d}"),
    phone="+49 30 5550100",
    registration="Amtsgericht Berlin HRB 123456",
    contact="Accounts receivable",
    electronic_address=ElectronicAddress("9930", "DE123456788"),
)
FRENCH = Entity(
    key="lumiere",
    legal_name="Lumière Conseil SAS",
    address=Address("12 rue de la Paix", "75002", "Paris", "FR"),
    zone="Europe/Paris",
    currency="EUR",
    tax_id="FR32123456789",
    email="factures@lumiere.example.com",
    bank=Bank("Lumière Conseil SAS", "Banque de Seine", "FR14 2004 1010 0505 0001 3M02 606"),
    series=Series("F", "F-{year}-{number:05d}"),
    credit_notes=Series("A", "A-{year}-{number:05d}"),
    legal_id="123456789",
    electronic_address=ElectronicAddress("0225", "123456789"),
    notes=(
        ("PMT", "Indemnité forfaitaire pour frais de recouvrement : 40 EUR."),
        ("PMD", "Pénalités de retard : trois fois le taux d'intérêt légal."),
        ("AAB", "Pas d'escompte pour paiement anticipé."),
    ),
    process="S1",
)
SWISS = replace(
    GERMAN,
    key="cloudbridge",
    legal_name="Cloudbridge Services AG",
    address=Address("Limmatstraße 118", "8005", "Zürich", "CH"),
    currency="CHF",
    tax_id="CHE-123.456.788 MWST",
    bank=Bank("Cloudbridge Services AG", "Limmatbank", "CH93 0076 2011 6238 5295 7"),
    electronic_address=ElectronicAddress("0183", "CHE123456788"),
)
CLIENT = Client(
    key="nordwind",
    name="Nordwind Logistik GmbH & Co. KG",
    address=Address("Kai 7", "20457", "Hamburg", "DE"),
    currency="EUR",
    zone="Europe/Berlin",
    language="de",
    terms=Terms(14),
    billing_to=("ap@nordwind.example.com",),
    tax_id="DE812345673",
    e_invoice=ALL_FORMS,
    buyer_reference="04011000-1234512345-35",
    electronic_address=ElectronicAddress("0204", "04011000-1234512345-35"),
)
AURORA = replace(
    CLIENT,
    key="aurora",
    name="Aurora Studio SAS",
    address=Address("27 rue du Faubourg", "75011", "Paris", "FR"),
    tax_id="FR11123456782",
    legal_id="987654321",
    buyer_reference="SERVICE-7",
    electronic_address=ElectronicAddress("0225", "987654321"),
)
HARBOR = replace(
    CLIENT,
    key="harbor",
    name="Harbor Health Inc.",
    address=Address("200 Seaport Boulevard", "02210", "Boston", "US", "MA"),
    tax_id="04-1234567",
    electronic_address=ElectronicAddress("0060", "123456789"),
)
WORDS = ("Data pipeline", "Workshop & hand-over", "Support <24/7>", "Überprüfung", "Projet « Été »")
UNITS = ("h", "days", "month", "item", "calls", "GB", "piece", "km")


def a_line(
    position: int,
    quantity: str = "1",
    price: str = "100.00 EUR",
    rate: TaxRate = S19,
    *,
    base: str = "1",
    percent: str = "0",
    unit: str = "h",
    description: str = "Data pipeline\nDesign, build and hand-over",
) -> Line:
    """Return a line as the drafting computes it."""
    cost, amount = Money.parse(price), Decimal(quantity)
    net, discount = line_net(amount, cost, Decimal(base), Decimal(percent))
    return Line(
        position, description, amount, unit, cost, net, rate,
        (RecordRef("crm", f"r-{position}"),), "rule", "quantity x price",
        Decimal(base), Decimal(percent), discount if Decimal(percent) else None,
    )  # fmt: skip


def a_draft(
    *lines: Line,
    entity: Entity = GERMAN,
    client: Client = CLIENT,
    discounts: Sequence[Discount] = (),
    policy: Policy | None = None,
    deposits: Sequence[Draft] = (),
    style: DepositStyle = DepositStyle.FULL,
    is_deposit: bool = False,
) -> Draft:
    """Return a draft of these lines with the sums that the domain computes."""
    lines = lines or (a_line(1),)
    currency = lines[0].net.currency
    policy = policy or Policy(currency, tax_rounding=entity.tax_rounding)
    nets = [(line.rate, line.net) for line in lines]
    sums = compute_sums(nets, policy, Extras(tuple(discounts)) if discounts else None)
    if deposits:
        sums = settle(sums, deposits, style, policy)
    if style is DepositStyle.REMAINDER:
        lines = (*lines, *_taken_off(deposits, len(lines)))
    as_paid = deposits if style is DepositStyle.FULL else ()
    return Draft(
        id="0" * 32,
        entity=entity,
        client=replace(client, currency=currency),
        obligations=(ObligationKey(entity.key, "support", "2026-11-01"),),
        title="Platform work, November 2026",
        currency=currency,
        supplied_on=ISSUED,
        terms=client.terms,
        lines=lines,
        taxes=sums.taxes,
        totals=sums.totals,
        period=Period(date(2026, 10, 1), date(2026, 10, 31)),
        discounts=tuple(
            AppliedDiscount(one, amount, "of the lines")
            for one, amount in zip(discounts, sums.discounts, strict=True)
        ),
        deposits=deductions(as_paid),
        tax_in_books=_in_books(entity, sums),
        references=(Reference("order", "PO-4711"), Reference("project", "P-88"),
                    Reference("sow", "SOW-3"), Reference("deal", "D-1")),
        prices_include_tax=policy.prices_include_tax,
        is_deposit=is_deposit,
    )  # fmt: skip


def _taken_off(deposits: Sequence[Draft], many: int) -> list[Line]:
    """Write the lines of a remainder invoice, as the drafting does."""
    charged = [
        (deposit, rate, amount)
        for deposit in deposits
        for group in deposit.taxes
        for rate, amount in group.amounts(inside=deposit.prices_include_tax)
    ]
    return [
        Line(
            many + place, f"Charged already: {deposit.title}", Decimal(-1), "item", amount,
            -amount, rate, (deposit_ref(deposit.id),), "rule", "as charged",
        )
        for place, (deposit, rate, amount) in enumerate(charged, 1)
    ]  # fmt: skip


def _in_books(entity: Entity, sums: Sums) -> TaxInBooks | None:
    tax = sums.totals.tax
    if not tax.amount or entity.currency == tax.currency:
        return None
    rate = ExchangeRate(entity.currency, tax.currency, Decimal("1.0837"), ISSUED, "ECB")
    return tax_in_books(tax, rate)


def issued(draft: Draft, number: str = "INV-2026-00001") -> Invoice:
    """Return a draft as it is issued on 2 November 2026."""
    return Invoice(
        draft.id, number, SeriesKey(draft.entity.key, "INV", 2026), 1,
        datetime(2026, 11, 2, 9, tzinfo=UTC), ISSUED, date(2026, 11, 16), 1, "c" * 64, "f" * 64,
        draft,
    )  # fmt: skip


def issued_note(note: CreditNote) -> IssuedCreditNote:
    """Return a credit note with its number."""
    return IssuedCreditNote(
        note.id, "CN-2026-00001", SeriesKey(note.entity.key, "CN", 2026), 1,
        datetime(2026, 11, 9, 9, tzinfo=UTC), date(2026, 11, 9), "c" * 64, note,
    )  # fmt: skip


def page_of(draft: Draft) -> AnyPage:
    """Return the page of a draft that is issued."""
    return invoice_page(issued(draft))


def note_of(draft: Draft, *wanted: LineCredit) -> AnyPage:
    """Return the page of a credit note for a whole invoice, or for parts of it."""
    invoice = issued(draft)
    if not wanted:
        return credit_note_page(issued_note(credit_in_full(invoice, reason="Wrong month")))
    return credit_note_page(issued_note(credit_note(invoice, wanted, reason="Too many hours")))


def by_chance(seed: int) -> AnyPage:
    """Return an invoice or a credit note of chance; equal seeds make equal ones."""
    chance = Random(seed)
    while True:
        draft = _draft_by_chance(chance)
        if draft.totals.gross.amount <= 0 or draft.totals.due.amount < 0:
            continue  # such an invoice is held before it becomes one
        if chance.random() > 0.3:
            return page_of(draft)
        try:
            return _note_by_chance(chance, draft)
        except MoneyError:  # a part of nothing
            continue


_TRADES = (
    (GERMAN, CLIENT, (S19, S7)),
    (GERMAN, CLIENT, (S19, ZERO, EXEMPT)),
    (GERMAN, AURORA, (REVERSE, GOODS)),
    (GERMAN, HARBOR, (EXPORT,)),
    (GERMAN, HARBOR, (OUTSIDE,)),
    (FRENCH, AURORA, (S20, S55)),
    (FRENCH, CLIENT, (REVERSE,)),
    (SWISS, CLIENT, (S19, S7)),
)


def _draft_by_chance(chance: Random) -> Draft:
    entity, client, rates = chance.choice(_TRADES)
    currency = chance.choice(("EUR", "EUR", "EUR", "USD", "JPY", "CHF"))
    if chance.random() < 0.1:
        entity = replace(entity, tax_rounding=TaxRounding.PER_LINE)
    lines = [
        _line_by_chance(chance, position, currency, chance.choice(rates))
        for position in range(1, chance.randint(2, 9))
    ]
    policy = Policy(
        currency,
        tax_rounding=entity.tax_rounding,
        prices_include_tax=chance.random() < 0.2,
        cash_step=Money(Decimal("0.05"), "CHF") if currency == "CHF" else None,
    )
    deposits = _deposits_by_chance(chance, entity, client, lines, policy)
    return a_draft(
        *lines,
        entity=entity,
        client=client,
        discounts=() if deposits else _discounts_by_chance(chance, currency, lines),
        policy=policy,
        deposits=deposits,
        style=chance.choice(list(DepositStyle)),
        is_deposit=not deposits and chance.random() < 0.1,
    )


def _line_by_chance(chance: Random, position: int, currency: str, rate: TaxRate) -> Line:
    quantity = Decimal(chance.randint(1, 400000)).scaleb(-chance.choice((0, 2, 2, 3, 6)))
    if position > 1 and chance.random() < 0.1:
        quantity = -quantity / 100
    digits = chance.choice((0, 2, 2, 4)) if currency != "JPY" else 0
    price = Decimal(chance.randint(0, 99999)).scaleb(-digits)
    return a_line(
        position,
        str(quantity),
        f"{price:f} {currency}",
        rate,
        base=chance.choice(("1", "1", "1", "1000", "0.5")),
        percent=chance.choice(("0", "0", "5", "12.5")),
        unit=chance.choice(UNITS),
        description=chance.choice(WORDS) + chance.choice(("", "\nin two lines\tof text \x07")),
    )


def _discounts_by_chance(
    chance: Random, currency: str, lines: Sequence[Line]
) -> tuple[Discount, ...]:
    found = []
    if chance.random() < 0.3:
        found.append(Discount("Long-standing client", percent=Decimal(chance.choice((3, 10)))))
    if chance.random() < 0.2 and any(line.net.amount > 0 for line in lines):
        found.append(Discount("Late start", None, Money(Decimal(7), currency), Spread.PRO_RATA))
    return tuple(found)


def _deposits_by_chance(
    chance: Random, entity: Entity, client: Client, lines: Sequence[Line], policy: Policy
) -> tuple[Draft, ...]:
    if chance.random() > 0.2:
        return ()
    rate, currency = lines[0].rate, policy.currency
    part = a_line(1, "1", f"{chance.randint(1, 50)} {currency}", rate, description="Deposit")
    deposit = a_draft(part, entity=entity, client=client, policy=policy, is_deposit=True)
    return (replace(deposit, id="d" * 32),)


def _note_by_chance(chance: Random, draft: Draft) -> AnyPage:
    if chance.random() < 0.5:
        return note_of(draft)
    line = chance.choice(draft.lines)
    return note_of(draft, LineCredit(line.position, quantity=line.quantity / 3))
