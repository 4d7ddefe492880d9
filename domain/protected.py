"""Events of what an agency must not learn: they continue the chain of the center, whoever acts."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain.machine import Act, Moved, record
from models.database import standing_for
from models.events import Event


async def record_at_center(
    session: AsyncSession, row: Moved, *, step: str, act: Act, after: str | None = None, profile_id: UUID | None = None
) -> Event:
    """The first event of a row. An internal supervisor acts for the agency, which reads its own chain: there even a gap would tell of the source."""
    async with standing_for(session, row.center_id):
        return await record(session, row, step=step, act=Act(act.by, row.center_id, act.at), after=after, profile_id=profile_id)
