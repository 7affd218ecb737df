"""Retainers: every agreement with a monthly fee is billed on the first day of its month.

The day is that of the client's own time zone. Nothing is missed while Airflow stands still: each
run bills every month that is due and was not billed before, and none twice.

**Waiting for you?** Small invoices of known clients leave by themselves. The others stand under
*Required Actions*: approve, reject, or send back with a comment.

**Something missing?** Look at the queue of exceptions first; it names the cause and what to do.
"""

from airflow.sdk import DAG

from invoicing.blueprints.cycle import billing_dag

dag: DAG = billing_dag("retainer", doc=__doc__)
