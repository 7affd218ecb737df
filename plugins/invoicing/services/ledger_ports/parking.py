"""Groups of tables about clients: which of them are parked, and what each was like when."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Protocol

from invoicing.domain.agreements import Agreement
from invoicing.domain.parking import AgreementVersion, ClientVersion, Parked
from invoicing.domain.parties import Client, Mode


class Parking(Protocol):
    """Clients that are stopped as a whole; each is parked once at a time."""

    def park(self, client: str, cause: str, at: datetime) -> bool:
        """Park a client; False when it is parked already."""

    def unpark(self, client: str, by: str, at: datetime) -> bool:
        """Let a client go on; False when it is not parked."""

    def parked(self, clients: Collection[str] | None = None) -> dict[str, Parked]:
        """Return those of ``clients`` (of all, unless told) that are parked now."""


class Parties(Protocol):
    """Every version of clients and agreements that was ever active, each kept once."""

    def keep(
        self, clients: Iterable[Client], agreements: Iterable[Agreement], activation: int
    ) -> None:
        """Append what differs from the newest version; a client that is not there any more goes
        on as one that is off."""

    def is_empty(self) -> bool:
        """Tell whether nothing was ever kept."""

    def modes(self, clients: Collection[str]) -> dict[str, Mode]:
        """Return how far the newest version of each client lets the product go."""

    def client_at(self, client: str, config_hash: str) -> ClientVersion | None:
        """Return the version of a client that a configuration has, if it was kept."""

    def agreement_at(self, agreement: str, config_hash: str) -> AgreementVersion | None:
        """Return the version of an agreement that a configuration has, if it was kept."""
