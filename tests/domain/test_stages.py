"""Stages: the nine of them, in the order an invoice passes them."""

from invoicing.domain.stages import STAGES, Stage


def test_the_order_is_the_way_of_an_invoice() -> None:
    way = "report decide draft review issue render dispatch follow_up reconcile"
    assert " ".join(STAGES) == way
    assert [Stage(name).value for name in STAGES] == list(STAGES)
