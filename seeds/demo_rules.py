"""What Chaoyang makes stricter from next month on, with a proposal of one of its agencies; and the holidays of the year."""

from datetime import date, datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import holidays, overlays
from domain.calendar import Month, shanghai_day
from domain.holidays import Days
from domain.machine import Act
from domain.overlays import Proposal
from domain.tightening import Said
from models.memberships import Account
from seeds.demo_work import Office

DISTRICT = "chaoyang"
FIXED = ((1, (1,)), (5, (1, 2, 3)), (10, (1, 2, 3, 4, 5, 6, 7)))
"""元旦, 劳动节, 国庆节: the days that fall on the same dates every year."""


async def refined(session: AsyncSession, office: Office, *, now: datetime) -> None:
    """In force from the first of next month; the agency's is still a proposal."""
    since = Month.of(shanghai_day(now)).next().first_day()
    district, (agency, admin) = office.organization, office.agencies[0]
    who = (await session.exec(select(Account.person_id).where(col(Account.name) == f"{DISTRICT}-admin"))).one()
    theirs = Act(who, district.id, now - timedelta(days=3))
    said = [Said("sampling.min_ratio", "2/5", "细则 §4"), Said("assignment.reply_hours", "36", "细则 §7")]
    row, _ = await overlays.propose(session, district, Proposal("朝阳区质量督导实施细则", since, said), act=theirs)
    await overlays.publish(session, row, act=theirs)
    own = [Said("rectification.working_days", "10", "细则 §3"), Said("internal.required_per_session", "true", "细则 §5")]
    await overlays.propose(session, agency, Proposal("机构质量督导实施细则", since, own), act=Act(admin, agency.id, now - timedelta(days=2)))


async def entered(session: AsyncSession, *, act: Act, now: datetime) -> None:
    """By the center acted for."""
    year = shanghai_day(now).year
    off = [date(year, month, day) for month, days in FIXED for day in days]
    await holidays.enter(session, await holidays.of_year(session, year, act=act), Days(off, []), act=act)
