"""Draws whose visits are done, and letters that are served: what the public is told of."""

import secrets
from datetime import datetime, timedelta

from domain import checklists, dispatch, opinions, publications
from domain.answers import Part
from domain.inspections import dispatch_drawn, notify
from domain.offers import accept, team_of
from models.dispatch import Draw
from models.inspections import Inspection
from models.publications import PublicDraw, PublicResult
from tests.making_returns import again, answered, day_of, dispatcher, published
from tests.making_sessions import sessions
from tests.making_supervisors import supervisor
from tests.world import World

SOURCE = "体彩排列5第26001期"


async def frozen(world: World, *, wanted: int = 1) -> Draw:
    """So many sessions of the month to be drawn, of as many as there are, and people for them."""
    await sessions(world, wanted)
    for _ in range(3):
        await supervisor(world)
    plan = dispatch.Plan(month=f"{world.now:%Y-%m}", public_source=SOURCE, secret=secrets.token_hex(32), sessions=wanted)
    act = world.act(dispatcher(world))
    async with world.transaction() as session:
        draw = await dispatch.drafted(session, plan, act=act)
        await dispatch.freeze(session, draw, plan, act=act)
    return draw


async def drawn(world: World, *, wanted: int = 1) -> tuple[Draw, list[Inspection]]:
    """Drawn and confirmed; every team has said yes."""
    kept, act = await frozen(world, wanted=wanted), world.act(dispatcher(world))
    async with world.transaction() as session:
        draw = await again(session, Draw, kept.id)
        await dispatch.seed_and_run(session, draw, "31415", act=act)
        made, _ = await dispatch_drawn(session, draw, act=act)
        for visit in made:
            for place in await team_of(session, visit.id):
                await accept(session, place, act=dispatch.Act(place.person_id, world.center.id, act.at))
    return draw, made


async def visited(world: World, inspection: Inspection) -> datetime:
    """From the notice to the served letter, with one finding. When it was served."""
    await published(world)
    at, act = await day_of(world, inspection), world.act(dispatcher(world))
    async with world.transaction() as session:
        row = await again(session, Inspection, inspection.id)
        await notify(session, row, act=act)
        team = [dispatch.Act(one.person_id, world.center.id, at) for one in await team_of(session, row.id)]
        for member in team:
            await checklists.check_in(session, row, act=member)
        items = (await checklists.sheet_of(session, row)).items
        await checklists.save(session, row, answered(items, no=[items[0].code]), advice="加强管理", appraisal="基本符合", act=team[0])
        for member in team:
            await checklists.sign(session, row, Part.SITE, act=member)
        letter, _ = await opinions.draft(session, row, "王某某须整改。", requires_rectification=True, act=team[0])
        await opinions.serve(session, letter, act=world.act(dispatcher(world), at=at + timedelta(hours=5)))
    return at + timedelta(hours=5)


async def public_result(world: World) -> tuple[PublicResult, Draw]:
    """The result of the one visit of a draw, as it is public."""
    draw, (visit,) = await drawn(world)
    await visited(world, visit)
    (row,) = await world.rows(PublicResult, inspection_id=visit.id)
    return row, draw


async def withdrawn(world: World) -> PublicResult:
    made, _ = await public_result(world)
    async with world.transaction() as session:
        row = await again(session, PublicResult, made.id)
        await publications.withdraw(session, row, "机构名称有误", act=world.act("center_admin"))
    return row


async def told_of(world: World, draw: Draw) -> list[PublicDraw]:
    return await world.rows(PublicDraw, draw_id=draw.id)
