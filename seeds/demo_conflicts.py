"""What stands between people and the college: one said so before any draw, of another the dispatcher knows."""

from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import conflicts
from domain.calendar import add_months, shanghai_day
from domain.conflicts import Tie
from domain.machine import Act
from models.conflicts import ConflictKind, ConflictOrigin
from models.supervisors import Supervisor
from seeds.demo_work import Office


async def registered(session: AsyncSession, office: Office, *, taught: Supervisor, kin: Supervisor, now: datetime) -> None:
    """By the person, and by the dispatcher until further notice; both from a day to come, so that everybody may be sent in the meantime."""
    (college, _), at = office.agencies[0], now - timedelta(days=5)
    since, until = (add_months(shanghai_day(now), months) for months in (2, 24))
    own = Tie(kind=ConflictKind.TEACHING, text="下学期起任该院电气专业外聘教师。", starts_on=since, ends_on=until)
    act = Act(taught.person_id, office.center.id, at)
    row = conflicts.drafted(college, taught.person_id, own, origin=ConflictOrigin.PERSON, act=act)
    await conflicts.declare(session, row, act=act)
    known = Tie(kind=ConflictKind.KINSHIP, text="配偶下学期起在该院教务处工作。", starts_on=since)
    by = office.act(office.dispatcher, at + timedelta(hours=1))
    row = conflicts.drafted(college, kin.person_id, known, origin=ConflictOrigin.DISPATCHER, act=by)
    await conflicts.enter(session, row, act=by)
