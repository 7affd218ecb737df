"""Anchor: once a day, the heads of all trails that moved, in the ledger and in a second place."""

from datetime import UTC

from invoicing.domain.trail import Anchor
from invoicing.services.ports import Services


def anchor_trail(s: Services) -> Anchor | None:
    """Anchor what moved since the last time; None when this day (UTC) has its anchor.

    The second place is written after the commit, and what it lacks is written again: a process
    that ended between the two leaves nothing to do by hand.
    """
    now = s.clock.now()
    with s.write("anchor") as work:
        made = work.anchors.add(now.astimezone(UTC).date(), now)
    if s.second_place is not None:
        with s.ledger.read() as work:
            anchors = work.anchors.all()
        kept = s.second_place.anchors()
        s.second_place.keep([one for one in anchors if one.day not in kept])
    return made
