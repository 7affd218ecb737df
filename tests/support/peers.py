"""Peers on loopback for tests: a mail server that keeps what it gets, and a source of objects."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

OUR_DOMAINS = ("@brightwater.example.com", "@cloudbridge.example.com")


@dataclass
class Mailbox:
    """What a mail server accepted, in the order of arrival."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    silent_after: str = ""  # never answer once a mail about this was taken

    def to(self, address: str) -> list[EmailMessage]:
        """Return the mails for an address."""
        return [mail for mail in self.mails if address in str(mail["To"])]

    def to_clients(self) -> list[EmailMessage]:
        """Return the mails that went to anybody but our own people."""
        return [mail for mail in self.mails if not str(mail["To"]).endswith(OUR_DOMAINS)]


def words_of(mail: EmailMessage) -> str:
    """Return the subject and the plain text of a mail."""
    body = mail.get_body(("plain",))
    return f"{mail['Subject']}\n{body.get_content() if body else ''}"


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """Run a mail server that accepts everything."""
    mailbox = Mailbox()

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say(220)
            while line := self.rfile.readline():
                verb = line[:4].upper().strip()
                if verb == b"DATA":
                    self._take_mail()
                else:
                    self._say(221 if verb == b"QUIT" else 250)
                if verb == b"QUIT":
                    return

        def _take_mail(self) -> None:
            self._say(354)
            lines = iter(self.rfile.readline, b".\r\n")
            content = b"".join(line.removeprefix(b".") for line in lines)
            mail = message_from_bytes(content, policy=default)
            mailbox.mails.append(mail)
            if mailbox.silent_after and mailbox.silent_after in str(mail):
                self.rfile.read()  # until the other side is gone
                return
            self._say(250)

        def _say(self, code: int) -> None:
            self.wfile.write(b"%d ok\r\n" % code)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Session) as server:
        mailbox.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield mailbox
        server.shutdown()


@dataclass
class ObjectServer:
    """A source: its address, the token it wants to see, and its objects by path."""

    token: str
    url: str = ""
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def win_deal(self, deal_id: str, client: str, *, price: str, **more: Any) -> None:
        """Put a deal with one line into the source."""
        line = {
            "id": f"{deal_id}-1",
            "description": "Onboarding workshop",
            "quantity": "1",
            "unit": "day",
            "unit_price": price,
            "tax_category": "standard",
        }
        self.objects[f"/deals/{deal_id}"] = {
            "id": deal_id,
            "client": client,
            "agreement": "",
            "title": "Onboarding",
            "won_on": "2026-11-02",
            "currency": "EUR",
            "lines": [line],
        } | more

    def find(self, path: str) -> dict[str, Any] | None:
        """Return an object; an agreement nobody worked for has no work."""
        if path.endswith("/work") and path not in self.objects:
            return {"agreement": path.split("/")[2], "entries": []}
        return self.objects.get(path)

    def put(self, path: str, **told: Any) -> None:
        """Put an object of any kind into the source; its id is the end of its path."""
        self.objects[path] = {"id": path.rpartition("/")[2]} | told

    def receive_payment(self, payment_id: str, amount: str, currency: str, reference: str) -> None:
        """Put a payment into the source."""
        self.objects[f"/payments/{payment_id}"] = {
            "id": payment_id,
            "amount": amount,
            "currency": currency,
            "received_on": "2026-11-02",
            "reference": reference,
        }


@contextmanager
def object_server(name: str) -> Iterator[ObjectServer]:
    """Run a source that answers fetches by id, with the token only."""
    source = ObjectServer(f"token-of-{name}")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            source.asked.append(self.path)
            found = source.find(self.path.partition("?")[0])
            if self.headers.get("Authorization") != f"Bearer {source.token}":
                self._answer(401, {})
            elif found is None:
                self._answer(404, {})
            else:
                self._answer(200, found)

        def _answer(self, code: int, body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            """Keep the test's output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        source.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield source
        server.shutdown()


def connections(mailbox: Mailbox, **sources: ObjectServer) -> dict[str, str]:
    """Return the Airflow connections to these peers, as environment variables."""
    smtp = {
        "conn_type": "smtp",
        "host": "127.0.0.1",
        "port": mailbox.port,
        "extra": {"disable_ssl": True, "disable_tls": True},
    }
    return {"AIRFLOW_CONN_INVOICING_SMTP": json.dumps(smtp)} | {
        f"AIRFLOW_CONN_INVOICING_SOURCE_{name.upper()}": _source(server, name)
        for name, server in sources.items()
    }


def webhook_secret(source: str) -> str:
    """Return the secret that a source of these tests signs its webhooks with."""
    return f"webhook-secret-of-{source}-" * 2


def _source(server: ObjectServer, name: str) -> str:
    return json.dumps(
        {
            "conn_type": "http",
            "host": server.url,
            "password": server.token,
            "extra": {"webhook_secrets": [webhook_secret(name)]},
        }
    )
