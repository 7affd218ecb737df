"""config/clients.yaml: whom we invoice, where the mail goes, and how far the product may go."""

from typing import Annotated, ClassVar

from pydantic import Field

from invoicing.config.company import WrittenAddress
from invoicing.config.fields import (
    Currency,
    Email,
    Flag,
    Key,
    Language,
    Line,
    ModeWord,
    TermsDays,
    Zone,
)
from invoicing.config.written import Written
from invoicing.domain.parties import Client, Mode

Addresses = Annotated[tuple[Email, ...], Field(max_length=20)]


class WrittenClient(Written):
    """A client of ours, as it stands on the invoice."""

    noun: ClassVar[str] = "client"

    name: Line = Field(description="Full name with the legal form.")
    address: WrittenAddress = Field(description="Billing address; its country decides about tax.")
    currency: Currency = Field(description="Currency the client is billed in, ISO 4217.")
    zone: Zone = Field(description="Time zone of the client's months, such as Europe/Berlin.")
    terms_days: TermsDays = Field(description="Days to pay, unless an agreement says otherwise.")
    billing_to: Addresses = Field(
        min_length=1, description="Verified mail addresses; invoices go nowhere else."
    )
    billing_cc: Addresses = Field(default=(), description="Addresses that get a copy.")
    tax_id: Line = Field(default="", description="VAT id or tax number; reverse charge needs it.")
    language: Language = Field(
        default="en", description="Language of dates and amounts: two letters, ISO 639."
    )
    established: Flag = Field(
        default=False,
        description="`true`: invoiced before this product, so no first invoice is reviewed.",
    )
    mode: ModeWord = Field(
        default=Mode.LIVE,
        description="`off`: nothing; `shadow`: compute all, send nothing, take no number; `live`.",
    )

    def to_domain(self, key: str) -> Client:
        """Hand it to the domain under its key."""
        return Client(
            key=key,
            name=self.name,
            address=self.address.to_domain(),
            currency=self.currency,
            zone=self.zone,
            language=self.language,
            terms_days=self.terms_days,
            billing_to=self.billing_to,
            billing_cc=self.billing_cc,
            tax_id=self.tax_id,
            established=self.established,
            mode=self.mode,
        )


class ClientsFile(Written):
    """Our clients."""

    noun: ClassVar[str] = "clients.yaml"

    clients: dict[Key, WrittenClient] = Field(
        description="Clients by key; the key never changes, sources and agreements name it."
    )

    def to_domain(self) -> dict[str, Client]:
        """Hand the clients to the domain, by key."""
        return {key: client.to_domain(key) for key, client in self.clients.items()}
