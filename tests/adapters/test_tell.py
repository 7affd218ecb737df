"""A source is told of an invoice under one key, and every answer has one meaning."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from invoicing.adapters.rest import Peer
from invoicing.adapters.sources import RestSources
from invoicing.domain.dispatch import Delivery, Outcome
from invoicing.domain.letters import Note
from invoicing.domain.money import Money
from tests.adapters.peer import Answer, TestPeer

KEY = "a" * 32
PATH = f"/projects/PRJ-7/invoices/{KEY}"
NOTE = Note(
    KEY, "psa", "projects", "PRJ-7", "i-1", "INV-2026-00001", "late", date(2026, 11, 2),
    date(2026, 12, 2), Money.parse("1428.00 EUR"), Money.parse("1000.00 EUR"), 3,
)  # fmt: skip


@pytest.fixture
def peer() -> Iterator[TestPeer]:
    with TestPeer() as peer:
        yield peer


def told(peer: TestPeer | None, note: Note = NOTE, base_url: str | None = None) -> Delivery:
    url = (peer.url if peer else "http://127.0.0.1:9") if base_url is None else base_url
    with RestSources({"psa": Peer("psa", url, "t0ken")}, seconds=2) as sources:
        return sources.tell("psa", note.object_id, note)


def test_the_record_gets_the_invoice_as_it_stands(peer: TestPeer) -> None:
    peer.answers[PATH] = Answer(204)

    assert told(peer).outcome is Outcome.ACCEPTED

    (put,) = peer.puts
    assert (put.path, put.headers["Idempotency-Key"]) == (PATH, KEY)
    assert put.headers["Authorization"] == "Bearer t0ken"
    assert json.loads(put.body) == {
        "id": KEY, "invoice": "INV-2026-00001", "state": "late", "issued_on": "2026-11-02",
        "due_on": "2026-12-02", "currency": "EUR", "due": "1428.00", "open": "1000.00",
        "days_late": 3,
    }  # fmt: skip


def test_telling_it_twice_is_the_same_request(peer: TestPeer) -> None:
    peer.answers[PATH] = Answer(200, b"{}")
    told(peer)
    told(peer)
    first, again = peer.puts
    assert (first.path, first.body) == (again.path, again.body)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.ACCEPTED), (201, Outcome.ACCEPTED), (202, Outcome.ACCEPTED),
        (204, Outcome.ACCEPTED), (301, Outcome.FAILED), (302, Outcome.FAILED),
        (400, Outcome.FAILED), (401, Outcome.FAILED), (403, Outcome.FAILED),
        (404, Outcome.FAILED), (408, Outcome.RETRY), (409, Outcome.RETRY),
        (410, Outcome.FAILED), (422, Outcome.FAILED), (425, Outcome.RETRY),
        (429, Outcome.RETRY), (500, Outcome.RETRY), (503, Outcome.RETRY),
    ],
)  # fmt: skip
def test_what_an_answer_means(peer: TestPeer, status: int, outcome: Outcome) -> None:
    peer.answers[PATH] = Answer(status)
    delivery = told(peer)
    assert (delivery.outcome, delivery.code) == (outcome, status)
    assert "t0ken" not in delivery.detail
    assert len(peer.puts) == 1


def test_an_answer_that_never_ends_is_read_no_further(peer: TestPeer) -> None:
    peer.answers[PATH] = Answer(200, drip=True)
    assert told(peer).outcome is Outcome.ACCEPTED


def test_nobody_there_is_tried_again() -> None:
    assert told(None).outcome is Outcome.RETRY


@pytest.mark.parametrize("object_id", ["", "../../admin", "a/b", "a b", "a%2fb", "é", "x" * 101])
def test_an_id_that_could_mean_something_is_never_sent(peer: TestPeer, object_id: str) -> None:
    assert told(peer, replace(NOTE, object_id=object_id)).outcome is Outcome.FAILED
    assert peer.puts == []


@pytest.mark.parametrize(
    "base_url", ["", "ftp://psa.example", "http://u:p@psa.example", "http://["]
)
def test_an_unusable_address_is_for_a_person(base_url: str) -> None:
    delivery = told(None, base_url=base_url)
    assert (delivery.outcome, delivery.phase) == (Outcome.FAILED, "settings")
    assert "invoicing_source_psa" in delivery.detail


def test_an_unknown_source_is_for_a_person() -> None:
    with RestSources({}) as sources:
        assert sources.tell("psa", "PRJ-7", NOTE).outcome is Outcome.FAILED
        assert sources.listeners() == {}


def test_only_who_asked_for_it_listens() -> None:
    peers = {
        "psa": Peer("psa", "http://psa", updates=("projects",)),
        "crm": Peer("crm", "http://crm"),
    }
    with RestSources(peers) as sources:
        assert sources.listeners() == {"psa": ("projects",)}


def test_a_redirect_is_not_followed(peer: TestPeer) -> None:
    peer.answers[PATH] = Answer(307, headers={"Location": f"{peer.url}/elsewhere"})
    assert told(peer).outcome is Outcome.FAILED
    assert [put.path for put in peer.puts] == [PATH]
