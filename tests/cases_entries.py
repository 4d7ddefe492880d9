"""One prepared case for each mutation of the independent entry of a team."""

from collections.abc import Mapping
from typing import Any

from tests.cases_dispatch import REASON, Prepare
from tests.cases_visits import answers, at_visit
from tests.contract import AGAIN, Case
from tests.making_forms import begun, enters, judged_alone
from tests.world import World


async def double_entry_save(world: World) -> Case:
    visit, team, at = await begun(world, judged_alone(world))
    return Case(world, team[1][1], {**at_visit(visit), "answers": await answers(world, visit)}, at=at, again=AGAIN)


async def double_entry_finish(world: World) -> Case:
    """The last one: with it the entries are compared."""
    visit, team, at = await begun(world, judged_alone(world))
    for n, member in enumerate(team):
        await enters(world, visit, member, at=at, done=n == 0)
    return Case(world, team[1][1], at_visit(visit), at=at)


async def double_entry_close(world: World) -> Case:
    visit, team, at = await begun(world, judged_alone(world))
    await enters(world, visit, team[0], at=at)
    return Case(world, team[0][1], {**at_visit(visit), "reason": REASON}, at=at)


async def double_entry_reconcile(world: World) -> Case:
    visit, team, at = await begun(world, judged_alone(world))
    said: list[dict[str, Any]] = await answers(world, visit)
    no = next(one for one in said if one["value"] == "NO")
    for n, member in enumerate(team):
        await enters(world, visit, member, at=at, no=(str(no["item"]),) if n else ())
    return Case(world, team[0][1], {**at_visit(visit), "answer": no, "reason": "当场复核。"}, at=at, again=AGAIN)


ENTRIES: Mapping[str, Prepare] = {
    "doubleEntrySave": double_entry_save,
    "doubleEntryFinish": double_entry_finish,
    "doubleEntryClose": double_entry_close,
    "doubleEntryReconcile": double_entry_reconcile,
}
