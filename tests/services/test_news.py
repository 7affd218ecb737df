"""When money comes or is late, those who asked for it hear of it, once."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from invoicing.domain.agreements import Project
from invoicing.domain.dispatch import Message, MessageKind, OutboxRow
from invoicing.domain.events import EventKind, Reference
from invoicing.domain.issue import Invoice
from invoicing.domain.parties import Channel
from invoicing.domain.rules import Model
from invoicing.services import follow_up, letters
from tests.services import models
from tests.services.corrections import keeps_every_promise, pay
from tests.support.services import LATER, REFUSED, House, a_book

__all__ = ["keeps_every_promise"]

MONA = "mona@brightwater.example"
LISTENING = {"crm": frozenset({"clients", "deals"}), "psa": frozenset({"projects"})}


def house_with(house: House, **wishes: Any) -> House:
    book = a_book()
    client = replace(book.client("nordwind"), **wishes)
    return house.with_book(replace(book, clients={**book.clients, "nordwind": client}))


def mails(house: House, kind: MessageKind) -> list[Message]:
    return [mail for mail in house.mailer.sent if mail.subject.startswith(kind)]


def planned(house: House, invoice: Invoice) -> set[tuple[str, str, str]]:
    with house.s.ledger.read() as work:
        rows = work.outbox.of_invoices([invoice.id])
    return {(row.kind, row.step, row.channel) for row in rows if row.kind != "invoice"}


def on(house: House, month: int, day: int) -> None:
    house.clock.at = datetime(2026, month, day, 9, 0, tzinfo=UTC)
    follow_up.follow_up(house.s)


def test_nobody_hears_of_a_payment_in_time_unless_asked_for(house: House) -> None:
    invoice = house.invoice_of("D-1")
    pay(house, "P-1", "1428.00 EUR", invoice.number)
    assert planned(house, invoice) == set()


def test_a_client_gets_a_receipt_for_each_payment(house: House) -> None:
    house = house_with(house, receipts=True)
    invoice = house.invoice_of("D-1")

    pay(house, "P-1", "428.00 EUR", invoice.number)
    follow_up.follow_up(house.s)
    pay(house, "P-2", "1000.00 EUR", invoice.number)
    follow_up.follow_up(house.s)
    follow_up.follow_up(house.s)

    assert [mail.text for mail in mails(house, MessageKind.RECEIPT)] == [
        "open: 1000.00 EUR", "open: 0.00 EUR",
    ]  # fmt: skip
    (first, _) = mails(house, MessageKind.RECEIPT)
    assert first.recipients.to == ("rechnung@nordwind.example",)


def test_a_payment_may_be_called_anything(house: House) -> None:
    house = house_with(house, receipts=True)
    invoice = house.invoice_of("D-1")

    pay(house, "2026-11-20@bank:7", "1428.00 EUR", invoice.number)
    follow_up.follow_up(house.s)

    assert [mail.text for mail in mails(house, MessageKind.RECEIPT)] == ["open: 0.00 EUR"]


def test_the_receipt_names_what_was_paid(house: House) -> None:
    house = house_with(house, receipts=True)
    invoice = house.invoice_of("D-1")
    pay(house, "P-1", "428.00 EUR", invoice.number)

    with house.s.ledger.read() as work:
        (row,) = [one for one in work.outbox.of_invoices([invoice.id]) if one.kind == "receipt"]
        letter = letters.money_letter(house.s, work, row)

    assert letter is not None
    assert (str(letter.paid), str(letter.balance)) == ("428.00 EUR", "1000.00 EUR")


def test_the_account_manager_hears_of_each_payment_who_wants_to(house: House) -> None:
    house = house_with(house, account_manager=MONA, tell_account_manager=True)
    invoice = house.invoice_of("D-1")
    pay(house, "P-1", "1428.00 EUR", invoice.number)
    assert ("notice", "paid:accounting:P-1", "mail") in planned(house, invoice)


def test_the_account_manager_hears_of_money_that_was_late(house: House) -> None:
    house = house_with(house, account_manager=MONA)
    invoice = house.invoice_of("D-1")
    on(house, 12, 3)
    pay(house, "P-1", "1428.00 EUR", invoice.number)

    on(house, 12, 4)

    (notice,) = mails(house, MessageKind.NOTICE)
    assert notice.recipients.to == (MONA,)


def test_the_records_of_client_and_deal_hear_of_lateness_and_of_the_payment(house: House) -> None:
    house.sources.listening = {"crm": frozenset({"clients"}), "psa": frozenset({"projects"})}
    invoice = house.invoice_of("D-1")

    on(house, 12, 3)
    on(house, 12, 4)
    assert [(note.object_id, note.state, note.days_late) for note in house.sources.told] == [
        ("nordwind", "late", 1),
    ]
    pay(house, "P-1", "1428.00 EUR", invoice.number)
    on(house, 12, 7)

    late, paid = house.sources.told
    assert (paid.state, str(paid.open), paid.days_late) == ("paid", "0.00 EUR", 0)
    assert (paid.source, paid.collection, paid.number) == ("crm", "clients", invoice.number)
    assert late.key != paid.key


def test_a_source_that_is_away_is_told_again_under_the_same_key(house: House) -> None:
    house.sources.listening = {"crm": frozenset({"clients"})}
    house.sources.replies = [LATER]
    invoice = house.invoice_of("D-1")
    pay(house, "P-1", "1428.00 EUR", invoice.number)
    follow_up.follow_up(house.s)
    house.lease_clock.pass_by(minutes=6)

    follow_up.follow_up(house.s)

    first, again = house.sources.told
    assert first.key == again.key
    assert house.open_codes() == []


def test_a_source_that_refuses_is_shown_to_a_person(house: House) -> None:
    house.sources.listening = {"crm": frozenset({"clients"})}
    house.sources.replies = [REFUSED]
    invoice = house.invoice_of("D-1")
    pay(house, "P-1", "1428.00 EUR", invoice.number)

    follow_up.follow_up(house.s)

    assert house.open_codes() == ["send_failed"]


def test_what_is_paid_before_the_note_left_is_not_called_late(house: House) -> None:
    house = house_with(house, account_manager=MONA, tell_account_manager=True)
    invoice = house.invoice_of("D-1")
    house.clock.at = datetime(2026, 12, 3, 9, 0, tzinfo=UTC)
    follow_up.queue_reminders(house.s)
    pay(house, "P-1", "1428.00 EUR", invoice.number)

    with house.s.ledger.read() as work:
        rows = {row.step: row for row in work.outbox.of_invoices([invoice.id])}
        assert letters.money_letter(house.s, work, rows["late"]) is None
        assert letters.money_letter(house.s, work, rows["paid:accounting:P-1"]) is not None


def test_a_payment_told_twice_is_news_once(house: House) -> None:
    house = house_with(house, receipts=True)
    invoice = house.invoice_of("D-1")
    for _ in range(2):
        pay(house, "P-1", "428.00 EUR", invoice.number)
    assert planned(house, invoice) == {("receipt", "paid:accounting:P-1", "mail")}


def waiting_for_money(house: House, *keys: str) -> House:
    """The house under a project whose milestones named wait for money, not for work."""
    book = models.every_model(only="kestrel")
    agreement = book.agreement("kestrel-work")
    assert isinstance(agreement.pricing, Project)
    parts = tuple(
        replace(one, after_payment=one.key in keys) for one in agreement.pricing.milestones
    )
    project = replace(agreement.pricing, milestones=parts)
    changed = {**book.agreements, agreement.key: replace(agreement, pricing=project)}
    return house.with_book(replace(book, agreements=changed))


def milestone(house: House, key: str) -> list[Invoice]:
    models.tell(house, models.fact("kestrel", EventKind.MILESTONE_DONE, key))
    return models.carry(house, f"run-{key}", Model.MILESTONE)


def settled(house: House, invoice: Invoice) -> None:
    models.pay(house, invoice)


def test_a_paid_milestone_makes_the_next_one_due_where_it_waits_for_money(house: House) -> None:
    house = waiting_for_money(house, "build")
    (concept,) = milestone(house, "concept")
    assert models.carry(house, "run-before", Model.MILESTONE) == []

    settled(house, concept)

    (build,) = models.carry(house, "run-after", Model.MILESTONE)
    assert build.content.title == "Build"
    assert "milestone_armed" in house.actions(concept.id)
    # Done at last, it is owed already.
    assert milestone(house, "build") == []
    settled(house, build)
    assert models.carry(house, "run-last", Model.MILESTONE) == []
    assert house.open_codes() == []


def test_a_part_of_the_money_makes_nothing_due(house: House) -> None:
    house = waiting_for_money(house, "build")
    (concept,) = milestone(house, "concept")

    pay(house, "P-1", "100.00 EUR", concept.number)

    assert models.carry(house, "run-after", Model.MILESTONE) == []
    assert "milestone_armed" not in house.actions(concept.id)


def test_a_milestone_that_was_done_first_is_billed_once(house: House) -> None:
    house = waiting_for_money(house, "build")
    (concept,) = milestone(house, "concept")
    assert len(milestone(house, "build")) == 1
    settled(house, concept)
    assert models.carry(house, "run-after", Model.MILESTONE) == []


def test_the_next_milestone_is_named_also_where_work_decides(house: House) -> None:
    house = waiting_for_money(house)
    (concept,) = milestone(house, "concept")
    settled(house, concept)

    with house.s.ledger.read() as work:
        (armed,) = [one for one in work.trail.of(concept.id) if one.action == "milestone_armed"]
    assert dict(armed.detail) == {"milestone": "build", "agreement": "kestrel-work"}
    assert models.carry(house, "run-after", Model.MILESTONE) == []


def rows_to(house: House, channel: Channel) -> list[OutboxRow]:
    with house.s.ledger.read() as work:
        invoices = [one.id for one in work.invoices.recent(10)]
        return [row for row in work.outbox.of_invoices(invoices) if row.channel is channel]


def test_only_named_collections_of_sources_that_know_the_thing_are_told(house: House) -> None:
    house = waiting_for_money(house)
    house.sources.listening = LISTENING | {"esign": frozenset({"documents"})}
    event = models.fact("kestrel", EventKind.MILESTONE_DONE, "concept")
    known = replace(event, references=(Reference("project", "PRJ-7"),))
    models.tell(house, known)
    (concept,) = models.carry(house, "run-1", Model.MILESTONE)

    settled(house, concept)

    assert {row.recipients.to for row in rows_to(house, Channel.SOURCE)} == {
        ("crm/clients/kestrel",), ("psa/projects/PRJ-7",),
    }  # fmt: skip
