"""Revocations that taint, and the rechecks that follow, by the verbs of the trade."""

import secrets
from datetime import datetime, timedelta

from domain import cases, rechecks
from domain.cases import Decision
from models.cases import Ground, SupervisorCase
from models.inspections import Inspection
from models.rechecks import Recheck
from models.sessions import RecognitionSession
from models.supervisors import Supervisor
from tests.making_inspections import Member
from tests.making_returns import again, signed
from tests.making_sessions import recognition
from tests.making_supervisors import card_of
from tests.world import World

TAINTS = {"beijing-municipal": Ground.PRIVATE_GAIN, "yunnan-college-2023": Ground.FRAUD}
"""One ground of each jurisdiction after which inspections are looked at again."""


async def decided(world: World, row: Supervisor, *, ground: Ground | None = None) -> SupervisorCase:
    """A revocation that waits for a second person."""
    card, why = await card_of(world, row), ground or TAINTS[world.profile]
    act = world.act("center_admin")
    async with world.transaction() as session:
        case, _ = await cases.open_case(session, card, ground=why, facts="收受礼品", act=act)
        await cases.revoke(session, case, Decision("调查报告", f"督决{secrets.token_hex(4)}"), ground=why, act=act)
    return case


async def tainted(world: World, row: Supervisor, *, ground: Ground | None = None, queued: bool = True) -> SupervisorCase:
    """A revocation in force; without `queued` as one from before there were rechecks."""
    case = await decided(world, row, ground=ground)
    second = await world.hire("center_admin", world.center, name=f"second_{secrets.token_hex(3)}")
    async with world.transaction() as session:
        stored = await again(session, SupervisorCase, case.id)
        await (rechecks if queued else cases).confirm(session, stored, act=world.act(second))
    return stored


async def waiting(world: World) -> tuple[Recheck, Inspection, list[Member]]:
    """The recheck of the one inspection that a revoked member of its team took part in, with the inspection and the team, leader first."""
    visit, team = await signed(world)
    case = await tainted(world, team[1][0])
    (row,) = await world.rows(Recheck, case_id=case.id)
    return row, visit, team


async def later(world: World, visit: Inspection, *, days: int = 10) -> RecognitionSession:
    """Another session of the same agency, so many days after the visit."""
    agency = next(n for n, one in enumerate(world.agencies) if one.id == visit.agency_id)
    return await recognition(world, agency=agency, starts_at=datetime.combine(visit.scheduled_on, world.now.timetz()) + timedelta(days=days))


async def visited_again(world: World, visit: Inspection, *, team: list[Member] | None = None) -> Inspection:
    """That one, inspected and signed."""
    row, _ = await signed(world, of=await later(world, visit), team=team)
    return row
