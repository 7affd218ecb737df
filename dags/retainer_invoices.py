"""Retainers: what the calendar says is due is billed: fees, instalments, hours of a month, blocks.

A fee in advance is due on the first day of its period, everything in arrears on the last one, by
the client's own time zone. Hours above those included, outlays and missed service levels come with
the next period. Nothing is missed while Airflow stands still: each run bills every period that is
due and was not billed before, and none twice.

**Waiting for you?** Small invoices of known clients leave by themselves. The others stand under
*Required Actions*: approve, reject, or send back with a comment.

**Something missing?** Look at the queue of exceptions first; it names the cause and what to do.
"""

from airflow.sdk import DAG

from invoicing.blueprints.cycle import billing_dag

dag: DAG = billing_dag("retainer", doc=__doc__)
