"""Parcels: every draft in one parcel, none too big, one person's question at a time."""

from hypothesis import given
from hypothesis import strategies as st

from invoicing.domain.parcels import PARCEL_SIZE, REVIEWS_PER_RUN, Parcel, ParcelItem, make_parcels


def items(count: int, name: str = "d") -> list[ParcelItem]:
    return [ParcelItem(f"{name}{index}", 1) for index in range(count)]


def carried(parcels: tuple[Parcel, ...], *, needs_review: bool) -> list[ParcelItem]:
    return [
        item for parcel in parcels if parcel.needs_review is needs_review for item in parcel.items
    ]


@given(st.integers(0, 3 * PARCEL_SIZE + 1), st.integers(0, REVIEWS_PER_RUN + 50))
def test_every_draft_travels_exactly_once(automatic: int, reviews: int) -> None:
    parcels = make_parcels("run", items(automatic), items(reviews, "r"))
    assert carried(parcels, needs_review=False) == items(automatic)
    assert carried(parcels, needs_review=True) == items(min(reviews, REVIEWS_PER_RUN), "r")
    assert all(1 <= len(parcel.items) <= PARCEL_SIZE for parcel in parcels)
    assert all(len(parcel.items) == 1 for parcel in parcels if parcel.needs_review)
    assert len({parcel.id for parcel in parcels}) == len(parcels)
    assert {parcel.run_id for parcel in parcels} <= {"run"}


def test_no_more_parcels_than_needed() -> None:
    def sizes(count: int) -> list[int]:
        return [len(parcel.items) for parcel in make_parcels("run", items(count), [])]

    assert sizes(0) == []
    assert sizes(250) == [250]
    assert sizes(251) == [250, 1]
    assert sizes(300) == [250, 50]


def test_a_run_never_maps_over_more_than_airflow_takes() -> None:
    most = make_parcels("run", items(5000), items(5000, "r"))
    assert len(most) == 20 + 200 < 1024


def test_the_id_names_run_and_content() -> None:
    def the_id(run_id: str, *what: ParcelItem) -> str:
        (parcel,) = make_parcels(run_id, what, [])
        assert len(parcel.id) == 32
        return parcel.id

    one = the_id("run", ParcelItem("d", 1))
    assert one == the_id("run", ParcelItem("d", 1))
    assert one != the_id("other", ParcelItem("d", 1))
    assert one != the_id("run", ParcelItem("d", 2))
    assert one != the_id("run", ParcelItem("d", 1), ParcelItem("e", 1))


def test_generators_are_read_only_as_far_as_needed() -> None:
    reviews = iter(items(REVIEWS_PER_RUN + 5, "r"))
    make_parcels("run", iter(items(3)), reviews)
    assert len(list(reviews)) == 5
