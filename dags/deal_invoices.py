"""Deals: a deal that is won, a contract that is signed, a client that starts becomes an invoice.

The rule says what of it is billed: all of it, a deposit, or the onboarding. CRM and e-signature
tell us, and are asked again before anything is decided. If both report the same deal it is billed
once; if they name different amounts, or the client is unknown, it is held and shown in the queue.

**Waiting for you?** Small invoices of known clients leave by themselves. The others stand under
*Required Actions*: approve, reject, or send back with a comment.

**Start by hand?** Trigger the DAG: it bills whatever waits. You are then the author of these
drafts, and somebody else has to approve them.
"""

from airflow.sdk import DAG

from invoicing.blueprints.cycle import billing_dag

dag: DAG = billing_dag("deal", doc=__doc__)
