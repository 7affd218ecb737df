"""config/review.yaml: which drafts a person must see, and who may answer."""

from typing import ClassVar

from pydantic import Field

from invoicing.config.fields import Login, MoneyText
from invoicing.config.written import Written
from invoicing.domain.review import ReviewPolicy


class ReviewFile(Written):
    """When a person is asked, and who."""

    noun: ClassVar[str] = "review.yaml"

    thresholds: tuple[MoneyText, ...] = Field(
        description="An amount per currency: invoices of this gross total or more are reviewed, and"
        " so is every invoice in a currency that is not listed."
    )
    approvers: tuple[Login, ...] = Field(
        min_length=1, description="Airflow logins of those who may approve, reject or send back."
    )

    def to_domain(self) -> ReviewPolicy:
        """Hand the policy to the domain."""
        return ReviewPolicy({limit.currency: limit for limit in self.thresholds}, self.approvers)
