"""Records: told twice, changed after they were billed, or left over."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from invoicing.domain.book import Book
from invoicing.domain.decide import Bill, Decision, Hold, Ignore, decide
from invoicing.domain.events import BillingEvent, EventKind
from invoicing.domain.money import Money
from invoicing.domain.obligations import Note, Owed
from invoicing.domain.rules import Model
from invoicing.domain.work import CostSort, SlaBreach, Work
from tests.domain.builders import (
    DAY,
    HOURLY,
    INSTALMENTS,
    PROJECT,
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

BY_HOURS = replace(rule(Model.THRESHOLD, "hours"), every_hours=Decimal(8))
HOURS = book(agreements=(agreement(HOURLY),), rules=(BY_HOURS,))
PORTAL = book(agreements=(agreement(PROJECT),), rules=(rule(Model.MILESTONE),))


def logged(*work: Work) -> BillingEvent:
    return event(*work, kind=EventKind.HOURS_LOGGED, agreement="nordwind-projects")


def done(*work: Work, subject: str = "concept") -> BillingEvent:
    return event(*work, kind=EventKind.MILESTONE_DONE, subject=subject)


def notes(decision: Decision) -> tuple[Note, ...]:
    assert not isinstance(decision, Hold), decision.reason
    return decision.notes


@pytest.mark.parametrize(
    ("one", "other"),
    [(item(), item("9")), (hours(), hours("9")), (hours(), outlay(record_id="T-1"))],
)
def test_a_record_told_twice_with_different_contents_is_held(one: Work, other: Work) -> None:
    for books, what in ((book(), event(one, other)), (HOURS, logged(one, other))):
        decision = decide(what, books, Owed())
        assert isinstance(decision, Hold)
        assert decision.code == "records_disagree"
        assert "in this event twice" in decision.reason


def test_a_record_that_is_told_twice_in_the_same_words_counts_once() -> None:
    assert decided(event(item(), item()), book()).obligations[0].work == (item(),)


def changed_notes(before: Work, after: Work, books: Book = HOURS) -> tuple[Note, ...]:
    (first,) = decided(logged(before, hours("8", "Z-9")), books).obligations
    return notes(decide(logged(after), books, owing(first)))


DOLLARS = Money(Decimal("70.00"), "USD")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            hours("1"),
            hours("2"),
            "T-1 was billed as 60 min of engineer (Ada) on 2026-11-02, but is 120 min of engineer",
        ),
        (hours("1"), replace(hours("1"), role="senior"), "60 min of senior"),
        (outlay(), outlay("60.00"), "is 60.00 EUR on 2026-11-02 expense now"),
        (
            outlay(),
            replace(
                outlay(),
                amount=DOLLARS,
                fx=Decimal("0.9"),
                markup_percent=Decimal(5),
                sort=CostSort.RESALE,
                tax_category="reduced",
            ),
            "is 70.00 USD on 2026-11-02 resale reduced at 0.9 plus 5 % now",
        ),
        (
            replace(breach(), percent=None, amount=eur("5.00")),
            breach("20"),
            "was billed as 5.00 EUR on 2026-11-02, but is 20 % on 2026-11-02 now",
        ),
        (
            item(record_id="T-1"),
            replace(hours("1"), source="crm"),
            "was billed as Workshop, but is 60 min",
        ),
    ],
)
def test_a_record_that_was_changed_after_it_was_billed_is_shown(
    before: Work, after: Work, said: str
) -> None:
    (note,) = changed_notes(before, after)
    assert (note.code, note.about) == ("work_changed", owed_key("hours:1"))
    assert said in note.text
    assert note.text.endswith("What was billed with hours:1 stays: bill or credit the difference")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (hours("1"), hours("1")),
        (hours("1"), replace(hours("1"), description="Better words", approved=False)),
        (outlay(), replace(outlay(), description="Taxi", approved=False)),
        (breach(), replace(breach(), description="Late answer")),
        (item(), item("9")),  # compared as a whole, with the deal
    ],
)
def test_words_and_approvals_may_change(before: Work, after: Work) -> None:
    assert changed_notes(before, after) == ()


def test_all_that_changed_in_one_thing_owed_is_one_note() -> None:
    (first,) = decided(logged(hours("4"), hours("4", "T-2")), HOURS).obligations
    again = logged(hours("5"), hours("5", "T-2"), hours("5", "T-2"), hours("8", "T-3"))
    decision = decide(again, HOURS, owing(first))
    assert isinstance(decision, Bill)
    (note,) = decision.notes
    assert (note.text.count("psa record T-1"), note.text.count("psa record T-2")) == (1, 1)


def test_outlays_and_hours_come_along_with_a_milestone() -> None:
    came = (outlay(), hours(), SlaBreach("psa", "S-1", "Late", DAY, amount=eur("5.00")))
    bill = decided(done(item("1", "9600.00"), *came), PORTAL)
    assert (bill.obligations[0].work, bill.notes) == (came, ())


def test_they_come_along_once_when_a_project_ends() -> None:
    ending = event(outlay(), kind=EventKind.PROJECT_COMPLETED, subject="P-1")
    first, *others = decided(ending, PORTAL).obligations
    assert (first.work, [one.work for one in others]) == ((outlay(),), [(), ()])


@pytest.mark.parametrize(
    ("one", "is_told"),
    [
        (outlay(approved=False), True),
        (hours(approved=False), False),
        (outlay(on=date(2025, 12, 31)), False),
    ],
)
def test_an_outlay_that_is_not_approved_yet_is_not_lost(one: Work, is_told: bool) -> None:
    found = notes(decide(done(one), PORTAL, Owed()))
    assert [(note.code, note.about) for note in found] == (
        [("work_left_over", owed_key("concept"))] if is_told else []
    )


def test_an_outlay_that_comes_with_a_milestone_billed_before_is_shown() -> None:
    (first,) = decided(done(outlay()), PORTAL).obligations
    again = done(outlay(), outlay(record_id="X-2"), hours())
    decision = decide(again, PORTAL, owing(first))
    assert isinstance(decision, Ignore)
    (note,) = decision.notes
    assert note.about == first.key
    assert note.text == (
        "psa record X-2 came with concept of crm and is on no invoice (not approved, or what it"
        " came with is billed already); bill it by a one-off request"
    )


def test_an_outlay_that_comes_before_the_first_step_is_shown_with_its_event() -> None:
    progressed = event(outlay(), kind=EventKind.PROJECT_PROGRESSED, subject="P-1")
    decision = decide(replace(progressed, progress=Decimal(1)), PORTAL, Owed())
    assert [note.about for note in notes(decision)] == [None]


def test_a_day_that_no_calendar_has_is_held() -> None:
    plan = replace(agreement(INSTALMENTS), starts_on=date(9999, 12, 1), bill_from=date(9999, 12, 1))
    books = book(agreements=(plan,), rules=(rule(Model.RETAINER),))
    due = event(kind=EventKind.RETAINER_DUE, subject="9999-12-02", occurred_on=date(9999, 12, 1))
    decision = decide(due, books, Owed())
    assert isinstance(decision, Hold)
    assert decision.code in {"amount_unusable", "agreement_not_in_force"}
