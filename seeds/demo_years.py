"""Years of service of the college: an education, a standard, two assessments with a commendation, a term about to end, and the stipends of a closed inspection."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import assessments, education, stipends
from domain.assessments import Judgement
from domain.calendar import shanghai_day
from domain.machine import Act, advance
from domain.stipends import Standard
from domain.supervisors import APPOINTMENT_STEPS, Step
from models.assessments import AssessmentResult
from models.dispatch import Assignment, AssignmentStatus
from models.education import EducationResult
from models.inspections import Inspection
from models.organizations import Organization
from models.supervisors import Appointment, Supervisor
from seeds.demo_work import Office

People = tuple[Sequence[Supervisor], Sequence[Supervisor]]
"""External ones, internal ones."""


async def served(session: AsyncSession, office: Office, inspection: Inspection, *, people: People, admin: UUID, clerk: UUID, now: datetime) -> None:
    (external, internal), (college, _), center = people, office.agencies[0], office.center
    await taught(session, college, internal, act=Act(clerk, college.id, now - timedelta(days=60)))
    paid_since, judged_at = (Act(admin, center.id, now - timedelta(days=days)) for days in (50, 1))
    standard = Standard(shanghai_day(paid_since.at), 30_000, 20_000, "督导补助标准〔演示〕1号")
    await stipends.set_rate(session, center, standard, act=paid_since)
    await judged(session, external, act=judged_at)
    places = select(Assignment).where(col(Assignment.inspection_id) == inspection.id, col(Assignment.status) == AssignmentStatus.DONE)
    for place in (await session.exec(places.order_by(col(Assignment.id)))).all():
        await stipends.enter(session, place, act=judged_at)


async def warned(session: AsyncSession, supervisor: Supervisor, *, act: Act) -> None:
    """The only term of somebody runs out: to be evaluated, and renewed."""
    term = (await session.exec(select(Appointment).where(col(Appointment.supervisor_id) == supervisor.id))).one()
    await advance(session, term, APPOINTMENT_STEPS, step=Step.WARN, act=act)


async def taught(session: AsyncSession, college: Organization, internal: Sequence[Supervisor], *, act: Act) -> None:
    """One has passed; the other failed and may pass another one until the year is over."""
    event, _ = await education.hold(session, college, "修订后的考务规程与廉洁要求", held_on=shanghai_day(act.at), act=act)
    for row, result in zip(internal, (EducationResult.PASSED, EducationResult.FAILED), strict=True):
        await education.attend(session, event, row, result=result, act=act)


async def judged(session: AsyncSession, external: Sequence[Supervisor], *, act: Act) -> None:
    """Two are assessed, the better one is commended."""
    for row, result in zip(external, (AssessmentResult.EXCELLENT, AssessmentResult.QUALIFIED), strict=False):
        term = (await session.exec(select(Appointment).where(col(Appointment.supervisor_id) == row.id))).one()
        said = Judgement(shanghai_day(act.at).year, result, duty=True, conduct=True, knowledge=True, statement="按时到岗，记录完整。")
        done = await assessments.assess(session, term, said, act=act)
        if result is AssessmentResult.EXCELLENT:
            await assessments.commend(session, done.assessment, "年度优秀质量督导员", document="表彰通报〔演示〕1号", act=act)
