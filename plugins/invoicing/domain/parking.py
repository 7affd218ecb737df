"""Parking: a client that broke a safety bound is stopped as a whole; all others go on."""

from dataclasses import dataclass
from datetime import datetime

from invoicing.domain.agreements import Agreement
from invoicing.domain.parties import Client


@dataclass(frozen=True, slots=True)
class Parked:
    """A client for whom nothing is drafted, issued or sent until a person looked."""

    client: str
    cause: str
    parked_at: datetime


@dataclass(frozen=True, slots=True)
class ClientVersion:
    """A client as one or several configurations in a row have it; versions count from one."""

    version: int
    content: Client


@dataclass(frozen=True, slots=True)
class AgreementVersion:
    """An agreement as one or several configurations in a row have it."""

    version: int
    content: Agreement
