#!/bin/sh
# Runs when the database server starts on an empty volume: Airflow and the ledger get a database and a user each, so
# that neither can write the other's tables.
set -eu

psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" \
  --set airflow="$AIRFLOW_PASSWORD" --set ledger="$LEDGER_PASSWORD" <<'SQL'
CREATE ROLE airflow LOGIN PASSWORD :'airflow';
CREATE ROLE invoicing LOGIN PASSWORD :'ledger';
CREATE DATABASE airflow OWNER airflow;
CREATE DATABASE invoicing OWNER invoicing;
REVOKE ALL ON DATABASE airflow FROM PUBLIC;
REVOKE ALL ON DATABASE invoicing FROM PUBLIC;
SQL
