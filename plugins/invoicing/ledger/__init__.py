"""The ledger: the source of truth on SQLite or PostgreSQL, behind the Protocols of the services."""
