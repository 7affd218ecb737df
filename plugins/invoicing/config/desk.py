"""All files of config/ side by side, for what shows only when they are compared."""

from dataclasses import dataclass

from invoicing.config.agreements import AgreementsFile
from invoicing.config.clients import ClientsFile
from invoicing.config.company import CompanyFile
from invoicing.config.reminders import RemindersFile
from invoicing.config.review import ReviewFile
from invoicing.config.rules import RulesFile
from invoicing.config.sheet import Sheet
from invoicing.config.taxes import TaxesFile


@dataclass(frozen=True, slots=True)
class Desk:
    """Every file as far as it could be understood."""

    company: Sheet[CompanyFile]
    clients: Sheet[ClientsFile]
    agreements: Sheet[AgreementsFile]
    rules: Sheet[RulesFile]
    taxes: Sheet[TaxesFile]
    review: Sheet[ReviewFile]
    reminders: Sheet[RemindersFile]
