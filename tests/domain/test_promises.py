"""Every promise has a number, a sentence and a place in reports."""

from invoicing.domain.promises import NOT_BUILT, PROMISES, Finding, Promise


def test_every_promise_has_a_sentence_and_they_count_on() -> None:
    assert set(PROMISES) == set(Promise)
    assert [promise.value for promise in PROMISES] == [f"I{number}" for number in range(1, 17)]
    assert set(PROMISES) > NOT_BUILT


def test_a_finding_is_told_under_its_promise() -> None:
    assert str(Finding(Promise.NUMBERS, "INV: a gap")) == "I4: INV: a gap"
