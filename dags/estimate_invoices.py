"""Estimates: an estimate (quote) that a client accepts becomes an invoice.

Lines, prices and discounts are those of the accepted estimate, read again from the CRM. A discount
that nobody in our house granted is shown to a person first. If the same deal is won as well, it is
billed once.

**Waiting for you?** Look under *Required Actions*: approve, reject, or send back with a comment.
"""

from airflow.sdk import DAG

from invoicing.blueprints.cycle import billing_dag

dag: DAG = billing_dag("estimate", doc=__doc__)
