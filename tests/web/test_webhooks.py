"""Webhooks: only a fresh message with a true signature gets in, and none of it is believed."""

import hmac
import json
import time
from hashlib import sha256

import httpx
import pytest
from fastapi.testclient import TestClient

from invoicing.domain.errors import TransientError
from invoicing.domain.events import EventKind
from invoicing.services.ports import Services
from invoicing.web import webhooks
from invoicing.web.app import app
from invoicing.web.desk import Desk, open_desk
from tests.support.services import House
from tests.web.conftest import SECRETS, As

DEAL = {"event_id": "evt-1", "kind": "deal_won", "object_id": "D-1"}


@pytest.fixture
def sender(as_user: As) -> TestClient:
    """A source: it has no login."""
    return as_user("nobody")


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[EventKind]:
    """The wake-ups that were asked for, instead of Airflow's."""
    kinds: list[EventKind] = []
    monkeypatch.setattr(webhooks, "wake_up", kinds.append)
    return kinds


def signed(body: bytes, secret: str, at: str) -> str:
    return "v1=" + hmac.new(secret.encode(), at.encode() + b"." + body, sha256).hexdigest()


def post(
    sender: TestClient,
    body: bytes,
    *,
    source: str = "crm",
    secret: str = SECRETS["crm"][0],
    at: str = "",
    **headers: str,
) -> httpx.Response:
    at = at or str(int(time.time()))
    sent = {
        "Content-Type": "application/json",
        "X-Invoicing-Timestamp": at,
        "X-Invoicing-Signature": signed(body, secret, at),
    }
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    raw = [(name.encode(), value.encode()) for name, value in sent.items()]
    answer: httpx.Response = sender.post(f"/invoicing/webhooks/{source}", content=body, headers=raw)
    return answer


def as_body(**changes: object) -> bytes:
    return json.dumps(DEAL | changes).encode()


def waiting(house: House, kind: EventKind = EventKind.DEAL_WON) -> list[str]:
    with house.s.ledger.read() as work:
        return [row.hint.object_id for row in work.inbox.hinted([kind], 10)]


def test_a_signed_message_becomes_a_hint_and_a_wake_up(
    sender: TestClient, house: House, woken: list[EventKind]
) -> None:
    answer = post(sender, as_body())

    assert (answer.status_code, answer.json()) == (202, {"receipt": "new"})
    assert waiting(house) == ["D-1"]
    assert woken == [EventKind.DEAL_WON]


@pytest.mark.parametrize("kind", webhooks.KINDS.values())
def test_every_kind_from_outside_wakes_up_those_who_wait_for_it(
    sender: TestClient, house: House, woken: list[EventKind], kind: EventKind
) -> None:
    post(sender, as_body(kind=str(kind)))

    assert waiting(house, kind) == ["D-1"]
    assert woken == [kind]


def test_either_of_two_secrets_is_good_so_that_one_can_be_replaced(sender: TestClient) -> None:
    for number, secret in enumerate(SECRETS["crm"]):
        assert post(sender, as_body(event_id=f"e{number}"), secret=secret).status_code == 202


def test_a_replay_is_known_and_wakes_nobody(
    sender: TestClient, house: House, woken: list[EventKind]
) -> None:
    post(sender, as_body())

    assert post(sender, as_body()).json() == {"receipt": "known"}
    assert waiting(house) == ["D-1"]
    assert len(woken) == 1


def test_another_content_under_the_same_id_is_shown_to_a_person(
    sender: TestClient, house: House
) -> None:
    post(sender, as_body())

    assert post(sender, as_body(object_id="D-2")).json() == {"receipt": "changed"}
    assert waiting(house) == ["D-1"]
    assert house.open_codes() == ["event_changed"]


def test_an_unknown_kind_is_kept_as_an_exception_and_does_nothing(
    sender: TestClient, house: House, woken: list[EventKind]
) -> None:
    for kind in ("deal_lost", "retainer_due", "one_off_requested"):
        answer = post(sender, as_body(kind=kind, event_id=f"evt-{kind}"))
        assert (answer.status_code, answer.json()) == (202, {"receipt": "ignored"})

    assert house.open_codes() == ["unknown_event"] * 3
    assert woken == []


NOW = int(time.time())


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param({"secret": "guessed"}, id="wrong secret"),
        pytest.param({"secret": ""}, id="empty secret"),
        pytest.param({"source": "accounting"}, id="secret of another source"),
        pytest.param({"source": "stranger"}, id="unknown source"),
        pytest.param({"at": str(NOW - 400)}, id="too old"),
        pytest.param({"at": str(NOW + 86_400)}, id="from the future"),
        pytest.param({"at": f"+{NOW}"}, id="signed timestamp"),
        pytest.param({"at": f"{NOW}.0"}, id="fraction"),
        pytest.param({"at": f"{str(NOW)[:4]}_{str(NOW)[4:]}"}, id="underscore"),
        pytest.param(
            {"at": str(NOW).translate({48 + d: 0xFF10 + d for d in range(10)})}, id="full-width"
        ),
        pytest.param({"X_Invoicing_Timestamp": str(NOW + 1)}, id="timestamp changed after signing"),
        pytest.param({"X_Invoicing_Signature": ""}, id="no signature"),
        pytest.param({"X_Invoicing_Signature": "v1="}, id="empty signature"),
        pytest.param({"X_Invoicing_Signature": "v0=" + "0" * 64}, id="another scheme"),
        pytest.param({"X_Invoicing_Signature": "v1=" + "é" * 64}, id="not ASCII"),
    ],
)
def test_a_forgery_leaves_no_trace_and_always_gets_the_same_answer(
    sender: TestClient, house: House, woken: list[EventKind], forged: dict[str, str]
) -> None:
    answer = post(sender, as_body(), **forged)

    assert (answer.status_code, answer.json()) == (401, {"error": "the signature is not valid"})
    assert waiting(house) == []
    assert house.open_codes() == []
    assert woken == []


def test_a_forgery_does_not_reach_the_ledger(sender: TestClient) -> None:
    def never() -> Services:
        raise AssertionError("the ledger was opened for a stranger")

    app.dependency_overrides[open_desk] = lambda: Desk(SECRETS, never)

    assert post(sender, as_body(), secret="guessed").status_code == 401
    assert post(sender, b"{").status_code == 422


def test_a_body_changed_on_the_way_is_refused(sender: TestClient, house: House) -> None:
    at = str(int(time.time()))
    signature = signed(as_body(), SECRETS["crm"][0], at)
    body = as_body()
    for place in range(len(body)):
        tampered = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        answer = post(sender, tampered, at=at, X_Invoicing_Signature=signature)
        assert answer.status_code == 401, tampered
    assert waiting(house) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"deal_won"',
        b"{",
        b"\xff\xfe",
        as_body(event_id=1),
        as_body(object_id=None),
        as_body(object_id={"id": "D-1"}),
        as_body(url="http://elsewhere.example/"),
        b'{"event_id":"e","kind":"deal_won"}',
        b'{"event_id":"e","event_id":"f","kind":"deal_won","object_id":"D-1"}',
        b'{"event_id":"e","kind":"deal_won","object_id":NaN}',
        b'{"event_id":"e","kind":"deal_won","object_id":"D-1","x":' + b"[" * 20000,
        as_body(object_id=""),
        as_body(object_id="../payments/1"),
        as_body(object_id="D-1?admin=1"),
        as_body(object_id="D 1"),
        as_body(object_id="D-1\n"),
        as_body(object_id="D\x00"),
        as_body(object_id="\ud800"),
        as_body(object_id="\uff11\uff12"),
        as_body(object_id="d" * 200),
        as_body(event_id="../x"),
    ],
)
def test_a_signed_body_that_makes_no_sense_is_refused(
    sender: TestClient, house: House, body: bytes
) -> None:
    answer = post(sender, body)

    assert answer.status_code == 422
    assert waiting(house) == []


def test_the_body_is_read_no_further_than_the_cap(sender: TestClient) -> None:
    assert post(sender, b" " * (64 * 1024 + 1)).status_code == 413
    assert post(sender, b" " * (64 * 1024)).status_code == 422


def test_an_endless_body_is_cut_off_while_it_streams(sender: TestClient) -> None:
    sent = 0

    def endless() -> object:
        nonlocal sent
        while sent < 50 * 1024 * 1024:
            sent += 8192
            yield b" " * 8192

    answer = sender.post("/invoicing/webhooks/crm", content=endless())

    assert answer.status_code == 413


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_only_json_is_taken(sender: TestClient, kind: str) -> None:
    assert post(sender, as_body(), Content_Type=kind).status_code == 415


def test_while_the_ledger_is_down_the_sender_is_asked_to_come_again(
    sender: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> None:
        raise TransientError("the ledger at db.internal did not answer")

    monkeypatch.setattr(webhooks, "accept_hint", down)

    answer = post(sender, as_body())

    assert answer.status_code == 503
    assert "db.internal" not in answer.text


def test_a_webhook_cannot_be_read(sender: TestClient) -> None:
    assert sender.get("/invoicing/webhooks/crm").status_code == 405
