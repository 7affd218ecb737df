"""Milestones: parts of a project are billed when they are done.

A milestone is billed once, when the project system says that it is done; a project with steps of
progress is billed at each step it has reached. An approved change order brings its own lines.
When a project is completed, all that is left goes on one invoice, and a deposit is deducted there.

What the project system says is compared with the agreement. Where the two name different amounts,
nothing is billed: it stands in the queue with both figures.

**Waiting for you?** Look under *Required Actions*: approve, reject, or send back with a comment.
"""

from airflow.sdk import DAG

from invoicing.blueprints.cycle import billing_dag

dag: DAG = billing_dag("milestone", doc=__doc__)
