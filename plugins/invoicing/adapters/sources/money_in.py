"""What an accounting system tells: money that arrived."""

from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field

from invoicing.adapters.sources.told import Answer, Day, Identifier, Number, money, one_line
from invoicing.domain.events import Hint
from invoicing.domain.reconcile import Payment

# A reference is searched for invoice numbers: cutting it could turn one number into another.
Remittance: TypeAlias = Annotated[str, Field(max_length=1000), AfterValidator(one_line)]


class PaymentReport(Answer):
    """Money received, as an accounting system tells it."""

    id: Identifier
    amount: Number
    currency: str
    received_on: Day
    reference: Remittance

    @property
    def name(self) -> str:
        return self.id

    def to_domain(self, hint: Hint) -> Payment:
        amount = money(self.amount, self.currency)
        return Payment(hint.source, self.id, amount, self.received_on, self.reference)
