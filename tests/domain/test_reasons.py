"""Reasons to ask a person: each one alone is enough, and each is a sentence."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from invoicing.domain.discounts import Discount
from invoicing.domain.draft import AppliedDiscount, Draft, deposit_ref
from invoicing.domain.money import Money
from invoicing.domain.parties import Client, Exemption
from invoicing.domain.reasons import review_reasons
from invoicing.domain.review import SYSTEM, ReviewFacts, ReviewPolicy
from invoicing.domain.tax import TaxRate
from invoicing.domain.work import RecordRef
from tests.domain.builders import AURORA, NORDWIND, POLICY, REVERSE, draft, eur, item

KNOWN = ReviewFacts(first_invoice=False)
STRICT = replace(
    POLICY,
    client_types=frozenset({"public"}),
    categories=frozenset({"migration"}),
    discount_limit_percent=Decimal(10),
    unusual_factor=Decimal(3),
)


def codes(one: Draft, policy: ReviewPolicy = STRICT, facts: ReviewFacts = KNOWN) -> list[str]:
    return [reason.code for reason in review_reasons(one, policy, facts)]


def text(one: Draft, policy: ReviewPolicy = STRICT, facts: ReviewFacts = KNOWN) -> str:
    (reason,) = review_reasons(one, policy, facts)
    return reason.text


def of_gross(gross: str) -> Draft:
    one = draft(item())
    return replace(one, totals=replace(one.totals, gross=Money.parse(gross)))


def of_client(**changes: object) -> Draft:
    one = draft(item())
    return replace(one, client=replace(one.client, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("gross", "first", "found"),
    [
        ("0.01 EUR", False, []),
        ("4999.99 EUR", False, []),
        ("5000.00 EUR", False, ["amount"]),
        ("5000 EUR", False, ["amount"]),
        ("99999.00 EUR", True, ["amount", "first_invoice"]),
        ("0.01 EUR", True, ["first_invoice"]),
        ("1.00 USD", False, ["no_threshold"]),
        ("1.00 USD", True, ["no_threshold", "first_invoice"]),
        ("1 JPY", False, ["amount"]),
    ],
)
def test_an_amount_at_its_threshold_is_reviewed(gross: str, first: bool, found: list[str]) -> None:
    yen = Money(Decimal(0), "JPY")
    policy = replace(POLICY, thresholds={"EUR": eur("5000.00"), "JPY": yen})
    assert codes(of_gross(gross), policy, ReviewFacts(first_invoice=first)) == found


def test_a_reason_is_a_sentence_for_the_person_who_is_asked() -> None:
    assert text(of_gross("5000.00 EUR")) == (
        "5000.00 EUR is at or over the threshold of 5000.00 EUR"
    )
    assert text(of_gross("0.00 USD")) == "no review threshold is set for USD"


CASES: dict[str, Callable[[], Draft]] = {
    "credit_hold": lambda: of_client(credit_hold=True),
    "client_type": lambda: of_client(type="public"),
    "category": lambda: replace(draft(item()), category="migration"),
    "disputed_scope": lambda: replace(draft(item()), flags=("disputed_scope",)),
    "terms_not_standard": lambda: replace(draft(item()), flags=("terms_not_standard",)),
    "flag": lambda: replace(draft(item()), flags=("cap_reached",)),
    "discount": lambda: with_line(percent="10.01"),
    "tax_check": lambda: with_tax(REVERSE, AURORA),
}


@pytest.mark.parametrize("code", CASES)
def test_each_reason_alone_is_enough(code: str) -> None:
    assert codes(CASES[code]()) == [code]


def test_a_client_without_a_type_and_work_without_a_category_are_nobodys_case() -> None:
    assert codes(draft(item()), replace(STRICT, client_types=frozenset({"x"}))) == []


def test_every_flag_is_told() -> None:
    flagged = replace(draft(item()), flags=("disputed_scope", "odd", "cap_reached"))
    assert codes(flagged) == ["disputed_scope", "flag", "flag"]
    assert review_reasons(flagged, STRICT, KNOWN)[1].text == "flagged odd"


def with_line(percent: str = "0", off: str | None = None) -> Draft:
    one = draft(item())
    line = replace(
        one.lines[0],
        discount_percent=Decimal(percent),
        discount=None if off is None else eur(off),
        net=one.lines[0].net - eur(off or "0.00"),
    )
    return replace(one, lines=(line,))


@pytest.mark.parametrize(
    ("percent", "off", "found"),
    [
        ("10", None, []),
        ("10", "96.00", []),
        ("10.01", "96.10", ["discount"]),
        ("0", "96.00", []),
        ("0", "96.01", ["discount"]),
        ("0", "0.00", []),
    ],
)
def test_a_lines_discount_over_the_limit_is_reviewed(
    percent: str, off: str | None, found: list[str]
) -> None:
    assert codes(with_line(percent, off)) == found


def with_discount(discount: Discount, amount: str) -> Draft:
    one = draft(item())
    return replace(one, discounts=(AppliedDiscount(discount, eur(amount), "taken off"),))


@pytest.mark.parametrize(
    ("discount", "amount", "found"),
    [
        (Discount("Loyalty", percent=Decimal(10)), "96.00", []),
        (Discount("Loyalty", percent=Decimal(11)), "105.60", ["discount"]),
        (Discount("Loyalty", amount=eur("96.00")), "96.00", []),
        (Discount("Loyalty", amount=eur("96.01")), "96.01", ["discount"]),
        (Discount("Loyalty", percent=Decimal(50), approved_by="lead"), "480.00", []),
        (Discount("Loyalty", percent=Decimal(50), approved_by="rep"), "480.00", ["discount"]),
        (Discount("Loyalty", percent=Decimal(50), approved_by="system"), "480.00", ["discount"]),
    ],
)
def test_a_discount_over_the_limit_needs_an_approver_of_ours(
    discount: Discount, amount: str, found: list[str]
) -> None:
    assert codes(with_discount(discount, amount)) == found


def test_nobody_grants_a_discount_on_a_draft_of_their_own() -> None:
    granted = with_discount(Discount("Loyalty", percent=Decimal(50), approved_by="lead"), "480.00")
    assert codes(granted, facts=replace(KNOWN, author="lead")) == ["discount"]
    assert KNOWN.author == SYSTEM
    assert text(granted, facts=replace(KNOWN, author="lead")) == (
        "Loyalty: 480.00 EUR off, over the limit of 10 %, and none of our approvers granted it"
    )


def with_tax(rate: TaxRate, client: Client) -> Draft:
    one = draft(item())
    return replace(one, client=client, taxes=(replace(one.taxes[0], rate=rate),))


@pytest.mark.parametrize(
    ("country", "tax_id", "found"),
    [
        ("FR", "FR40303265045", []),
        ("FR", "fr40303265045", []),
        ("FR", "", ["tax_check"]),
        ("FR", "DE136695976", ["tax_check"]),
        ("FR", "40303265045", ["tax_check"]),
        ("GR", "EL094014201", []),
        ("GR", "GR094014201", []),
        ("CH", "CHE-107.787.577", []),
    ],
)
@pytest.mark.parametrize("code", ["AE", "K"])
def test_whoever_owes_the_tax_itself_needs_a_tax_id_of_its_country(
    country: str, tax_id: str, found: list[str], code: str
) -> None:
    client = replace(AURORA, address=replace(AURORA.address, country=country), tax_id=tax_id)
    assert codes(with_tax(replace(REVERSE, code=code), client)) == found


@pytest.mark.parametrize(
    ("valid_to", "found"),
    [
        (None, []),
        (date(2026, 12, 3), []),
        (date(2026, 12, 2), ["tax_check"]),
        (date(2026, 11, 2), ["tax_check"]),
    ],
)
def test_a_certificate_that_ends_soon_is_looked_at(valid_to: date | None, found: list[str]) -> None:
    exemption = Exemption("A school", "C-1", date(2026, 1, 1), valid_to)
    exempt = TaxRate("standard", "E", Decimal(0), "Exempt")
    assert codes(with_tax(exempt, replace(NORDWIND, exemption=exemption))) == found


def test_without_an_exemption_or_exempt_lines_no_certificate_is_missed() -> None:
    exempt = TaxRate("standard", "E", Decimal(0), "Exempt")
    assert codes(with_tax(exempt, NORDWIND)) == []
    ended = replace(NORDWIND, exemption=Exemption("x", "y", date(2020, 1, 1), date(2020, 2, 1)))
    assert codes(with_tax(replace(exempt, code="S"), ended)) == []


@pytest.mark.parametrize(
    ("gross", "found"),
    [
        ("300.00 EUR", []),
        ("300.01 EUR", ["unusual"]),
        ("33.34 EUR", []),
        ("33.33 EUR", ["unusual"]),
    ],
)
def test_an_amount_out_of_the_ordinary_is_reviewed(gross: str, found: list[str]) -> None:
    facts = replace(KNOWN, history=(eur("90.00"), eur("100.00"), eur("110.00")))
    assert codes(of_gross(gross), facts=facts) == found
    assert codes(of_gross(gross), replace(STRICT, unusual_factor=None), facts) == []
    assert codes(of_gross(gross), replace(STRICT, unusual_after=4), facts) == []


def test_an_amount_is_compared_with_more_than_money_can_be() -> None:
    facts = replace(KNOWN, history=(eur("4000000000000000.00"),) * 3)
    assert codes(of_gross("100.00 EUR"), facts=facts) == ["unusual"]
    assert "unusual" not in codes(of_gross("4000000000000000.00 EUR"), facts=facts)


def test_small_discounts_add_up() -> None:
    one = with_line("5", "48.00")
    off = AppliedDiscount(Discount("Loyalty", percent=Decimal(5)), eur("48.01"), "taken off")
    together = text(replace(one, discounts=(off,)))
    assert together == "96.01 EUR of 960.00 EUR is taken off together, over the limit of 10 %"
    within = replace(off, amount=eur("48.00"))
    assert codes(replace(one, discounts=(within,))) == []
    granted = replace(off, discount=replace(off.discount, approved_by="lead"))
    assert codes(replace(one, discounts=(granted,))) == []


def test_a_charge_is_no_discount() -> None:
    more = AppliedDiscount(Discount("Rush", amount=eur("-96.00")), eur("-96.00"), "put on")
    assert codes(replace(draft(item()), discounts=(more,))) == []


def test_a_rebate_as_a_line_of_its_own_is_a_discount() -> None:
    rebate = draft(item(), item("-1", "96.01", record_id="R"))
    assert text(rebate) == "96.01 EUR of 960.00 EUR is taken off together, over the limit of 10 %"
    assert codes(draft(item(), item("-1", "96.00", record_id="R"))) == []


@pytest.mark.parametrize("ref", ["nordwind-projects:2026-11-01", "invoice"])
def test_what_the_agreement_takes_off_is_no_discount(ref: str) -> None:
    one = draft(item(), item("-1", "900.00", record_id="R"))
    refs = (deposit_ref("d" * 32),) if ref == "invoice" else (RecordRef("calendar", ref),)
    assert codes(replace(one, lines=(one.lines[0], replace(one.lines[1], records=refs)))) == []


def test_a_share_of_a_discounted_whole_has_its_discounts() -> None:
    def share(*percents: int) -> Draft:
        off = (Discount("Loyalty", percent=Decimal(percent)) for percent in percents)
        whole = tuple(AppliedDiscount(one, eur("1.00"), "taken off") for one in off)
        return replace(draft(item()), is_deposit=True, whole_discounts=whole)

    assert codes(share(90)) == ["discount"]
    assert text(share(6, 6)) == "12 % off together, over the limit of 10 %"
    assert codes(share(5, 5)) == []
    amount = AppliedDiscount(Discount("Round", amount=eur("1.00")), eur("1.00"), "taken off")
    assert codes(replace(share(9), whole_discounts=(amount,))) == []


def test_who_drafted_before_grants_nothing() -> None:
    granted = Discount("Loyalty", percent=Decimal(50), approved_by="lead")
    facts = replace(KNOWN, authors=frozenset({"lead"}))
    assert codes(with_discount(granted, "480.00"), facts=facts) == ["discount"]
