"""Holds: one of each kind at a time, lifted once, and all of them stay on record."""

from datetime import date

import pytest

from invoicing.domain.holds import HoldKind, InvoiceHold
from invoicing.domain.money import Money
from invoicing.domain.states import InvoiceState
from invoicing.ledger.unit_of_work import SqlLedger
from tests.ledger.given import issued
from tests.support.builders import NOW


@pytest.mark.parametrize("kind", list(HoldKind))
def test_a_hold_is_open_once_and_lifted_once(ledger: SqlLedger, kind: HoldKind) -> None:
    one, two = issued(ledger, ["D-1", "D-2"])
    first = InvoiceHold(
        one.id, kind, "why", "finance", NOW, Money.parse("10.00 EUR"), 1, date(2026, 12, 1)
    )
    second = InvoiceHold(one.id, kind, "again", "lead", NOW)  # in the same instant
    with ledger.write() as work:
        assert not work.holds.lift(one.id, kind, "finance", NOW)
        assert work.holds.place(first)
        assert not work.holds.place(second)
        assert work.holds.open_on([one.id, two.id]) == {one.id: [first], two.id: []}
        assert work.holds.lift(one.id, kind, "lead", NOW)
        assert not work.holds.lift(one.id, kind, "lead", NOW)
        assert work.holds.place(second)
        kept = work.holds.of_invoice(one.id)
    assert {(hold.reason, hold.lifted_by, hold.lifted_at) for hold in kept} == {
        ("why", "lead", NOW), ("again", "", None),
    }  # fmt: skip


def test_kinds_do_not_stand_in_each_others_way(ledger: SqlLedger) -> None:
    (invoice,) = issued(ledger)
    with ledger.write() as work:
        assert all(
            work.holds.place(InvoiceHold(invoice.id, kind, "why", "finance", NOW))
            for kind in HoldKind
        )
        work.holds.lift(invoice.id, HoldKind.PAUSED, "finance", NOW)
        left = work.holds.open_on([invoice.id])[invoice.id]
    assert {hold.kind for hold in left} == {HoldKind.DISPUTED, HoldKind.IN_TRANSIT}


def test_an_invoice_is_voided_once_and_its_state_told(ledger: SqlLedger) -> None:
    one, two = issued(ledger, ["D-1", "D-2"])
    with ledger.write() as work:
        assert work.invoices.void(one.id)
        assert not work.invoices.void(one.id)
        assert not work.invoices.void("nothing")
        both = {one.id: InvoiceState.VOID, two.id: InvoiceState.ISSUED}
        assert work.invoices.states([one.id, two.id, "nothing"]) == both
        assert work.invoices.claim([two.id, one.id, "nothing"]) == both
