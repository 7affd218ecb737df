"""Versions of clients and agreements: appended when a configuration is activated, never changed."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Column, ColumnElement, Row, Table, exists, insert, select

from invoicing.domain.agreements import Agreement
from invoicing.domain.canonical import fingerprint
from invoicing.domain.parking import AgreementVersion, ClientVersion
from invoicing.domain.parties import Client, Mode
from invoicing.ledger.statements import Rows
from invoicing.ledger.tables import agreement_versions, client_versions
from invoicing.ledger.tables import config_versions as configs

_CLIENT, _AGREEMENT = client_versions.c.client, agreement_versions.c.agreement


class PartyRows(Rows):
    """Every version of clients and agreements that was ever active, each kept once."""

    def keep(
        self, clients: Iterable[Client], agreements: Iterable[Agreement], activation: int
    ) -> None:
        """Append what differs from the newest version.

        A client that is not there any more goes on as one that is off, so that a process which
        still has it in its book does not mail it.
        """
        newest = self._newest(client_versions, _CLIENT)
        listed = {one.key: one for one in clients}
        left = {
            key: replace(row.content, mode=Mode.OFF)
            for key, row in newest.items()
            if key not in listed and row.content.mode is not Mode.OFF
        }
        self._append(client_versions, newest, listed | left, activation)
        newest = self._newest(agreement_versions, _AGREEMENT)
        self._append(agreement_versions, newest, {one.key: one for one in agreements}, activation)

    def is_empty(self) -> bool:
        """Tell whether nothing was ever kept."""
        return self.connection.execute(select(client_versions.c.version).limit(1)).first() is None

    def modes(self, clients: Collection[str]) -> dict[str, Mode]:
        """Return how far the newest version of each client lets the product go."""
        mode = self.text_in(client_versions.c.content, "mode").label("mode")
        query = select(client_versions.c.client, mode).where(_is_newest(client_versions, _CLIENT))
        rows = self.rows_by(query, client_versions.c.client, set(clients))
        return {row.client: Mode(row.mode) for row in rows}

    def client_at(self, client: str, config_hash: str) -> ClientVersion | None:
        """Return the version of a client that a configuration has, if it was kept."""
        row = self._at(client_versions, _CLIENT, client, config_hash)
        return ClientVersion(row.version, row.content) if row else None

    def agreement_at(self, agreement: str, config_hash: str) -> AgreementVersion | None:
        """Return the version of an agreement that a configuration has, if it was kept."""
        row = self._at(agreement_versions, _AGREEMENT, agreement, config_hash)
        return AgreementVersion(row.version, row.content) if row else None

    def _newest(self, table: Table, key: Column[Any]) -> dict[str, Row[Any]]:
        query = select(table, key.label("party")).where(_is_newest(table, key))
        return {row.party: row for row in self.connection.execute(query)}

    def _append(
        self,
        table: Table,
        newest: Mapping[str, Row[Any]],
        parties: Mapping[str, Client | Agreement],
        activation: int,
    ) -> None:
        rows = []
        for key, content in sorted(parties.items()):
            last, digest = newest.get(key), fingerprint(content)
            if last is None or last.content_hash != digest:
                version = last.version + 1 if last else 1
                rows.append(_values(content, version, digest, activation))
        if rows:
            self.connection.execute(insert(table), rows)

    def _at(self, table: Table, key: Column[Any], party: str, config_hash: str) -> Row[Any] | None:
        """Return the newest version that is not younger than a configuration's last activation.

        A configuration that comes back appends what differs from the one before it, so this is
        what it has, whichever of its activations is meant.
        """
        activation = select(configs.c.activation).where(configs.c.config_hash == config_hash)
        query = select(table).where(
            key == party, table.c.activation <= activation.scalar_subquery()
        )
        return self.connection.execute(query.order_by(table.c.version.desc()).limit(1)).first()


def _is_newest(table: Table, key: Column[Any]) -> ColumnElement[bool]:
    later = table.alias()
    return ~exists().where(later.c[key.name] == key, later.c.version > table.c.version)


def _values(
    content: Client | Agreement, version: int, digest: str, activation: int
) -> dict[str, object]:
    kept = {
        "version": version, "content_hash": digest, "content": content, "activation": activation,
    }  # fmt: skip
    if isinstance(content, Agreement):
        return {"agreement": content.key, "client": content.client, **kept}
    return {"client": content.key, **kept}
