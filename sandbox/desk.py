"""Everything that the pages and interfaces of the sandbox work on."""

from dataclasses import dataclass, field

from sandbox.company import Company
from sandbox.mails import MailFolder
from sandbox.smtp_sink import Misbehaviour
from sandbox.webhooks import Courier


@dataclass
class Desk:
    """The company with its mailbox, its courier to the product and the keys they share.

    ``notes`` are what the product told about invoices of our records, by key.
    """

    company: Company
    courier: Courier
    folder: MailFolder
    misbehaviour: Misbehaviour
    keys: dict[str, dict[str, str]]
    airflow_url: str
    notes: dict[str, dict[str, str]] = field(default_factory=dict)
