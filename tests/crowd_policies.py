"""Versions of the policy of a crowd, proposed, published and rejected; none is in force."""

from typing import Any

from authz.policy import line_said
from domain.policies import stored
from models.policies import PolicyVersion, PolicyVersionStatus

LINES = ("g, center_reader, center", "p, center_reader, SUBTREE, session, read, allow", "p, anyone, SELF, card, issue, deny")
CHANGE = {
    "role": "center_reader",
    "action": "session.read",
    "gains": True,
    "standing": ["SUBTREE"],
    "lacking": [],
    "places": ["OWN"],
    "situations": 256,
}


async def policies(crowd: Any) -> None:
    world, dice = crowd.world, crowd.dice
    people = [world.actors[name].person_id for name in ("center_admin", "center_clerk")]
    for n, status in enumerate(PolicyVersionStatus, start=world.center.id.int % 1_000_000 * 10 + 2):
        decided = None if status is PolicyVersionStatus.PROPOSED else people[1]
        version = PolicyVersion(
            center_id=world.center.id,
            number=n,
            base=1,
            status=status,
            digest="0" * 64,
            line_count=len(LINES),
            reason="'试行'",
            difference=[CHANGE] * dice.randrange(3),
            heads=[{"role": "center_reader", "people": dice.randrange(5)}],
            approved_difference="f" * 64 if status is PolicyVersionStatus.PUBLISHED else None,
            proposed_by=people[0],
            proposed_at=world.now,
            decided_by=decided,
            decided_at=world.now if decided else None,
        )
        await crowd.keep(version)
        await crowd.keep(*(stored(line_said(number, text, article="house"), version) for number, text in enumerate(LINES, start=1)))
