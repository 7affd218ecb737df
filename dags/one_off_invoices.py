"""One-off invoices: what people asked for with the form `one_off_invoice` is billed here.

Each request becomes one draft, with its sender as the author, and goes the way of every invoice:
review, number, document, mail.

**Waiting for you?** Look under *Required Actions*: approve, reject, or send back with a comment.
You cannot approve what you asked for yourself.
"""

from airflow.sdk import DAG

from invoicing.blueprints.cycle import billing_dag

dag: DAG = billing_dag("one_off", doc=__doc__)
