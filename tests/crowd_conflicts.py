"""Conflicts on record of a crowd: of each agency every origin in every state, some of them about people who sign in."""

from datetime import timedelta
from itertools import product
from typing import Any

from sqlmodel import col, select

from models.conflicts import Conflict, ConflictKind, ConflictOrigin, ConflictStatus
from models.dispatch import Assignment

STATES = [
    *product((ConflictOrigin.PERSON, ConflictOrigin.DISPATCHER), (ConflictStatus.ACCEPTED, ConflictStatus.ENDED)),
    *product((ConflictOrigin.AGENCY,), ConflictStatus),
]


async def conflicts(crowd: Any) -> None:
    world, dice = crowd.world, crowd.dice
    people = sorted({actor.person_id for actor in world.actors.values()})
    place = (await crowd.session.exec(select(Assignment.id).where(col(Assignment.center_id) == world.center.id).limit(1))).one()
    for n, agency in enumerate(world.agencies):
        for m, (origin, status) in enumerate(STATES):
            who, other = (people[(n * len(STATES) + m + step) % len(people)] for step in range(2))
            applied, refused, ended = origin is ConflictOrigin.AGENCY, status is ConflictStatus.REJECTED, status is ConflictStatus.ENDED
            counts = not refused and status is not ConflictStatus.DECLARED
            starts = world.now.date() + timedelta(days=dice.randrange(-9, 9))
            keeper = {ConflictOrigin.PERSON: agency.center_id, ConflictOrigin.AGENCY: agency.id}
            await crowd.keep(
                Conflict(
                    **crowd.tenants(agency),
                    person_id=who,
                    organization_id=keeper.get(origin) or agency.district_id or agency.center_id,
                    kind=list(ConflictKind)[m % 5],
                    origin=origin,
                    text="亲属'在该机构\n任职",
                    starts_on=starts,
                    ends_on=crowd.maybe(starts + timedelta(days=dice.randrange(1, 30))),
                    status=status,
                    declared_by=who if origin is ConflictOrigin.PERSON else other,
                    declared_at=world.now + timedelta(microseconds=m),
                    assignment_id=place if applied else None,
                    accepted_at=world.now if counts else None,
                    decided_by=other if applied and (counts or refused) else None,
                    answer="理由不足'" if refused else None,
                    ended_at=world.now + timedelta(days=dice.randrange(-9, 9)) if ended else None,
                )
            )
