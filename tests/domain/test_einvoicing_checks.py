"""The official rules that facts of ours can break are asked before anybody is sent a file."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from invoicing.domain.draft import Draft
from invoicing.domain.einvoicing.build import Numbered, build
from invoicing.domain.einvoicing.checks import check
from invoicing.domain.einvoicing.document import LegalId, StructuredInvoice
from invoicing.domain.einvoicing.facts import facts_of
from invoicing.domain.einvoicing.outcome import missing, missing_between, outcomes, wanted
from invoicing.domain.einvoicing.profiles import PROFILES, in_profile
from invoicing.domain.events import Reference
from invoicing.domain.money import Money
from invoicing.domain.parties import Client, EInvoice, ElectronicAddress, Entity
from invoicing.domain.render import CreditNotePage
from invoicing.domain.tax import TaxRate
from tests.einvoice.made_up import (
    AURORA,
    CANARY,
    CLIENT,
    EXEMPT,
    FRENCH,
    GERMAN,
    GOODS,
    HARBOR,
    ISSUED,
    OUTSIDE,
    REVERSE,
    S19,
    S20,
    SWISS,
    a_draft,
    a_line,
    note_of,
)

NUMBERED = Numbered("INV-1", ISSUED, date(2026, 11, 16))
CII, PEPPOL, XRECHNUNG = EInvoice.CII, EInvoice.PEPPOL, EInvoice.XRECHNUNG


def rules(invoice: StructuredInvoice, form: EInvoice = CII, *, asked: bool = True) -> list[str]:
    return [problem.rule for problem in check(invoice, PROFILES[form], asked=asked)]


def filled(draft: Draft, form: EInvoice = CII) -> StructuredInvoice:
    facts = facts_of(draft)
    return in_profile(build(facts, NUMBERED), facts, PROFILES[form])


def with_rate(rate: TaxRate, client: Client = CLIENT, entity: Entity = GERMAN) -> Draft:
    return a_draft(a_line(1, rate=rate), client=client, entity=entity)


@pytest.mark.parametrize(
    ("draft", "broken"),
    [
        (a_draft(), []),
        (a_draft(a_line(1, description=" \n ")), ["BR-25"]),
        (a_draft(a_line(1, description="\x07\u202e")), ["BR-25"]),
        (a_draft(entity=replace(GERMAN, bank=replace(GERMAN.bank, iban=""))), ["BR-61"]),
        (a_draft(entity=replace(GERMAN, notes=(("reg", "x"),))), ["BR-CL-08"]),
        (a_draft(entity=replace(GERMAN, notes=(("REG", "x"), ("", "y")))), []),
        (
            a_draft(entity=replace(GERMAN, electronic_address=ElectronicAddress("9999", "1"))),
            ["BR-CL-25"],
        ),
        (
            a_draft(client=replace(CLIENT, address=replace(CLIENT.address, country=""))),
            ["BR-09, BR-11"],
        ),
        (a_draft(a_line(1), a_line(2, rate=OUTSIDE)), ["BR-O-11"]),
        (a_draft(entity=replace(GERMAN, tax_id="")), ["BR-S-02, BR-CO-26"]),
        (a_draft(entity=replace(GERMAN, tax_id="12/345/678")), []),
        (
            with_rate(GOODS, AURORA, replace(GERMAN, tax_id="12/345/678")),
            ["BR-IC-02, BR-G-02"],
        ),
        (with_rate(GOODS, replace(AURORA, tax_id="")), ["BR-AE-02, BR-IC-02"]),
        (with_rate(REVERSE, replace(AURORA, tax_id="")), []),
        (with_rate(REVERSE, replace(AURORA, tax_id="", legal_id="")), ["BR-AE-02, BR-IC-02"]),
        (with_rate(replace(S19, code="B")), ["BR-CL-18"]),
        (with_rate(replace(S19, percent=Decimal(0))), ["BR-S-05"]),
        (with_rate(replace(EXEMPT, percent=Decimal(7))), ["BR-E-05"]),
        (with_rate(replace(EXEMPT, note="", label="")), ["BR-E-10"]),
    ],
)
def test_a_fact_that_is_missing_breaks_its_rule(draft: Draft, broken: list[str]) -> None:
    assert rules(filled(draft)) == broken


@pytest.mark.parametrize(
    ("spoil", "broken"),
    [
        (lambda one: replace(one, due_on=None), ["BR-CO-25"]),
        (
            lambda one: replace(one, figures=replace(one.figures, lines=Money.parse("1.00 EUR"))),
            ["BR-CO-13"],
        ),
        (
            lambda one: replace(one, figures=replace(one.figures, net=Money.parse("1.00 EUR"))),
            ["BR-CO-13", "BR-S-08", "BR-CO-15"],
        ),
        (
            lambda one: replace(one, figures=replace(one.figures, tax=Money.parse("1.00 EUR"))),
            ["BR-CO-14", "BR-CO-15"],
        ),
        (
            lambda one: replace(one, figures=replace(one.figures, due=Money.parse("1.00 EUR"))),
            ["BR-CO-16"],
        ),
        (
            lambda one: replace(
                one,
                breakdowns=(replace(one.breakdowns[0], tax=Money.parse("20.00 EUR")),),
                figures=replace(
                    one.figures,
                    tax=Money.parse("20.00 EUR"),
                    gross=Money.parse("120.00 EUR"),
                    due=Money.parse("120.00 EUR"),
                ),
            ),
            ["BR-CO-17"],
        ),
    ],
)
def test_a_sum_that_is_not_that_of_its_parts_is_refused(
    spoil: Callable[[StructuredInvoice], StructuredInvoice], broken: list[str]
) -> None:
    assert rules(spoil(filled(a_draft()))) == broken


def test_an_invoice_about_nothing_is_refused() -> None:
    empty = replace(filled(a_draft()), items=())

    assert "BR-16" in rules(empty)


def test_goods_without_a_day_are_refused() -> None:
    goods = replace(filled(with_rate(GOODS, AURORA)), delivered_on=None, period=None)

    assert rules(goods) == ["BR-IC-11"]


def test_peppol_wants_addresses_of_its_own_and_a_reference() -> None:
    poor = replace(AURORA, buyer_reference="", electronic_address=ElectronicAddress("EM", "a@b.c"))
    bare = replace(GERMAN, electronic_address=None)
    draft = with_rate(REVERSE, poor, bare)
    without_order = replace(draft, references=(Reference("deal", "D-1"),))

    assert rules(filled(draft, PEPPOL), PEPPOL) == [
        "PEPPOL-EN16931-R020", "PEPPOL-EN16931-CL008",
    ]  # fmt: skip
    assert rules(filled(without_order, PEPPOL), PEPPOL)[0] == "PEPPOL-EN16931-R003"


def test_peppol_between_germans_wants_what_xrechnung_does() -> None:
    draft = a_draft(client=replace(CLIENT, buyer_reference=""))

    assert rules(filled(draft, PEPPOL), PEPPOL) == ["BR-DE-15"]


def test_xrechnung_takes_mail_addresses_and_wants_a_contact() -> None:
    nowhere = replace(CLIENT, electronic_address=None, buyer_reference="")
    poor = replace(
        GERMAN, contact="", phone="12", email="x", electronic_address=None,
        address=replace(GERMAN.address, city=""),
    )  # fmt: skip
    draft = a_draft(client=nowhere, entity=poor)
    invoice = filled(draft, XRECHNUNG)

    assert invoice.buyer.endpoint == ElectronicAddress("EM", "ap@nordwind.example.com")
    assert rules(invoice, XRECHNUNG) == [
        "BR-DE-5", "BR-DE-6, BR-DE-27", "BR-DE-7, BR-DE-28", "BR-DE-3, BR-DE-4", "BR-DE-15",
    ]  # fmt: skip
    assert rules(filled(a_draft(), XRECHNUNG), XRECHNUNG) == []


def test_xrechnung_has_no_category_outside_the_scope_and_needs_a_place_to_go() -> None:
    client = replace(HARBOR, electronic_address=None, billing_to=())
    invoice = filled(with_rate(OUTSIDE, client), XRECHNUNG)

    assert rules(invoice, XRECHNUNG) == ["BR-DE-14", "PEPPOL-EN16931-R010"]


def test_german_credit_notes_say_that_they_are_set_off() -> None:
    note = note_of(a_draft())
    foreign = note_of(with_rate(REVERSE, AURORA))
    assert isinstance(note, CreditNotePage)
    assert isinstance(foreign, CreditNotePage)

    def means(page: CreditNotePage, form: EInvoice) -> str:
        facts = facts_of(page.content)
        invoice = in_profile(build(facts, NUMBERED), facts, PROFILES[form])
        return invoice.payment.means if invoice.payment else ""

    assert means(note, PEPPOL) == means(note, XRECHNUNG) == means(foreign, XRECHNUNG) == "97"
    assert means(foreign, PEPPOL) == ""


def test_without_a_contact_all_of_it_is_missed() -> None:
    invoice = filled(a_draft(), XRECHNUNG)
    mute = replace(invoice, seller=replace(invoice.seller, contact=None))

    assert len(rules(mute, XRECHNUNG)) == 3


def french(rate: TaxRate = S20, entity: Entity = FRENCH, client: Client = AURORA) -> Draft:
    return with_rate(rate, client, entity)


@pytest.mark.parametrize(
    ("draft", "broken"),
    [
        (french(), []),
        (french(entity=replace(FRENCH, notes=FRENCH.notes[1:])), ["BR-FR-05"]),
        (french(entity=replace(FRENCH, notes=(*FRENCH.notes, FRENCH.notes[0]))), ["BR-FR-06"]),
        (french(entity=replace(FRENCH, process="")), ["BR-FR-08"]),
        (french(entity=replace(FRENCH, legal_id="")), ["BR-FR-10"]),
        (french(entity=replace(FRENCH, legal_id="12345678900012")), ["BR-FR-10"]),
        (
            french(client=replace(AURORA, electronic_address=None)),
            ["BR-FR-12, BR-FR-23"],
        ),
        (
            french(entity=replace(FRENCH, electronic_address=ElectronicAddress("EM", "a@b.fr"))),
            ["BR-FR-13, BR-FR-23"],
        ),
        (french(CANARY), ["BR-FR-15"]),
        (french(S19), ["BR-FR-16"]),
        (
            replace(french(entity=replace(FRENCH, process="S4")), is_deposit=True),
            ["BR-FR-CO-08"],
        ),
        (
            a_draft(
                a_line(1, price="1.00 USD", rate=S20), client=AURORA,
                entity=replace(FRENCH, currency="USD"),
            ),
            ["BR-FR-CO-12"],
        ),
        (
            a_draft(
                a_line(1, price="9.00 USD", rate=S20), client=AURORA,
                entity=replace(FRENCH, currency="CHF"),
            ),
            ["BR-FR-CO-12"],
        ),
    ],
)  # fmt: skip
def test_french_law_wants_its_own_fields(draft: Draft, broken: list[str]) -> None:
    assert rules(filled(draft)) == broken
    assert rules(filled(draft), asked=False) == []


def test_a_french_number_has_its_own_alphabet() -> None:
    invoice = replace(filled(french()), number="F 2026 / 1")

    assert rules(invoice) == ["BR-FR-01, BR-FR-02"]


def test_french_invoices_in_other_currencies_state_their_tax_in_euros_even_if_there_is_none() -> (
    None
):
    dollars = a_draft(a_line(1, price="1.00 USD", rate=EXEMPT), entity=FRENCH, client=AURORA)

    assert str(filled(dollars).figures.tax_in_books) == "0.00 EUR"
    assert filled(french()).figures.tax_in_books is None


def test_without_a_wish_a_client_gets_factur_x_where_it_is_possible() -> None:
    assert wanted(replace(CLIENT, e_invoice=None)) == (EInvoice.FACTUR_X,)
    assert wanted(replace(CLIENT, e_invoice=())) == ()
    silent = replace(CLIENT, e_invoice=None)

    (good,) = outcomes(a_draft(client=silent), NUMBERED)
    (bad,) = outcomes(a_draft(a_line(1, price="1.500 KWD"), client=silent), NUMBERED)

    assert good.invoice is not None
    assert bad.invoice is None
    assert "KWD" in bad.why


def test_only_a_form_that_was_asked_for_can_be_missing() -> None:
    poor = replace(CLIENT, buyer_reference="", e_invoice=(XRECHNUNG,))

    assert missing(a_draft(client=replace(poor, e_invoice=None))) == ""
    assert missing(a_draft(client=CLIENT)) == ""
    assert missing(a_draft(client=poor)) == (
        "XRechnung 3.0: clients.yaml: buyer_reference: write the client's own reference (public"
        " buyers: the Leitweg-ID) (BR-DE-15)"
    )


def test_the_check_of_a_french_draft_looks_at_the_numbers_it_will_get() -> None:
    spaced = replace(FRENCH, series=replace(FRENCH.series, pattern="F {year} {number}"))

    assert "BR-FR-01" in missing(a_draft(a_line(1, rate=S20), client=AURORA, entity=spaced))


def test_two_parties_are_checked_before_anything_is_billed() -> None:
    order = (Reference("order", "PO-1"),)
    anonymous = replace(AURORA, buyer_reference="", e_invoice=(PEPPOL,))

    assert "R003" in missing_between(GERMAN, anonymous, ISSUED)
    assert missing_between(GERMAN, anonymous, ISSUED, order) == ""
    assert missing_between(SWISS, CLIENT, ISSUED) == ""
    assert "withholding" in missing_between(
        GERMAN, replace(CLIENT, withholding_percent=Decimal(15)), ISSUED
    )


def test_a_register_number_stands_in_for_a_vat_id_where_the_client_owes_the_tax() -> None:
    invoice = filled(with_rate(REVERSE, AURORA))
    assert invoice.buyer.legal_id == LegalId("987654321", "0002")
