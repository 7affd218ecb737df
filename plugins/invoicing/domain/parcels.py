"""Parcels: what one mapped task carries, so that tasks do not grow with invoices."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from invoicing.domain.canonical import fingerprint

PARCEL_SIZE = 250  # about a minute of rendering; small against the cost of starting a task
REVIEWS_PER_RUN = 200  # Airflow refuses to map over more than 1024, and parked tasks cost


@dataclass(frozen=True, slots=True)
class ParcelItem:
    """One version of one draft in a parcel."""

    draft_id: str
    version: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """Up to 250 drafts that pass by themselves, or one draft that a person must see."""

    id: str
    run_id: str
    needs_review: bool
    items: tuple[ParcelItem, ...]


def make_parcels(
    run_id: str, automatic: Iterable[ParcelItem], reviews: Iterable[ParcelItem]
) -> tuple[Parcel, ...]:
    """Pack drafts for one run; reviews beyond the limit wait for the next run."""
    packed = [_parcel(run_id, False, chunk) for chunk in _chunks(automatic, PARCEL_SIZE)]
    packed += [_parcel(run_id, True, (item,)) for item in islice(reviews, REVIEWS_PER_RUN)]
    return tuple(packed)


def _parcel(run_id: str, needs_review: bool, items: tuple[ParcelItem, ...]) -> Parcel:
    return Parcel(fingerprint([run_id, items])[:32], run_id, needs_review, items)


def _chunks(items: Iterable[ParcelItem], size: int) -> Iterator[tuple[ParcelItem, ...]]:
    rest = iter(items)
    while chunk := tuple(islice(rest, size)):
        yield chunk
