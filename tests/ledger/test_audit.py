"""The audit is silent about a sound ledger and names each row that breaks a promise."""

from dataclasses import replace

from invoicing.domain.issue import Invoice
from invoicing.domain.review import SYSTEM, Answer, Approval, ReviewRequest
from invoicing.ledger.unit_of_work import SqlLedger
from tests.ledger.given import drafted, in_parcel, issued
from tests.support.builders import CONFIG, NOW, a_draft, an_invoice, an_obligation


def _approve(ledger: SqlLedger, draft_id: str, version: int, content_hash: str) -> None:
    with ledger.write() as work:
        auto = Approval(draft_id, version, content_hash, Answer.APPROVE, SYSTEM, "a rule")
        work.reviews.decide(auto, NOW)


def test_numbers_without_a_gap_are_sound(ledger: SqlLedger) -> None:
    one, two = issued(ledger, ["D-1", "D-2"])
    with ledger.write() as work:
        work.invoices.take_numbers(one.series, 2)
        assert work.audit.gaps() == []
        assert work.audit.repeated_keys() == []
        assert list(work.audit.each_invoice()) == [one, two]


def test_a_gap_and_a_counter_that_ran_away_are_named(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        third = an_invoice(drafted(work, a_draft()).draft, sequence=3)
        work.invoices.add([third])
        work.invoices.take_numbers(third.series, 3)
        work.invoices.take_numbers(replace(third.series, year=2027), 1)
        assert work.audit.gaps() == [
            "brightwater/INV/2026: 1 invoices from 3 to 3, counter at 3",
            "brightwater/INV/2027: 0 invoices from 1 to 0, counter at 1",
        ]


def test_a_number_past_its_counter_is_named(ledger: SqlLedger) -> None:
    issued(ledger)
    with ledger.read() as work:
        assert work.audit.gaps() == ["brightwater/INV/2026: 1 invoices from 1 to 1, counter at 0"]


def test_an_invoice_needs_an_approval_of_its_version_and_content(ledger: SqlLedger) -> None:
    good, other_content, other_version, none = issued(ledger, ["D-1", "D-2", "D-3", "D-4"])
    _approve(ledger, good.id, 1, good.content_hash)
    _approve(ledger, other_content.id, 1, "another hash")
    with ledger.write() as work:
        work.drafts.add_version(
            other_version.content, "lead", CONFIG, work.drafts.get([other_version.id])[0]
        )
    _approve(ledger, other_version.id, 2, other_version.content_hash)
    with ledger.read() as work:
        assert work.audit.unapproved() == [
            other_content.number,
            other_version.number,
            none.number,
        ]


def test_a_chain_must_be_complete_and_each_step_another_person(ledger: SqlLedger) -> None:
    whole, half, alone, refused = issued(ledger, ["D-1", "D-2", "D-3", "D-4"])
    _asked(ledger, whole, ("manager", "anna"), ("finance", "ben"))
    _asked(ledger, half, ("manager", "anna"))
    _asked(ledger, alone, ("manager", "anna"), ("finance", "anna"))
    _asked(ledger, refused, ("manager", "anna"), ("finance", "ben"), last=Answer.REJECT)
    with ledger.read() as work:
        assert work.audit.unapproved() == [half.number, alone.number, refused.number]


def _asked(
    ledger: SqlLedger, invoice: Invoice, *said: tuple[str, str], last: Answer = Answer.APPROVE
) -> None:
    """Ask both steps of a chain; answer as far as ``said`` goes."""
    chain = ("manager", "finance")
    with ledger.write() as work:
        parcel = in_parcel(work, invoice.content, run_id=invoice.number)
        for step, login in said:
            request = ReviewRequest(
                parcel.id, invoice.id, 1, invoice.content_hash, "", "", (), step, chain
            )
            work.reviews.ask(request, NOW)
            answer = last if step == chain[-1] else Answer.APPROVE
            approval = Approval(invoice.id, 1, invoice.content_hash, answer, login, "", "", step)
            work.reviews.decide(approval, NOW)


def test_a_key_that_lost_its_guard_is_named(ledger: SqlLedger) -> None:
    owed = an_obligation()
    with ledger.write() as work:
        work.obligations.add([owed])
    statements = ["DROP TABLE obligations", "ALTER TABLE twice RENAME TO obligations"]
    if "postgresql" in ledger.place:
        statements[0] += " CASCADE"
    with ledger.write() as work:
        run = work.clock.connection.exec_driver_sql
        run("CREATE TABLE twice AS SELECT * FROM obligations UNION ALL SELECT * FROM obligations")
        for statement in statements:
            run(statement)
        assert work.audit.repeated_keys() == [
            "obligation brightwater/nordwind-projects/D-1:onboarding/0"
        ]


def test_the_trail_comes_one_subject_at_a_time(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        for at in range(700):
            work.trail.add(f"D-{at % 350}", "something", NOW, {})
    with ledger.read() as work:
        trails = list(work.audit.each_trail())
    assert [len(entries) for entries in trails] == [2] * 350
    assert len({entries[0].subject for entries in trails}) == 350
