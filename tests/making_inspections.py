"""Inspections up to the notice, by the verbs that a draw uses."""

from datetime import datetime, timedelta

from authz.actor import Actor
from domain.calendar import shanghai_day
from domain.inspections import dispatch, notify
from domain.offers import accept, team_of
from domain.organizations import rules_for
from domain.visits import possible_visit
from models.inspections import Inspection
from models.sessions import RecognitionSession
from models.supervisors import Supervisor
from tests.making_sessions import recognition
from tests.making_supervisors import supervisor
from tests.world import World

Member = tuple[Supervisor, Actor]


async def dispatched(
    world: World,
    *,
    of: RecognitionSession | None = None,
    team: list[Member] | None = None,
    members: int = 2,
    by: str | None = None,
    accepted: bool = True,
    at: datetime | None = None,
) -> tuple[Inspection, list[Member]]:
    """An inspection of a session three days ahead with a team that has said yes, and the team, leader first.

    `by` is the dispatcher: of district 0, or of the center where there is no district tier.
    """
    place = of or await recognition(world, at=at)
    went = team or [await supervisor(world) for _ in range(members)]
    act = world.act(by or ("district_dispatcher_0" if world.districts else "center_dispatcher"), at=at)
    async with world.transaction() as session:
        rules = (await rules_for(session, place.center_id, on=shanghai_day(act.at))).rules
        visit = possible_visit(place, at=act.at, rules=rules)
        assert visit is not None
        inspection = await dispatch(session, place, [one for one, _ in went], visit=visit, act=act)
        for assignment in await team_of(session, inspection.id) if accepted else []:
            actor = next(actor for row, actor in went if row.id == assignment.supervisor_id)
            await accept(session, assignment, act=world.act(actor, at=act.at + timedelta(minutes=5)))
    return inspection, went


async def notified(world: World, *, by: str | None = None, **options: object) -> tuple[Inspection, list[Member]]:
    """The same, and the notice is served an hour later."""
    inspection, team = await dispatched(world, by=by, **options)  # type: ignore[arg-type]
    who = by or ("district_dispatcher_0" if world.districts else "center_dispatcher")
    async with world.transaction() as session:
        row = await session.merge(inspection)
        await notify(session, row, act=world.act(who, at=world.now + timedelta(hours=1)))
    return row, team
