"""Thresholds and blocks: nothing below them, each crossing once, no record twice."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.agreements import (
    Increment,
    MinuteRounding,
    Pricing,
    Tariff,
    Tier,
    TierMode,
    TimeAndMaterials,
)
from invoicing.domain.book import Book
from invoicing.domain.decide import Bill, Hold, Ignore, decide
from invoicing.domain.events import BillingEvent, EventKind
from invoicing.domain.money import Money
from invoicing.domain.obligations import Obligation, Owed
from invoicing.domain.report import due_event, due_of, settlement_unit
from invoicing.domain.rules import BillingRule, Model
from invoicing.domain.work import Work, ref_of
from tests.domain.builders import (
    BLOCK,
    DAY,
    HOURLY,
    agreement,
    book,
    breach,
    decided,
    eur,
    event,
    hours,
    item,
    outlay,
    owed_key,
    owing,
    rule,
)

BY_HOURS = replace(rule(Model.THRESHOLD, "hours"), every_hours=Decimal(40))
BY_SPEND = replace(rule(Model.THRESHOLD, "spend"), every_spend=eur("1000.00"))
BLOCKS = rule(Model.THRESHOLD, "blocks")
LAST, DAY_AFTER = date(2026, 11, 30), timedelta(days=1)


def of(one: BillingRule, pricing: Pricing = HOURLY) -> Book:
    return book(agreements=(agreement(pricing),), rules=(one,))


def logged(*work: Work) -> BillingEvent:
    what = event(*work, kind=EventKind.HOURS_LOGGED, agreement="nordwind-projects")
    return replace(what, source="psa", title="")


def units(obligations: Iterable[Obligation]) -> list[str]:
    return [one.key.unit for one in obligations]


def ignored(what: BillingEvent, of: Book, owed: Owed | None = None) -> str:
    decision = decide(what, of, owed or Owed())
    assert isinstance(decision, Ignore), decision.reason
    return decision.reason


def held(what: BillingEvent, of: Book) -> tuple[str, str]:
    decision = decide(what, of, Owed())
    assert isinstance(decision, Hold)
    return decision.code, decision.reason


def test_hours_below_the_threshold_wait() -> None:
    assert (
        ignored(logged(hours("39.9")), of(BY_HOURS))
        == "39.90 of 40.00 h have come together; the rest waits"
    )
    assert ignored(logged(), of(BY_HOURS)) == "0.00 of 40.00 h have come together; the rest waits"


def test_minutes_that_are_no_finite_number_of_hours_are_told_as_minutes() -> None:
    third = replace(hours(), minutes=Decimal(20))
    assert (
        ignored(logged(third), of(BY_HOURS))
        == "20 min of 40.00 h have come together; the rest waits"
    )


def test_hours_that_reach_the_threshold_are_billed_once() -> None:
    first = logged(hours("32"), hours("8", "T-2"))
    (owed,) = decided(first, of(BY_HOURS)).obligations
    assert (owed.key, owed.work) == (owed_key("hours:1"), first.work)
    assert owed.title == "Projects"
    later = logged(*first.work, hours("0.1", "T-3"))
    assert ignored(later, of(BY_HOURS), owing(owed)) == (
        "0.10 of 40.00 h have come together; the rest waits; left out: 2 billed already"
    )


def test_each_crossing_is_owed_and_the_numbers_go_on() -> None:
    days = [DAY + timedelta(days=at) for at in range(5)]
    work = tuple(hours("30", f"T-{at}", on=day) for at, day in enumerate(days))
    first = decided(logged(*work[:2]), of(BY_HOURS)).obligations
    more = decided(logged(*work), of(BY_HOURS), owing(*first)).obligations
    assert units((*first, *more)) == ["hours:1", "hours:2"]
    assert more[0].work == work[2:4]


def test_one_report_may_cross_several_times() -> None:
    work = tuple(hours("40", f"T-{at}") for at in range(3))
    assert units(decided(logged(*work), of(BY_HOURS)).obligations) == [
        "hours:1",
        "hours:2",
        "hours:3",
    ]


def test_work_counts_in_the_order_of_its_day() -> None:
    late, early = hours("30", "A", on=date(2026, 11, 9)), hours("30", "B", on=date(2026, 11, 2))
    last = hours("30", "C", on=date(2026, 11, 10))
    (owed,) = decided(logged(last, late, early), of(BY_HOURS)).obligations
    assert owed.work == (early, late)


def test_outlays_and_lines_go_along_with_the_hours_of_their_day() -> None:
    work = (outlay(on=date(2026, 11, 1)), hours("40"), outlay("5", "X-2", on=date(2026, 11, 9)))
    (owed,) = decided(logged(*work, item()), of(BY_HOURS)).obligations
    assert owed.work == (item(), *work[:2])


def test_what_may_not_be_billed_does_not_count() -> None:
    work = (
        hours("40", "T-1", approved=False),
        hours("39", "T-2"),
        hours("39", "T-2"),
        hours("5", "T-3", on=date(2025, 12, 31)),
        outlay(approved=False),
    )
    assert ignored(logged(*work), of(BY_HOURS)) == (
        "39.00 of 40.00 h have come together; the rest waits; left out: 2 not approved,"
        " 1 told twice, 1 before 2026-01-01"
    )


def test_a_bill_says_what_it_left_out() -> None:
    bill = decided(logged(hours("40"), hours("1", "T-2", approved=False)), of(BY_HOURS))
    assert bill.reason == (
        "rule hours bills hours:1 under nordwind-projects; left out: 1 not approved"
    )


def test_hours_count_as_they_will_be_billed() -> None:
    quarter = replace(HOURLY, increment=Increment(15, MinuteRounding.PER_ENTRY_UP))
    short = replace(hours(), minutes=Decimal(2399))
    assert isinstance(decide(logged(short), of(BY_HOURS), Owed()), Ignore)
    assert decided(logged(short), of(BY_HOURS, quarter)).obligations


def test_money_adds_up_at_the_rate_of_role_and_day() -> None:
    work = (hours("7.2", role="senior"), outlay("0.01", "X-2"))
    assert ignored(logged(hours("7", role="senior")), of(BY_SPEND)) == (
        "980.00 of 1000.00 EUR have come together; the rest waits"
    )
    (owed,) = decided(logged(*work), of(BY_SPEND)).obligations
    assert owed.key == owed_key("spend:1")
    more = replace(outlay("999.00", "X-3"), markup_percent=Decimal(1))
    (owed,) = decided(logged(more), of(BY_SPEND), owing(owed)).obligations
    assert owed.key == owed_key("spend:2")


def test_an_outlay_counts_with_the_markup_of_the_agreement() -> None:
    marked = replace(HOURLY, markup_percent=Decimal(10))
    assert decided(logged(outlay("909.10")), of(BY_SPEND, marked)).obligations
    assert ignored(logged(outlay("909.00")), of(BY_SPEND, marked))


def test_lines_count_as_they_are_and_missed_service_levels_count_nothing() -> None:
    reason = ignored(logged(item("1", "999.00"), breach()), of(BY_SPEND))
    assert reason == "999.00 of 1000.00 EUR have come together; the rest waits"


def test_hours_of_a_tariff_count_at_its_first_price() -> None:
    tariff = Tariff(TierMode.GRADUATED, (Tier(Decimal(5), eur("100")), Tier(None, eur("80"))))
    by_tiers = TimeAndMaterials(tariff=tariff)
    assert ignored(logged(hours("9.99")), of(BY_SPEND, by_tiers))
    assert decided(logged(hours("10")), of(BY_SPEND, by_tiers)).obligations


def test_an_hour_without_a_rate_is_held() -> None:
    code, reason = held(logged(hours(role="juggler")), of(BY_SPEND))
    assert code == "rate_unknown"
    assert "role 'juggler' on 2026-11-02 (psa record T-1)" in reason


def test_an_outlay_in_another_currency_needs_its_rate() -> None:
    dollars = replace(outlay(), amount=Money(Decimal("2000.00"), "USD"))
    code, reason = held(logged(dollars), of(BY_SPEND))
    assert (code, "psa record X-1 is in USD" in reason) == ("exchange_rate_missing", True)
    assert decided(logged(replace(dollars, fx=Decimal("0.5"))), of(BY_SPEND)).obligations


def test_a_threshold_in_another_currency_counts_nothing() -> None:
    usd = replace(BY_SPEND, every_spend=Money(Decimal(1000), "USD"))
    code, reason = held(logged(hours()), of(usd))
    assert (code, "rule spend counts USD" in reason) == ("currency_differs", True)


@pytest.mark.parametrize(
    ("one", "pricing"), [(BY_HOURS, BLOCK), (BY_SPEND, BLOCK), (BLOCKS, HOURLY)]
)
def test_a_rule_that_counts_bills_no_block_and_one_that_does_not_no_hours(
    one: BillingRule, pricing: Pricing
) -> None:
    assert held(logged(hours("99")), of(one, pricing))[0] == "no_agreement"


def block(number: int) -> Obligation:
    (first,) = decided(logged(hours("99", "Z")), of(BLOCKS, BLOCK)).obligations
    return replace(first, key=owed_key(f"block:{number}"), work=())


def test_the_first_block_may_be_used_before_the_calendar_billed_it() -> None:
    (owed,) = decided(logged(hours("1")), of(BLOCKS, BLOCK)).obligations
    assert (owed.key, owed.title) == (owed_key("block:1"), "Projects, 20 hours")


def test_the_next_block_is_due_when_few_hours_are_left() -> None:
    bought = owing(block(1))
    assert ignored(logged(hours("15.9")), of(BLOCKS, BLOCK), bought) == (
        "4.10 of 20.00 h are left; the next block is due at 4.00 h"
    )
    used = (hours("15.9"), hours("0.1", "T-2"), outlay())
    (owed,) = decided(logged(*used), of(BLOCKS, BLOCK), bought).obligations
    assert (owed.key, owed.work) == (owed_key("block:2"), used)


def test_a_block_is_ordered_once_and_the_next_only_after_it_was_paid() -> None:
    used = (hours("16"),)
    (second,) = decided(logged(*used), of(BLOCKS, BLOCK), owing(block(1))).obligations
    again = logged(*used, hours("1", "T-2"))
    assert ignored(again, of(BLOCKS, BLOCK), owing(block(1), second)) == (
        "23.00 of 40.00 h are left; the next block is due at 4.00 h; left out: 1 billed already"
    )
    spent = logged(*used, hours("30", "T-2"))
    unpaid = owing(block(1), second, unpaid=(second,))
    assert ignored(spent, of(BLOCKS, BLOCK), unpaid) == (
        "6.00 h more than the 40.00 h bought are used, but block 2 is not paid yet; left out:"
        " 1 billed already"
    )
    (third,) = decided(spent, of(BLOCKS, BLOCK), owing(block(1), second)).obligations
    assert (third.key, third.work) == (owed_key("block:3"), (hours("30", "T-2"),))


def test_a_first_block_from_before_we_billed_counts_as_bought() -> None:
    older = replace(agreement(BLOCK), starts_on=date(2025, 6, 1))
    books = book(agreements=(older,), rules=(BLOCKS,))
    assert ignored(logged(hours("10")), books)
    assert units(decided(logged(hours("16")), books).obligations) == ["block:2"]


def test_blocks_are_counted_by_number_whatever_else_is_owed() -> None:
    odd = [replace(block(1), key=owed_key(unit)) for unit in ("block:x", "block:²", "block:10")]
    (owed,) = decided(logged(hours("300")), of(BLOCKS, BLOCK), owing(*odd)).obligations
    assert owed.key == owed_key("block:11")


def test_few_hours_are_told_while_the_newest_block_is_unpaid() -> None:
    first = block(1)
    unpaid = owing(first, unpaid=(first,))
    assert ignored(logged(hours("18")), of(BLOCKS, BLOCK), unpaid) == (
        "only 2.00 of 20.00 h are left, but block 1 is not paid yet"
    )


def by_quarters(rounding: MinuteRounding) -> TimeAndMaterials:
    return replace(HOURLY, increment=Increment(15, rounding))


@pytest.mark.parametrize(
    ("rounding", "figure"),
    [
        (MinuteRounding.PER_ENTRY_UP, "5.00"),
        (MinuteRounding.TOTAL_UP, "0.50"),
        (MinuteRounding.NONE, "20 min"),
    ],
)
def test_hours_add_up_as_the_invoice_rounds_them(rounding: MinuteRounding, figure: str) -> None:
    calls = [replace(hours(record_id=f"T-{at}"), minutes=Decimal(1)) for at in range(20)]
    reason = ignored(logged(*calls), of(BY_HOURS, by_quarters(rounding)))
    assert reason == f"{figure} of 40.00 h have come together; the rest waits"


def test_a_sum_that_is_rounded_up_to_the_threshold_reaches_it() -> None:
    work = (replace(hours("39"), minutes=Decimal(2386)), hours("1", "T-2"))
    (owed,) = decided(logged(*work), of(BY_HOURS, by_quarters(MinuteRounding.TOTAL_UP))).obligations
    assert owed.work == work[:1]


def test_money_adds_up_by_minutes_where_only_their_sum_is_rounded() -> None:
    calls = [replace(hours(record_id=f"T-{at}"), minutes=Decimal(1)) for at in range(12)]
    reason = ignored(logged(*calls), of(BY_SPEND, by_quarters(MinuteRounding.TOTAL_UP)))
    assert reason.startswith("21.96 of 1000.00 EUR")


def ended(pricing: Pricing, one: BillingRule) -> Book:
    over = replace(agreement(pricing), ends_on=LAST, work_source="psa")
    return book(agreements=(over,), rules=(one,))


def settling(of: Book, *work: Work, number: int = 1) -> BillingEvent:
    (over,) = of.agreements.values()
    due = due_of(over, settlement_unit(LAST, number), LAST)
    assert due is not None
    return due_event(over, due, work)


def test_what_is_left_below_a_threshold_is_settled_at_the_end() -> None:
    of = ended(HOURLY, BY_HOURS)
    event = settling(of, hours("39"), outlay(on=LAST), hours("9", "T-9", on=LAST + DAY_AFTER))
    assert (event.kind, event.event_id) == (
        EventKind.HOURS_LOGGED,
        "nordwind-projects:settlement:2026-11-30",
    )
    (owed,) = decided(event, of).obligations
    assert (owed.key, owed.work) == (owed_key("settlement:2026-11-30"), event.work[:2])
    assert (owed.occurred_on, owed.subject) == (LAST, "settlement:2026-11-30")
    assert "nothing is left to settle" in ignored(event, of, owing(owed))
    late = settling(of, *event.work, hours("1", "T-3"), number=2)
    (second,) = decided(late, of, owing(owed)).obligations
    assert (second.key.unit, second.work) == ("settlement:2026-11-30:2", (hours("1", "T-3"),))


def test_hours_told_after_the_end_settle_what_is_left() -> None:
    of = ended(HOURLY, BY_HOURS)
    late = replace(logged(hours("39")), occurred_on=LAST + DAY_AFTER)
    (owed,) = decided(late, of).obligations
    assert owed.key == owed_key("settlement:2026-11-30")
    # Our calendar comes after it and finds its name taken.
    (second,) = decided(settling(of, hours("1", "T-2")), of, owing(owed)).obligations
    assert second.key.unit == "settlement:2026-11-30:2"
    before = replace(late, occurred_on=date(2025, 12, 31))
    assert held(before, of)[0] == "agreement_not_in_force"


def test_the_end_of_a_block_bills_outlays_and_no_hours() -> None:
    of = ended(BLOCK, BLOCKS)
    bought = owing(block(1))
    (owed,) = decided(settling(of, hours("5"), outlay()), of, bought).obligations
    assert (owed.key.unit, owed.work) == ("settlement:2026-11-30", (outlay(),))
    assert "nothing is left" in ignored(settling(of, hours("20")), of, bought)


def test_hours_beyond_the_last_block_are_shown_to_a_person() -> None:
    of = ended(BLOCK, BLOCKS)
    decision = decide(settling(of, hours("23")), of, owing(block(1)))
    assert isinstance(decision, Ignore)
    (note,) = decision.notes
    assert (note.code, note.about) == ("work_left_over", None)
    assert note.text == (
        "3.00 h more than the 20.00 h bought were used by the end of nordwind-projects, and it has"
        " no price for them"
    )


@given(
    st.lists(st.integers(1, 3000), min_size=1, max_size=12),
    st.lists(st.integers(0, 12), max_size=4),
)
def test_no_hour_is_billed_twice_and_none_is_lost(minutes: list[int], reports: list[int]) -> None:
    entries = [replace(hours(record_id=f"T-{at}"), minutes=Decimal(m)) for at, m in
               enumerate(minutes)]  # fmt: skip
    found: list[Obligation] = []
    for until in [*sorted(reports), len(entries)]:
        decision = decide(logged(*entries[:until]), of(BY_HOURS), owing(*found))
        if isinstance(decision, Bill):
            found += decision.obligations
    billed = [ref_of(work) for one in found for work in one.work]
    assert len(set(billed)) == len(billed)
    assert len(set(units(found))) == len(found)
    rest = sum(one.minutes for one in entries if ref_of(one) not in set(billed))
    assert rest < 2400


def test_a_block_whose_invoice_is_void_is_not_bought_and_its_number_is_taken() -> None:
    void = replace(owing(block(1)), void=frozenset({owed_key("block:1")}))
    (second,) = decided(logged(hours("1")), of(BLOCKS, BLOCK), void).obligations
    assert second.key == owed_key("block:2")
    both = replace(owing(block(1), block(2)), void=frozenset({owed_key("block:1")}))
    assert ignored(logged(hours("15.9")), of(BLOCKS, BLOCK), both).startswith("4.10 of 20.00 h")
