"""Tests of `drafting/caps.py`: what goes beyond the agreed cap is shown and not billed."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.discounts import Discount, Spread
from invoicing.domain.draft import Balance, Draft
from invoicing.domain.events import EventKind
from invoicing.domain.money import Money, Rounding
from invoicing.domain.work import WorkItem
from tests.domain.builders import ENTITY, HOURLY, PROJECT, agreement, eur, item
from tests.domain.drafting.made import after, figures, held, made, owed, result, rows

CAPPED = agreement(replace(HOURLY, cap=eur("10000.00")), "cloud")


def spent(amount: str, number: int, *before: Draft) -> Draft:
    """Return the invoice for one more piece of work."""
    work = item("1", amount, record_id=f"W-{number}")
    return made(CAPPED, owed(CAPPED, f"hours:{number}", work), standing=after(*before))


def test_below_the_cap_everything_is_billed() -> None:
    first = spent("8765.43", 1)
    second = spent("1000.00", 2, first)
    assert (second.flags, len(second.lines)) == ((), 1)
    assert second.balances == (Balance("cap_remaining", Decimal("234.57"), "EUR"),)


def test_what_is_above_the_cap_is_an_own_line_and_a_flag() -> None:
    first = spent("8765.43", 1)
    second = spent("1000.00", 2, first)
    third = spent("2000.00", 3, first, second)
    assert rows(third) == ["1 h x 2000.00 = 2000.00", "-1 item x 1765.43 = -1765.43"]
    assert third.lines[1].description == "Not billed: above the agreed cap"
    assert third.flags == ("cap_reached",)
    assert third.balances == (Balance("cap_remaining", Decimal("0.00"), "EUR"),)
    assert "9765.43 EUR billed before + 2000.00 EUR here - cap 10000.00 EUR is not billed" in (
        third.lines[1].explanation
    )
    hold = held(
        CAPPED,
        owed(CAPPED, "hours:4", item("1", "50.00", record_id="W-4")),
        standing=after(first, second, third),
    )
    assert (hold.code, "cap" in hold.reason) == ("nothing_due", True)


def test_what_is_not_billed_is_shared_out_to_the_tax_rates() -> None:
    capped = agreement(replace(HOURLY, cap=eur("100.00")), "cloud")
    work = (
        item("1", "80.00"),
        item("1", "40.00", record_id="L-2", tax_category="reduced"),
    )
    draft = made(capped, owed(capped, "hours:1", *work))
    assert rows(draft)[2:] == ["-1 item x 13.33 = -13.33", "-1 item x 6.67 = -6.67"]
    assert [line.rate.percent for line in draft.lines[2:]] == [19, 7]


def test_a_rate_that_only_gives_money_back_shares_nothing() -> None:
    capped = agreement(replace(HOURLY, cap=eur("100.00")), "cloud")
    rebate = item("-1", "40.00", record_id="L-2", tax_category="reduced")
    draft = made(capped, owed(capped, "hours:1", item("1", "180.00"), rebate))
    assert rows(draft)[2:] == ["-1 item x 40.00 = -40.00"]


def test_deposits_do_not_count_against_the_cap_of_a_project() -> None:
    capped = agreement(replace(PROJECT, cap=eur("9700.00")), "portal")
    deposit = owed(capped, "D-1:deposit", kind=EventKind.DOCUMENT_SIGNED)
    asked = made(capped, replace(deposit, is_deposit=True))
    concept = made(capped, owed(capped, "concept"), standing=after(asked))
    change = owed(capped, "change:C-1", item("1", "300.00"), kind=EventKind.CHANGE_APPROVED)
    draft = made(capped, change, standing=after(asked, concept))
    assert rows(draft) == ["1 h x 300.00 = 300.00", "-1 item x 200.00 = -200.00"]


TENTH = Discount("Framework", percent=Decimal(10), approved_by="lead")


def test_a_cap_is_on_what_is_paid_after_discounts() -> None:
    cheaper = replace(CAPPED, discounts=(TENTH,))
    below = owed(cheaper, "hours:1", item("1", "11000.00"))
    first = made(cheaper, below)
    assert (rows(first), figures(first, "net")) == (["1 h x 11000.00 = 11000.00"], ["9900.00"])
    assert first.balances == (Balance("cap_remaining", Decimal("100.00"), "EUR"),)
    above = owed(cheaper, "hours:2", item("1", "1000.00", record_id="L-2"))
    second = made(cheaper, above, standing=after(first))
    assert rows(second)[1:] == ["-1 item x 888.89 = -888.89"]
    assert figures(second, "discount", "net") == ["11.11", "100.00"]
    assert second.balances == (Balance("cap_remaining", Decimal("0.00"), "EUR"),)


@given(
    st.integers(1, 3_000_000),
    st.lists(st.integers(1, 2500), max_size=3),
    st.integers(0, 90_000),
    st.sampled_from(list(Rounding)),
)
def test_no_discount_lets_an_invoice_go_above_the_cap(
    cents: int, percents: list[int], off: int, rounding: Rounding
) -> None:
    discounts = [Discount("x", percent=Decimal(each).scaleb(-2)) for each in percents]
    discounts.append(Discount("y", amount=Money.of_minor(off, "EUR"), spread=Spread.PRO_RATA))
    cheaper = replace(CAPPED, discounts=tuple(discounts))
    work = WorkItem("crm", "L-1", "W", Decimal(1), "h", Money.of_minor(cents, "EUR"), "standard")
    entity = replace(ENTITY, rounding=rounding)
    draft = result(cheaper, owed(cheaper, "hours:1", work), entities={entity.key: entity})
    if isinstance(draft, Draft):
        paid = draft.totals.sum - draft.totals.discount
        assert paid <= eur("10000.00")
        assert "cap_reached" not in draft.flags or paid >= eur("9999.90")


def test_a_surcharge_counts_against_the_cap_as_well() -> None:
    dearer = replace(CAPPED, discounts=(Discount("Surcharge", percent=Decimal(-100)),))
    draft = made(dearer, owed(dearer, "hours:1", item("1", "8000.00")))
    assert rows(draft)[1:] == ["-1 item x 3000.00 = -3000.00"]
    assert figures(draft, "net") == ["10000.00"]


def test_what_no_line_can_bring_below_the_cap_is_held() -> None:
    free = Discount("Free", percent=Decimal(100))
    fixed = Discount("Surcharge", amount=eur("-20000.00"), spread=Spread.PRO_RATA)
    odd = replace(CAPPED, discounts=(free, fixed))
    assert held(odd, owed(odd, "hours:1", item("1", "90000.00"))).code == "not_computable"
