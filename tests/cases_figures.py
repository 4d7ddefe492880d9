"""One prepared case for each mutation of the rechecks."""

from collections.abc import Mapping

from tests.cases_dispatch import REASON, Prepare
from tests.contract import Case
from tests.making_rechecks import tainted, visited_again, waiting
from tests.making_returns import signed
from tests.world import World, shown


async def recheck_order(world: World) -> Case:
    """Of a revocation from before."""
    _, team = await signed(world)
    case = await tainted(world, team[1][0], queued=False)
    return Case(world, "center_admin", {"case": shown("scase", case.id)})


async def recheck_confirm(world: World) -> Case:
    row, _, _ = await waiting(world)
    return Case(world, "center_clerk", {"recheck": shown("rchk", row.id), "reason": REASON})


async def recheck_repeat(world: World) -> Case:
    row, visit, _ = await waiting(world)
    other = await visited_again(world, visit)
    return Case(world, "center_admin", {"recheck": shown("rchk", row.id), "repeatedBy": shown("insp", other.id), "reason": REASON})


FIGURES: Mapping[str, Prepare] = {"recheckOrder": recheck_order, "recheckConfirm": recheck_confirm, "recheckRepeat": recheck_repeat}
