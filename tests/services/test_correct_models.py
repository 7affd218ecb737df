"""Corrections of every billing model: what is owed again is billed once more, no cent twice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from invoicing.domain.credit import LineCredit
from invoicing.domain.draft import deposit_ref
from invoicing.domain.errors import RefusedError, StateError
from invoicing.domain.events import BillingEvent, EventKind
from invoicing.domain.exceptions import Action
from invoicing.domain.issue import Invoice
from invoicing.domain.render import Page
from invoicing.domain.rules import Model
from invoicing.services import attend, correct, report, review
from invoicing.services.ports import Rendered
from tests.services.corrections import balance_of, done, entry_of, keeps_every_promise
from tests.services.models import carry, claim, eur, every_model, fact, hours, line, pay, tell
from tests.support.services import House

__all__ = ["keeps_every_promise"]

SIGNED = fact("kestrel", EventKind.DOCUMENT_SIGNED, "S-1", claims=(claim("48000.00"),))
MILESTONES = ("concept", "build", "rollout")


@pytest.fixture
def company(house: House) -> House:
    """The house under a book with an agreement of every kind."""
    return house.with_book(every_model())


def only(house: House, client: str, *today: int) -> House:
    """The house under a book with one agreement, on a day."""
    house.clock.at = datetime(*(today or (2026, 11, 2)), 9, tzinfo=UTC)  # type: ignore[misc, arg-type]
    return house.with_book(every_model(only=client))


def nets(invoices: Sequence[Invoice]) -> list[str]:
    return [str(one.content.totals.net) for one in invoices]


def milestones(company: House, *keys: str) -> list[Invoice]:
    """Carry milestones to their invoices, one by one."""
    found = []
    for key in keys:
        tell(company, fact("kestrel", EventKind.MILESTONE_DONE, key))
        found += carry(company, f"run-{key}", Model.MILESTONE)
    return found


def deposit(company: House) -> Invoice:
    tell(company, SIGNED)
    (invoice,) = carry(company, "run-deposit", Model.DEAL)
    return invoice


def logged(*work: object, event_id: str = "") -> BillingEvent:
    kind = EventKind.HOURS_LOGGED
    return fact("juniper", kind, "juniper-work", *work, event_id=event_id)  # type: ignore[arg-type]


def test_hours_are_billed_again_as_they_are_today_and_no_later_event_takes_them(
    company: House,
) -> None:
    first = [hours("T-1", "30"), hours("T-2", "10")]
    told = logged(*first)
    tell(company, told)
    (invoice,) = carry(company, "run-1", Model.THRESHOLD)
    mended = [hours("T-1", "20"), hours("T-2", "10"), hours("T-3", "8")]
    company.sources.objects[told.event_id] = replace(told, work=tuple(mended))

    done(company, invoice, Action.CORRECT)
    (new,) = carry(company, "run-2", Model.THRESHOLD)

    assert nets([invoice, new]) == ["4000.00 EUR", "3000.00 EUR"]
    assert new.content.records == invoice.content.records  # the third comes with later hours
    tell(company, logged(*mended, event_id="later"))
    assert carry(company, "run-3", Model.THRESHOLD) == []
    assert company.open_codes() == []


def test_void_hours_are_not_billed_again_by_themselves(company: House) -> None:
    tell(company, logged(hours("T-1", "40")))
    (invoice,) = carry(company, "run-1", Model.THRESHOLD)
    done(company, invoice, Action.VOID)

    tell(company, logged(hours("T-1", "40"), hours("T-2", "41"), event_id="later"))

    (new,) = carry(company, "run-2", Model.THRESHOLD)
    assert nets([new]) == ["4100.00 EUR"]


def test_a_period_is_billed_again_with_late_hours_and_the_next_one_without_them(
    house: House,
) -> None:
    company = only(house, "meridian", 2026, 12, 1)
    november = hours("T-1", "10", date(2026, 11, 3)), hours("T-2", "5", date(2026, 11, 30))
    company.sources.work["meridian-work"] = november[:1]
    (invoice,) = carry(company, "run-11", Model.RETAINER)
    company.sources.work["meridian-work"] = november

    done(company, invoice, Action.CORRECT)
    (new,) = carry(company, "run-11-again", Model.RETAINER)

    assert nets([invoice, new]) == ["1100.00 EUR", "1650.00 EUR"]
    company.clock.at = datetime(2027, 1, 1, 9, tzinfo=UTC)
    assert carry(company, "run-12", Model.RETAINER) == []
    assert company.open_codes() == []


def test_what_was_decided_while_the_facts_were_read_is_not_owed_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = only(house, "meridian", 2026, 12, 1)
    late = hours("T-2", "5", date(2026, 11, 30))
    company.sources.work["meridian-work"] = (hours("T-1", "10", date(2026, 11, 3)),)
    (invoice,) = carry(company, "run-11", Model.RETAINER)
    company.sources.work["meridian-work"] += (late,)
    real = report.facts_today

    def slowly(*arguments: object) -> object:
        found = real(*arguments)  # type: ignore[arg-type]
        company.clock.at = datetime(2027, 1, 1, 9, tzinfo=UTC)
        assert nets(carry(company, "run-12", Model.RETAINER)) == ["550.00 EUR"]
        return found

    monkeypatch.setattr(correct, "facts_today", slowly)
    with pytest.raises(StateError, match="more was decided for this client"):
        done(company, invoice, Action.CORRECT)
    monkeypatch.undo()

    correct.correct_invoice(company.s, invoice.id, "lead")
    assert nets(carry(company, "run-again", Model.RETAINER)) == ["1100.00 EUR"]


def test_a_fee_and_the_hours_it_covers_are_billed_again_once(house: House) -> None:
    company = only(house, "ostwind", 2026, 12, 1)
    company.sources.work["ostwind-work"] = (hours("T-1", "13.5", date(2026, 11, 12)),)
    november, december = carry(company, "run-1", Model.RETAINER)
    company.sources.work["ostwind-work"] = (hours("T-1", "12.5", date(2026, 11, 12)),)

    done(company, december, Action.CORRECT)
    (again,) = carry(company, "run-2", Model.RETAINER)
    done(company, november, Action.CORRECT)
    (first,) = carry(company, "run-3", Model.RETAINER)

    assert nets([november, december]) == ["1800.00 EUR", "2220.00 EUR"]
    assert nets([first, again]) == ["1800.00 EUR", "2100.00 EUR"]
    company.clock.at = datetime(2027, 1, 1, 9, tzinfo=UTC)
    assert nets(carry(company, "run-4", Model.RETAINER)) == ["1800.00 EUR"]


def test_an_instalment_is_billed_again_as_the_part_it_was(house: House) -> None:
    company = only(house, "larkspur", 2027, 3, 1)
    invoices = carry(company, "run-1", Model.RETAINER)
    last = next(one for one in invoices if nets([one]) == ["333.34 EUR"])

    done(company, last, Action.CORRECT)

    assert nets(carry(company, "run-2", Model.RETAINER)) == ["333.34 EUR"]


def test_a_deposit_that_was_taken_off_is_not_taken_back_before_that_invoice(
    company: House,
) -> None:
    paid_ahead = deposit(company)
    *_, final = milestones(company, *MILESTONES)
    assert balance_of(company, final) == "5712.00 EUR"

    with pytest.raises(StateError, match=f"{final.number} takes the deposit"):
        done(company, paid_ahead, Action.VOID)

    done(company, final, Action.CORRECT)
    (again,) = carry(company, "run-final", Model.MILESTONE)
    assert (str(again.content.totals.paid), balance_of(company, again)) == (
        "11424.00 EUR", "5712.00 EUR",
    )  # fmt: skip
    with pytest.raises(StateError, match=f"{again.number} takes the deposit"):
        correct.void_invoice(company.s, paid_ahead.id, "lead")
    done(company, again, Action.VOID)
    assert "is void with" in correct.void_invoice(company.s, paid_ahead.id, "lead")


def test_a_deposit_is_not_taken_back_while_a_draft_takes_it_off(company: House) -> None:
    paid_ahead = deposit(company)
    milestones(company, "concept", "build")
    tell(company, fact("kestrel", EventKind.MILESTONE_DONE, "rollout"))
    company.plan("run-last", Model.MILESTONE)  # nobody has approved it yet

    with pytest.raises(StateError, match=r"draft \w+ takes the deposit"):
        done(company, paid_ahead, Action.VOID)


def test_a_deposit_is_taken_back_once_the_last_draft_is_rejected(company: House) -> None:
    paid_ahead = deposit(company)
    milestones(company, "concept", "build")
    tell(company, fact("kestrel", EventKind.MILESTONE_DONE, "rollout"))
    (parcel,) = company.plan("run-last", Model.MILESTONE)
    question = review.open_review(company.s, parcel)
    assert question is not None
    (reject,) = [one for one in question.options if one.startswith("Reject")]
    review.answer_review(company.s, parcel, reject, "lead")

    assert "is void with" in done(company, paid_ahead, Action.VOID)


def test_a_deposit_is_credited_in_part_only_before_it_is_taken_off_and_then_corrected(
    company: House,
) -> None:
    paid_ahead = deposit(company)
    part = [LineCredit(1, net=eur("600.00"))]
    milestones(company, "concept", "build")
    correct.credit_lines(company.s, paid_ahead.id, part, "a discount", "finance", "lead")

    assert milestones(company, "rollout") == []

    assert company.open_codes() == ["deposit_credited"]
    done(company, paid_ahead, Action.CORRECT)
    (again,) = carry(company, "run-deposit-again", Model.DEAL)
    attend.act(company.s, entry_of(company, "deposit_credited"), Action.DRAFT_AGAIN, "finance")
    (final,) = carry(company, "run-last", Model.MILESTONE)
    assert [one.invoice_id for one in final.content.deposits] == [again.id]
    with pytest.raises(StateError, match=f"{final.number} takes the deposit"):
        correct.credit_lines(company.s, again.id, part, "a discount", "finance", "lead")


def test_the_last_invoice_waits_for_a_deposit_that_is_owed_again(company: House) -> None:
    paid_ahead = deposit(company)
    milestones(company, "concept", "build")
    done(company, paid_ahead, Action.CORRECT)

    assert milestones(company, "rollout") == []

    assert company.open_codes() == ["deposit_not_issued"]
    (again,) = carry(company, "run-deposit-again", Model.DEAL)
    (final,) = carry(company, "run-last", Model.MILESTONE)
    assert [one.invoice_id for one in final.content.deposits] == [again.id]
    assert company.open_codes() == []


def test_a_void_deposit_is_taken_off_nowhere(company: House) -> None:
    paid_ahead = deposit(company)
    done(company, paid_ahead, Action.VOID)

    *_, final = milestones(company, *MILESTONES)

    assert (final.content.deposits, nets([final])) == ((), ["14400.00 EUR"])
    with company.s.ledger.read() as work:
        assert work.drafts.bound_to(deposit_ref(paid_ahead.id)) == ""


def test_a_deposit_voided_while_the_last_invoice_is_computed_is_not_taken_off(
    company: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid_ahead = deposit(company)
    milestones(company, "concept", "build")
    plain = company.printer.render

    def slow(pages: Sequence[Page]) -> list[Rendered]:
        monkeypatch.setattr(company.printer, "render", plain)
        done(company, paid_ahead, Action.VOID)
        return plain(pages)

    monkeypatch.setattr(company.printer, "render", slow)

    assert milestones(company, "rollout") == []  # it was computed with the deposit

    (final,) = carry(company, "run-last", Model.MILESTONE)
    assert final.content.deposits == ()


def test_a_deposit_credited_while_the_last_invoice_is_computed_is_not_taken_off_in_full(
    company: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid_ahead = deposit(company)
    part = [LineCredit(1, net=eur("600.00"))]
    milestones(company, "concept", "build")
    plain = company.printer.render

    def slow(pages: Sequence[Page]) -> list[Rendered]:
        monkeypatch.setattr(company.printer, "render", plain)
        correct.credit_lines(company.s, paid_ahead.id, part, "a discount", "finance", "lead")
        return plain(pages)

    monkeypatch.setattr(company.printer, "render", slow)

    assert milestones(company, "rollout") == []  # it was computed with the whole deposit

    assert carry(company, "run-last", Model.MILESTONE) == []
    assert company.open_codes() == ["deposit_credited"]


def test_whoever_asked_for_the_correction_of_a_reported_invoice_may_not_approve_it(
    house: House,
) -> None:
    company = only(house, "tessin")
    request = fact("tessin", EventKind.ONE_OFF_REQUESTED, "F-1", line("F-1", "9000.00"))
    report.report_request(company.s, replace(request, source="form", reported_by="clerk"))
    (parcel,) = company.plan("run-1", Model.ONE_OFF)
    question = review.open_review(company.s, parcel)
    assert question is not None
    review.answer_review(company.s, parcel, question.options[0], "lead")
    (invoice_id,) = company.finish(parcel)
    entry = correct.ask_correction(company.s, invoice_id, "another price", "finance")
    attend.act(company.s, entry, Action.CORRECT, "lead")

    (again,) = company.plan("run-2", Model.ONE_OFF)
    question = review.open_review(company.s, again)

    assert question is not None
    with pytest.raises(RefusedError, match="finance made this draft"):
        review.answer_review(company.s, again, question.options[0], "finance")


def test_a_void_milestone_does_not_keep_the_deposit_from_being_taken_off(company: House) -> None:
    deposit(company)
    (concept,) = milestones(company, "concept")
    done(company, concept, Action.VOID)

    *_, final = milestones(company, "build", "rollout")

    assert str(final.content.totals.paid) == "11424.00 EUR"


def test_two_things_on_one_invoice_are_owed_again_on_one(company: House) -> None:
    milestones(company, "concept")
    tell(company, fact("kestrel", EventKind.PROJECT_COMPLETED, "P-1"))
    (invoice,) = carry(company, "run-2", Model.MILESTONE)

    done(company, invoice, Action.CORRECT)

    (new,) = carry(company, "run-3", Model.MILESTONE)
    assert nets([invoice, new]) == ["38400.00 EUR"] * 2
    assert [key.revision for key in new.content.obligations] == [1, 1]


def test_a_step_is_billed_again_though_a_later_one_is_billed_already(company: House) -> None:
    for percent in ("25", "50"):
        event = fact("pinecrest", EventKind.PROJECT_PROGRESSED, "P-1", event_id=f"at-{percent}")
        tell(company, replace(event, progress=line("x", percent).unit_price.amount))
    first, _ = carry(company, "run-1", Model.MILESTONE)

    done(company, first, Action.CORRECT)

    assert nets(carry(company, "run-2", Model.MILESTONE)) == ["2500.00 EUR"]


def poll(company: House, event_id: str, *used: str) -> list[Invoice]:
    """Let the hours of the block be told and carry what comes of it."""
    work = [hours(f"T-{number}", count) for number, count in enumerate(used)]
    kind = EventKind.HOURS_LOGGED
    tell(company, fact("alpina", kind, "alpina-work", *work, event_id=event_id))
    return carry(company, f"run-{event_id}", Model.THRESHOLD)


def test_a_void_block_is_not_bought_and_the_next_one_has_a_name_of_its_own(house: House) -> None:
    company = only(house, "alpina")
    (first,) = carry(company, "run-0", Model.RETAINER)
    done(company, first, Action.VOID)

    (second,) = poll(company, "a", "1")

    assert [key.unit for key in second.content.obligations] == ["block:2"]
    assert poll(company, "b", "1", "18") == []  # 1 is left, and this block is not paid
    pay(company, second)
    assert len(poll(company, "c", "1", "18")) == 1


def test_a_block_that_is_owed_again_counts_once_and_must_be_paid(house: House) -> None:
    company = only(house, "alpina")
    (first,) = carry(company, "run-0", Model.RETAINER)
    pay(company, first)
    done(company, first, Action.CORRECT)
    (again,) = carry(company, "run-1", Model.RETAINER)

    assert poll(company, "a", "16") == []  # 4 are left, but the new invoice is not paid
    pay(company, again)

    assert len(poll(company, "b", "16")) == 1
