"""The desk: the services and webhook secrets that every request of the web part works with."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import Depends

from invoicing.hooks.connections import settings_from_airflow
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services.ports import Services
from invoicing.wiring import open_services

FRESH_SECONDS = 10.0


class Desk:
    """What a request needs: the secrets that each source signs with, and the use cases.

    The use cases are opened when a request first asks for them, so that a webhook with a false
    signature never reaches the ledger or the configuration.
    """

    def __init__(
        self, secrets: Mapping[str, tuple[str, ...]], opening: Callable[[], Services]
    ) -> None:
        self.secrets = secrets
        self._opening = opening
        self._lock = threading.Lock()
        self._services: Services | None = None

    @property
    def services(self) -> Services:
        """The use cases; one thread opens them, the others wait."""
        with self._lock:
            if self._services is None:
                self._services = self._opening()
            return self._services

    def close(self) -> None:
        """Give idle connections back; a request still at work here keeps its own to the end."""
        with self._lock:
            if self._services and isinstance(self._services.ledger, SqlLedger):
                self._services.ledger.close()


class _Cache:
    """Keeps a desk for some seconds.

    Opening reads config/ and the connections, too much for each of a page's requests; keeping it
    for good would show yesterday's rules until the API server is restarted.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._desk: Desk | None = None
        self._stale_at = 0.0

    def get(self) -> Desk:
        """Return the desk, made anew when it is stale."""
        with self._lock:
            if self._desk is None or time.monotonic() >= self._stale_at:
                stale, self._desk = self._desk, _new_desk()
                self._stale_at = time.monotonic() + FRESH_SECONDS
                if stale:
                    stale.close()
            return self._desk


def _new_desk() -> Desk:
    settings = settings_from_airflow()
    secrets = {name: source.webhook_secrets for name, source in settings.sources.items()}
    return Desk(secrets, lambda: open_services(settings))


_cache = _Cache()


def open_desk() -> Desk:
    """Return the desk of this process (a dependency, so that tests can put their own)."""
    return _cache.get()


DeskDep = Annotated[Desk, Depends(open_desk)]
