"""config/clients.yaml: whom we invoice, where the mail goes, and how far the product may go."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import Field

from invoicing.config.company import WrittenAddress, WrittenElectronicAddress
from invoicing.config.fields import (
    Day,
    Email,
    Flag,
    Key,
    Line,
    OptionalChannels,
    OptionalCurrency,
    OptionalDay,
    OptionalEInvoices,
    OptionalEmail,
    OptionalFlag,
    OptionalKey,
    OptionalLanguage,
    OptionalLine,
    OptionalModeWord,
    OptionalMoneyText,
    OptionalPaperWord,
    OptionalPercent,
    OptionalTermsText,
    OptionalZone,
    ShortLine,
)
from invoicing.config.problems import did_you_mean
from invoicing.config.readers import FieldError
from invoicing.config.written import ENTRY, Written
from invoicing.domain.parties import Channel, Client, Exemption, Mode

Addresses = Annotated[tuple[Email, ...], Field(max_length=20)]
OptionalAddresses = Annotated[tuple[Email, ...] | None, Field(max_length=20)]
_NEEDED = ("currency", "zone", "terms")


class _Shared(Written):
    """What a profile says for many clients, and a client for itself."""

    currency: OptionalCurrency = Field(
        default=None, description="Currency the client is billed in, ISO 4217."
    )
    zone: OptionalZone = Field(
        default=None, description="Time zone of the client's months, such as Europe/Berlin."
    )
    terms: OptionalTermsText = Field(
        default=None,
        description="How long to pay, unless an agreement says otherwise: `30 days`, `month end +"
        " 14 days` or `45 days to month end`.",
    )
    language: OptionalLanguage = Field(
        default=None, description="Language of the documents: two letters, ISO 639; else `en`."
    )
    type: OptionalLine = Field(
        default=None, description="Our word for the kind of client; rules and reviews may name it."
    )
    mode: OptionalModeWord = Field(
        default=None,
        description="`off`: nothing; `shadow`: compute all, send nothing, take no number; `live`"
        " (also without this key).",
    )
    billing_cc: OptionalAddresses = Field(default=None, description="Addresses that get a copy.")
    reminder_plan: OptionalKey = Field(
        default=None, description="Plan in reminders.yaml; else `standard`."
    )
    credit_hold: OptionalFlag = Field(
        default=None, description="`true`: a person looks at every invoice before it goes out."
    )
    cash_rounding: OptionalMoneyText = Field(
        default=None, description="Smallest coin that totals are rounded to, such as `0.05 CHF`."
    )
    withholding_percent: OptionalPercent = Field(
        default=None, description="Share of the net that the client pays to its tax office."
    )
    account_manager: OptionalEmail = Field(
        default=None, description="Mail address of our person for the client; gets escalations."
    )
    copy_account_manager: OptionalFlag = Field(
        default=None, description="`true`: that person is on copy of what the client gets."
    )
    tell_account_manager: OptionalFlag = Field(
        default=None,
        description="`true`: that person hears when an invoice left or is paid.",
    )
    receipts: OptionalFlag = Field(
        default=None, description="`true`: the client gets a mail that thanks for each payment."
    )
    billing_bcc: OptionalAddresses = Field(
        default=None, description="Addresses that get a copy nobody else sees, such as an archive."
    )
    channels: OptionalChannels = Field(
        default=None,
        description="Ways an invoice takes: `mail`, `portal` (a copy in the portal's folder); else"
        " `[mail]`.",
    )
    paper: OptionalPaperWord = Field(
        default=None, description="`A4` or `Letter`; else what is usual in the client's country."
    )
    e_invoice: OptionalEInvoices = Field(
        default=None,
        description="Structured invoices: `factur-x` (inside the PDF), `cii`, `peppol`, `xrechnung`"
        " (files beside it); `[]`: none; without this key `factur-x` wherever the facts allow it.",
    )


class WrittenProfile(_Shared):
    """What many clients have in common; a client may say otherwise."""

    noun: ClassVar[str] = "profile"


class WrittenExemption(Written):
    """Why a client pays no tax."""

    noun: ClassVar[str] = "exemption"

    reason: Line = Field(description="Sentence that the invoice must carry.")
    certificate: Line = Field(description="Number of the certificate.")
    valid_from: Day = Field(description="First day it holds.")
    valid_to: OptionalDay = Field(default=None, description="Last day it holds, once it is known.")

    def mistakes(self) -> Iterator[FieldError]:
        """Yield an exemption that ends before it begins."""
        if self.valid_to is not None and self.valid_to < self.valid_from:
            text = f"{self.valid_to} is before valid_from {self.valid_from}"
            yield FieldError(text, "Both days belong to the exemption.", ("valid_to",))

    def to_domain(self) -> Exemption:
        """Hand it to the domain."""
        return Exemption(self.reason, self.certificate, self.valid_from, self.valid_to)


class _Own(Written):
    """What only the client itself can say."""

    name: Line = Field(description="Full name with the legal form.")
    address: WrittenAddress = Field(description="Billing address; its country decides about tax.")
    billing_to: Addresses = Field(
        min_length=1, description="Verified mail addresses; invoices go nowhere else."
    )
    profile: OptionalKey = Field(
        default=None, description="Key of the profile whose values hold where this client has none."
    )
    tax_id: Line = Field(default="", description="VAT id or tax number; reverse charge needs it.")
    reminders_to: OptionalAddresses = Field(
        default=None, description="Who is reminded instead of billing_to."
    )
    reminders_cc: OptionalAddresses = Field(
        default=None, description="Who gets a copy of reminders instead of billing_cc."
    )
    reminders_bcc: OptionalAddresses = Field(
        default=None, description="Who gets a hidden copy of reminders instead of billing_bcc."
    )
    alternate_to: OptionalAddresses = Field(
        default=None, description="Verified addresses to try when a mail to the others came back."
    )
    buyer_reference: ShortLine = Field(
        default="", description="The client's routing id for e-invoices (BT-10, Leitweg-ID)."
    )
    electronic_address: WrittenElectronicAddress | None = Field(
        default=None, description="Where the client gets e-invoices, as its network knows it."
    )
    legal_id: ShortLine = Field(
        default="", description="Number in the register of companies, such as a SIREN."
    )
    established: Flag = Field(
        default=False,
        description="`true`: invoiced before this product, so no first invoice is reviewed.",
    )
    exemption: WrittenExemption | None = Field(
        default=None, description="Why no tax is charged, if the client is exempt."
    )


class WrittenClient(_Shared, _Own):
    """A client of ours, as it stands on the invoice."""

    noun: ClassVar[str] = "client"

    def mistakes(self) -> Iterator[FieldError]:
        """Yield nothing: what is missing here may stand in the profile."""
        return iter(())

    def with_profile(self, profile: WrittenProfile | None) -> "WrittenClient":
        """Return the client with the profile's values where it has none of its own."""
        missing = {
            name: getattr(profile, name, None)
            for name in _Shared.model_fields
            if getattr(self, name) is None
        }
        return self.model_copy(update=missing)

    def to_domain(self, key: str) -> Client:
        """Hand it to the domain under its key, once the profile's values are in."""
        if self.currency is None or self.zone is None or self.terms is None:
            raise FieldError(f"client {key!r} lacks one of the keys {', '.join(_NEEDED)}")
        return Client(
            key=key,
            name=self.name,
            address=self.address.to_domain(),
            currency=self.currency,
            zone=self.zone,
            language=self.language or "en",
            terms=self.terms,
            billing_to=self.billing_to,
            billing_cc=self.billing_cc or (),
            tax_id=self.tax_id,
            established=self.established,
            mode=self.mode or Mode.LIVE,
            type=self.type or "",
            account_manager=self.account_manager or "",
            credit_hold=bool(self.credit_hold),
            exemption=self.exemption.to_domain() if self.exemption else None,
            withholding_percent=self.withholding_percent or Decimal(0),
            cash_rounding=self.cash_rounding,
            reminder_plan=self.reminder_plan or "",
            billing_bcc=self.billing_bcc or (),
            reminders_to=self.reminders_to or (),
            reminders_cc=self.reminders_cc or (),
            reminders_bcc=self.reminders_bcc or (),
            alternate_to=self.alternate_to or (),
            copy_account_manager=bool(self.copy_account_manager),
            tell_account_manager=bool(self.tell_account_manager),
            receipts=bool(self.receipts),
            channels=self.channels or (Channel.MAIL,),
            paper=self.paper,
            e_invoice=self.e_invoice,
            buyer_reference=self.buyer_reference,
            electronic_address=(
                self.electronic_address.to_domain() if self.electronic_address else None
            ),
            legal_id=self.legal_id,
        )


class ClientsFile(Written):
    """Our clients."""

    noun: ClassVar[str] = "clients.yaml"

    profiles: dict[Key, WrittenProfile] = Field(
        default={}, description="What groups of clients have in common, by key."
    )
    clients: dict[Key, WrittenClient] = Field(
        description="Clients by key; the key never changes, sources and agreements name it."
    )

    def mistakes(self) -> Iterator[FieldError]:
        """Yield what a client lacks although its profile was asked."""
        for key, client in self.clients.items():
            if client.profile is not None and client.profile not in self.profiles:
                hint = did_you_mean(client.profile, self.profiles)
                text = f"unknown profile {client.profile!r}{hint}"
                advice = "Add it below 'profiles', or use a key that stands there."
                yield FieldError(text, advice, ("clients", key, "profile"))
            else:
                yield from _incomplete(key, self.effective(key))

    def effective(self, client: str) -> WrittenClient:
        """Return a client with the values of its profile where it has none of its own."""
        return effective(self.clients[client], self.profiles)

    def overrides(self, client: str) -> tuple[str, ...]:
        """Name the values of the profile that a client sets aside, in the file's words."""
        own = self.clients[client]
        profile = self.profiles.get(own.profile or "")
        return tuple(
            name
            for name in _Shared.model_fields
            if None not in (mine := getattr(own, name), theirs := getattr(profile, name, None))
            and mine != theirs
        )

    def to_domain(self) -> dict[str, Client]:
        """Hand the clients to the domain, by key."""
        return {key: self.effective(key).to_domain(key) for key in self.clients}


def effective(client: WrittenClient, profiles: Mapping[str, WrittenProfile]) -> WrittenClient:
    """Return a client with the values of its profile, if that is there."""
    return client.with_profile(profiles.get(client.profile or ""))


def _incomplete(key: str, client: WrittenClient) -> Iterator[FieldError]:
    lacking = [name for name in _NEEDED if getattr(client, name) is None]
    if lacking:
        keys = f"the key{'s' if len(lacking) > 1 else ''} {', '.join(map(repr, lacking))}"
        where = f"in its profile {client.profile!r}" if client.profile else "in a profile it names"
        advice = f"Missing: write it here or {where}.\n  " + "\n  ".join(
            f"{name}: {WrittenClient.model_fields[name].description}" for name in lacking
        )
        yield FieldError(f"client {key!r} lacks {keys}", advice, ("clients", key, ENTRY))
    coin = client.cash_rounding
    if coin is not None and client.currency not in {None, coin.currency}:
        text = f"the coin is {coin}, but client {key!r} is billed in {client.currency}"
        yield FieldError(text, "Use the client's currency.", ("clients", key, "cash_rounding"))
    elif coin is not None and not coin.amount:
        text = "a coin of nothing rounds to nothing"
        yield FieldError(text, "Leave the key out.", ("clients", key, "cash_rounding"))
