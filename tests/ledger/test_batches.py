"""What is done for many at once is what one at a time would have done."""

from datetime import timedelta

from invoicing.domain.follow_up import PlannedReminder
from invoicing.domain.issue import SeriesKey
from invoicing.domain.parcels import ParcelItem
from invoicing.domain.render import DocumentKind
from invoicing.domain.review import AUTO_RULE, SYSTEM, Answer, Approval
from invoicing.domain.states import DraftState
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services.ledger_ports import EventState, ObligationState
from tests.ledger.given import a_document, drafted, issued
from tests.support.builders import (
    CONFIG,
    DAY,
    NOW,
    a_draft,
    a_work_item,
    an_event,
    an_obligation,
)

OPEN, DRAFTED, HELD = ObligationState.OPEN, ObligationState.DRAFTED, ObligationState.HELD


def test_a_draft_covers_all_it_is_about_or_nothing(ledger: SqlLedger) -> None:
    owed = [an_obligation(f"D-{at}") for at in range(4)]
    one, two, three, four = (each.key.id for each in owed)
    with ledger.write() as work:
        first, second = (drafted(work, a_draft(name)).id for name in ("D-0", "D-1"))
        work.obligations.add(owed)
        work.obligations.move([four], OPEN, HELD, "")

        moved = work.obligations.cover({one: first, two: first, three: second, four: second})

        assert moved == {one, two}
        assert work.obligations.where([one, two, three, four]) == {
            one: (DRAFTED, first),
            two: (DRAFTED, first),
            three: (OPEN, ""),
            four: (HELD, ""),
        }
        assert work.obligations.cover({one: second}) == set()
        assert work.obligations.cover({}) == set()


def test_of_several_drafts_only_the_new_ones_are_stored(ledger: SqlLedger) -> None:
    old, new = a_draft("D-1"), a_draft("D-2")
    with ledger.write() as work:
        drafted(work, old, "finance")
        found = [(old, "lead"), (new, "lead")]
        assert work.drafts.add_all(found, CONFIG, DraftState.DRAFT) == {new.id}
        records = work.drafts.get([old.id, new.id])
    assert [(one.draft, one.author) for one in records] == [(old, "finance"), (new, "lead")]


def test_each_draft_moves_for_itself(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        one, two, three = (drafted(work, a_draft(f"D-{at}")).id for at in range(3))
        work.drafts.move(ParcelItem(two, 1), DraftState.DRAFT, DraftState.HELD)
        items = [ParcelItem(one, 1), ParcelItem(two, 1), ParcelItem(three, 2)]

        moved = work.drafts.move_all(items, DraftState.DRAFT, DraftState.APPROVED)

        assert moved == {ParcelItem(one, 1)}
        states = [record.state for record in work.drafts.get([one, two, three])]
    assert states == [DraftState.APPROVED, DraftState.HELD, DraftState.DRAFT]


def test_records_are_bound_for_all_drafts_that_share_none(ledger: SqlLedger) -> None:
    one = a_draft("D-1", a_work_item("hour-1"), a_work_item("hour-2"))
    two = a_draft("D-2", a_work_item("hour-3"))
    with ledger.write() as work:
        for draft in (one, two):
            drafted(work, draft)
        assert work.drafts.consume_all([one, two]) == {}
        assert work.drafts.consume_all([]) == {}
        assert work.drafts.consume_all([one, two]) == {}
        rival = drafted(work, a_draft("D-3", a_work_item("hour-3"))).draft
        assert work.drafts.consume(rival) == [("hour-3", two.id)]


def test_of_drafts_that_share_records_the_first_one_gets_them(ledger: SqlLedger) -> None:
    taken = a_draft("D-0", a_work_item("hour-0"))
    blocked = a_draft("D-1", a_work_item("hour-0"), a_work_item("hour-1"))
    first = a_draft("D-2", a_work_item("hour-1"), a_work_item("hour-2"))
    second = a_draft("D-3", a_work_item("hour-2"), a_work_item("hour-3"))
    last = a_draft("D-4", a_work_item("hour-3"))
    with ledger.write() as work:
        for draft in (taken, blocked, first, second, last):
            drafted(work, draft)
        work.drafts.consume(taken)

        found = work.drafts.consume_all([blocked, first, second, last])

        # What is held binds nothing, so that others may bill what they share with it.
        assert found == {
            blocked.id: [("hour-0", taken.id)],
            second.id: [("hour-2", first.id)],
        }
        assert work.drafts.consume(second) == [("hour-2", first.id), ("hour-3", last.id)]


def test_events_are_settled_each_with_its_reason(ledger: SqlLedger) -> None:
    billed, ignored, held = EventState.BILLED, EventState.IGNORED, EventState.HELD
    with ledger.write() as work:
        one, two, three = work.inbox.add_events([an_event(f"D-{at}") for at in range(3)], NOW)
        work.inbox.settle(three, EventState.READY, held, "a person looks")

        settled = {one: (billed, "owed"), two: (ignored, "known"), three: (billed, "late")}
        work.inbox.settle_all(EventState.READY, settled)
        work.inbox.settle_all(EventState.READY, {})

        assert [work.inbox.get(row).state for row in (one, two, three)] == [billed, ignored, held]


def test_previews_are_stored_once_each(ledger: SqlLedger) -> None:
    first, same, other = a_document("one"), a_document("one"), a_document("two")
    preview = DocumentKind.PREVIEW
    with ledger.write() as work:
        stored = work.documents.put_all(preview, {("D-1", 1): first, ("D-2", 1): same})
        assert stored == {("D-1", 1), ("D-2", 1)}
        assert work.documents.put_all(preview, {("D-2", 1): other, ("D-2", 2): other}) == {
            ("D-2", 2)
        }
        assert work.documents.put_all(preview, {}) == set()
        assert work.documents.find("D-2", 1, preview) == same
        assert work.documents.find("D-2", 2, preview) == other


def test_a_rule_approves_what_nobody_answered(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        one, two = (drafted(work, a_draft(f"D-{at}")) for at in range(2))
        said = Approval(one.id, 1, one.content_hash, Answer.REJECT, "finance")
        work.reviews.decide(said, NOW)
        found = [
            Approval(each.id, 1, each.content_hash, Answer.APPROVE, SYSTEM, AUTO_RULE)
            for each in (one, two)
        ]
        work.reviews.approve(found, NOW)

        assert work.reviews.decision(one.id, 1) == said
        assert work.reviews.decision(two.id, 1) == found[1]


def test_entries_of_one_kind_are_closed_together(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        for code, subject in (("no_rule", "E-1"), ("no_rule", "E-2"), ("event_differs", "E-1")):
            work.exceptions.open(code, subject, "why", NOW)
        work.exceptions.close_all("no_rule", ["E-1", "E-2", "E-3"], "finance", "seen", NOW)
        left = work.exceptions.list_open(10)
    assert [(one.code, one.subject) for one in left] == [("event_differs", "E-1")]


def test_plans_of_several_invoices_and_which_are_issued(ledger: SqlLedger) -> None:
    one, two = issued(ledger, ("D-1", "D-2"))
    first, later = PlannedReminder("one", DAY), PlannedReminder("two", DAY + timedelta(days=1))
    with ledger.write() as work:
        work.reminders.plan_all({one.id: [later, first], two.id: [first]})
        assert [each for each, _ in work.reminders.of_invoice(one.id)] == [first, later]
        assert [each for each, _ in work.reminders.of_invoice(two.id)] == [first]
        assert work.invoices.known([two.id, "nothing", one.id]) == [two.id, one.id]


def test_the_newest_entry_of_each_subject_is_told(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        work.trail.add("D-1", "drafted", NOW, {})
        work.trail.add("D-2", "drafted", NOW, {})
        work.trail.add("D-1", "approved", NOW, {})
        newest = work.trail.newest(["D-1", "D-2", "D-3"])
        assert {subject: one.action for subject, one in newest.items()} == {
            "D-1": "approved",
            "D-2": "drafted",
        }
        assert newest["D-1"] == work.trail.of("D-1")[-1]


def test_a_series_begins_at_one_and_goes_on_where_it_ended(ledger: SqlLedger) -> None:
    key, other = SeriesKey("brightwater", "INV", 2026), SeriesKey("brightwater", "INV", 2027)
    with ledger.write() as work:
        assert work.invoices.take_numbers(key, 3) == 1
        assert work.invoices.take_numbers(key, 1) == 4
        assert work.invoices.take_numbers(other, 1) == 1
    with ledger.write() as work:
        assert work.invoices.take_numbers(key, 2) == 5
