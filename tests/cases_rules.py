"""One prepared case for each mutation of profiles, implementing rules and holidays."""

from collections.abc import Mapping

from tests.cases_dispatch import REASON, Prepare
from tests.contract import AGAIN, Case
from tests.making_rules import entered, proposed
from tests.world import World, shown

BELOW_BEIJING = frozenset({"overlayPropose", "overlayPublish", "overlayWithdraw"})
"""000 knows no implementing rules below it (D31)."""

TIGHTER = [{"key": "team.min", "value": "3", "article": "细则 §2"}]


async def profile_publish(world: World) -> Case:
    """A second version from the same day on is a conflict."""
    return Case(world, "center_admin", {"effectiveFrom": "2026-10-01", "title": "管理办法（修订）", "rules": TIGHTER})


async def propose(world: World) -> Case:
    """While one is open there is no other."""
    return Case(world, "district_admin_0", {"title": "实施细则", "effectiveFrom": "2026-10-01", "rules": TIGHTER})


async def publish(world: World) -> Case:
    return Case(world, "district_admin_0", {"overlay": shown("ovl", (await proposed(world)).id)})


async def withdraw(world: World) -> Case:
    overlay = await proposed(world, of=world.agencies[0])
    return Case(world, "agency_admin_0", {"overlay": shown("ovl", overlay.id), "reason": REASON})


async def holidays(world: World) -> Case:
    """In place of what was entered before."""
    await entered(world)
    return Case(world, "center_admin", {"year": 2026, "daysOff": ["2026-10-01"], "workingDays": ["2026-10-10"]}, again=AGAIN)


RULES: Mapping[str, Prepare] = {
    "profilePublish": profile_publish,
    "overlayPropose": propose,
    "overlayPublish": publish,
    "overlayWithdraw": withdraw,
    "holidayCalendarSet": holidays,
}
