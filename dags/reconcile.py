"""Reconcile: payments find the invoices they pay, in full or in part.

A payment is applied once, however often accounting reports it. One that fits no invoice, or is in
another currency, changes nothing and waits in the queue for you.
"""

from airflow.sdk import DAG

from invoicing.blueprints.cycle import reconcile_dag

dag: DAG = reconcile_dag(doc=__doc__)
