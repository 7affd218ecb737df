"""Everything joined for real: ledger, config, templates, and what stands in for a broken part."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from invoicing import wiring
from invoicing.config.load import ConfigError, load_book, read_texts
from invoicing.config.settings import Settings
from invoicing.domain.book import Book
from invoicing.domain.dispatch import Message, Outcome, Recipients
from invoicing.domain.rules import Model
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services import decide, dispatch, draft, issue, parcels, render, report, review
from invoicing.services.verify import verify
from invoicing.wiring import NoMailer, open_services


def test_a_retainer_travels_from_the_files_to_the_outbox(settings: Settings) -> None:
    s = open_services(settings)
    report.report_events(s, Model.RETAINER)
    decide.decide_events(s, Model.RETAINER)
    draft.draft_obligations(s, Model.RETAINER)
    issued: list[str] = []
    for parcel in parcels.plan_parcels(s, Model.RETAINER, "run-1", lambda _: False):
        review.open_review(s, parcel)
        issued += issue.issue_parcel(s, parcel)
        render.render_parcel(s, parcel)
        dispatch.dispatch_parcel(s, parcel)

    with s.ledger.read() as work:
        found = {one.content.client.key: one for one in work.invoices.get(issued)}
        (message,) = work.outbox.of_invoices([found["harbor"].id])
    assert message.attempt == 1  # no mail server is known here: it waits for its next try
    assert verify(s) == []


def test_while_the_files_are_broken_the_last_good_configuration_stays(
    settings: Settings, home: Path
) -> None:
    good = open_services(settings).book
    review_file = home / "config" / "review.yaml"
    text = review_file.read_text()
    review_file.write_text(text.replace("approvers", "aprovers"))

    s = open_services(settings)

    assert s.book == good
    with s.ledger.read() as work:
        (entry,) = work.exceptions.list_open(10)
    assert entry.code == "config_broken"
    assert "config/review.yaml:" in entry.cause

    review_file.write_text(text)
    with open_services(settings).ledger.read() as work:
        assert work.exceptions.list_open(10) == []


def test_without_any_good_configuration_nothing_opens(settings: Settings, home: Path) -> None:
    (home / "config" / "review.yaml").write_text("approvers: [finance\n")

    with pytest.raises(ConfigError, match=r"config/review\.yaml"):
        open_services(settings)


def test_a_changed_configuration_is_kept_under_its_hash(settings: Settings, home: Path) -> None:
    before = open_services(settings).book.config_hash
    clients = home / "config" / "clients.yaml"
    text = clients.read_text()
    clients.write_text(text.replace("Nordwind Logistik GmbH", "Nordwind Logistik AG"))

    after = open_services(settings)

    assert after.book.config_hash != before
    with after.ledger.read() as work:
        actions = [entry.action for entry in work.trail.of("config")]
    assert actions == ["activated", "activated"]


def test_files_that_were_edited_since_they_were_read_do_not_win(
    settings: Settings, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clients = home / "config" / "clients.yaml"
    old = clients.read_text()
    load = load_book

    def edited_meanwhile(texts: Mapping[str, str]) -> Book:
        book = load(texts)
        if clients.read_text() == old:
            clients.write_text(old.replace("Nordwind Logistik GmbH", "Nordwind Logistik AG"))
            open_services(settings)  # another process reads and activates the edit
        return book

    monkeypatch.setattr(wiring, "load_book", edited_meanwhile)
    services = open_services(settings)

    assert services.book.client("nordwind").name == "Nordwind Logistik AG"
    with services.ledger.read() as work:
        active = work.configs.active()
    assert active is not None
    assert active["clients.yaml"] == clients.read_text()


def test_without_a_mail_server_a_message_waits() -> None:
    message = Message("<1@x>", "a@x", Recipients(("b@x",)), "s", "t", "<p>t</p>", ())

    delivery = NoMailer().send(message)

    assert delivery.outcome is Outcome.RETRY
    assert "invoicing_smtp" in delivery.detail


def test_an_invoice_keeps_the_version_of_its_client_when_the_files_change(
    settings: Settings, home: Path
) -> None:
    before = open_services(settings).book
    clients = home / "config" / "clients.yaml"
    clients.write_text(
        clients.read_text().replace("Nordwind Logistik GmbH", "Nordwind Logistik AG")
    )
    after = open_services(settings)
    open_services(settings)

    with after.ledger.read() as work:
        old, new = (
            work.parties.client_at("nordwind", one.config_hash) for one in (before, after.book)
        )
        modes = work.parties.modes(before.clients)
    assert old is not None
    assert new is not None
    assert (old.version, old.content) == (1, before.clients["nordwind"])
    assert (new.version, new.content.name) == (2, "Nordwind Logistik AG")
    assert modes == {key: one.mode for key, one in before.clients.items()}


def test_a_ledger_from_before_versions_were_kept_gets_them_when_it_is_opened(
    settings: Settings,
) -> None:
    ledger = SqlLedger(settings.ledger_url)
    texts = read_texts(settings.home)
    with ledger.write() as work:
        work.configs.activate(load_book(texts).config_hash, texts, datetime.now(UTC))
    ledger.close()

    s = open_services(settings)

    with s.ledger.read() as work:
        kept = work.parties.client_at("nordwind", s.book.config_hash)
        assert kept is not None
        assert kept.content == s.book.clients["nordwind"]
        assert work.trail.of("config") == []
