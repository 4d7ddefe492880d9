"""One prepared case for each mutation up to the visit: sessions, draws, offers."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from authz.actor import Actor
from domain import dispatch, inspections, offers, refusals
from models.dispatch import Assignment, Draw
from models.inspections import Inspection
from models.sessions import RecognitionSession
from tests.contract import AGAIN, Case
from tests.making_inspections import Member, dispatched, notified
from tests.making_returns import again, day_of, dispatcher
from tests.making_sessions import id_number, recognition
from tests.making_supervisors import supervisor
from tests.world import World, shown

Prepare = Callable[[World], Awaitable[Case]]
REASON = "因故变更"


async def session_register(world: World) -> Case:
    watcher, _ = await supervisor(world, "INTERNAL", employer=world.agencies[0])
    starts = world.now + timedelta(days=3)
    said = {
        "occupation": "电工",
        "level": "SENIOR_3",
        "mode": "EXAM",
        "candidateCount": 40,
        "place": "实训楼",
        "startsAt": starts.isoformat(),
        "endsAt": (starts + timedelta(hours=3)).isoformat(),
        "assessors": [{"name": "考评员", "idNumber": id_number()}],
        "examStaff": [{"name": "负责人", "duty": "PERSON_IN_CHARGE"}, {"name": "监考员", "duty": "INVIGILATOR"}],
        "internalSupervisor": shown("sup", watcher.id),
    }
    if world.districts:
        said["district"] = shown("dst", world.districts[0].id)
    return Case(world, "agency_admin_0", said, again=AGAIN, stranger=frozenset({"BAD_USER_INPUT"}))


async def session_name_assessor(world: World) -> Case:
    row = await recognition(world)
    return Case(world, "agency_clerk_0", {**of(row), "assessor": {"name": "考评员", "idNumber": id_number()}})


async def session_assign_internal(world: World) -> Case:
    watcher, _ = await supervisor(world, "INTERNAL", employer=world.agencies[0])
    row = await recognition(world)
    return Case(world, "agency_admin_0", {**of(row), "supervisor": shown("sup", watcher.id)}, again=AGAIN)


async def watched(world: World) -> tuple[RecognitionSession, Actor]:
    watcher, actor = await supervisor(world, "INTERNAL", employer=world.agencies[0])
    return await recognition(world, internal=watcher.id), actor


async def session_recuse_internal(world: World) -> Case:
    row, actor = await watched(world)
    return Case(world, actor, {**of(row), "reason": REASON}, again=frozenset({"RULE_NOT_MET"}))


async def session_check_in(world: World) -> Case:
    row, actor = await watched(world)
    return Case(world, actor, of(row), at=row.starts_at)


async def session_under_way(world: World, *, step: str | None) -> RecognitionSession:
    """Its internal supervisor is there; then `START`ed, and then `HELD`."""
    row, actor = await watched(world)
    await through(world, row, "recognitionSessionCheckIn", actor)
    for mutation in ("recognitionSessionStart", "recognitionSessionHold")[: {None: 0, "START": 1, "HOLD": 2}[step]]:
        await through(world, row, mutation, world.actors["agency_admin_0"])
    return row


async def through(world: World, row: RecognitionSession, mutation: str, actor: Actor) -> None:
    name = f"{mutation[0].upper()}{mutation[1:]}Input"
    said = {**of(row), "idempotencyKey": secrets.token_hex(8)}
    await world.done(actor, f"mutation ($input: {name}!) {{ {mutation}(input: $input) {{ replayed }} }}", at=row.ends_at, input=said)


async def session_start(world: World) -> Case:
    row = await session_under_way(world, step=None)
    return Case(world, "agency_admin_0", of(row), at=row.starts_at)


async def session_hold(world: World) -> Case:
    row = await session_under_way(world, step="START")
    return Case(world, "agency_clerk_0", of(row), at=row.ends_at)


async def session_post_results(world: World) -> Case:
    row = await session_under_way(world, step="HOLD")
    return Case(world, "agency_admin_0", of(row), at=row.ends_at + timedelta(days=2))


async def session_cancel(world: World) -> Case:
    return Case(world, "agency_admin_0", {**of(await recognition(world)), "reason": REASON})


def of(row: RecognitionSession) -> dict[str, object]:
    return {"recognitionSession": shown("ses", row.id)}


async def pool(world: World) -> dispatch.Plan:
    """A session of the month, and four people who may go to it."""
    await recognition(world)
    for _ in range(4):
        await supervisor(world)
    return dispatch.Plan(month=f"{world.now:%Y-%m}", public_source="体彩排列5第26001期", secret=secrets.token_hex(32), sessions=1)


async def frozen(world: World) -> Draw:
    plan, act = await pool(world), world.act(dispatcher(world))
    async with world.transaction() as session:
        draw = await dispatch.drafted(session, plan, act=act)
        await dispatch.freeze(session, draw, plan, act=act)
    return draw


async def drawn(world: World) -> Draw:
    frozen_ = await frozen(world)
    async with world.transaction() as session:
        draw = await again(session, Draw, frozen_.id)
        await dispatch.seed_and_run(session, draw, "31415", act=world.act(dispatcher(world)))
    return draw


async def draw_freeze(world: World) -> Case:
    plan = await pool(world)
    return Case(world, dispatcher(world), {"month": plan.month, "publicSource": plan.public_source, "sessions": 1})


async def draw_run(world: World) -> Case:
    return Case(world, dispatcher(world), {"draw": shown("draw", (await frozen(world)).id), "publicValue": "31415"})


async def draw_confirm(world: World) -> Case:
    return Case(world, dispatcher(world), {"draw": shown("draw", (await drawn(world)).id)})


async def draw_void(world: World) -> Case:
    return Case(world, dispatcher(world), {"draw": shown("draw", (await drawn(world)).id), "reason": REASON})


async def assignment_replace(world: World) -> Case:
    """Somebody of a drawn team has recused themselves, and the next of the committed order is asked."""
    frozen_ = await drawn(world)
    async with world.transaction() as session:
        draw = await again(session, Draw, frozen_.id)
        made = await inspections.dispatch_drawn(session, draw, act=world.act(dispatcher(world)))
        (visit,) = made[0] if isinstance(made, tuple) else made
        place = (await offers.team_of(session, visit.id))[0]
        await offers.recuse(session, place, REASON, act=world.act(dispatcher(world)))
    return Case(world, dispatcher(world), {"assignment": shown("asg", place.id)})


async def place_of(world: World, visit: Inspection, member: Member) -> dict[str, object]:
    (row,) = await world.rows(Assignment, inspection_id=visit.id, supervisor_id=member[0].id)
    return {"assignment": shown("asg", row.id)}


async def assignment_accept(world: World) -> Case:
    visit, team = await dispatched(world, accepted=False)
    return Case(world, team[0][1], await place_of(world, visit, team[0]))


async def assignment_decline(world: World) -> Case:
    """The refusal that is one too many where the rules count them: it opens a case as well."""
    who = await supervisor(world)
    for n in range(2):
        earlier, _ = await dispatched(world, team=[who, await supervisor(world)], accepted=False, at=world.now - timedelta(days=30 * (n + 1)))
        async with world.transaction() as session:
            place = next(one for one in await offers.team_of(session, earlier.id) if one.supervisor_id == who[0].id)
            await refusals.decline(session, place, REASON, act=world.act(who[1], at=world.now - timedelta(days=30 * (n + 1))))
    visit, _ = await dispatched(world, team=[who, await supervisor(world)], accepted=False)
    return Case(world, who[1], {**await place_of(world, visit, who), "reason": REASON})


async def assignment_recuse(world: World) -> Case:
    visit, team = await dispatched(world, accepted=False)
    return Case(world, team[1][1], {**await place_of(world, visit, team[1]), "reason": REASON})


async def assignment_excuse(world: World) -> Case:
    visit, team = await dispatched(world)
    return Case(world, dispatcher(world), {**await place_of(world, visit, team[1]), "reason": REASON})


async def assignment_mark_no_show(world: World) -> Case:
    visit, team = await notified(world)
    return Case(world, dispatcher(world), await place_of(world, visit, team[1]), at=await day_of(world, visit))


DISPATCH: Mapping[str, Prepare] = {
    "recognitionSessionRegister": session_register,
    "recognitionSessionNameAssessor": session_name_assessor,
    "recognitionSessionAssignInternal": session_assign_internal,
    "recognitionSessionRecuseInternal": session_recuse_internal,
    "recognitionSessionCheckIn": session_check_in,
    "recognitionSessionStart": session_start,
    "recognitionSessionHold": session_hold,
    "recognitionSessionPostResults": session_post_results,
    "recognitionSessionCancel": session_cancel,
    "drawFreeze": draw_freeze,
    "drawRun": draw_run,
    "drawConfirm": draw_confirm,
    "drawVoid": draw_void,
    "assignmentReplace": assignment_replace,
    "assignmentAccept": assignment_accept,
    "assignmentDecline": assignment_decline,
    "assignmentRecuse": assignment_recuse,
    "assignmentExcuse": assignment_excuse,
    "assignmentMarkNoShow": assignment_mark_no_show,
}
