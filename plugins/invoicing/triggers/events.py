"""Events: wake a DAG up while events that nobody took up yet lie in the inbox."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from time import monotonic
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from invoicing.domain.events import EventKind
from invoicing.hooks.connections import services_from_airflow

if TYPE_CHECKING:
    from invoicing.services.ports import Services

log = logging.getLogger(__name__)


class _Window:
    """A view of the ledger; all triggers of a triggerer look through one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._services: Services | None = None

    def newest_waiting(self, kind: EventKind) -> str:
        """Look into the ledger from a thread; a ledger that is away is looked for again."""
        try:
            with self._open().ledger.read() as work:
                return work.inbox.newest_waiting(kind)
        except Exception as error:  # noqa: BLE001 - a watcher that ends is not started again
            self.forget()
            log.warning("The inbox cannot be read now: %s", type(error).__name__)
            return ""

    def forget(self) -> None:
        """Open the ledger anew with the next look."""
        with self._lock:
            self._services = None

    def _open(self) -> "Services":
        with self._lock:
            if self._services is None:
                self._services = services_from_airflow()
            return self._services


WINDOW = _Window()


class UndecidedEventsTrigger(BaseEventTrigger):
    """
    Wake a DAG up while events of one kind wait to be taken up.

    It only looks: the run takes the events. A trigger that marked rows itself would lose those it
    had marked when the triggerer is killed. A lost wake-up is made good by the DAG's sweep.

    :param kind: kind of event to look for, such as ``deal_won``
    :param poll_seconds: pause between two looks
    :param nag_seconds: how often to wake up again while the same event keeps waiting
    """

    def __init__(self, *, kind: str, poll_seconds: float = 5, nag_seconds: float = 300) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's own
        self.kind = kind
        self.poll_seconds = poll_seconds
        self.nag_seconds = nag_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Tell the triggerer how to make this trigger again."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "kind": self.kind,
                "poll_seconds": self.poll_seconds,
                "nag_seconds": self.nag_seconds,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield a wake-up for each new event that waits, and now and then for one that stays."""
        told, told_at = "", monotonic()
        while True:
            newest = await asyncio.to_thread(WINDOW.newest_waiting, EventKind(self.kind))
            nagging = monotonic() - told_at >= self.nag_seconds
            if newest and (newest != told or nagging):
                told_at = monotonic()
                yield TriggerEvent({"kind": self.kind})  # type: ignore[no-untyped-call]
            told = newest
            await asyncio.sleep(self.poll_seconds)
