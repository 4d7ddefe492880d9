"""What is brought before the center: a report that is upheld and one just raised past the district, a complaint under investigation, a case against the college."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import agency_cases, complaints, violations
from domain.agency_cases import Charge
from domain.complaints import Received
from domain.machine import Act
from domain.violations import Alleged, Finding
from models.agency_cases import AgencyGround
from models.credit import CreditGround
from models.organizations import Organization
from models.supervisors import Card, Supervisor, SupervisorKind
from models.violations import SeriousViolationKind
from seeds.demo_work import Office


async def reported(session: AsyncSession, office: Office, *, admin: UUID, now: datetime) -> None:
    """By the district in time, upheld into the credit archive; and by a supervisor straight to the center, too late."""
    (first, _), (second, _) = office.agencies
    found = now - timedelta(days=40)
    alleged = Alleged(SeriousViolationKind.SERIOUS_VIOLATION, "实操考核由他人代做，现场视频可证。", found)
    report, _ = await violations.raise_report(session, first, alleged, act=office.act(office.clerk, found + timedelta(hours=5)))
    theirs = Act(office.center_clerk, office.center.id, found + timedelta(days=1))
    await violations.receive(session, report, act=theirs)
    await violations.investigate(session, report, act=theirs)
    finding = Finding("视频与报名照片比对属实。", CreditGround.FRAUD_IN_RECOGNITION, "调查报告〔演示〕8号", "组织他人代考一人次。")
    await violations.uphold(session, report, finding, act=Act(admin, office.center.id, found + timedelta(days=10)))
    direct = Alleged(SeriousViolationKind.MAJOR_ISSUE, "检查前一日机构要求更换考评记录。", now - timedelta(hours=40))
    who = (await external(session, office.center)).person_id
    await violations.raise_report(session, second, direct, act=Act(who, office.center.id, now - timedelta(hours=2)), direct=True)


async def complained(session: AsyncSession, office: Office, *, admin: UUID, now: datetime) -> None:
    """A complaint that a supervisor looks into, and a case that has come to the order to correct."""
    (college, _), center = office.agencies[0], office.center
    clerk, head = Act(office.center_clerk, center.id, now - timedelta(days=4)), Act(admin, center.id, now - timedelta(days=3))
    received = Received("理论考试期间监考员多次离场。", None, "举报人甲", "13800000000")
    complaint, _ = await complaints.receive(session, college, received, keys=office.keys, act=clerk)
    supervisor = await external(session, center)
    await complaints.assign_supervisor(session, complaint, supervisor, act=head)
    await complaints.investigate(session, complaint, act=Act(supervisor.person_id, center.id, now - timedelta(days=2)))
    case, _ = await agency_cases.open_case(session, college, Charge(AgencyGround.WITHHOLDS_INFORMATION, "拒绝提供考务管理资料。"), act=head)
    await agency_cases.criticize(session, case, "对拒绝提供资料的行为予以批评。", act=head)
    await agency_cases.order(session, case, "补交本年度考务管理资料。", act=head)


async def external(session: AsyncSession, center: Organization) -> Supervisor:
    """The first one of the center with a card that counts."""
    mine = (col(Supervisor.organization_id) == center.id, col(Supervisor.kind) == SupervisorKind.EXTERNAL, col(Card.status) == "ACTIVE")
    query = select(Supervisor).join(Card, col(Card.supervisor_id) == col(Supervisor.id)).where(*mine)
    return (await session.exec(query.order_by(col(Card.number)).limit(1))).one()
