"""Columns read back exactly what was written, or refuse it."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy.dialects import sqlite

from invoicing.domain.events import BillingEvent
from invoicing.domain.states import DraftState
from invoicing.ledger.columns import Instant, Json, Word
from tests.support.builders import NOW, an_event

DIALECT: Any = sqlite.dialect()


def test_instants_sort_as_text_in_whatever_zone_they_were_told() -> None:
    told = [
        NOW,
        NOW + timedelta(microseconds=1),
        (NOW + timedelta(seconds=1)).astimezone(timezone(timedelta(hours=-11))),
        (NOW + timedelta(days=1)).astimezone(timezone(timedelta(hours=14))),
    ]
    written = [Instant().process_bind_param(at, DIALECT) for at in told]
    assert written == sorted(str(text) for text in written)
    assert [Instant().process_result_value(text, DIALECT) for text in written] == told


def test_an_instant_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Instant().process_bind_param(datetime(2026, 11, 2), DIALECT)  # noqa: DTZ001 - the point
    assert Instant().process_bind_param(datetime(2026, 11, 2, tzinfo=UTC), DIALECT)


def test_a_word_that_is_not_ours_is_refused() -> None:
    column = Word(DraftState)
    assert column.process_bind_param(DraftState.HELD, DIALECT) == "held"
    with pytest.raises(ValueError, match="'sent' is not a valid DraftState"):
        column.process_bind_param("sent", DIALECT)  # type: ignore[arg-type]


def test_json_is_the_canonical_text_and_reads_back_as_the_value() -> None:
    column = Json(BillingEvent)
    text = column.process_bind_param(an_event(), DIALECT)
    assert text is not None
    assert '"amount":"120.00"' in text
    assert column.process_result_value(text, DIALECT) == an_event()
    assert column.process_result_value(column.process_bind_param(None, DIALECT), DIALECT) is None
