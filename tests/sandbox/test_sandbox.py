"""The sandbox as a process: mail in, webhooks out, objects by id, and everything on a page."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from invoicing.adapters.mail import SmtpMailer
from invoicing.adapters.rest import Peer
from invoicing.adapters.signatures import SIGNATURE_HEADER, TIMESTAMP_HEADER, verify
from invoicing.adapters.sources import RestSources
from invoicing.domain.dispatch import Attachment, Delivery, Message, Outcome, Recipients
from invoicing.domain.errors import NotFoundError, RefusedError, SettingsError, TerminalError
from invoicing.domain.events import BillingEvent, EventKind, Hint
from invoicing.domain.reconcile import Payment
from invoicing.domain.work import TimeEntry, WorkItem, is_approved
from sandbox.client import (
    Sandbox,
    SandboxError,
    attachment,
    deals,
    event,
    happenings,
    let_happen,
    mails,
    misbehave,
    pay,
    send_again,
    start_sandbox,
    wait_delivered,
    win_deal,
)

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40


class Receiver:
    """Stands in for Airflow: keeps each webhook, answers what the test says."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, dict(self.headers.items()), body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 202)
                self.end_headers()
                self.wfile.write(b'{"receipt": "new"}')

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def about(self, object_id: str) -> list[tuple[str, dict[str, str], bytes]]:
        return [one for one in self.got if json.loads(one[2])["object_id"] == object_id]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, args=(0.02,))
    thread.start()
    yield receiver
    receiver.server.shutdown()
    thread.join()
    receiver.server.server_close()


@pytest.fixture(scope="module")
def sandbox(receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    state = tmp_path_factory.mktemp("sandbox")
    with start_sandbox(state, receiver.url, today="2026-11-02") as sandbox:
        yield sandbox


def sources(sandbox: Sandbox, **tokens: str) -> RestSources:
    return RestSources(
        {
            name: Peer(name, url, tokens.get(name, sandbox.keys[name]["token"]))
            for name, url in sandbox.base_urls.items()
        }
    )


def hint(source: str, kind: EventKind, object_id: str) -> Hint:
    return Hint(source, "e-1", kind, object_id, "0" * 64)


def send(sandbox: Sandbox, subject: str, seconds: float = 20) -> Delivery:
    mailer = SmtpMailer(
        host=sandbox.smtp_host,
        port=sandbox.smtp_port,
        security="plain",
        deadline_seconds=seconds,
    )
    message = Message(
        message_id="<0123456789abcdef@brightwater.example>",
        sender="billing@brightwater.example",
        recipients=Recipients(("jane@client.example",), ("cc@client.example",)),
        subject=subject,
        text="Hello,\n.\n.this is <b>your</b> invoice: 1.200,00 €\n",
        html="<p>Hello</p><script>alert(1)</script>",
        attachments=(Attachment("INV-2026-00001.pdf", "application/pdf", PDF),),
    )
    return mailer.send(message)


def mails_about(sandbox: Sandbox, subject: str) -> list[dict[str, Any]]:
    return [mail for mail in mails(sandbox.url) if mail["subject"] == subject]


def page(sandbox: Sandbox, path: str) -> httpx.Response:
    return httpx.get(f"{sandbox.url}{path}", trust_env=False)


def test_a_mail_that_was_sent_lies_in_the_mailbox(sandbox: Sandbox) -> None:
    subject = "Rechnung für <Nordwind> & Co"
    assert send(sandbox, subject).outcome is Outcome.ACCEPTED
    (mail,) = mails_about(sandbox, subject)
    assert mail["sender"] == "billing@brightwater.example"
    assert mail["recipients"] == ["jane@client.example", "cc@client.example"]
    assert mail["message_id"] == "<0123456789abcdef@brightwater.example>"
    assert mail["text"].splitlines()[1:3] == [".", ".this is <b>your</b> invoice: 1.200,00 €"]
    assert [one["name"] for one in mail["attachments"]] == ["INV-2026-00001.pdf"]
    assert attachment(sandbox.url, mail["number"]) == PDF


def test_the_mail_pages_show_mails_and_run_nothing(sandbox: Sandbox) -> None:
    send(sandbox, "<script>alert(2)</script>")
    number = mails_about(sandbox, "<script>alert(2)</script>")[0]["number"]
    for path in ("/mail", f"/mail/{number}"):
        text = page(sandbox, path).text
        assert "&lt;script&gt;alert(2)" in text
        assert "<script" not in text
    html = page(sandbox, f"/mail/{number}/html")
    assert html.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    download = page(sandbox, f"/mail/{number}/files/0")
    assert download.headers["content-disposition"] == 'attachment; filename="INV-2026-00001.pdf"'
    assert page(sandbox, f"/mail/{number}/source").content.startswith(b"From: billing@")
    assert page(sandbox, "/mail/9999").status_code == 404
    assert page(sandbox, f"/mail/{number}/files/7").status_code == 404


@pytest.mark.parametrize(
    ("fault", "outcome", "kept"),
    [
        ("reply_451", Outcome.RETRY, 0),
        ("reply_550", Outcome.FAILED, 0),
        ("drop_after_dot", Outcome.UNCERTAIN, 1),
        ("hang_after_accept", Outcome.UNCERTAIN, 1),
    ],
)
def test_the_mail_server_goes_wrong_on_request_and_recovers(
    sandbox: Sandbox, fault: str, outcome: Outcome, kept: int
) -> None:
    misbehave(sandbox.url, fault)
    assert send(sandbox, fault, seconds=2).outcome is outcome
    assert len(mails_about(sandbox, fault)) == kept
    assert send(sandbox, f"after {fault}").outcome is Outcome.ACCEPTED


def test_a_won_deal_is_told_with_a_signature_that_holds(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    told = win_deal(sandbox.url, "D-1001")
    assert wait_delivered(sandbox.url, told["event_id"])["answer"] == '202 {"receipt": "new"}'
    ((path, headers, body),) = receiver.about("D-1001")
    assert path == "/invoicing/webhooks/crm"
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body) == {
        "event_id": told["event_id"],
        "kind": "deal_won",
        "object_id": "D-1001",
    }
    secret = sandbox.keys["crm"]["secret"]
    stamp, signature = headers[TIMESTAMP_HEADER], headers[SIGNATURE_HEADER]
    now = datetime.now(UTC)
    verify([secret], stamp, signature, body, now)
    later = datetime.fromtimestamp(int(stamp) + 301, UTC)
    forgeries = [
        (sandbox.keys["accounting"]["secret"], stamp, signature, body, now),
        (secret, str(int(stamp) + 1), signature, body, now),
        (secret, stamp, signature, body.replace(b"D-1001", b"D-1002"), now),
        (secret, stamp, signature, body, later),
    ]
    for key, at, signed, content, when in forgeries:
        with pytest.raises(RefusedError):
            verify([key], at, signed, content, when)


def test_a_won_deal_is_fetched_by_its_id(sandbox: Sandbox) -> None:
    win_deal(sandbox.url, "D-1002")
    with sources(sandbox) as open_sources:
        found = open_sources.fetch(hint("crm", EventKind.DEAL_WON, "D-1002"))
    assert isinstance(found, BillingEvent)
    assert found.client == "nordwind"
    assert found.occurred_on.isoformat() == "2026-11-02"
    items = [item for item in found.work if isinstance(item, WorkItem)]
    assert sum(item.quantity * item.unit_price.amount for item in items) == 18_500
    assert [item.record_id for item in found.work] == [f"deal:D-1002/line:{n}" for n in (1, 2, 3)]


def test_what_is_not_won_or_not_there_is_not_billed(sandbox: Sandbox) -> None:
    with sources(sandbox) as open_sources:
        with pytest.raises(TerminalError, match="not won"):
            open_sources.fetch(hint("crm", EventKind.DEAL_WON, "D-1130"))
        with pytest.raises(NotFoundError):
            open_sources.fetch(hint("crm", EventKind.DEAL_WON, "D-9"))
        with pytest.raises(NotFoundError):
            open_sources.fetch(hint("accounting", EventKind.PAYMENT_RECEIVED, "P-9"))


def test_everything_that_can_happen_is_told_and_can_be_asked_for(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    kinds = {EventKind(one["kind"]) for one in happenings(sandbox.url)}
    inside = {EventKind.RETAINER_DUE, EventKind.ONE_OFF_REQUESTED}
    assert kinds == set(EventKind) - inside - {EventKind.DEAL_WON, EventKind.PAYMENT_RECEIVED}

    for one in happenings(sandbox.url):
        kind, object_id = EventKind(one["kind"]), one["path"].rpartition("/")[2]
        told = let_happen(sandbox.url, one["id"], "2026-11-20")
        day = next(it["happened_on"] for it in happenings(sandbox.url) if it["id"] == one["id"])
        assert let_happen(sandbox.url, one["id"])["event_id"] == told["event_id"]
        wait_delivered(sandbox.url, told["event_id"])
        assert receiver.about(object_id)[0][0] == f"/invoicing/webhooks/{one['source']}"
        with sources(sandbox) as open_sources:
            found = open_sources.fetch(hint(one["source"], kind, object_id))
        assert isinstance(found, BillingEvent)
        assert (found.client, str(found.occurred_on)) == (one["client"], day)


def test_hours_are_told_up_to_a_day_and_with_what_nobody_approved(sandbox: Sandbox) -> None:
    with sources(sandbox) as open_sources:
        early = open_sources.work_of("psa", "juniper-cloud", date(2026, 11, 6))
        late = open_sources.work_of("psa", "juniper-cloud", date(2026, 11, 30))
        with pytest.raises(NotFoundError):
            open_sources.work_of("psa", "harbor-support", date(2026, 11, 30))
    hours = [one.minutes for one in early if isinstance(one, TimeEntry)]
    assert sum(hours) == 40 * 60
    assert [one.record_id for one in late if not is_approved(one)] == ["time:JC-10"]


@pytest.mark.parametrize("path", ["/crm/deals/D-1001", "/psa/projects/PRJ-40", "/nobody/a/b"])
def test_no_object_is_told_to_strangers(sandbox: Sandbox, path: str) -> None:
    assert page(sandbox, path).status_code in {401, 404}


@pytest.mark.parametrize("token", ["", "wrong"])
def test_a_source_tells_nothing_without_its_token(sandbox: Sandbox, token: str) -> None:
    with sources(sandbox, crm=token) as open_sources, pytest.raises(SettingsError):
        open_sources.fetch(hint("crm", EventKind.DEAL_WON, "D-1001"))
    other = sandbox.keys["accounting"]["token"]
    with sources(sandbox, crm=other) as open_sources, pytest.raises(SettingsError):
        open_sources.fetch(hint("crm", EventKind.DEAL_WON, "D-1001"))


def test_money_arrives_and_is_told(sandbox: Sandbox, receiver: Receiver) -> None:
    told = pay(sandbox.url, "INV-2026-00001", "100.00", "EUR")
    wait_delivered(sandbox.url, told["event_id"])
    ((path, _, body),) = receiver.about(told["object_id"])
    assert path == "/invoicing/webhooks/accounting"
    assert json.loads(body)["kind"] == "payment_received"
    with sources(sandbox) as open_sources:
        found = open_sources.fetch(
            hint("accounting", EventKind.PAYMENT_RECEIVED, told["object_id"])
        )
    assert isinstance(found, Payment)
    assert str(found.amount) == "100.00 EUR"
    assert found.reference == "Invoice INV-2026-00001"
    assert found.received_on.isoformat() == "2026-11-02"


def test_winning_twice_is_one_event_and_can_be_told_again(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    first = win_deal(sandbox.url, "D-1101")
    wait_delivered(sandbox.url, first["event_id"])
    assert win_deal(sandbox.url, "D-1101")["event_id"] == first["event_id"]
    wait_delivered(sandbox.url, first["event_id"])
    send_again(sandbox.url, first["event_id"])
    wait_delivered(sandbox.url, first["event_id"])
    bodies = [body for _, _, body in receiver.about("D-1101")]
    assert len(bodies) == 3
    assert len(set(bodies)) == 1


def test_a_product_that_is_busy_is_told_until_it_listens(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    receiver.answers = [503, 429]
    told = win_deal(sandbox.url, "D-1102")
    assert wait_delivered(sandbox.url, told["event_id"])["attempts"] == 3
    signatures = [headers[SIGNATURE_HEADER] for _, headers, _ in receiver.about("D-1102")]
    assert len(signatures) == 3


def test_a_product_that_refuses_is_left_alone(sandbox: Sandbox, receiver: Receiver) -> None:
    receiver.answers = [401]
    told = win_deal(sandbox.url, "D-1103")
    with pytest.raises(SandboxError, match="refused"):
        wait_delivered(sandbox.url, told["event_id"])
    assert len(receiver.about("D-1103")) == 1
    assert "refused" in page(sandbox, "/crm").text


def test_a_newcomer_can_do_it_all_with_the_buttons(sandbox: Sandbox, receiver: Receiver) -> None:
    with httpx.Client(base_url=sandbox.url, follow_redirects=True, trust_env=False) as browser:
        assert "open deals" in browser.get("/").text
        crm = browser.post("/crm/deals/D-1104/win", data={"won_on": "2026-11-03"})
        assert "2026-11-03" in crm.text
        assert "PRJ-40" in browser.get("/psa").text
        esign = browser.post("/happenings/contract", data={"day": "2026-11-04"})
        assert "S-501" in esign.text
        paid = {"number": "INV-2026-00042", "amount": "7.50", "currency": "EUR", "received_on": ""}
        assert "INV-2026-00042" in browser.post("/accounting/payments", data=paid).text
        wrong = browser.post("/accounting/payments", data=paid | {"amount": "7,50"})
        assert "Write the amount like 1234.50" in wrong.text
        assert 'href="/accounting"' in wrong.text
        faults = browser.post("/mail/fault", data={"fault": "reply_451", "count": "2"})
        assert "for the next 2" in faults.text
        browser.post("/mail/fault", data={"fault": "none", "count": "0"})
        assert browser.get("/style.css").headers["content-type"].startswith("text/css")
    told = next(one for one in deals(sandbox.url) if one["id"] == "D-1104")
    assert told["won_on"] == "2026-11-03"


@pytest.mark.parametrize(
    "paid",
    [
        {"amount": "1,000.00"},
        {"amount": "NaN"},
        {"amount": ""},
        {"currency": "euro"},
        {"received_on": "tomorrow"},
    ],
    ids=str,
)
def test_mistakes_are_explained(sandbox: Sandbox, paid: dict[str, str]) -> None:
    right = {"number": "INV-1", "amount": "1.00", "currency": "EUR"}
    with pytest.raises(SandboxError, match="Write the"):
        pay(sandbox.url, **(right | paid))


def test_unknown_deals_and_events_are_not_found(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match="404"):
        win_deal(sandbox.url, "D-9")
    with pytest.raises(SandboxError, match="404"):
        let_happen(sandbox.url, "nothing")
    with pytest.raises(SandboxError, match="404"):
        event(sandbox.url, "evt_0")


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Host": "evil.example"}, 400), ({"Sec-Fetch-Site": "cross-site"}, 403)],
)
def test_other_sites_cannot_drive_it(
    sandbox: Sandbox, headers: dict[str, str], status: int
) -> None:
    url = f"{sandbox.url}/api/deals/D-1129/win"
    answer = httpx.post(url, json={}, headers=headers, trust_env=False)
    assert answer.status_code == status
    told = next(one for one in deals(sandbox.url) if one["id"] == "D-1129")
    assert told["won_on"] is None


def test_the_mail_server_wants_commands_in_order(sandbox: Sandbox) -> None:
    with socket.create_connection((sandbox.smtp_host, sandbox.smtp_port), 10) as sock:
        file = sock.makefile("rwb")
        answers = []
        for command in ("", "DATA", "RCPT TO:<a@b.c>", "MAIL FROM:a", "VRFY a", "NOOP", "QUIT"):
            if command:
                file.write(f"{command}\r\n".encode())
                file.flush()
            answers.append(file.readline()[:3])
        file.close()
    assert answers == [b"220", b"503", b"503", b"501", b"502", b"250", b"221"]


def test_a_restart_remembers_and_delivers_what_was_left(receiver: Receiver, tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    with start_sandbox(tmp_path, away) as before:
        told = win_deal(before.url, "D-1105", "2026-11-05")
        send(before, "kept")
        keys = before.keys
    assert before.process.returncode == 0
    with start_sandbox(tmp_path, receiver.url) as after:
        assert after.keys == keys
        assert wait_delivered(after.url, told["event_id"])["object_id"] == "D-1105"
        assert [mail["subject"] for mail in mails(after.url)] == ["kept"]
        send(after, "second")
        assert [mail["number"] for mail in mails(after.url)] == [1, 2]
    assert (tmp_path / "keys.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("host", ["192.0.2.1", "::"])
def test_it_is_never_reachable_from_outside(tmp_path: Path, host: str) -> None:
    command = [sys.executable, "-m", "sandbox.servers", "--state", str(tmp_path)]
    answer = subprocess.run(
        [*command, "--airflow-url", "http://127.0.0.1:1", "--host", host],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=Path(__file__).parents[2],
    )
    assert answer.returncode == 2
    assert "never reachable from outside" in answer.stderr
