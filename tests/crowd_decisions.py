"""Decisions of a crowd: of everybody who acts for an organization, allowed and denied, with and without what may be missing."""

from datetime import timedelta
from typing import Any

from domain.decisions import Decided, log


async def decisions(crowd: Any) -> None:
    for n, actor in enumerate(one for one in crowd.world.actors.values() if one.organization_id is not None):
        allowed = crowd.dice.random() < 0.6
        decided = Decided(
            at=crowd.world.now - timedelta(microseconds=n // 2),
            account_id=actor.account_id,
            person_id=actor.person_id,
            organization_id=actor.organization_id,
            center_id=actor.center_id,
            district_id=actor.district_id,
            agency_id=actor.agency_id,
            policy=1,
            action=crowd.dice.choice(["session.cancel", "draw.run"]),
            allowed=allowed,
            membership_id=crowd.maybe(next(iter(dict(actor.memberships).values()), None)),
            role=min(actor.roles) if allowed else None,
            line=crowd.maybe(7),
            article=crowd.maybe("003 §11 'x'"),
            object_kind=crowd.maybe("RecognitionSession"),
            object_id=crowd.maybe(f"ses_{n:032x}"),
            reason=None if allowed else "NOT_FOUND",
            request_id=crowd.maybe("r'1"),
        )
        crowd.session.info.pop("decided", None)
        await log(crowd.session, decided)
