"""Conflicts on record by the domain's verbs: of a person's own word, of a dispatcher's, and on application of the agency."""

from typing import Any

from authz.actor import Actor
from domain import conflicts
from domain.conflicts import Tie
from models.conflicts import Conflict, ConflictKind, ConflictOrigin
from models.dispatch import Assignment
from models.inspections import Inspection
from models.organizations import Organization
from models.supervisors import Supervisor
from tests.making_inspections import Member, notified
from tests.making_returns import again
from tests.world import World

TEXT = "配偶在该机构任教务主任"


async def declared(world: World, actor: Actor, *, agency: int = 0, **tie: Any) -> Conflict:
    """By the person."""
    return await put(world, actor, actor.person_id, ConflictOrigin.PERSON, agency=agency, **tie)


async def recorded(world: World, row: Supervisor, *, by: str = "", agency: int = 0, **tie: Any) -> Conflict:
    """By the dispatcher in whose area the first agency lies, unless somebody else is named."""
    who = by or ("district_dispatcher_0" if world.districts else "center_dispatcher")
    return await put(world, who, row.person_id, ConflictOrigin.DISPATCHER, agency=agency, **tie)


async def put(world: World, by: Actor | str, person_id: Any, origin: ConflictOrigin, *, agency: int, **tie: Any) -> Conflict:
    act, said = world.act(by), Tie(**{"kind": ConflictKind.KINSHIP, "text": TEXT} | tie)
    async with world.transaction() as session:
        home = await again(session, Organization, world.agencies[agency].id)
        row = conflicts.drafted(home, person_id, said, origin=origin, act=act)
        await (conflicts.declare if origin is ConflictOrigin.PERSON else conflicts.enter)(session, row, act=act)
    return row


async def applied(world: World, **options: Any) -> tuple[Conflict, Inspection, list[Member]]:
    """By the first agency, about the leader of a team of which it had notice."""
    visit, team = await notified(world, **options)
    place, act = await place_of(world, visit, team[0]), world.act("agency_admin_0")
    async with world.transaction() as session:
        row = conflicts.drafted(place, place.person_id, Tie(kind=ConflictKind.INTEREST, text=TEXT), origin=ConflictOrigin.AGENCY, act=act)
        await conflicts.apply(session, row, place, act=act)
    return row, visit, team


async def place_of(world: World, visit: Inspection, member: Member) -> Assignment:
    (found,) = await world.rows(Assignment, inspection_id=visit.id, person_id=member[0].person_id)
    place: Assignment = found
    return place
