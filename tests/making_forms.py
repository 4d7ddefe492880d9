"""Inspections that no draw made, and what stands beside a signed form, by the verbs of the domain."""

from datetime import datetime, timedelta
from typing import Any

from domain import amendments, checklists, directed, entries, recommendations
from domain.amendments import Correction, Demand
from domain.answers import Part
from domain.directed import Errand
from domain.inspections import notify
from domain.offers import accept, team_of
from domain.sessions import Named
from models.amendments import AlterationRequest, Amendment
from models.inspections import Inspection, InspectionForm
from models.organizations import Organization
from models.recommendations import AssessorRecommendation
from models.sessions import Assessor
from tests.making_inspections import Member
from tests.making_returns import again, answered, day_of, on_site, published, signed
from tests.making_sessions import id_number, recognition
from tests.making_supervisors import supervisor
from tests.world import World, shown

ASSESSOR = "考评员甲"


def named(world: World) -> InspectionForm:
    """A form that the center of this world sends teams for."""
    return InspectionForm.COMPREHENSIVE if world.districts else InspectionForm.SPECIAL


def times(world: World, *, days: int = 3) -> dict[str, datetime]:
    starts = world.now + timedelta(days=days)
    return {"starts_at": starts, "ends_at": starts + timedelta(hours=6)}


def sending(world: World, form: InspectionForm, team: list[Member], /, **more: Any) -> dict[str, Any]:
    """The input of a client that sends this team to the first agency."""
    when = {"startsAt": times(world)["starts_at"].isoformat(), "endsAt": times(world)["ends_at"].isoformat()}
    who = {"team": [shown("sup", row.id) for row, _ in team]}
    return {"agency": shown("agc", world.agencies[0].id), "form": form.value, "topic": "题库管理"} | when | who | more


async def sent(world: World, form: InspectionForm, *, members: int = 2, days: int = 3) -> tuple[Inspection, list[Member]]:
    """To the first agency, by the center, and the team has said yes; the leader first."""
    team = [await supervisor(world) for _ in range(members)]
    act = world.act("center_dispatcher")
    async with world.transaction() as session:
        agency = await again(session, Organization, world.agencies[0].id)
        errand = Errand(form=form, topic="题库管理", **times(world, days=days))
        visit, _ = await directed.send(session, agency, errand, team=[row for row, _ in team], act=act)
        for place in await team_of(session, visit.id):
            actor = next(actor for row, actor in team if row.id == place.supervisor_id)
            await accept(session, place, act=world.act(actor))
    return visit, team


async def begun(world: World, form: InspectionForm, **options: Any) -> tuple[Inspection, list[Member], datetime]:
    """Notified, and the whole team has checked in as the duty began."""
    await published(world)
    visit, team = await sent(world, form, **options)
    at = times(world, days=options.get("days", 3))["starts_at"]
    async with world.transaction() as session:
        row = await again(session, Inspection, visit.id)
        await notify(session, row, act=world.act("center_dispatcher"))
        for _, actor in team:
            await checklists.check_in(session, row, act=world.act(actor, at=at))
    return row, team, at


def judged_alone(world: World) -> InspectionForm:
    """A form of which this jurisdiction wants every member's own entry first (N10)."""
    return InspectionForm.COMPREHENSIVE if world.districts else InspectionForm.ANNUAL


async def enters(world: World, visit: Inspection, member: Member, *, at: datetime, no: tuple[str, ...] = (), done: bool = True) -> None:
    """A member's own entry of all lines of the day, finished where it is done."""
    async with world.transaction() as session:
        row = await again(session, Inspection, visit.id)
        items = (await checklists.sheet_of(session, row)).items
        act = world.act(member[1], at=at)
        await entries.enter(session, row, answered(items, no=no), act=act)
        if done:
            await entries.finish(session, row, act=act)


async def rated(world: World, *, no: tuple[str, ...] = (), **options: Any) -> tuple[Inspection, list[Member]]:
    """An annual inspection, scored and signed by its team: none of the points where the answer is NO."""
    visit, team, at = await begun(world, InspectionForm.ANNUAL, **options)
    for member in team:
        await enters(world, visit, member, at=at, no=no)
    async with world.transaction() as session:
        row = await again(session, Inspection, visit.id)
        for _, actor in team:
            await checklists.sign(session, row, Part.SITE, act=world.act(actor, at=at))
    return row, team


async def with_assessor(world: World) -> tuple[Inspection, list[Member], Assessor]:
    """A visit to a session that has an assessor, in progress."""
    place = await recognition(world, assessors=[Named(ASSESSOR, id_number())])
    visit, team = await on_site(world, of=place)
    (assessor,) = await world.rows(Assessor, recognition_session_id=place.id)
    return visit, team, assessor


async def amended(world: World, *, all_sign: bool = False) -> tuple[Amendment, Inspection, list[Member]]:
    """Proposed by the leader; signed by the others where it says so."""
    visit, team = await signed(world)
    at = await day_of(world, visit) + timedelta(days=1)
    async with world.transaction() as session:
        row = await again(session, Inspection, visit.id)
        amendment, _ = await amendments.propose(session, row, Correction("应为二号考场", "笔误"), act=world.act(team[0][1], at=at))
        for _, actor in team[1:] if all_sign else []:
            await amendments.sign(session, amendment, act=world.act(actor, at=at))
    return amendment, visit, team


async def demanded(world: World) -> AlterationRequest:
    """Somebody asked the team for another result."""
    visit, team = await signed(world)
    at = await day_of(world, visit) + timedelta(days=1)
    async with world.transaction() as session:
        row = await again(session, Inspection, visit.id)
        said = Demand("机构负责人", "请改为合格", at - timedelta(hours=1))
        request, _ = await amendments.record_request(session, row, said, act=world.act(team[0][1], at=at))
    return request


async def recommended(world: World) -> AssessorRecommendation:
    """The leader recommends about the assessor of the visited session."""
    visit, team, assessor = await with_assessor(world)
    act = world.act(team[0][1], at=await day_of(world, visit))
    async with world.transaction() as session:
        row = await again(session, Inspection, visit.id)
        here = await again(session, Assessor, assessor.id)
        found, _ = await recommendations.propose(session, row, here, facts="泄露试题", act=act)
    return found
