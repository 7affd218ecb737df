"""The book: everything people wrote down in config/, checked and active as a whole."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from invoicing.domain.errors import NotFoundError
from invoicing.domain.parties import Client, Entity
from invoicing.domain.review import ReviewPolicy
from invoicing.domain.rules import Agreement, BillingRule, Model
from invoicing.domain.tax import TaxTable


@dataclass(frozen=True, slots=True)
class Book:
    """One consistent state of the configuration.

    ``config_hash`` names it: drafts and invoices keep the hash they were made under. ``texts`` are
    the files it was read from, so that the ledger can keep them.
    """

    config_hash: str
    entities: Mapping[str, Entity]
    clients: Mapping[str, Client]
    agreements: Mapping[str, Agreement]
    rules: tuple[BillingRule, ...]
    taxes: TaxTable
    review: ReviewPolicy
    texts: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def entity(self, key: str) -> Entity:
        """Return our legal entity ``key``."""
        if key not in self.entities:
            raise NotFoundError(f"no legal entity {key!r} in config/company.yaml")
        return self.entities[key]

    def client(self, key: str) -> Client:
        """Return the client ``key``."""
        if key not in self.clients:
            raise NotFoundError(f"no client {key!r} in config/clients.yaml")
        return self.clients[key]

    def agreement(self, key: str) -> Agreement:
        """Return the agreement ``key``."""
        if key not in self.agreements:
            raise NotFoundError(f"no agreement {key!r} in config/agreements.yaml")
        return self.agreements[key]

    def agreements_of(self, model: Model, client: str = "") -> Iterator[Agreement]:
        """Yield the agreements of a billing model, of one client or of all."""
        for agreement in self.agreements.values():
            if agreement.model == model and client in {"", agreement.client}:
                yield agreement
