"""Data audit: every night the whole ledger is checked against what it promises.

What breaks a promise stands in the queue for an engineer, and the client concerned is parked until
somebody looked. Then the trail of the day is anchored, here and in a second place.
"""

from airflow.sdk import DAG

from invoicing.blueprints.cycle import data_audit_dag

dag: DAG = data_audit_dag(doc=__doc__)
