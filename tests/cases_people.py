"""One prepared case for each mutation about who leaves, who employs whom, and the card that came back."""

from collections.abc import Mapping
from datetime import date

from domain import leaving
from domain.calendar import shanghai_day
from domain.leaving import Leaving
from models.supervisors import Card, Employment, LeavingGround, Supervisor
from tests.cases_dispatch import REASON, Prepare
from tests.contract import AGAIN, Case
from tests.making_inspections import dispatched
from tests.making_returns import again
from tests.making_sessions import recognition
from tests.making_supervisors import supervisor
from tests.world import World, shown


async def supervisor_leave(world: World) -> Case:
    """With an open place, so that everything a leaving ends is there."""
    row, actor = await supervisor(world)
    await dispatched(world, of=await recognition(world), team=[(row, actor), await supervisor(world)], accepted=False)
    return Case(world, "center_admin", {"supervisor": shown("sup", row.id), "ground": "OWN_WISH", "leftOn": "2026-09-10", "reason": REASON})


async def without_card(world: World) -> Supervisor:
    row, _ = await supervisor(world, "INTERNAL", employer=world.agencies[0], carded=False)
    return row


async def out(world: World) -> Supervisor:
    """Has left; the card is still to come back."""
    row, _ = await supervisor(world)
    day = shanghai_day(world.now)
    async with world.transaction() as session:
        found = await again(session, Supervisor, row.id)
        await leaving.leave(session, found, Leaving(LeavingGround.OWN_WISH, day, REASON), act=world.act("center_admin"))
    return row


async def supervisor_suspend(world: World) -> Case:
    row = await without_card(world)
    return Case(world, "agency_admin_0", {"supervisor": shown("sup", row.id), "reviewOn": "2026-12-01", "reason": REASON})


async def supervisor_restore(world: World) -> Case:
    row = await without_card(world)
    async with world.transaction() as session:
        found = await again(session, Supervisor, row.id)
        await leaving.suspend(session, found, REASON, review_on=date(2026, 12, 1), act=world.act("agency_admin_0"))
    return Case(world, "agency_admin_0", {"supervisor": shown("sup", row.id), "reason": REASON})


async def supervisor_record_deletion(world: World) -> Case:
    row = await out(world)
    return Case(world, "center_clerk", {"supervisor": shown("sup", row.id), "deletedOn": "2026-09-16"})


async def card_return(world: World) -> Case:
    row = await out(world)
    (card,) = await world.rows(Card, supervisor_id=row.id)
    return Case(world, "center_clerk", {"card": shown("card", card.id), "returnedOn": "2026-09-16"})


async def card_replace(world: World) -> Case:
    row, _ = await supervisor(world)
    (card,) = await world.rows(Card, supervisor_id=row.id)
    return Case(world, "center_admin", {"card": shown("card", card.id), "replacedOn": "2026-09-15", "reason": "遗失"}, again=AGAIN)


async def employment_change(world: World) -> Case:
    row, _ = await supervisor(world, employer=world.agencies[0])
    said = {"person": shown("per", row.person_id), "agency": shown("agc", world.agencies[1].id), "startsOn": "2026-09-10", "reason": REASON}
    return Case(world, "center_admin", said)


async def employment_end(world: World) -> Case:
    row = await without_card(world)
    (at,) = await world.rows(Employment, person_id=row.person_id)
    return Case(world, "agency_admin_0", {"employment": shown("emp", at.id), "endsOn": "2026-09-10", "reason": REASON})


PEOPLE: Mapping[str, Prepare] = {
    "supervisorLeave": supervisor_leave,
    "supervisorSuspend": supervisor_suspend,
    "supervisorRestore": supervisor_restore,
    "supervisorRecordDeletion": supervisor_record_deletion,
    "cardReturn": card_return,
    "cardReplace": card_replace,
    "employmentChange": employment_change,
    "employmentEnd": employment_end,
}
