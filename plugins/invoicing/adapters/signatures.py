"""Report, the door: proves that a webhook was sent by the source that it claims to come from.

The signature is ``v1=`` and the hex HMAC-SHA256 of the timestamp, a dot and the raw body. It
limits a recording's use to five minutes; the unique event id of the inbox does the rest.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime

from invoicing.domain.errors import RefusedError

TIMESTAMP_HEADER = "X-Invoicing-Timestamp"
SIGNATURE_HEADER = "X-Invoicing-Signature"
TOLERANCE_SECONDS = 300
_TIMESTAMP = re.compile(r"[0-9]{1,12}")  # int() alone would take full-width digits and +1_0


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature header for ``body``, sent at ``timestamp`` (Unix seconds)."""
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"v1={digest.hexdigest()}"


def verify(
    secrets: Sequence[str], timestamp: str, signature: str, body: bytes, now: datetime
) -> None:
    """Raise RefusedError unless ``body`` was signed with one of ``secrets`` within five minutes.

    ``now`` is real time, never the movable business clock. Two secrets may be valid at once, so
    that one can be replaced without a gap; an empty one counts for nothing.
    """
    if not _TIMESTAMP.fullmatch(timestamp):
        raise RefusedError(f"{TIMESTAMP_HEADER} must be Unix seconds in plain digits")
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
        raise RefusedError(f"{TIMESTAMP_HEADER} is more than {TOLERANCE_SECONDS} s off our clock")
    given = signature.encode("utf-8", "surrogatepass")  # compare_digest takes only ASCII as text
    matches = [
        hmac.compare_digest(sign(secret, timestamp, body).encode(), given)
        for secret in secrets
        if secret
    ]
    if not any(matches):
        raise RefusedError(f"{SIGNATURE_HEADER} does not match the body")
