#!/usr/bin/env bash
# Runs once before the four processes: the tables of Airflow and of the ledger, the role of finance people, and the
# first login. Harmless when it was done before.
set -euo pipefail

airflow db migrate
python -m invoicing.cli migrate

# User may approve, but sees neither plugin pages nor Browse > Required Actions; this role adds both.
airflow roles create Finance
airflow roles add-perms Finance --resource Plugins --action can_read menu_access
airflow roles add-perms Finance --resource "HITL Detail" --action menu_access

airflow users create --role Admin --username admin --password "$ADMIN_PASSWORD" \
  --firstname First --lastname Login --email admin@localhost.invalid
