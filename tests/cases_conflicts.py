"""One prepared case for each mutation of the register of conflicts."""

from collections.abc import Mapping

from tests.cases_dispatch import REASON, Prepare
from tests.contract import Case
from tests.making_conflicts import TEXT, applied, declared, place_of
from tests.making_inspections import notified
from tests.making_returns import dispatcher
from tests.making_supervisors import supervisor
from tests.world import World, shown


def tied(world: World) -> dict[str, object]:
    return {"agency": shown("agc", world.agencies[0].id), "kind": "KINSHIP", "text": TEXT, "endsOn": "2027-09-16"}


async def conflict_declare(world: World) -> Case:
    _, actor = await supervisor(world)
    return Case(world, actor, tied(world))


async def conflict_record(world: World) -> Case:
    row, _ = await supervisor(world)
    return Case(world, dispatcher(world), {**tied(world), "supervisor": shown("sup", row.id)})


async def conflict_apply(world: World) -> Case:
    visit, team = await notified(world)
    place = await place_of(world, visit, team[0])
    return Case(world, "agency_admin_0", {"assignment": shown("asg", place.id), "kind": "INTEREST", "text": TEXT})


async def conflict_accept(world: World) -> Case:
    row, _, _ = await applied(world)
    return Case(world, dispatcher(world), {"conflict": shown("cfl", row.id)})


async def conflict_reject(world: World) -> Case:
    row, _, _ = await applied(world)
    return Case(world, dispatcher(world), {"conflict": shown("cfl", row.id), "reason": REASON})


async def conflict_end(world: World) -> Case:
    _, actor = await supervisor(world)
    return Case(world, actor, {"conflict": shown("cfl", (await declared(world, actor)).id), "reason": REASON})


CONFLICTS: Mapping[str, Prepare] = {
    "conflictDeclare": conflict_declare,
    "conflictRecord": conflict_record,
    "conflictApply": conflict_apply,
    "conflictAccept": conflict_accept,
    "conflictReject": conflict_reject,
    "conflictEnd": conflict_end,
}
