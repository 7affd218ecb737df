"""Tests of `draft.py`: what a draft is made of, what it is bound to, and its id."""

import dataclasses
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.canonical import fingerprint
from invoicing.domain.discounts import Discount
from invoicing.domain.draft import (
    AppliedDiscount,
    Balance,
    DepositDeduction,
    Draft,
    DraftRecord,
    deposit_ref,
    invoice_id,
)
from invoicing.domain.events import Reference
from invoicing.domain.obligations import ObligationKey
from invoicing.domain.periods import Period
from invoicing.domain.states import DraftState
from invoicing.domain.tax import ExchangeRate, TaxInBooks
from invoicing.domain.work import RecordRef
from tests.domain.builders import DAY, draft, eur, item


def full() -> Draft:
    """Return a draft with something in every field."""
    rate = ExchangeRate("EUR", "USD", Decimal("1.25"), DAY, "ECB")
    return replace(
        draft(item(), item("2", "3.00", record_id="L-2", tax_category="reduced")),
        period=Period(DAY, DAY + timedelta(days=29)),
        discounts=(AppliedDiscount(Discount("Volume", Decimal(5)), eur("1.00"), "5 %"),),
        deposits=(DepositDeduction("d" * 32, "Deposit", eur("1.00"), eur("0.19"), eur("1.19")),),
        balances=(Balance("cap_remaining", Decimal(5), "EUR"),),
        tax_in_books=TaxInBooks(eur("1.00"), rate, "how"),
        references=(Reference("deal", "D-7"),),
        flags=("disputed_scope",),
    )


def changed(value: object) -> object:
    """Return a value of the same kind that differs."""
    match value:
        case bool():
            return not value
        case Enum():
            return next(each for each in type(value) if each is not value)
        case str():
            return f"{value}x"
        case int() | Decimal():
            return value + 1
        case date():
            return value + timedelta(days=1)
        case _:
            return "something else"


def variants(value: object) -> Iterator[tuple[str, object]]:
    """Yield ``value`` once for each fact in it, with only that fact changed."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            for path, other in variants(getattr(value, field.name)):
                yield f".{field.name}{path}", _with(value, field.name, other)
    elif isinstance(value, tuple) and value:
        for index, part in enumerate(value):
            for path, other in variants(part):
                yield f"[{index}]{path}", (*value[:index], other, *value[index + 1 :])
        yield "[less]", value[1:]
        yield "[more]", (*value, value[0])
    else:
        yield "", changed(value)


def _with(value: object, name: str, other: object) -> object:
    # Written past the checks: a tampered ledger would not ask them either.
    copy = object.__new__(type(value))
    for field in dataclasses.fields(cast("Draft", value)):
        content = other if field.name == name else getattr(value, field.name)
        object.__setattr__(copy, field.name, content)
    return copy


def test_every_fact_of_a_draft_is_in_its_hash() -> None:
    made = full()
    seen = {made.content_hash: ""}
    for path, other in variants(made):
        assert isinstance(other, Draft)
        content_hash = other.content_hash
        assert content_hash not in seen, f"{path} does not change the hash"
        seen[content_hash] = path
    paths = set(seen.values())
    assert {".client.terms.days", ".lines[1].net.amount", ".taxes[0].tax.currency"} <= paths
    assert {".entity.bank.iban", ".totals.due.amount", ".obligations[0].unit"} <= paths
    assert {".deposits[0].tax.amount", ".discounts[0].discount.reason", ".flags[0]"} <= paths


def test_a_draft_uses_up_its_work_and_the_deposits_it_settles() -> None:
    made = full()
    work = {RecordRef("crm", "L-1"), RecordRef("crm", "L-2")}
    assert made.records == work | {deposit_ref("d" * 32)}
    assert not made.lines[0].settles_deposit
    off = replace(made.lines[0], records=(deposit_ref("d" * 32),))
    assert off.settles_deposit


KEYS = st.builds(ObligationKey, *[st.text(max_size=5)] * 3, st.integers(0, 3))


@given(st.lists(KEYS, min_size=1, max_size=6, unique=True).flatmap(
    lambda keys: st.tuples(st.just(keys), st.permutations(keys))
))  # fmt: skip
def test_the_id_of_an_invoice_does_not_depend_on_the_order(
    both: tuple[list[ObligationKey], list[ObligationKey]],
) -> None:
    keys, shuffled = both
    assert invoice_id(keys) == invoice_id(shuffled)


@given(st.lists(KEYS, min_size=2, max_size=2, unique=True))
def test_other_things_owed_make_another_invoice(keys: list[ObligationKey]) -> None:
    one, other = keys
    ids = {invoice_id([one]), invoice_id([other]), invoice_id([one, other])}
    assert len(ids) == 3


def test_a_slash_in_a_key_cannot_make_two_things_one() -> None:
    one, other = ObligationKey("a/b", "c", "d"), ObligationKey("a", "b/c", "d")
    assert str(one) == str(other)
    assert invoice_id([one]) != invoice_id([other])


def test_the_draft_has_the_id_of_what_it_may_become() -> None:
    made = draft()
    assert made.id == invoice_id(made.obligations)
    assert len(made.id) == 32
    record = DraftRecord(made, 1, DraftState.DRAFT, "system", "c0ffee", made.content_hash)
    assert record.id == made.id
    assert record.content_hash == fingerprint(made)
