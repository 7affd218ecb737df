"""Follow up: what was interrupted is finished, and unpaid invoices are reminded of.

A reminder is checked once more right before it leaves: a paid invoice is never reminded. A mail
that may or may not have arrived is never sent again by itself; it waits in the queue for your word.
"""

from airflow.sdk import DAG

from invoicing.blueprints.cycle import follow_up_dag

dag: DAG = follow_up_dag(doc=__doc__)
