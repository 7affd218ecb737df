"""Parking: a client that broke a safety bound is stopped as a whole; all others go on."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Parked:
    """A client for whom nothing is drafted, issued or sent until a person looked."""

    client: str
    cause: str
    parked_at: datetime
