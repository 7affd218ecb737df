"""Every test of the ledger runs on both databases."""

from tests.support.ledgers import (
    empty_url,
    kind,
    ledger,
    migrated_database,
    migrated_file,
    url,
)

__all__ = ["empty_url", "kind", "ledger", "migrated_database", "migrated_file", "url"]
