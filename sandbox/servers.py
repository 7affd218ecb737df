"""Runs the sandbox: `python -m sandbox.servers --state DIR --airflow-url URL`; Ctrl-C ends it."""

import argparse
import asyncio
import ipaddress
import json
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import uvicorn

from sandbox.company import MAILBOX, SOURCES, Company, shared_keys
from sandbox.desk import Desk
from sandbox.imap_sink import Account, start_mailbox
from sandbox.mails import MailFolder
from sandbox.smtp_sink import Misbehaviour, start_sink
from sandbox.web import sandbox_app
from sandbox.webhooks import Courier

OUR_DOMAINS = ("brightwater.example.com", "cloudbridge.example.com")


class _WebServer(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to us: the courier and the mail server end together with the pages."""
        yield


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and serve until somebody says stop."""
    asked = _parser().parse_args(arguments)
    asked.state.mkdir(parents=True, exist_ok=True)
    asyncio.run(_serve(asked))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox.servers", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder for mails and data")
    parser.add_argument("--airflow-url", required=True, help="where the webhooks go")
    parser.add_argument("--host", type=_loopback, default="127.0.0.1", help="a loopback address")
    parser.add_argument("--http-port", type=int, default=0, help="of the pages; 0 = any free one")
    parser.add_argument("--smtp-port", type=int, default=0, help="of the mail server; 0 = any")
    parser.add_argument("--imap-port", type=int, default=0, help="of our mailbox; 0 = any")
    parser.add_argument("--today", type=_day, help="day of wins and payments")
    return parser


def _loopback(text: str) -> str:
    if not ipaddress.ip_address(text).is_loopback:
        raise argparse.ArgumentTypeError("the sandbox is never reachable from outside")
    return text


def _day(text: str) -> str:
    return date.fromisoformat(text).isoformat()


async def _serve(asked: argparse.Namespace) -> None:
    company, keys = Company.opened(asked.state, asked.today or ""), shared_keys(asked.state)
    courier = Courier(company, keys, asked.airflow_url)
    folder, misbehaviour = MailFolder(asked.state / "mails"), Misbehaviour()
    desk = Desk(company, courier, folder, misbehaviour, keys, asked.airflow_url)
    sink = await start_sink(folder, misbehaviour, asked.host, asked.smtp_port)
    account = Account(**keys[MAILBOX], domains=OUR_DOMAINS)
    mailbox = await start_mailbox(folder, account, asked.host, asked.imap_port)
    family = socket.AF_INET6 if ":" in asked.host else socket.AF_INET
    listener = socket.create_server((asked.host, asked.http_port), family=family)
    config = uvicorn.Config(
        sandbox_app(desk), log_level="warning", lifespan="off", timeout_graceful_shutdown=1
    )
    web = _WebServer(config)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, _stop, web)
    _announce(asked, listener, sink, mailbox)
    courier.resume()
    try:
        await web.serve(sockets=[listener])
    finally:
        sink.close()
        mailbox.close()
        await courier.close()


def _stop(web: uvicorn.Server) -> None:
    web.should_exit = True


def _announce(
    asked: argparse.Namespace,
    listener: socket.socket,
    sink: asyncio.Server,
    mailbox: asyncio.Server,
) -> None:
    """Say on one line where everything is; connections made from now on are answered."""
    host = f"[{asked.host}]" if ":" in asked.host else asked.host
    url = f"http://{host}:{listener.getsockname()[1]}"
    ready = {
        "url": url,
        "smtp_host": asked.host,
        "smtp_port": sink.sockets[0].getsockname()[1],
        "imap_port": mailbox.sockets[0].getsockname()[1],
        "base_urls": {source: f"{url}/{source}" for source in SOURCES},
        "keys": str(asked.state / "keys.json"),
    }
    print(json.dumps(ready), flush=True)


if __name__ == "__main__":
    main()
