"""Which rules can be about whom, found without comparing every rule with everything."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from invoicing.config.checks.entries import clients_of
from invoicing.config.desk import Desk
from invoicing.config.strict_yaml import Branch, Route
from invoicing.domain.agreements import Agreement
from invoicing.domain.rules import BillingRule


@dataclass(frozen=True, slots=True)
class World:
    """Who there is: the clients with their types, and whose each agreement is.

    Entries with a mistake count, as far as they can be read.
    """

    types: Mapping[str, str]
    owners: Mapping[str, str]

    @classmethod
    def of(cls, desk: Desk) -> "World":
        """Read who there is."""
        types = {str(at[-1]): "" for at in desk.clients.entries("clients")}
        types |= {key: client.type or "" for key, client in clients_of(desk).items()}
        owners = {
            str(at[-1]): str(entry.get("client", ""))
            for at, entry in desk.agreements.entries("agreements").items()
            if isinstance(entry, Branch)
        }
        return cls(types, owners)


class RuleIndex:
    """Rules by number, filed under the clients and agreements that they name."""

    def __init__(self, owners: Mapping[str, str], rules: Iterable[BillingRule] = ()) -> None:
        self._owners = owners
        self._count = 0
        self._everybody: list[int] = []
        self._clients: dict[str, list[int]] = defaultdict(list)
        self._agreements: dict[str, list[int]] = defaultdict(list)
        self._through: dict[str, list[int]] = defaultdict(list)  # clients of named agreements
        for rule in rules:
            self.add(rule)

    def add(self, rule: BillingRule) -> None:
        """File a rule under the next number; the first has 0."""
        number, self._count = self._count, self._count + 1
        for agreement in rule.agreements:
            self._agreements[agreement].append(number)
        if rule.agreements:
            for client in self._owners_of(rule):
                self._through[client].append(number)
        else:
            for client in rule.clients:
                self._clients[client].append(number)
        if not rule.agreements and not rule.clients:
            self._everybody.append(number)

    def meeting(self, rule: BillingRule) -> Iterable[int]:
        """Return the filed rules that could be about the same client or agreement, in order."""
        if rule.agreements:
            return self._sorted(rule.agreements, self._owners_of(rule), ())
        if rule.clients:
            return self._sorted((), rule.clients, rule.clients)
        return range(self._count)

    def about(self, agreement: Agreement) -> Iterable[int]:
        """Return the filed rules that could be about an agreement, in order."""
        return self._sorted((agreement.key,), (agreement.client,), ())

    def _owners_of(self, rule: BillingRule) -> set[str]:
        return {self._owners[key] for key in rule.agreements if key in self._owners}

    def _sorted(
        self, agreements: Iterable[str], clients: Iterable[str], through: Iterable[str]
    ) -> list[int]:
        found = set(self._everybody)
        for filed, keys in (
            (self._agreements, agreements),
            (self._clients, clients),
            (self._through, through),
        ):
            for key in keys:
                found.update(filed.get(key, ()))
        return sorted(found)


def agreements_for(
    rules: Iterable[tuple[Route, BillingRule]], agreements: Mapping[str, Agreement]
) -> Iterator[tuple[Route, BillingRule, Agreement]]:
    """Yield each rule with each agreement whose client and key it names, or does not exclude."""
    of_client: dict[str, list[Agreement]] = defaultdict(list)
    for agreement in agreements.values():
        of_client[agreement.client].append(agreement)
    for route, rule in rules:
        if rule.agreements:
            keys = sorted(rule.agreements & agreements.keys())
            found: Iterable[Agreement] = (agreements[key] for key in keys)
        elif rule.clients:
            found = (one for key in sorted(rule.clients) for one in of_client.get(key, ()))
        else:
            found = agreements.values()
        yield from ((route, rule, agreement) for agreement in found)
