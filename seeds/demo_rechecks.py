"""Who inspected was revoked for fraud: the inspection waits for its recheck."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import cases, rechecks
from domain.figures import WAS_THERE
from domain.machine import Act
from models.cases import Ground
from models.dispatch import Assignment
from models.inspections import Inspection
from models.supervisors import Card


async def tainted(session: AsyncSession, visit: Inspection, *, deciders: tuple[UUID, UUID], now: datetime) -> None:
    """Somebody who came to the visit is revoked by two people of the center, two days ago."""
    came = select(Assignment.card_id).where(col(Assignment.inspection_id) == visit.id, col(Assignment.status).in_(WAS_THERE))
    card = (await session.exec(select(Card).where(col(Card.id).in_(came)).order_by(col(Card.number)).limit(1))).one()
    first, second = (Act(one, visit.center_id, now - timedelta(days=2, hours=-hours)) for hours, one in enumerate(deciders))
    case, _ = await cases.open_case(session, card, ground=Ground.FRAUD, facts="督导记录弄虚作假。", act=first)
    await cases.revoke(session, case, cases.Decision("调查报告〔演示〕3号", "云鉴督撤〔演示〕3号"), ground=Ground.FRAUD, act=first)
    await rechecks.confirm(session, case, act=second)
