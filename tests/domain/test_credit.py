"""Credit notes: they round like invoices, never exceed the rest, and cancel to exactly zero."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.credit import (
    CreditNote,
    LineCredit,
    Uncredited,
    credit_in_full,
    credit_note,
    issue_credit_note,
    uncredited,
)
from invoicing.domain.discounts import Discount, Spread
from invoicing.domain.errors import MoneyError
from invoicing.domain.issue import Invoice, SeriesKey, series_key
from invoicing.domain.money import Money, total
from invoicing.domain.parties import TaxRounding
from invoicing.domain.tax import ExchangeRate, TaxPart, TaxRate, tax_in_books
from invoicing.domain.totals import Charge, Extras, Policy, Totals
from tests.domain.billed import billed, issued, line
from tests.domain.builders import DAY, ENTITY, NOW, REDUCED, REVERSE, STANDARD, eur

WHY = "the work was not done"


def by_units(quantity: str, position: int = 1) -> LineCredit:
    return LineCredit(position, quantity=Decimal(quantity))


def by_amount(net: str, position: int = 1) -> LineCredit:
    return LineCredit(position, net=eur(net))


def credited(invoice: Invoice, *steps: LineCredit) -> list[CreditNote]:
    """Credit one step after the other, each with a note of its own."""
    notes: list[CreditNote] = []
    for step in steps:
        notes.append(credit_note(invoice, [step], notes, reason=WHY))
    return notes


def sums(note: CreditNote) -> tuple[str, str, str]:
    totals = note.totals
    return str(totals.net.amount), str(totals.tax.amount), str(totals.gross.amount)


def assert_cancelled(invoice: Invoice, notes: list[CreditNote]) -> None:
    """The invoice and its notes add up to exactly zero, in every figure and every tax group."""
    nothing = Money.zero(invoice.content.currency)
    assert uncredited(invoice, notes) == Uncredited(nothing, nothing, nothing)
    for name in ("net", "tax", "gross", "withheld", "rounding"):
        taken = total((getattr(note.totals, name) for note in notes), nothing.currency)
        assert taken == getattr(invoice.content.totals, name), name
    for group in invoice.content.taxes:
        same = [one for note in notes for one in note.taxes if one.rate.group == group.rate.group]
        assert total((one.net for one in same), nothing.currency) == group.net
        assert total((one.tax for one in same), nothing.currency) == group.tax
        for index, (_, share) in enumerate(group.shares):
            assert total((one.shares[index][1] for one in same), nothing.currency) == share


def test_a_part_rounds_like_a_line_of_an_invoice() -> None:
    (note,) = credited(issued(), by_units("2.5"))
    assert sums(note) == ("249.98", "47.50", "297.48")
    assert uncredited(issued(), [note]) == Uncredited(eur("749.92"), eur("142.48"), eur("892.40"))
    assert not note.closes


def test_the_note_that_leaves_nothing_takes_the_rest_of_the_tax() -> None:
    invoice = issued(billed(line("1", "10.00")))
    notes = credited(invoice, by_amount("3.33"), by_amount("3.33"), by_amount("3.34"))
    assert [sums(note)[1] for note in notes] == ["0.63", "0.63", "0.64"]
    assert [note.closes for note in notes] == [False, False, True]
    assert_cancelled(invoice, notes)


@pytest.mark.parametrize("steps", [["2.5", "7.5"], ["2.5"] * 4, ["10"], ["0.1"] * 100])
def test_all_units_in_steps_are_the_whole_amount(steps: list[str]) -> None:
    invoice = issued()
    notes = credited(invoice, *map(by_units, steps))
    assert notes[-1].closes
    assert_cancelled(invoice, notes)


def test_rounding_up_never_credits_more_than_was_billed() -> None:
    invoice = issued(billed(line("3", "0.335")))  # 1.005 became 1.01; three times 0.34 are 1.02
    notes = credited(invoice, by_units("1"), by_units("1"), by_units("1"))
    assert [sums(note)[0] for note in notes] == ["0.34", "0.34", "0.33"]
    half = issued(billed(line("1.5", "0.01")))  # 0.02; half a unit would be 0.01 each time
    notes = credited(half, by_units("0.5"), by_units("0.5"))
    assert uncredited(half, notes).net == eur("0.00")


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (by_units("10.01"), r"line 1 \(Work\) has 10 h left to credit, not 10.01"),
        (by_units("-1"), "not -1"),
        (by_amount("999.91"), r"has 999.90 EUR left to credit, not 999.91 EUR"),
        (by_amount("-0.01"), "not -0.01 EUR"),
        (by_units("1", 2), "INV-2026-00001 has no line 2 to credit"),
        (by_units("0"), "about nothing"),
        (LineCredit(1, Decimal(1), eur("1.00")), "by a quantity or by an amount"),
    ],
)
def test_what_cannot_be_credited_is_refused(step: LineCredit, message: str) -> None:
    with pytest.raises(MoneyError, match=message):
        credited(issued(), step)


def test_what_was_credited_already_is_not_credited_again() -> None:
    invoice = issued()
    (note,) = credited(invoice, by_units("4"))
    with pytest.raises(MoneyError, match="has 6 h left to credit, not 7"):
        credit_note(invoice, [by_units("7")], [note], reason=WHY)
    with pytest.raises(MoneyError, match=r"has 599\.94 EUR left"):
        credit_note(invoice, [by_amount("600.00")], [note], reason=WHY)
    with pytest.raises(MoneyError, match="about nothing"):
        credit_note(invoice, [], [note], reason=WHY)


@pytest.mark.parametrize("step", [by_units("7"), by_amount("600.00")])
def test_more_than_the_rest_becomes_the_rest_where_that_is_wanted(step: LineCredit) -> None:
    invoice = issued()
    (first,) = credited(invoice, by_units("4"))
    rest = credit_note(invoice, [step], [first], reason=WHY, at_most_the_rest=True)
    assert rest.closes
    assert_cancelled(invoice, [first, rest])


def test_a_note_names_its_invoice_and_shows_positive_lines() -> None:
    invoice = issued()
    note = credit_note(invoice, [by_units("2.5"), by_amount("100.00")], reason=WHY)
    assert (note.invoice_id, note.invoice_number) == (invoice.id, "INV-2026-00001")
    assert (note.invoice_issued_on, note.reason) == (DAY, WHY)
    units, amount = (credit.line for credit in note.lines)
    assert (units.position, units.quantity, units.net) == (1, Decimal("2.5"), eur("249.98"))
    assert units.explanation == "2.5 h x 99.99 EUR = 249.98 EUR; takes back line 1"
    assert (amount.position, amount.quantity) == (2, Decimal(1))
    assert amount.unit_price == eur("100.00")
    assert amount.explanation == "100.00 EUR of the 999.90 EUR of line 1"
    assert (units.records, amount.records) == ((), ())


def test_every_note_of_an_invoice_is_another_one() -> None:
    first, second = credited(issued(), by_units("1"), by_units("1"))
    assert first.id != second.id
    assert first.content_hash == credited(issued(), by_units("1"))[0].content_hash


def test_credit_notes_have_numbers_of_their_own() -> None:
    (note,) = credited(issued(), by_units("1"))
    now = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    key = series_key(ENTITY, now, ENTITY.credit_notes)
    frozen = issue_credit_note(note, key=key, sequence=3, now=now)
    assert (frozen.number, frozen.series) == ("CN-2027-00003", SeriesKey("brightwater", "CN", 2027))
    assert (frozen.issued_at, frozen.issued_on) == (now, date(2027, 1, 1))
    assert (frozen.id, frozen.content, frozen.content_hash) == (note.id, note, note.content_hash)


MANY = (
    line("10", "99.99", percent="10"),
    line("3", "33.33", REDUCED),
    line("1", "250.00", REVERSE),
    line("-1", "9.99"),
)


def test_only_the_groups_that_are_credited_are_taxed() -> None:
    invoice = issued(billed(*MANY))
    (note,) = credited(invoice, by_units("1", 2))
    assert [(group.rate, str(group.tax.amount)) for group in note.taxes] == [(REDUCED, "2.33")]


def test_the_whole_invoice_is_taken_back_at_once() -> None:
    invoice = issued(billed(*MANY))
    note = credit_in_full(invoice, reason=WHY)
    assert note.closes
    assert [credit.line.net for credit in note.lines] == [one.net for one in invoice.content.lines]
    assert note.lines[0].line.discount == eur("99.99")
    assert note.taxes[0].explanation.startswith("all that was left of")
    assert_cancelled(invoice, [note])


def test_what_earlier_notes_left_is_taken_back_at_once() -> None:
    invoice = issued(billed(*MANY))
    notes = credited(invoice, by_units("2.5"), by_amount("10.00", 2), by_units("1", 3))
    notes.append(credit_in_full(invoice, notes, reason=WHY))
    assert_cancelled(invoice, notes)
    with pytest.raises(MoneyError, match="about nothing"):
        credit_in_full(invoice, notes, reason=WHY)


def test_a_rebate_is_credited_with_its_sign() -> None:
    invoice = issued(billed(*MANY))
    units, amount = credited(invoice, by_units("-0.5", 4), by_amount("-1.00", 4))
    assert sums(units)[0] == "-5.00"
    printed = amount.lines[0].line
    assert (printed.quantity, printed.unit_price) == (Decimal(-1), eur("1.00"))


EXTRAS = Extras(
    (
        Discount("loyalty", Decimal(5)),
        Discount("goodwill", amount=eur("20.00"), spread=Spread.PRO_RATA),
    ),
    (Charge("delivery", eur("25.00"), REDUCED), Charge("stamp", eur("1.00"), REVERSE)),
)
BIG = (line("10", "99.99"), line("3", "33.33", REDUCED))


def test_discounts_and_charges_are_taken_back_in_proportion() -> None:
    off = Extras((Discount("ten", Decimal(10)),))
    (note,) = credited(issued(billed(line("10", "100.00"), extras=off)), by_units("1"))
    assert sums(note) == ("90.00", "17.10", "107.10")
    assert (note.totals.sum, note.totals.discount) == (eur("100.00"), eur("10.00"))
    on = Extras(charges=(Charge("delivery", eur("100.00"), STANDARD),))
    (note,) = credited(issued(billed(line("10", "100.00"), extras=on)), by_units("1"))
    assert (note.totals.net, note.totals.charges) == (eur("110.00"), eur("10.00"))


def test_a_group_of_charges_goes_with_the_last_note() -> None:
    invoice = issued(billed(*BIG, extras=EXTRAS))
    notes = credited(invoice, by_units("5"), by_units("5"), by_units("3", 2))
    assert [len(note.taxes) for note in notes] == [1, 1, 3]
    assert_cancelled(invoice, notes)


def test_a_group_that_lines_and_discounts_made_nothing_of_credits_nothing() -> None:
    up_and_down = (line("1", "100.00"), line("-1", "100.00"), line("1", "50.00", REDUCED))
    invoice = issued(billed(*up_and_down))
    (note,) = credited(invoice, by_units("1"))
    assert sums(note) == ("0.00", "0.00", "0.00")
    assert_cancelled(invoice, [note, credit_in_full(invoice, [note], reason=WHY)])


def test_an_invoice_of_no_net_amount_is_credited_line_by_line() -> None:
    invoice = issued(billed(line("1", "100.00"), line("-1", "100.00", REDUCED)))
    (note,) = credited(invoice, by_units("1"))
    assert sums(note) == ("100.00", "19.00", "119.00")
    assert note.totals.withheld == eur("0.00")
    assert_cancelled(invoice, [note, credit_in_full(invoice, [note], reason=WHY)])


def test_tax_is_never_taken_back_twice() -> None:
    combined = replace(STANDARD, parts=(TaxPart("state", Decimal(9)), TaxPart("city", Decimal(10))))
    invoice = issued(billed(line("3", "0.03", combined)))  # 0.09 with 0.02 of tax
    notes = credited(invoice, *[by_units("1")] * 3)
    assert [sums(note)[1] for note in notes] == ["0.01", "0.01", "0.00"]
    small = issued(billed(line("20", "0.03", combined)))  # 0.60 with 0.11 of tax; 20 times 0.01
    notes = credited(small, *[by_units("1")] * 20)
    assert_cancelled(small, notes)


@pytest.mark.parametrize(
    "policy",
    [
        Policy("EUR", prices_include_tax=True),
        Policy("EUR", withholding_percent=Decimal(15), cash_step=eur("0.05")),
        Policy("EUR", tax_rounding=TaxRounding.PER_LINE),
    ],
)
def test_everything_cancels_whatever_the_policy(policy: Policy) -> None:
    entity = replace(ENTITY, tax_rounding=policy.tax_rounding)
    invoice = issued(billed(*MANY, policy=policy, entity=entity))
    notes = credited(invoice, by_units("2.5"), by_units("2", 2))
    if policy.prices_include_tax:
        assert sums(notes[0]) == ("189.06", "35.92", "224.98")
        assert notes[0].totals.sum == eur("224.98")
    notes.append(credit_in_full(invoice, notes, reason=WHY))
    assert_cancelled(invoice, notes)
    due = total((note.totals.due for note in notes), "EUR")
    assert due == invoice.content.totals.due


def test_the_books_end_at_zero_too() -> None:
    rate = ExchangeRate("CHF", "EUR", Decimal("1.0573"), DAY, "bank")
    draft = billed()
    invoice = issued(replace(draft, tax_in_books=tax_in_books(draft.totals.tax, rate)))
    notes = credited(invoice, *[by_units("2.5")] * 4)
    in_books = [note.tax_in_books for note in notes if note.tax_in_books]
    assert len(in_books) == 4
    assert invoice.content.tax_in_books
    assert total((each.amount for each in in_books), "CHF") == invoice.content.tax_in_books.amount


def test_a_note_that_knows_nothing_of_the_books_is_no_part_of_them() -> None:
    rate = ExchangeRate("CHF", "EUR", Decimal("1.0573"), DAY, "bank")
    draft = billed()
    (before,) = credited(issued(draft), by_units("1"))
    invoice = issued(replace(draft, tax_in_books=tax_in_books(draft.totals.tax, rate)))
    last = credit_in_full(invoice, [before], reason=WHY)
    assert last.tax_in_books
    assert last.tax_in_books.amount == tax_in_books(draft.totals.tax, rate).amount


QUANTITIES = st.decimals("0.01", "50", places=2)
PRICES = st.decimals("0.001", "500", places=3)
PARTLY = replace(STANDARD, taxable_percent=Decimal(80))
RATES = st.sampled_from([STANDARD, PARTLY, REDUCED, REVERSE])


@pytest.mark.parametrize(
    ("policy", "extras"),
    [
        (Policy("EUR"), None),
        (Policy("EUR"), Extras((Discount("ten", Decimal(10)),))),
        (Policy("EUR"), Extras(charges=(Charge("delivery", eur("9.99"), STANDARD),))),
        (Policy("EUR", prices_include_tax=True), None),
        (Policy("EUR", tax_rounding=TaxRounding.PER_LINE), None),
    ],
)
def test_lines_of_two_taxable_shares_are_credited_by_their_own(
    policy: Policy, extras: Extras | None
) -> None:
    lines = line("10", "9.99", PARTLY), line("10", "4.44"), line("1", "0.03", PARTLY)
    entity = replace(ENTITY, tax_rounding=policy.tax_rounding)
    invoice = issued(billed(*lines, policy=policy, extras=extras, entity=entity))
    assert len(invoice.content.taxes) == 1
    notes = credited(invoice, by_units("3"), by_units("4", 2))
    if policy == Policy("EUR") and extras is None:
        assert [sums(note)[1] for note in notes] == ["4.56", "3.37"]  # 29.97 at 80 %, 17.76
    notes.append(credit_in_full(invoice, notes, reason=WHY))
    assert_cancelled(invoice, notes)
    assert {note.taxes[0].bases for note in notes} == {()}


@given(
    st.lists(st.tuples(QUANTITIES, PRICES, RATES), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 100), st.booleans()), max_size=6),
    st.sampled_from([None, Extras((Discount("x", Decimal(7)),))]),
)
def test_credit_notes_and_their_invoice_cancel_exactly(
    lines: list[tuple[Decimal, Decimal, TaxRate]],
    steps: list[tuple[int, int, bool]],
    extras: Extras | None,
) -> None:
    made = [line(str(units), str(price), rate) for units, price, rate in lines]
    invoice = issued(billed(*made, extras=extras))
    notes: list[CreditNote] = []
    for place, percent, by_quantity in steps:
        one = invoice.content.lines[place % len(made)]
        share = Decimal(percent) / 100
        net = one.net.times(share).rounded()
        step = LineCredit(
            one.position, *((one.quantity * share, None) if by_quantity else (None, net))
        )
        with suppress(MoneyError):  # a note about nothing
            notes.append(credit_note(invoice, [step], notes, reason=WHY, at_most_the_rest=True))
    left = uncredited(invoice, notes)
    assert 0 <= left.net.amount <= invoice.content.totals.net.amount
    assert 0 <= left.tax.amount <= invoice.content.totals.tax.amount
    if any(credit.net.amount for credit in invoice.content.lines) and not (
        notes and notes[-1].closes
    ):
        notes.append(credit_in_full(invoice, notes, reason=WHY))
        assert_cancelled(invoice, notes)


def test_totals_of_a_note_follow_from_each_other() -> None:
    note = credit_in_full(issued(billed(*BIG, extras=EXTRAS)), reason=WHY)
    totals: Totals = note.totals
    assert totals.sum - totals.discount + totals.charges == totals.net
    assert totals.gross == totals.net + totals.tax
    assert totals.due == totals.gross - totals.withheld + totals.rounding
    assert NOW.date() == note.invoice_issued_on


def test_a_deposit_stays_with_its_own_invoice() -> None:
    whole = billed(line("1", "1000.00"), extras=Extras(paid=eur("238.00")))
    invoice = issued(whole)
    note = credit_in_full(invoice, reason=WHY)
    figures = note.totals
    assert (figures.gross, figures.paid) == (eur("1190.00"), eur("238.00"))
    assert figures.due == eur("952.00")
    notes = credited(invoice, by_amount("300.00"), by_amount("600.00"), by_amount("100.00"))
    assert [str(each.totals.paid.amount) for each in notes] == ["0.00", "119.00", "119.00"]
    assert total((each.totals.due for each in notes), "EUR") == invoice.content.totals.due
    for each in notes:
        figures = each.totals
        assert figures.due == figures.gross - figures.paid - figures.withheld + figures.rounding


INSIDE = Policy("EUR", prices_include_tax=True)


def test_a_price_with_tax_inside_is_taken_back_to_the_cent() -> None:
    invoice = issued(billed(line("3", "0.99"), line("1", "10.00"), policy=INSIDE))
    for units in ("1", "2", "3"):
        (note,) = credited(invoice, by_units(units))
        assert note.totals.gross == note.totals.sum
        assert (note.totals.discount, note.totals.charges) == (eur("0.00"), eur("0.00"))
        rest = credit_in_full(invoice, [note], reason=WHY)
        assert_cancelled(invoice, [note, rest])
    off = Extras((Discount("Launch", percent=Decimal(10)),))
    reduced = issued(billed(line("3", "0.99"), line("1", "10.00"), policy=INSIDE, extras=off))
    (note,) = credited(reduced, by_units("3"))
    assert note.totals.gross == eur("2.67")  # 2.97 less its share of the 1.30 taken off
    assert_cancelled(reduced, [note, credit_in_full(reduced, [note], reason=WHY)])


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9999)), min_size=1, max_size=4),
    st.lists(st.integers(1, 9), max_size=4),
)
def test_prices_with_tax_inside_cancel_however_they_are_credited(
    bought: list[tuple[int, int]], steps: list[int]
) -> None:
    lines = [line(str(units), str(Decimal(price).scaleb(-2))) for units, price in bought]
    invoice = issued(billed(*lines, policy=INSIDE))
    notes: list[CreditNote] = []
    for step in steps:
        wanted = by_units(str(step), step % len(lines) + 1)
        with suppress(MoneyError):
            notes.append(credit_note(invoice, [wanted], notes, reason=WHY, at_most_the_rest=True))
            assert notes[-1].totals.gross == notes[-1].totals.sum
    with suppress(MoneyError):
        notes.append(credit_in_full(invoice, notes, reason=WHY))
    assert_cancelled(invoice, notes)
