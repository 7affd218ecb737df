"""Configurations that were active once, so that an invoice can be explained by the one it used."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Column, Select, func, select, update

from invoicing.ledger.statements import Rows
from invoicing.ledger.tables import config_versions as configs

_LOCK = int.from_bytes(sha256(b"invoicing configuration").digest()[:8], signed=True)


class ConfigRows(Rows):
    """Configurations that were active once, by hash; the one activated last is active."""

    def activate(self, config_hash: str, texts: Mapping[str, str], at: datetime) -> int:
        """Store a configuration and make it the active one; harmless when it is.

        Returns the number of its activation. One process at a time does this, so that the versions
        of clients and agreements, which are kept with it, follow each other.
        """
        if self.connection.dialect.name == "postgresql":
            self.connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        last = self.connection.scalar(select(func.coalesce(func.max(configs.c.activation), 0))) or 0
        if self.connection.scalar(_of_active(configs.c.config_hash)) == config_hash:
            return last
        change = {"activation": last + 1, "activated_at": at}
        if not self.inserted(configs, {"config_hash": config_hash, "texts": dict(texts), **change}):
            here = configs.c.config_hash == config_hash
            self.connection.execute(update(configs).where(here).values(change))
        return last + 1

    def active(self) -> Mapping[str, str] | None:
        """Return the texts of the active configuration, if there ever was one."""
        texts: Mapping[str, str] | None = self.connection.scalar(_of_active(configs.c.texts))
        return texts


def _of_active(column: Column[Any]) -> Select[Any]:
    newest = (configs.c.activation.desc(), configs.c.config_hash)
    return select(column).order_by(*newest).limit(1)
