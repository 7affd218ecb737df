"""Tells the product what happened, with a real signature, again and again until it listens."""

import asyncio
import json
import time

import httpx

from invoicing.adapters.signatures import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from sandbox.company import Company, Event

_MOST_ATTEMPTS = 14
_LONGEST_PAUSE = 30.0
_AT_ONCE = 8
_LATER = frozenset({408, 425, 429})


class Courier:
    """Delivers the events of the company; each keeps its id over all attempts."""

    def __init__(self, company: Company, keys: dict[str, dict[str, str]], airflow_url: str) -> None:
        self._company = company
        self._keys = keys
        self._base = f"{airflow_url.rstrip('/')}/invoicing/webhooks"
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        # loopback only: whatever proxy the shell knows has no part in this
        self._client = httpx.AsyncClient(timeout=15, trust_env=False)

    def send(self, event: Event) -> None:
        """Begin to deliver ``event``, unless that is going on already."""
        running = self._tasks.get(event.event_id)
        if running is None or running.done():
            event.state, event.attempts = "pending", 0
            self._tasks[event.event_id] = asyncio.create_task(self._deliver(event))

    def resume(self) -> None:
        """Go on with what an earlier process left undelivered."""
        for event in self._company.events.values():
            if event.state == "pending":
                self.send(event)

    async def close(self) -> None:
        """Stop; what is not delivered stays pending."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await self._client.aclose()

    async def _deliver(self, event: Event) -> None:
        while event.state == "pending":
            async with self._at_once:
                event.attempts += 1
                event.state, event.answer = await self._attempt(event)
            self._company.save()
            if event.state == "pending":
                await asyncio.sleep(min(0.2 * 2**event.attempts, _LONGEST_PAUSE))

    async def _attempt(self, event: Event) -> tuple[str, str]:
        body = json.dumps(
            {"event_id": event.event_id, "kind": event.kind, "object_id": event.object_id}
        ).encode()
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP_HEADER: timestamp,
            SIGNATURE_HEADER: sign(self._keys[event.source]["secret"], timestamp, body),
        }
        again = "pending" if event.attempts < _MOST_ATTEMPTS else "given_up"
        try:
            response = await self._client.post(
                f"{self._base}/{event.source}", content=body, headers=headers
            )
        except httpx.HTTPError as error:
            return again, f"no answer ({type(error).__name__})"
        answer = f"{response.status_code} {response.text[:200]}"
        if response.is_success:
            return "delivered", answer
        if response.status_code >= 500 or response.status_code in _LATER:
            return again, answer
        return "refused", answer
