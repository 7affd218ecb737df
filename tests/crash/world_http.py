"""The sources' side over HTTP: objects by their path, now and then unwilling or broken."""

import re
import socket
import time
from typing import TYPE_CHECKING

from tests.crash.box import PATH

if TYPE_CHECKING:
    from tests.crash.world import State

_SLOW_SECONDS = 0.004
_LENGTH = re.compile(rb"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)
# (up to, what happens); everything above the last one is a plain answer.
_TROUBLES = (
    (0.05, "429"),
    (0.10, "500"),
    (0.13, "503"),
    (0.17, "close"),
    (0.20, "half"),
    (0.215, "garbage"),
    (0.225, "403"),
    (0.27, "slow"),
)


def talk_http(sock: socket.socket, state: "State") -> None:
    """Answer requests on one connection until the other side hangs up."""
    buffer = b""
    while True:
        while b"\r\n\r\n" not in buffer:
            buffer += _more(sock)
        head, _, buffer = buffer.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        size = int(length[1]) if length else 0
        while len(buffer) < size:
            buffer += _more(sock)
        told, buffer = buffer[:size], buffer[size:]
        verb, path = (word.decode("latin-1") for word in head.split(b" ", 2)[:2])
        if not _answer(sock, state, path.partition("?")[0], told if verb == "PUT" else None):
            return


def _more(sock: socket.socket) -> bytes:
    data = sock.recv(65536)
    if not data:
        raise ConnectionResetError
    return data


def _answer(sock: socket.socket, state: "State", path: str, told: bytes | None) -> bool:
    """Answer one request; False when the connection ends with it."""
    # Our mailbox is one place, whatever is asked of it.
    lossy, chance = state.chance(PATH if path.startswith(PATH) else path)
    trouble = next((name for limit, name in _TROUBLES if lossy and chance < limit), "")
    if trouble == "close":
        return False
    if trouble == "slow":
        time.sleep(_SLOW_SECONDS)
    if trouble.isdigit():
        sock.sendall(_response(int(trouble), b"{}"))
        return True
    body = state.said(path) if told is None else state.note(path, told)
    if body is None:
        sock.sendall(_response(404, b"{}"))
        return True
    if trouble == "garbage":
        body = body[:-1] + b', "id": NaN}'
    whole = _response(200, body)
    if trouble == "half":
        sock.sendall(whole[: len(whole) - len(body) // 2 - 1])
        return False
    sock.sendall(whole)
    return True


def _response(status: int, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
