"""Gate: which clients may go on now, asked in the very transaction that acts."""

from collections.abc import Collection

from invoicing.domain.parking import Parked
from invoicing.domain.parties import Mode
from invoicing.services.ledger_ports import UnitOfWork
from invoicing.services.ports import Services

_FARTHEST_FIRST = (Mode.LIVE, Mode.SHADOW, Mode.OFF)


class Gate:
    """How far the product may go for some clients, as one transaction sees it.

    The book of this process may be older than the configuration that is active: a task may run for
    an hour. So the ledger's newest version of a client counts as well, and the more careful of the
    two wins.
    """

    def __init__(self, s: Services, work: UnitOfWork, clients: Collection[str]) -> None:
        self._book = s.book.clients
        self._newest = work.parties.modes(clients)
        self._parked = work.parking.parked(clients)

    def mode(self, client: str) -> Mode:
        """Return the mode that counts; a client that nobody knows is off."""
        listed = self._book.get(client)
        ours = listed.mode if listed else Mode.OFF
        return max(ours, self._newest.get(client, ours), key=_FARTHEST_FIRST.index)

    def is_outdated(self, client: str) -> bool:
        """Tell whether the mode of a client was changed since this process read its book."""
        listed = self._book.get(client)
        return listed is not None and self._newest.get(client, listed.mode) is not listed.mode

    def is_live(self, client: str) -> bool:
        """Tell whether a client may be invoiced for real."""
        return self.mode(client) is Mode.LIVE

    def parked(self, client: str) -> Parked | None:
        """Return since when and why a client is parked, if it is."""
        return self._parked.get(client)

    def lets(self, client: str) -> bool:
        """Tell whether a client is live and not parked."""
        return self.is_live(client) and client not in self._parked


def park(s: Services, work: UnitOfWork, client: str, cause: str) -> bool:
    """Stop a client as a whole and show it to a person; False when it is parked already."""
    now = s.clock.now()
    if not work.parking.park(client, cause, now):
        return False
    work.exceptions.open("client_parked", client, cause, now)
    work.trail.add(client, "parked", now, {"cause": cause})
    return True
