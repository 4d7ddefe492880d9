"""What a year brings about when it is over: agencies that held no education, supervisors who failed or missed it, assessments that are late.

A year counts from its first day: one in which the rules came to ask for it later is not judged, and who was appointed later is not waited for.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, and_, case, exists, func, literal, or_
from sqlalchemy import select as select_from
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select, SelectOfScalar

from domain import assessments, cases, reminders
from domain.calendar import shanghai_day
from domain.education import called_for
from domain.errors import Unmet
from domain.machine import Act, record, tenants
from domain.organizations import InForce, rules_for
from domain.reminders import AT_A_TIME, Due
from domain.supervisors import card_in_use
from models.assessments import YearlyAssessment
from models.base import table_of
from models.cases import CaseOrigin, Ground
from models.education import EducationAttendance, EducationEvent, EducationLapse, EducationResult
from models.notifications import Reminder
from models.organizations import Organization
from models.supervisors import IN_USE, Appointment, AppointmentStatus, Card, RosterStanding, Supervisor, SupervisorKind

DUE_STEP, JUDGED_STEP, OVERDUE_STEP = "EDUCATION_DUE", "EDUCATION_JUDGED", "ASSESSMENT_OVERDUE"
FACTS = {Ground.EDUCATION_FAILED: "{year} 年业务学习教育不合格", Ground.EDUCATION_ABSENT: "{year} 年未参加业务学习教育"}


def ran(a: FromClause, year: int) -> ColumnElement[bool]:
    """Terms that ran when the year began; one cut short by a revocation does not count."""
    first = date(year, 1, 1)
    return and_(a.c.starts_on <= first, or_(a.c.ends_on.is_(None), a.c.ends_on > first), a.c.status != AppointmentStatus.TERMINATED)


def taught(agency: ColumnElement[UUID], year: int) -> ColumnElement[bool]:
    e = table_of(EducationEvent).alias("taught")
    return exists(select_from(e.c.id)).where(e.c.agency_id == agency, e.c.year == year).correlate_except(e)


def untaught(center_id: UUID, year: int, *, only: UUID | None) -> SelectOfScalar[UUID]:
    """Agencies with an appointed internal supervisor that held no education in the year."""
    o, s, a = table_of(Organization), table_of(Supervisor).alias("own"), table_of(Appointment).alias("term")
    appointed = exists(select_from(a.c.id)).where(
        s.c.organization_id == o.c.id,
        s.c.kind == SupervisorKind.INTERNAL,
        s.c.standing == RosterStanding.ACTIVE,
        a.c.supervisor_id == s.c.id,
        ran(a, year),
    )
    query = select(o.c.id).where(o.c.center_id == center_id, appointed.correlate_except(s, a), ~taught(o.c.id, year)).order_by(o.c.id)
    return query if only is None else query.where(o.c.id == only)


def said(subject: ColumnElement[UUID], step: str, year: int) -> ColumnElement[bool]:
    r = table_of(Reminder)
    return exists(select_from(r.c.id)).where(r.c.subject_id == subject, r.c.step == step, r.c.occasion == str(year)).correlate_except(r)


async def through(session: AsyncSession, center_id: UUID, year: int, *, asked: Callable[[InForce], bool]) -> InForce | None:
    """The rules at the end of a year, if they and those of its first day ask for this; None also where there were none."""
    try:
        first, last = [await rules_for(session, center_id, on=day) for day in (date(year, 1, 1), date(year, 12, 31))]
    except Unmet:
        return None
    return last if asked(first) and asked(last) else None


async def unheld(session: AsyncSession, center_id: UUID, at: datetime, *, only: UUID | None = None) -> Sequence[Due]:
    """Agencies to be reminded in the last months of a year that education is still to be held (1.5, Y061)."""
    today = shanghai_day(at)
    rules = await rules_for(session, center_id, on=today)
    day = rules.rules.optional_text("education.warn_from")
    if day is None or not called_for(rules) or today < date.fromisoformat(f"{today.year}-{day}"):
        return []
    query = untaught(center_id, today.year, only=only)
    found = (await session.exec(query.where(~said(table_of(Organization).c.id, DUE_STEP, today.year)))).all()
    return [Due(one, center_id, str(today.year)) for one in found]


async def remind_agency(session: AsyncSession, due: Due, act: Act) -> bool:
    agency = (await session.exec(select(Organization).where(col(Organization.id) == due.subject_id))).one()
    still = await unheld(session, agency.center_id, act.at, only=agency.id)
    if not still or not await reminders.first(session, agency, DUE_STEP, occasion=due.occasion):
        return False
    await record(session, agency, step=DUE_STEP, act=act, reason=due.occasion)
    return True


async def lapsed(session: AsyncSession, center_id: UUID, at: datetime, *, only: UUID | None = None) -> Sequence[Due]:
    """Agencies that held no education in the year that is over (A27)."""
    year, lapse = shanghai_day(at).year - 1, table_of(EducationLapse)
    if await through(session, center_id, year, asked=called_for) is None:
        return []
    on_record = exists(select_from(lapse.c.id)).where(lapse.c.agency_id == table_of(Organization).c.id, lapse.c.year == year).correlate_except(lapse)
    found = (await session.exec(untaught(center_id, year, only=only).where(~on_record))).all()
    return [Due(one, center_id, str(year)) for one in found]


async def flag(session: AsyncSession, due: Due, act: Act) -> bool:
    """The agency is flagged; its supervisors are not called to account for what it omitted."""
    agency = (await session.exec(select(Organization).where(col(Organization.id) == due.subject_id).with_for_update(skip_locked=True))).first()
    if agency is None or not await lapsed(session, agency.center_id, act.at, only=agency.id):
        return False
    rules = await rules_for(session, agency.center_id, on=date(int(due.occasion), 12, 31))
    row = EducationLapse(**tenants(agency), year=int(due.occasion), recorded_at=act.at, profile_id=rules.id)
    session.add(row)
    await session.flush()
    await record(session, row, step="LAPSE", act=act, reason=due.occasion, profile_id=rules.id)
    return True


def wanting(center_id: UUID, year: int) -> Select[Any]:
    """Internal supervisors with a card who passed no education of the year although one was held within their term, and the ground."""
    s, c = table_of(Supervisor), table_of(Card)
    e, a, t = table_of(EducationEvent).alias("held"), table_of(Appointment).alias("term"), table_of(EducationAttendance).alias("came")
    invited = exists(select_from(e.c.id)).where(
        a.c.supervisor_id == s.c.id,
        e.c.agency_id == s.c.organization_id,
        e.c.year == year,
        a.c.starts_on <= e.c.held_on,
        or_(a.c.ends_on.is_(None), a.c.ends_on > e.c.held_on),
    )
    carded = exists(select_from(c.c.id)).where(c.c.supervisor_id == s.c.id, c.c.status.in_(IN_USE)).correlate_except(c)

    def with_result(result: EducationResult) -> ColumnElement[bool]:
        return exists(select_from(t.c.id)).where(t.c.supervisor_id == s.c.id, t.c.year == year, t.c.result == result).correlate_except(t)

    ground = case((with_result(EducationResult.FAILED), literal(Ground.EDUCATION_FAILED.value)), else_=literal(Ground.EDUCATION_ABSENT.value))
    query = select(s.c.id, s.c.organization_id, ground.label("ground")).where(
        s.c.center_id == center_id, s.c.kind == SupervisorKind.INTERNAL, s.c.standing == RosterStanding.ACTIVE, carded
    )
    return query.where(invited.correlate_except(e, a), ~with_result(EducationResult.PASSED)).order_by(s.c.id)


async def unlearned(session: AsyncSession, center_id: UUID, at: datetime, *, only: UUID | None = None) -> Sequence[Any]:
    """Supervisor, issuer and ground, of the year that is over (Y062)."""
    year = shanghai_day(at).year - 1
    if await through(session, center_id, year, asked=called_for) is None:
        return []
    s = table_of(Supervisor)
    query = wanting(center_id, year).where(~said(s.c.id, JUDGED_STEP, year))
    query = query if only is None else query.where(s.c.id == only)
    return (await session.exec(query.limit(AT_A_TIME))).all()


async def to_judge(session: AsyncSession, center_id: UUID, at: datetime) -> Sequence[Due]:
    year = str(shanghai_day(at).year - 1)
    return [Due(one.id, one.organization_id, year) for one in await unlearned(session, center_id, at)]


async def judge(session: AsyncSession, due: Due, act: Act) -> bool:
    """Opens the case at the issuer of the card, once a year; it is a proposal, which two persons decide (000 §17)."""
    locked = select(Supervisor).where(col(Supervisor.id) == due.subject_id).with_for_update(skip_locked=True)
    supervisor = (await session.exec(locked)).first()
    found = await unlearned(session, supervisor.center_id, act.at, only=supervisor.id) if supervisor else []
    if supervisor is None or not found or not await reminders.first(session, supervisor, JUDGED_STEP, occasion=due.occasion):
        return False
    card, ground = await card_in_use(session, supervisor.id), Ground(found[0].ground)
    if card is None or await cases.is_open(session, card, ground):
        return False
    rules = await rules_for(session, supervisor.center_id, on=shanghai_day(act.at))
    facts = FACTS[ground].format(year=due.occasion)
    await cases.written(session, card, ground, facts=facts, origin=CaseOrigin.EDUCATION, act=act, rules=rules)
    return True


async def unassessed(session: AsyncSession, center_id: UUID, at: datetime, *, only: UUID | None = None) -> Sequence[Due]:
    """The latest term of who was appointed in the year that is over and was not assessed in time (Y083)."""
    today = shanghai_day(at)
    year = today.year - 1
    rules = await through(session, center_id, year, asked=lambda one: assessments.due(one, year) is not None)
    last = assessments.due(rules, year) if rules else None
    if last is None or today <= last:
        return []
    a, s, y = table_of(Appointment).alias("term"), table_of(Supervisor), table_of(YearlyAssessment)
    done = exists(select_from(y.c.id)).where(y.c.supervisor_id == a.c.supervisor_id, y.c.year == year).correlate_except(y)
    query = (
        select_from(a.c.id, a.c.dispatcher_id, func.row_number().over(partition_by=a.c.supervisor_id, order_by=a.c.starts_on.desc()).label("place"))
        .join(s, and_(s.c.id == a.c.supervisor_id, s.c.standing == RosterStanding.ACTIVE))
        .where(a.c.center_id == center_id, ran(a, year), ~done)
    ).subquery()
    latest = select(query.c.id, query.c.dispatcher_id).where(query.c.place == 1, ~said(query.c.id, OVERDUE_STEP, year)).order_by(query.c.id)
    latest = latest if only is None else latest.where(query.c.id == only)
    found = (await session.exec(latest.limit(AT_A_TIME))).all()
    return [Due(id, dispatcher, str(year)) for id, dispatcher in found]


async def remind_dispatcher(session: AsyncSession, due: Due, act: Act) -> bool:
    query = select(Appointment).where(col(Appointment.id) == due.subject_id).with_for_update(skip_locked=True, key_share=True)
    term = (await session.exec(query)).first()
    if term is None or not await unassessed(session, term.center_id, act.at, only=term.id):
        return False
    if not await reminders.first(session, term, OVERDUE_STEP, occasion=due.occasion):
        return False
    await record(session, term, step=OVERDUE_STEP, act=act, reason=due.occasion)
    return True
