"""What attackers need: a server that hears every knock, a file nobody may see, text everywhere."""

from dataclasses import fields, is_dataclass, replace
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEPT = frozenset({"currency", "key", "id", "zone", "language", "logo"})
SECRET = "canary-in-a-file"


class Canary:
    """A web server on loopback that remembers every request."""

    def __init__(self) -> None:
        hits: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hits.append(self.path)
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        self.hits = hits
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


def poisoned(value: Any, text: str, field: str = "", only: frozenset[str] = frozenset()) -> Any:
    """Replace every text of a domain value by ``text``, or those of the fields ``only``."""
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        kept = field not in only if only else field in KEPT
        return value if kept else text
    if isinstance(value, tuple):
        return tuple(poisoned(item, text, field, only) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        parts = {part.name: getattr(value, part.name) for part in fields(value)}
        return replace(value, **{k: poisoned(part, text, k, only) for k, part in parts.items()})
    return value
