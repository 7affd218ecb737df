"""How the tables of a ledger came to be, one revision after the other; Alembic runs them."""
