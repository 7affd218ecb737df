"""An event is known by its source and that source's id, and by nothing else."""

from invoicing.domain.events import event_key


def test_two_sources_may_use_the_same_event_id() -> None:
    assert event_key("crm", "evt-1") == event_key("crm", "evt-1")
    assert event_key("crm", "evt-1") != event_key("accounting", "evt-1")


def test_source_and_id_cannot_flow_into_each_other() -> None:
    assert event_key("crm", "1:2") != event_key("crm:1", "2")
