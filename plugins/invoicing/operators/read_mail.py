"""Read mail: take in what came back by mail, each mail once."""

from airflow.sdk import BaseOperator, Context

from invoicing.hooks.connections import services_from_airflow
from invoicing.services.read_mail import read_mail

PAGE = 100  # mails are read in pages, so that a full mailbox does not fill our memory
MOST_PAGES = 20  # the next run goes on


class ReadMailOperator(BaseOperator):
    """
    Take in bounces, answers of approvers and replies of clients.

    Without the connection ``invoicing_imap`` there is nothing to read.
    """

    def execute(self, context: Context) -> None:
        """Read page by page until nothing is new."""
        services = services_from_airflow()
        if services.mailbox is None:
            self.log.info("There is no connection invoicing_imap, so no mail is read")
            return
        taken = 0
        for _ in range(MOST_PAGES):
            found = len(read_mail(services, PAGE))
            taken += found
            if not found:
                break
        self.log.info("%d mails were taken in", taken)
