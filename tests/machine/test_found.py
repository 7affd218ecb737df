"""What the machine found, each as the shortest story that shows it."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from invoicing.domain.review import Answer
from invoicing.domain.rules import Model
from tests.machine.ends import settle, unfinished
from tests.machine.ledgers import Files
from tests.machine.world import World


@pytest.fixture
def world() -> Iterator[World]:
    """The world of the machine over an empty ledger."""
    files = Files()
    opened = files.fresh()
    yield World(opened.ledger, lambda _: None)
    opened.close()
    files.close()


def test_a_step_that_leaves_the_policy_while_it_is_asked_does_not_stop_the_draft(
    world: World,
) -> None:
    world.configure("two steps")
    world.win_deal("nordwind", Decimal("4201.68"))
    world.run(Model.DEAL)
    world.configure("as ever")

    for name in list(world.asked):
        world.answer(name, Answer.APPROVE, "finance")
    assert world.invoices() == []  # the question said that two people would be asked
    settle(world)

    assert list(unfinished(world)) == []
    assert [one.content.client.key for one in world.invoices()] == ["nordwind", "harbor"]
