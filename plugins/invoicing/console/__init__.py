"""What the command line reads and prints: event files, tables, reports; no Airflow, no ledger."""
