"""The structured invoice says what was billed, in the standard's terms and to the cent."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from invoicing.domain.agreements import DepositStyle
from invoicing.domain.credit import LineCredit
from invoicing.domain.discounts import Discount, Spread
from invoicing.domain.draft import Draft
from invoicing.domain.einvoicing.build import Numbered, build, buyer, seller
from invoicing.domain.einvoicing.codes import is_vat_id, legal_scheme, transfer_means, unit_code
from invoicing.domain.einvoicing.document import DocumentType, Item, LegalId, StructuredInvoice
from invoicing.domain.einvoicing.facts import facts_of, not_representable
from invoicing.domain.events import Reference
from invoicing.domain.money import Money
from invoicing.domain.render import CreditNotePage
from invoicing.domain.tax import TaxGroup, TaxPart, TaxRate
from invoicing.domain.totals import Policy
from tests.einvoice.made_up import (
    AURORA,
    CLIENT,
    EXEMPT,
    FRENCH,
    GERMAN,
    GOODS,
    HARBOR,
    ISSUED,
    OUTSIDE,
    S7,
    S19,
    SWISS,
    a_draft,
    a_line,
    note_of,
)

NUMBERED = Numbered("INV-1", ISSUED, date(2026, 11, 16))
INSIDE = Policy("EUR", prices_include_tax=True)
TWO_RATES = (a_line(1, "3.5", "120.00 EUR"), a_line(2, "2", "33.33 EUR", S7, percent="12.5"))
FIVE_OFF = Discount("Long-standing client", percent=Decimal(5))
TEN_OFF = Discount("Late start", None, Money.parse("10.00 EUR"), Spread.PRO_RATA)


def built(draft: Draft) -> StructuredInvoice:
    return build(facts_of(draft), NUMBERED)


def noted(draft: Draft, *wanted: LineCredit) -> StructuredInvoice:
    page = note_of(draft, *wanted)
    assert isinstance(page, CreditNotePage)
    return build(facts_of(page.content), Numbered("CN-1", ISSUED))


def only(draft: Draft) -> Item:
    (item,) = built(draft).items
    return item


def adjustments(invoice: StructuredInvoice) -> list[str]:
    return [
        f"{'+' if one.is_charge else '-'}{one.amount} {vat.percent} {one.reason}"
        for vat, one in invoice.adjustments
    ]


def assert_adds_up(invoice: StructuredInvoice) -> None:
    """Hold every sum to the parts it is made of, rate by rate."""
    figures = invoice.figures
    assert figures.net == figures.lines - figures.allowances + figures.charges
    assert figures.gross == figures.net + figures.tax
    assert figures.due == figures.gross - figures.prepaid + figures.rounding
    for group in invoice.breakdowns:
        lines = sum(item.net.amount for item in invoice.items if item.vat == group.vat)
        off = sum(
            -one.amount.amount if one.is_charge else one.amount.amount
            for vat, one in invoice.adjustments
            if vat == group.vat
        )
        assert lines - off == group.net.amount


def test_a_line_keeps_its_agreed_price_and_is_named_by_its_first_line() -> None:
    item = only(a_draft(a_line(1, "3.5", "120.00 EUR")))

    assert (item.quantity, item.price, item.base, item.unit) == (
        Decimal("3.5"), Decimal("120.00"), Decimal(1), "HUR",
    )  # fmt: skip
    assert (item.name, item.description) == ("Data pipeline", "Design, build and hand-over")
    assert str(item.net) == "420.00 EUR"


def test_every_kind_of_line_break_ends_the_name() -> None:
    item = only(a_draft(a_line(1, description="\r\n Audit\u2028 on site\x85\n with a report ")))

    assert (item.name, item.description) == ("Audit", "on site with a report")


def test_a_price_below_zero_becomes_a_quantity_below_zero() -> None:
    lines = a_line(1, "3"), a_line(2, "1", "-40.00 EUR")

    rebate = built(a_draft(*lines)).items[1]

    assert (rebate.quantity, rebate.price) == (Decimal(-1), Decimal("40.00"))


@pytest.mark.parametrize(
    ("quantity", "price", "base", "net", "shown"),
    [
        # all that was left of three hours: a price with more decimals
        ("3", "11.11 EUR", "1", "33.40", ("3", "11.133333", "1", "HUR")),
        # the yen is rounded to whole ones, which Peppol would call a wrong product
        ("3.5", "12345 JPY", "1", "43208", ("3.5", "12345.142857", "1", "HUR")),
        # no price of six decimals comes close enough: one item of the amount
        ("90001", "0.0000 EUR", "1", "33.37", ("1", "33.37", "1", "C62")),
        ("0", "10.00 EUR", "1", "-5.00", ("-1", "5.00", "1", "C62")),
        ("-2", "10.00 EUR", "1", "20.00", ("1", "20.00", "1", "C62")),
        # a base that is nothing in four decimals
        ("1", "10.00 EUR", "0.00001", "1000000.00", ("1", "1000000.00", "1", "C62")),
        # minutes that no decimal can say are cut after four digits
        ("1.333333", "120.00 EUR", "1", "160.00", ("1.3333", "120.00", "1", "HUR")),
    ],
)
def test_what_is_printed_always_comes_to_the_amount(
    quantity: str, price: str, base: str, net: str, shown: tuple[str, ...]
) -> None:
    line = a_line(1, quantity, price, S19)
    line = replace(line, net=Money(Decimal(net), line.net.currency), base_quantity=Decimal(base))

    item = build(facts_of(a_draft(line)), NUMBERED).items[0]

    assert (str(item.quantity), str(item.price), str(item.base), item.unit) == shown


def test_a_discount_on_a_line_says_its_percentage_where_that_comes_to_it() -> None:
    plain, rebate, yen, stated = (
        only(a_draft(a_line(1, "2", percent="12.5"))).adjustment,
        built(a_draft(a_line(1, "9"), a_line(2, "-2", percent="12.5"))).items[1].adjustment,
        only(a_draft(a_line(1, "1", "12345 JPY", percent="12.5"))).adjustment,
        only(
            a_draft(
                replace(a_line(1), discount=Money.parse("7.00 EUR"), net=Money.parse("93.00 EUR"))
            )
        ).adjustment,
    )

    assert plain is not None
    assert (plain.is_charge, str(plain.amount), str(plain.base)) == (
        False,
        "25.00 EUR",
        "200.00 EUR",
    )
    assert rebate is not None
    assert (rebate.is_charge, str(rebate.amount), str(rebate.base)) == (
        True,
        "25.00 EUR",
        "200.00 EUR",
    )
    assert yen is not None
    assert (str(yen.amount), yen.percent) == ("1543 JPY", None)
    assert stated is not None
    assert (str(stated.amount), stated.percent) == ("7.00 EUR", None)


def test_a_discount_on_the_document_is_taken_off_each_rate() -> None:
    invoice = built(a_draft(*TWO_RATES, discounts=[FIVE_OFF]))

    assert adjustments(invoice) == [
        "-21.00 EUR 19 Long-standing client", "-2.92 EUR 7 Long-standing client",
    ]  # fmt: skip
    assert_adds_up(invoice)


def test_two_discounts_stand_each_for_itself_under_one_rate_and_together_under_two() -> None:
    one = built(a_draft(a_line(1, "2"), discounts=[FIVE_OFF, TEN_OFF]))
    two = built(a_draft(*TWO_RATES, discounts=[FIVE_OFF, TEN_OFF]))

    assert adjustments(one) == ["-10.00 EUR 19 Long-standing client", "-10.00 EUR 19 Late start"]
    assert {one.reason for _, one in two.adjustments} == {"Long-standing client; Late start"}
    assert_adds_up(two)


def test_prices_with_the_tax_inside_are_told_without_it() -> None:
    invoice = built(
        a_draft(*TWO_RATES, a_line(3, "1", "0.99 EUR"), policy=INSIDE, discounts=[TEN_OFF])
    )

    assert_adds_up(invoice)
    assert str(invoice.figures.gross) == "469.32 EUR"
    assert invoice.items[0].price == Decimal("100.840336")


def test_deposits_are_prepaid_or_lines_of_the_remainder() -> None:
    deposit = replace(a_draft(a_line(1, "1", "200.00 EUR"), is_deposit=True), id="d" * 32)
    whole = a_line(1, "8")
    paid = built(a_draft(whole, deposits=[deposit]))
    rest = built(a_draft(whole, deposits=[deposit], style=DepositStyle.REMAINDER))

    assert built(deposit).type is DocumentType.PREPAYMENT
    assert built(deposit).delivered_on is None
    assert (str(paid.figures.prepaid), str(paid.figures.due)) == ("238.00 EUR", "714.00 EUR")
    assert (len(rest.items), str(rest.figures.due)) == (2, "714.00 EUR")
    assert_adds_up(paid)
    assert_adds_up(rest)


def test_sentences_of_one_category_are_one_group() -> None:
    other = replace(EXEMPT, note="Books are exempt.")

    invoice = built(a_draft(a_line(1, rate=EXEMPT), a_line(2, rate=other)))

    (group,) = invoice.breakdowns
    assert (str(group.net), group.reason) == (
        "200.00 EUR", "Training is exempt from VAT.; Books are exempt.",
    )  # fmt: skip


def test_a_sentence_about_a_taxed_rate_is_a_note() -> None:
    noted_rate = replace(S19, note="Margin scheme does not apply.")

    invoice = built(a_draft(a_line(1, rate=noted_rate)))

    assert invoice.breakdowns[0].reason == ""
    assert invoice.notes == (("", "Margin scheme does not apply."),)


def test_goods_name_the_place_they_go_to() -> None:
    invoice = built(a_draft(a_line(1, rate=GOODS), client=AURORA, is_deposit=True))

    assert invoice.deliver_to == AURORA.address
    assert invoice.delivered_on == ISSUED
    assert invoice.breakdowns[0].reason_code == "VATEX-EU-IC"


def test_a_credit_note_names_its_invoice_and_goes_against_it() -> None:
    note = noted(a_draft(*TWO_RATES, discounts=[FIVE_OFF]))

    assert note.type is DocumentType.CREDIT_NOTE
    assert note.is_credit_note
    assert note.references.preceding is not None
    assert note.references.preceding.number == "INV-2026-00001"
    assert (note.payment, note.due_on) == (None, None)
    assert note.notes == (("", "Wrong month"),)
    assert (note.references.order, note.delivered_on) == ("PO-4711", ISSUED)
    assert_adds_up(note)


def test_a_credit_note_about_prices_with_tax_inside_takes_it_out_again() -> None:
    draft = a_draft(*TWO_RATES, policy=INSIDE, discounts=[FIVE_OFF])

    for note in (noted(draft), noted(draft, LineCredit(2, net=Money.parse("7.77 EUR")))):
        assert_adds_up(note)


def test_a_credit_note_in_the_end_gives_back_cents_of_a_rate_without_lines() -> None:
    draft = a_draft(*TWO_RATES)
    page = note_of(draft, LineCredit(1))
    assert isinstance(page, CreditNotePage)
    cent, nothing = Money.parse("0.01 EUR"), Money.parse("0.00 EUR")
    rest = TaxGroup(S7, nothing, cent, "")
    gone = TaxGroup(replace(S7, percent=Decimal(5)), nothing, nothing, "")
    net = TaxGroup(replace(S7, percent=Decimal(6)), cent, nothing, "")
    taxes = (*page.content.taxes, rest, gone, net)
    for inside in (False, True):
        facts = replace(facts_of(replace(page.content, taxes=taxes)), inside=inside)
        if inside:
            facts = replace(facts, lines=())

        invoice = build(facts, NUMBERED)

        assert [group.vat.percent for group in invoice.breakdowns][-2:] == [Decimal(7), Decimal(6)]
        assert adjustments(invoice)[-1] == "+0.01 EUR 6 Charge"


def test_the_tax_is_told_in_the_currency_of_the_books_too() -> None:
    invoice = built(a_draft(a_line(1, price="99.00 USD")))

    assert str(invoice.figures.tax_in_books) == "17.36 EUR"


def test_references_are_sorted_into_the_places_of_the_standard() -> None:
    draft = a_draft()
    second = (*draft.references, Reference("order", "PO-4712"), Reference("Contract", "C-1"))

    found = built(replace(draft, references=second)).references

    assert (found.order, found.contract, found.project) == (
        "PO-4711, PO-4712",
        "SOW-3, C-1",
        "P-88",
    )
    assert found.buyer == CLIENT.buyer_reference


def test_outside_the_scope_of_vat_no_vat_id_is_named() -> None:
    invoice = built(a_draft(a_line(1, rate=OUTSIDE), client=replace(HARBOR, tax_id="FR1234")))

    assert (invoice.seller.vat_id, invoice.buyer.vat_id) == ("", "")
    assert invoice.seller.tax_number == GERMAN.tax_id
    assert invoice.breakdowns[0].vat.rate is None
    assert invoice.breakdowns[0].reason_code == "VATEX-EU-O"


@pytest.mark.parametrize(
    ("tax_id", "registration", "legal_id", "found"),
    [
        ("DE 123 456 788", "HRB 1", "", ("DE123456788", "", "", None)),
        ("CHE-123.456.788 MWST", "", "", ("CHE-123.456.788 MWST", "", "", None)),
        ("12/345/67890", "HRB 1", "", ("", "12/345/67890", "", LegalId("HRB 1"))),
        ("12/345/67890", "", "", ("", "12/345/67890", "12/345/67890", None)),
        ("DE123456788", "", "HRB 12 B", ("DE123456788", "", "", LegalId("HRB 12 B"))),
    ],
)
def test_a_seller_is_known_by_what_it_has(
    tax_id: str, registration: str, legal_id: str, found: tuple[object, ...]
) -> None:
    entity = replace(GERMAN, tax_id=tax_id, registration=registration, legal_id=legal_id)

    party = seller(entity)

    assert (party.vat_id, party.tax_number, party.own_id, party.legal_id) == found


def test_a_register_number_with_a_code_of_its_own_is_written_without_spaces() -> None:
    assert seller(replace(FRENCH, legal_id="123 456 789")).legal_id == LegalId("123456789", "0002")
    assert buyer(CLIENT).legal_id is None


def test_a_french_invoice_that_takes_deposits_off_says_so_in_its_process() -> None:
    deposit = replace(a_draft(is_deposit=True), id="d" * 32)

    def process(written: str, *deposits: Draft) -> str:
        entity = replace(FRENCH, process=written)
        return built(a_draft(a_line(1, "9"), entity=entity, deposits=deposits)).process

    assert process("S1") == "S1"
    assert process("S1", deposit) == "S4"
    assert process("S2", deposit) == "S2"
    assert process("urn:x1", deposit) == "urn:x1"


def test_words_become_codes() -> None:
    assert [unit_code(word) for word in ("Stunden", "Std.", " days ", "calls", "")] == [
        "HUR", "HUR", "DAY", "C62", "C62",
    ]  # fmt: skip
    assert [is_vat_id(text) for text in ("EL123456789", "US-04-1234567", "DE1", "de123456")] == [
        True, False, False, False,
    ]  # fmt: skip
    assert legal_scheme("FR", "12345678900012") == "0009"
    assert legal_scheme("DE", "123456789") == ""
    assert legal_scheme("FR", "12") == ""
    assert transfer_means("DE02", "EUR") == "58"
    assert transfer_means("DE02", "USD") == "30"
    assert transfer_means("US02", "EUR") == "30"


COMBINED = replace(S19, parts=(TaxPart("State", Decimal(15)), TaxPart("City", Decimal(4))))
PARTLY = replace(S19, taxable_percent=Decimal(80))


@pytest.mark.parametrize(
    ("draft", "why"),
    [
        (a_draft(), ""),
        (a_draft(a_line(1, rate=replace(EXEMPT, taxable_percent=Decimal(80)))), ""),
        (a_draft(a_line(1, rate=COMBINED)), "a combined sales tax"),
        (a_draft(a_line(1, rate=PARTLY)), "a rate on a part of the net"),
        (a_draft(policy=Policy("EUR", withholding_percent=Decimal(15))), "a withholding"),
        (a_draft(a_line(1, price="1.500 KWD")), "KWD has more than two decimals"),
        (
            a_draft(entity=replace(SWISS, address=HARBOR.address)),
            "a seller outside of VAT",
        ),
    ],
)
def test_what_the_standard_has_no_words_for_is_named(draft: Draft, why: str) -> None:
    told = not_representable(facts_of(draft))

    assert told.startswith(why)
    assert bool(told) == bool(why)


def test_a_rate_is_compared_by_code_and_percent_alone() -> None:
    other = TaxRate("books", "S", Decimal(19), "another label")

    invoice = built(a_draft(a_line(1), a_line(2, rate=other)))

    assert len(invoice.breakdowns) == 1
