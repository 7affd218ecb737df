"""Triggers: wake billing DAGs up; they look into the ledger and never change it."""
