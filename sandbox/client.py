"""Drives a running sandbox from a program: start it, let things happen, pay, read mails."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

_ROOT = Path(__file__).parent.parent
_STOP_SECONDS = 10


class SandboxError(Exception):
    """The sandbox did not do what it was asked to."""


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox process; leave the context (or call ``stop``) to end it."""

    process: subprocess.Popen[str]
    url: str
    smtp_host: str
    smtp_port: int
    imap_port: int
    base_urls: dict[str, str]
    keys: dict[str, dict[str, str]]

    def stop(self) -> None:
        """End the process, in peace if it can, and wait until it is gone."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def start_sandbox(
    state: Path, airflow_url: str, *, today: str = "", http_port: int = 0, smtp_port: int = 0
) -> Sandbox:
    """Start the sandbox and wait until it answers. Ports of 0 are free ones."""
    command = [
        sys.executable, "-m", "sandbox.servers",
        "--state", str(state),
        "--airflow-url", airflow_url,
        "--http-port", str(http_port),
        "--smtp-port", str(smtp_port),
        *(["--today", today] if today else []),
    ]  # fmt: skip
    folders = [str(_ROOT), str(_ROOT / "plugins"), os.environ.get("PYTHONPATH", "")]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, folders))}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, env=environ
    )
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise SandboxError(f"the sandbox ended at once, with code {process.wait()}")
    ready = json.loads(line)
    keys = json.loads(Path(ready.pop("keys")).read_text())
    return Sandbox(process, **ready, keys=keys)


def win_deal(url: str, deal_id: str, won_on: str = "") -> dict[str, Any]:
    """Win a deal and return the event that tells the product about it."""
    return _told("POST", f"{url}/api/deals/{deal_id}/win", {"won_on": won_on})


def pay(
    url: str, number: str, amount: str, currency: str, received_on: str = "", reference: str = ""
) -> dict[str, Any]:
    """Pay on the invoice ``number`` and return the event that tells the product about it."""
    asked = {
        "number": number,
        "amount": amount,
        "currency": currency,
        "received_on": received_on,
        "reference": reference,
    }
    return _told("POST", f"{url}/api/payments", asked)


def let_happen(url: str, happening_id: str, day: str = "") -> dict[str, Any]:
    """Let something of the seeded world happen and return the event that tells about it."""
    return _told("POST", f"{url}/api/happenings/{happening_id}", {"day": day})


def happenings(url: str) -> list[dict[str, Any]]:
    """Return everything that can happen, or did."""
    found: list[dict[str, Any]] = _ask("GET", f"{url}/api/happenings")
    return found


def mails(url: str) -> list[dict[str, Any]]:
    """Return every mail that arrived, oldest first."""
    found: list[dict[str, Any]] = _ask("GET", f"{url}/api/mails")
    return found


def notes(url: str) -> list[dict[str, str]]:
    """Return what the product told about invoices of the company's records."""
    found: list[dict[str, str]] = _ask("GET", f"{url}/api/notes")
    return found


def deals(url: str) -> list[dict[str, Any]]:
    """Return the deals of the CRM."""
    found: list[dict[str, Any]] = _ask("GET", f"{url}/api/deals")
    return found


def attachment(url: str, mail_number: int, place: int = 0) -> bytes:
    """Download a file that came with a mail."""
    response = httpx.get(f"{url}/mail/{mail_number}/files/{place}", trust_env=False)
    return response.raise_for_status().content


def event(url: str, event_id: str) -> dict[str, Any]:
    """Return how far the delivery of an event came."""
    return _told("GET", f"{url}/api/events/{event_id}")


def send_again(url: str, event_id: str) -> dict[str, Any]:
    """Send the webhook of an event once more, with the same id and a fresh signature."""
    return _told("POST", f"{url}/api/events/{event_id}/send", {})


def write_back(url: str, mail_number: int, text: str) -> None:
    """Answer a mail as the first one who got it."""
    _ask("POST", f"{url}/api/mails/{mail_number}/answer", {"text": text})


def send_back(url: str, mail_number: int) -> None:
    """Let a mail come back as undeliverable."""
    _ask("POST", f"{url}/api/mails/{mail_number}/bounce", {})


def misbehave(url: str, fault: str, count: int = 1) -> None:
    """Let the mail server go wrong with the next ``count`` mails (0: with all of them)."""
    _ask("POST", f"{url}/api/fault", {"fault": fault, "count": str(count)})


def wait_delivered(url: str, event_id: str, seconds: float = 60) -> dict[str, Any]:
    """Wait until the product has taken an event; SandboxError if it refuses or never answers."""
    end = time.monotonic() + seconds
    while (found := event(url, event_id))["state"] == "pending" and time.monotonic() < end:
        time.sleep(0.1)
    if found["state"] != "delivered":
        raise SandboxError(f"event {event_id} is {found['state']}: {found['answer']}")
    return found


def _told(method: str, url: str, asked: dict[str, str] | None = None) -> dict[str, Any]:
    told: dict[str, Any] = _ask(method, url, asked)
    return told


def _ask(method: str, url: str, asked: dict[str, str] | None = None) -> Any:
    response = httpx.request(method, url, json=asked, timeout=30, trust_env=False)
    if not response.is_success:
        raise SandboxError(f"{method} {url}: {response.status_code} {response.text}")
    return response.json()
