"""Approval mail: the answers to our mails are read, each once.

An approver may answer a question by mail, a client may contest an invoice, a mail server may give a
mail back. What is not beyond doubt decides nothing: it waits in the queue for you.
"""

from airflow.sdk import DAG

from invoicing.blueprints.cycle import approval_mail_dag

dag: DAG = approval_mail_dag(doc=__doc__)
