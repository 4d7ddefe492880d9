"""An agency's own inspections, as its internal supervisor makes them."""

from datetime import datetime
from typing import Any

from authz.actor import Actor
from domain import checklists, internal, sessions
from domain.answers import Part
from models.inspections import Inspection
from models.sessions import RecognitionSession
from models.supervisors import Supervisor
from tests.making_returns import again, answered, published
from tests.making_sessions import recognition
from tests.making_supervisors import supervisor
from tests.world import World


async def watched(
    world: World, *, started: bool = True, come: bool = True, at: datetime | None = None, starts_at: datetime | None = None
) -> tuple[RecognitionSession, Supervisor, Actor]:
    """A session that has begun, its internal supervisor there; without card and term where nobody gives them any."""
    await published(world)
    row, actor = await supervisor(world, "INTERNAL", employer=world.agencies[0], appointed=not world.districts)
    held = await recognition(world, internal=row.id, at=at, starts_at=starts_at)
    async with world.transaction() as session:
        stored = await again(session, RecognitionSession, held.id)
        if come:
            await sessions.check_in_internal(session, stored, act=world.act(actor, at=held.starts_at))
        if started:
            await sessions.start(session, stored, act=world.act("agency_admin_0", at=held.starts_at))
    return held, row, actor


async def own(world: World, **options: Any) -> tuple[Inspection, RecognitionSession, Actor]:
    """Opened as the session began."""
    held, _, actor = await watched(world, **options)
    async with world.transaction() as session:
        stored = await again(session, RecognitionSession, held.id)
        visit, _ = await internal.open_internal(session, stored, act=world.act(actor, at=held.starts_at))
    return visit, held, actor


async def lines(world: World, visit: Inspection, *, no: tuple[str, ...] = (), part: Part = Part.SITE) -> list[dict[str, Any]]:
    """Every line of a part as a client writes it, YES but for these."""
    async with world.transaction() as session:
        items = (await checklists.sheet_of(session, await again(session, Inspection, visit.id))).items
    kept = ("item", "value", "remark", "correction", "counted", "total", "score")
    said = answered(items, no=no, part=part)
    return [{name: str(found) if name == "value" else found for name in kept if (found := getattr(one, name)) is not None} for one in said]
