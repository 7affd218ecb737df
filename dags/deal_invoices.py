"""Deals: a deal that is won in the CRM becomes an invoice.

The CRM tells us of the deal and the deal is read again from the CRM before anything is decided. A
deal of an unknown client, or one that no billing rule covers, is held and shown in the queue.

**Waiting for you?** Small invoices of known clients leave by themselves. The others stand under
*Required Actions*: approve, reject, or send back with a comment.

**Start by hand?** Trigger the DAG: it bills whatever waits. You are then the author of these
drafts, and somebody else has to approve them.
"""

from airflow.sdk import DAG

from invoicing.blueprints.cycle import billing_dag

dag: DAG = billing_dag("deal", doc=__doc__)
