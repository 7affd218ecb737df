"""The words between the renderer and its child process: a length, then that much JSON."""

import json
import struct
from typing import BinaryIO

from invoicing.domain.canonical import Plain

LENGTH = struct.Struct(">Q")


def pack(message: dict[str, Plain]) -> bytes:
    """Return the bytes of one message."""
    body = json.dumps(message, separators=(",", ":")).encode()
    return LENGTH.pack(len(body)) + body


def unpack(body: bytes) -> dict[str, Plain]:
    """Read the body of one message."""
    message = json.loads(body)
    if not isinstance(message, dict):
        raise TypeError("a message between renderer and child must be an object")
    return message


def read_message(stream: BinaryIO) -> dict[str, Plain] | None:
    """Wait for the next message, or return nothing when the other side has closed."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    body = stream.read(length)
    return unpack(body) if len(body) == length else None
