"""Ask for a single invoice: press *Trigger*, fill in the form, send it.

Use it for what no system reports: a workshop, a spare part, travel that was agreed on the phone.
The form only asks. The invoice itself is drafted by the DAG `one_off_invoices` within a minute and
goes through the same review as every other; you are its author, so somebody else approves it.

**It failed?** The log of the task `request` says what to correct. Nothing was billed: send the form
again. Sending it twice asks for two invoices.
"""

from airflow.sdk import DAG

from invoicing.blueprints.request import request_dag

dag: DAG = request_dag("one_off_invoice", doc=__doc__)
