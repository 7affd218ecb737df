"""The world's mailbox as the use cases read it, over a connection that fails now and then."""

import base64
from dataclasses import dataclass
from typing import Any

import httpx

from invoicing.adapters.received import parse
from invoicing.domain.errors import TransientError
from invoicing.services.ports import MailPage, MailPosition, ReceivedMail
from tests.crash.box import AUTHSERV, PATH


@dataclass
class WorldMailbox:
    """Our mailbox, as far as it can be reached."""

    url: str
    client: httpx.Client
    name: str = "billing"

    def read(self, after: MailPosition | None, limit: int) -> MailPage:
        """Return the mails after a position."""
        before = after or MailPosition(0, 0)
        said = self._ask(f"read/{before.validity}/{before.uid}/{limit}")
        validity = int(said["validity"])
        uid = before.uid if validity == before.validity else 0
        mails = tuple(
            ReceivedMail(int(place), parse(base64.b64decode(content), (AUTHSERV,)))
            for place, content in said["mails"]
        )
        return MailPage(MailPosition(validity, mails[-1].uid if mails else uid), mails)

    def has_sent(self, message_id: str) -> bool | None:
        """Tell whether a mail lies among the sent ones, as all do that the world took."""
        return bool(self._ask(f"sent/{message_id.encode().hex()}")["sent"])

    def _ask(self, what: str) -> dict[str, Any]:
        try:
            answer = self.client.get(f"{self.url}{PATH}{what}")
            answer.raise_for_status()
            said: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise TransientError(f"the mailbox does not answer: {error}") from error
        return said
