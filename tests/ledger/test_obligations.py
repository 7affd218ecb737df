"""A thing is owed once, and its draft is linked by compare-and-set."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest

from invoicing.domain.errors import NotFoundError
from invoicing.domain.obligations import Owed
from invoicing.domain.parcels import ParcelItem
from invoicing.domain.reconcile import Allocation
from invoicing.domain.rules import Model
from invoicing.domain.states import DraftState
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services.ledger_ports import ObligationState
from tests.ledger.given import drafted, owed_and_drafted
from tests.support.builders import NOW, a_draft, a_payment, an_invoice, an_obligation


def test_the_same_thing_is_stored_once(ledger: SqlLedger) -> None:
    one, two = an_obligation("D-1"), an_obligation("D-2")
    same = replace(one, event_id="another event", title="another title")
    with ledger.write() as work:
        assert work.obligations.add([one]) == [one.key.id]
        assert work.obligations.add([same, two]) == [two.key.id]
        owed = work.obligations.of_agreements(["nordwind-projects", "nothing"])
        assert owed.obligations == {one.key: one, two.key: two}
        assert work.obligations.get(one.key.id) == one


def test_a_higher_revision_is_another_thing(ledger: SqlLedger) -> None:
    owed = an_obligation()
    again = replace(owed, key=replace(owed.key, revision=1))
    with ledger.write() as work:
        assert work.obligations.add([owed, again]) == [owed.key.id, again.key.id]


def test_open_ones_are_those_without_a_draft_oldest_first(ledger: SqlLedger) -> None:
    late, early = an_obligation("D-1"), an_obligation("D-2", day=date(2026, 10, 1))
    with ledger.write() as work:
        work.obligations.add([late, early])
        assert work.obligations.open(Model.DEAL, 10) == [early, late]
        assert work.obligations.open(Model.DEAL, 1) == [early]
        assert work.obligations.open(Model.RETAINER, 10) == []
        work.obligations.move([early.key.id], ObligationState.OPEN, ObligationState.HELD, "")
        assert work.obligations.open(Model.DEAL, 10) == [late]


def test_moving_tells_which_moved_and_links_the_draft(ledger: SqlLedger) -> None:
    one, two, draft = an_obligation("D-1"), an_obligation("D-2"), a_draft("D-1")
    ids = [two.key.id, one.key.id]
    before, after = ObligationState.OPEN, ObligationState.DRAFTED
    with ledger.write() as work:
        drafted(work, draft)
        work.obligations.add([one, two])
        assert work.obligations.move([one.key.id], before, after, draft.id) == [one.key.id]
        assert work.obligations.move(ids, before, after, draft.id) == [two.key.id]
        assert work.obligations.move(ids, before, after, draft.id) == []
        assert {one.title for one in work.obligations.of_draft(draft.id)} == {
            "Deal D-1",
            "Deal D-2",
        }
        assert work.obligations.where([*ids, "nothing"]) == dict.fromkeys(ids, (after, draft.id))
        assert work.obligations.move(ids, after, before, "") == ids
        assert work.obligations.where(ids) == dict.fromkeys(ids, (before, ""))
        assert work.obligations.of_draft(draft.id) == []


def test_more_than_one_list_of_ids_fits(ledger: SqlLedger) -> None:
    owed = [an_obligation(f"D-{at}") for at in range(1100)]
    ids = [one.key.id for one in owed]
    with ledger.write() as work:
        work.obligations.add(owed)
        assert len(work.obligations.where(ids)) == 1100
        held = work.obligations.move(ids, ObligationState.OPEN, ObligationState.HELD, "")
    assert held == ids


def test_what_is_owed_comes_oldest_first_and_is_unpaid_until_the_money_came(
    ledger: SqlLedger,
) -> None:
    late, early = an_obligation("D-1"), an_obligation("D-2", day=date(2026, 10, 1))
    elsewhere = an_obligation("D-3", client="aurora")
    with ledger.write() as work:
        work.obligations.add([late, early, elsewhere])
        invoice = an_invoice(drafted(work, a_draft("D-2")).draft)
        before, after = ObligationState.OPEN, ObligationState.DRAFTED
        work.obligations.move([early.key.id], before, after, invoice.id)
        work.obligations.claim(["nordwind-projects", "aurora-projects"])

        def owed() -> Owed:
            return work.obligations.of_agreements({"nordwind-projects"})

        assert owed().of("nordwind-projects") == (early, late)
        assert owed().unpaid == {early.key, late.key}
        work.invoices.add([invoice])
        assert owed().unpaid == {early.key, late.key}
        due = invoice.content.totals.due
        payment = a_payment(amount=str(due), reference=invoice.number)
        work.payments.add(payment, NOW)
        work.payments.allocate(payment, Allocation(invoice.id, due, "named"), NOW)
        assert owed().unpaid == {late.key}


def test_units_leave_out_what_was_rejected(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        gone, held = owed_and_drafted(work, "D-1"), owed_and_drafted(work, "D-2")
        work.obligations.add([an_obligation("D-3")])
        work.drafts.move(ParcelItem(gone.id, 1), DraftState.DRAFT, DraftState.REJECTED)
        work.drafts.move(ParcelItem(held.id, 1), DraftState.DRAFT, DraftState.HELD)
        assert work.obligations.units(["nordwind-projects", "nothing"]) == {
            "nordwind-projects": {"D-2:onboarding", "D-3:onboarding"},
            "nothing": frozenset(),
        }


def test_who_claims_an_agreement_keeps_others_waiting(ledger: SqlLedger) -> None:
    if "postgresql" not in ledger.place:
        pytest.skip("SQLite has one writer at a time")
    told: list[str] = []

    def second() -> None:
        with ledger.write() as work:
            work.obligations.claim(["a", "b"])
            told.append("second")

    with ThreadPoolExecutor(1) as pool:
        with ledger.write() as work:
            work.obligations.claim(["b", "c"])
            running = pool.submit(second)
            with pytest.raises(TimeoutError):
                running.result(timeout=0.3)
            told.append("first")
        running.result(timeout=10)
    assert told == ["first", "second"]


def test_a_batch_about_very_many_agreements_takes_no_more_locks_than_a_server_has(
    ledger: SqlLedger,
) -> None:
    with ledger.write() as work:
        work.obligations.claim([f"agreement-{at}" for at in range(30_000)])


def test_an_unknown_obligation_is_named(ledger: SqlLedger) -> None:
    with pytest.raises(NotFoundError, match="'nothing'"), ledger.read() as work:
        work.obligations.get("nothing")


def test_a_thing_that_is_owed_again_is_told_in_its_newest_revision(ledger: SqlLedger) -> None:
    first, other = an_obligation("D-1"), an_obligation("D-2")
    later = [replace(first, key=replace(first.key, revision=number)) for number in (2, 1)]
    with ledger.write() as work:
        work.obligations.add([*later, first, other])
        owed = work.obligations.of_agreements({"nordwind-projects"})
    assert owed.obligations == {later[0].key: later[0], other.key: other}
    assert owed.unpaid == {later[0].key, other.key}
    assert (owed.revised, owed.void) == ({first.key: later[0].key}, frozenset())


def test_a_void_invoice_leaves_nothing_billed_and_its_records_free(ledger: SqlLedger) -> None:
    owed, again = an_obligation(), an_obligation("D-2")
    with ledger.write() as work:
        draft = owed_and_drafted(work)
        assert work.drafts.consume(draft) == []
        (record,) = draft.records
        assert work.drafts.bound_to(record) == draft.id
        work.invoices.add([an_invoice(draft)])
        work.drafts.move(ParcelItem(draft.id, 1), DraftState.DRAFT, DraftState.APPROVED)
        work.drafts.move(ParcelItem(draft.id, 1), DraftState.APPROVED, DraftState.ISSUED)
        assert work.obligations.units(["nordwind-projects"]) == {
            "nordwind-projects": frozenset({owed.key.unit})
        }

        work.invoices.void(draft.id)
        work.drafts.free(draft.id)

        work.obligations.add([again])
        found = work.obligations.of_agreements(["nordwind-projects"])
        assert (found.void, found.unpaid) == (frozenset({owed.key}), frozenset({again.key}))
        assert work.obligations.units(["nordwind-projects"]) == {
            "nordwind-projects": frozenset({again.key.unit})
        }
        assert work.drafts.of_agreements(["nordwind-projects"]) == {"nordwind-projects": []}
        assert work.drafts.bound_to(record) == ""
