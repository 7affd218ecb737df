"""The audit is silent about a sound ledger, and streams what it cannot judge by itself.

What each check names is in tests/services/test_verify_rows.py.
"""

from dataclasses import replace

from invoicing.domain.promises import Finding
from invoicing.domain.trail import TrailEntry
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services.ledger_ports.audit import StoredInvoice
from tests.ledger.given import drafted, issued
from tests.support.builders import NOW, a_draft, an_invoice


def test_numbers_without_a_gap_are_sound(ledger: SqlLedger) -> None:
    one, _ = issued(ledger, ["D-1", "D-2"])
    with ledger.write() as work:
        work.invoices.take_numbers(one.series, 2)
        assert list(work.audit.gaps()) == []


def test_a_gap_and_a_counter_that_ran_away_are_named(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        third = an_invoice(drafted(work, a_draft()).draft, sequence=3)
        work.invoices.add([third])
        work.invoices.take_numbers(third.series, 3)
        work.invoices.take_numbers(replace(third.series, year=2027), 1)
        assert [one.where for one in work.audit.gaps()] == [
            "brightwater/INV/2026: 1 numbers from 3 to 3, 1 of them different, counter at 3",
            "brightwater/INV/2027: 0 numbers from 1 to 0, 0 of them different, counter at 1",
        ]


def test_every_invoice_comes_with_the_rows_about_it(ledger: SqlLedger) -> None:
    invoices = issued(ledger, ["D-1", "D-2"])
    with ledger.read() as work:
        found = list(work.audit.each_invoice())
    assert [one.invoice for one in found if isinstance(one, StoredInvoice)] == invoices
    first = found[0]
    assert isinstance(first, StoredInvoice)
    assert [(line.position, line.net) for line in first.lines] == [(1, "960.00")]
    assert [(group.position, group.tax_minor) for group in first.taxes] == [(1, 18240)]


def test_the_trail_comes_one_subject_at_a_time(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        for at in range(1400):
            work.trail.add(f"D-{at % 700}", "something", NOW, {})
    with ledger.read() as work:
        trails = list(work.audit.each_trail())
    told: list[list[TrailEntry]] = [one for one in trails if not isinstance(one, Finding)]
    assert [len(entries) for entries in told] == [2] * 700
    assert len({entries[0].subject for entries in told}) == 700


def test_a_login_counts_as_named_only_as_a_whole_word(ledger: SqlLedger) -> None:
    with ledger.write() as work:
        work.configs.activate("one", {"review.yaml": "approvers: [anna, ben.k]"}, NOW)
        work.configs.activate("two", {"review.yaml": "approvers: [carl]"}, NOW)
        logins = ["anna", "ben.k", "carl", "ann", "k"]
        assert work.audit.never_named(logins) == {"ann"}
        assert work.audit.never_named([]) == set()
