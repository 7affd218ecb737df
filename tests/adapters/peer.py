"""A source system on a free port that answers exactly what a test tells it to."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


@dataclass
class Answer:
    """What a path is answered with; ``drip`` sends the body a byte at a time, for ever."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    drip: bool = False


@dataclass(frozen=True)
class Put:
    """What was put where."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class TestPeer:
    """Serves until the context is left; keeps what it was asked, with which token, and was told."""

    __test__ = False

    def __init__(self, answers: Mapping[str, Answer] | None = None) -> None:
        self.answers = dict(answers or {})
        self.asked: list[str] = []
        self.tokens: list[str] = []
        self.puts: list[Put] = []
        self.leave = threading.Event()
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                peer.asked.append(self.path)
                peer.tokens.append(self.headers.get("Authorization", ""))
                self._reply()

            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                peer.puts.append(Put(self.path, dict(self.headers), body))
                self._reply()

            def _reply(self) -> None:
                answer = peer.answers.get(self.path, Answer(404))
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                length = 1000 if answer.drip else len(answer.body)
                self.send_header("Content-Length", str(length))
                self.end_headers()
                if not answer.drip:
                    self.wfile.write(answer.body)
                while answer.drip and not peer.leave.wait(0.02):
                    self.wfile.write(b" ")

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.leave.set()
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()
