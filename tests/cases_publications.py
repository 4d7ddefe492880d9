"""One prepared case for each mutation that makes something public. The rules of Beijing make nothing public, so these are of Yunnan."""

from collections.abc import Mapping

from tests.cases_dispatch import REASON, Prepare
from tests.contract import Case
from tests.making_publications import public_result, withdrawn
from tests.making_returns import dispatcher
from tests.world import World, shown


async def college(world: World) -> World:
    return await World.founded(world.database, maker=world.maker, profile="yunnan-college-2023")


async def draw_disclose(world: World) -> Case:
    there = await college(world)
    _, draw = await public_result(there)
    return Case(there, dispatcher(there), {"draw": shown("draw", draw.id)})


async def result_publish(world: World) -> Case:
    there = await college(world)
    return Case(there, "center_admin", {"inspection": shown("insp", (await withdrawn(there)).inspection_id)})


async def result_withdraw(world: World) -> Case:
    there = await college(world)
    row, _ = await public_result(there)
    return Case(there, "center_admin", {"publicResult": shown("pubr", row.id), "reason": REASON})


PUBLICATIONS: Mapping[str, Prepare] = {
    "drawDisclose": draw_disclose,
    "publicResultPublish": result_publish,
    "publicResultWithdraw": result_withdraw,
}
