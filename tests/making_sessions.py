"""Recognition sessions as an agency registers them, and id numbers for the people in them."""

import secrets
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from domain.numbers import id_check_digit
from domain.sessions import Details, Named, drafted, register
from models.organizations import Organization
from models.sessions import RecognitionMode, RecognitionSession
from models.supervisors import SkillLevel
from tests.world import ID_KEYS, World


def id_number(birth: date = date(1980, 5, 1)) -> str:
    """A sound id number that nobody else bears."""
    body = f"110105{birth:%Y%m%d}{secrets.randbelow(1000):03d}"
    return body + id_check_digit(body)


async def recognition(
    world: World,
    *,
    agency: Organization | int = 0,
    starts_at: datetime | None = None,
    hours: int = 3,
    mode: str = "EXAM",
    candidates: int = 40,
    assessors: list[Named] | None = None,
    internal: UUID | None = None,
    at: datetime | None = None,
    **details: Any,
) -> RecognitionSession:
    """Planned for three days after the present of the world, by the agency's admin."""
    home = world.agencies[agency] if isinstance(agency, int) else agency
    act = world.act(f"agency_admin_{world.agencies.index(home)}", at=at)
    start = starts_at or world.now + timedelta(days=3)
    said = {"occupation": "电工", "level": SkillLevel.SENIOR_3, "place": "实训楼", "candidate_count": candidates} | details
    async with world.transaction() as session:
        row = await drafted(
            session, home.id, Details(mode=RecognitionMode(mode), starts_at=start, ends_at=start + timedelta(hours=hours), **said), act=act
        )
        await register(session, row, assessors=assessors or [], internal=internal, keys=ID_KEYS, act=act)
    return row


async def sessions(world: World, count: int, **details: Any) -> list[RecognitionSession]:
    """One after another from three days ahead, four hours apart."""
    return [await recognition(world, starts_at=world.now + timedelta(days=3, hours=4 * n), **details) for n in range(count)]
