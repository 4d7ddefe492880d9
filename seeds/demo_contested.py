"""What the person says in a case: a suspension is appealed and waits for its answer; in a second case they have spoken, and nothing is decided yet."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import appeals, cases, hearings
from domain.machine import Act
from models.cases import Ground, SupervisorCase
from models.supervisors import Card


async def contested(session: AsyncSession, suspension: SupervisorCase, card: Card, *, admin: UUID, now: datetime) -> None:
    """Appealed within its days; while that is open, the second case cannot end in a revocation."""
    await appeals.appeal(session, suspension, "两次迟到均因道路管制，已提前报告。", by=card.person_id, at=now - timedelta(days=24))
    act = Act(admin, card.issuer_id, now - timedelta(days=6))
    case, _ = await cases.open_case(session, card, ground=Ground.PRIVATE_GAIN, facts="被反映接受机构宴请。", act=act)
    await hearings.hear(session, case, None, act=Act(admin, card.issuer_id, now - timedelta(days=5)))
    said = Act(card.person_id, card.issuer_id, now - timedelta(days=1))
    await hearings.state(session, case, "当日自费在机构食堂用餐，附缴费凭证。", act=said)
