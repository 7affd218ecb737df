"""Hours: work is billed each time that enough of it has come together.

The rule says how much: every 40 hours, or every so much money. Prepaid blocks are the same the
other way round: when few hours are left of a block, the next block is billed, once.

Time and outlays that nobody approved in the time system are left out and wait there. They come with
the next invoice after their approval. No entry is ever billed twice.

**Waiting for you?** Look under *Required Actions*: approve, reject, or send back with a comment.
"""

from airflow.sdk import DAG

from invoicing.blueprints.cycle import billing_dag

dag: DAG = billing_dag("threshold", doc=__doc__)
