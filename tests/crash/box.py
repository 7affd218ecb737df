"""Our mailbox in the world: what came to it, by UID, and what lies among the sent mails."""

import base64
import json
from collections.abc import Collection
from dataclasses import dataclass, field

PATH = "/mailbox/"
AUTHSERV = "mx.brightwater.example"


@dataclass
class Box:
    """The mails in our mailbox; when the server moves, all of them count anew."""

    validity: int = 1
    mails: list[bytes] = field(default_factory=list)

    def answer(self, path: str, sent: Collection[str]) -> bytes:
        """Answer a request for a page of mails, or for one among the sent ones."""
        what, *facts = path.removeprefix(PATH).split("/")
        if what == "sent":
            return json.dumps({"sent": bytes.fromhex(facts[0]).decode() in sent}).encode()
        validity, uid, limit = map(int, facts)
        after = uid if validity == self.validity else 0
        page = enumerate(self.mails[after : after + limit], after + 1)
        mails = [[place, base64.b64encode(content).decode()] for place, content in page]
        return json.dumps({"validity": self.validity, "mails": mails}).encode()
