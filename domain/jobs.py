"""All that the clock does: each job finds the rows of a center whose time has come, and takes one step with one of them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import consequences, dispatch, refusals, reminders, year_end
from domain.calendar import shanghai_day
from domain.machine import Act, advance, record
from domain.organizations import rules_for
from domain.reminders import LIMITS, RETURN_STEPS, Due, Limit
from domain.supervisors import APPOINTMENT_STEPS, Step
from models.base import table_of
from models.dispatch import Assignment, AssignmentStatus
from models.inspections import Inspection
from models.notifications import Reminder
from models.supervisors import IN_TERM, Appointment, AppointmentStatus

AT_A_TIME = 200
UNFILLED = "LEAVE_UNFILLED"


@dataclass(frozen=True)
class Job:
    """`found` says what is due in a center at an instant, `done` does it to one and says whether there was still something to do.

    Each is done in a transaction of its own, asks again whether it is due, and leaves a row that somebody else is at. `refused` is done instead,
    in another transaction, where a rule does not let it.
    """

    name: str
    article: str
    found: Callable[[AsyncSession, UUID, datetime], Awaitable[Sequence[Due]]]
    done: Callable[[AsyncSession, Due, Act], Awaitable[bool]]
    refused: Callable[[AsyncSession, Due, Act], Awaitable[bool]] | None = None


async def unanswered(session: AsyncSession, center_id: UUID, at: datetime) -> Sequence[Due]:
    a = table_of(Assignment).c
    query = select(a.id, a.dispatcher_id).where(a.center_id == center_id, a.status == AssignmentStatus.OFFERED, a.reply_by <= at)
    return [Due(*one) for one in (await session.exec(query.order_by(a.reply_by).limit(AT_A_TIME))).all()]


async def lapse(session: AsyncSession, due: Due, act: Act) -> bool:
    """Silence past the reply time: NO_REPLY, and the case where it was one refusal too many (000 §19, A08)."""
    place = await held(session, due, col(Assignment.status) == AssignmentStatus.OFFERED, col(Assignment.reply_by) <= act.at)
    if place is None:
        return False
    await refusals.lapse(session, place, act=act)
    return True


async def unfilled(session: AsyncSession, center_id: UUID, at: datetime, *, only: UUID | None = None) -> Sequence[Due]:
    """Places left by silence, while the visit is still to come and nobody was asked instead."""
    a, i, r = table_of(Assignment), table_of(Inspection), table_of(Reminder)
    asked = a.alias("asked")
    query = (
        select(a.c.id, a.c.dispatcher_id)
        .join(i, i.c.id == a.c.inspection_id)
        .where(a.c.center_id == center_id, a.c.status == AssignmentStatus.NO_REPLY, a.c.ends_at > at)
        .where(i.c.status.in_(dispatch.BEFORE_THE_VISIT_ENDS))
        .where(~select(asked.c.id).where(asked.c.replaces_id == a.c.id).exists())
        .where(~select(r.c.id).where(r.c.subject_id == a.c.id, r.c.step == UNFILLED).exists())
    )
    query = query if only is None else query.where(a.c.id == only)
    return [Due(*one) for one in (await session.exec(query.order_by(a.c.starts_at).limit(AT_A_TIME))).all()]


async def ask_next(session: AsyncSession, due: Due, act: Act) -> bool:
    """Offers the place to the next of the committed order (003 §11, B029)."""
    place = await held(session, due, col(Assignment.status) == AssignmentStatus.NO_REPLY)
    if place is None or not await unfilled(session, place.center_id, act.at, only=place.id):
        return False
    await dispatch.replace(session, place, act=act)
    return True


async def leave_unfilled(session: AsyncSession, due: Due, act: Act) -> bool:
    """Nobody is left to ask: the dispatcher is told, once."""
    place = await held(session, due, col(Assignment.status) == AssignmentStatus.NO_REPLY)
    if place is None or not await reminders.first(session, place, UNFILLED, occasion=""):
        return False
    await record(session, place, step=UNFILLED, act=act)
    return True


async def held(session: AsyncSession, due: Due, *still: ColumnElement[bool]) -> Assignment | None:
    """The place, locked, if it is still so and nobody else is at it."""
    query = select(Assignment).where(col(Assignment.id) == due.subject_id, *still)
    return (await session.exec(query.with_for_update(skip_locked=True))).one_or_none()


async def ending(session: AsyncSession, center_id: UUID, at: datetime) -> Sequence[Due]:
    """Terms that end within the days of the profile (1.5, Y064)."""
    return await terms(session, await near(session, center_id, at), center_id=center_id)


async def ended(session: AsyncSession, center_id: UUID, at: datetime) -> Sequence[Due]:
    return await terms(session, over(at), center_id=center_id)


Conditions = Sequence[ColumnElement[bool]] | None


async def near(session: AsyncSession, center_id: UUID, at: datetime) -> Conditions:
    today = shanghai_day(at)
    days = (await rules_for(session, center_id, on=today)).rules.optional_integer("appointment.warn_days")
    t = table_of(Appointment).c
    return None if days is None else (t.status == AppointmentStatus.ACTIVE, t.ends_on > today, t.ends_on <= today + timedelta(days=days))


def over(at: datetime) -> Conditions:
    t = table_of(Appointment).c
    return t.status.in_(IN_TERM), t.ends_on <= shanghai_day(at)


async def terms(session: AsyncSession, which: Conditions, *, center_id: UUID) -> Sequence[Due]:
    if which is None:
        return []
    t = table_of(Appointment).c
    query = select(t.id, t.dispatcher_id).where(t.center_id == center_id, *which)
    return [Due(*one) for one in (await session.exec(query.order_by(t.ends_on).limit(AT_A_TIME))).all()]


async def warn(session: AsyncSession, due: Due, act: Act) -> bool:
    return await step_of_term(session, due, Step.WARN, which=await near(session, await reminders.center_of(session, act), act.at), act=act)


async def expire(session: AsyncSession, due: Due, act: Act) -> bool:
    return await step_of_term(session, due, Step.EXPIRE, which=over(act.at), act=act)


async def step_of_term(session: AsyncSession, due: Due, step: Step, *, which: Conditions, act: Act) -> bool:
    """Not where another worker has taken the step, or the term was ended or changed."""
    query = select(Appointment).where(col(Appointment.id) == due.subject_id, *(which or ()))
    term = (await session.exec(query.with_for_update(skip_locked=True))).one_or_none()
    if term is None or which is None:
        return False
    rules = await rules_for(session, term.center_id, on=shanghai_day(act.at))
    await advance(session, term, APPOINTMENT_STEPS, step=step, act=act, profile_id=rules.id)
    return True


def reminding(limit: Limit) -> Job:
    async def found(session: AsyncSession, center_id: UUID, at: datetime) -> Sequence[Due]:
        return await reminders.found_due(session, limit, center_id, at=at)

    async def done(session: AsyncSession, due: Due, act: Act) -> bool:
        return await reminders.remind(session, limit, due, act=act)

    return Job(f"{limit.model.__name__}.{limit.step}", limit.article, found, done)


def returning(step: str) -> Job:
    async def found(session: AsyncSession, center_id: UUID, at: datetime) -> Sequence[Due]:
        return await reminders.unfiled(session, step, center_id, at=at)

    async def done(session: AsyncSession, due: Due, act: Act) -> bool:
        return await reminders.remind_district(session, step, due, act=act)

    return Job(f"MonthlyReturn.{step}", "003 §15 (A03)", found, done)


JOBS: Sequence[Job] = (
    Job("Assignment.MARK_NO_REPLY", "000 §19, default 1.5 (Y067, A08)", unanswered, lapse),
    Job("Assignment.REPLACE", "003 §11 (B029)", unfilled, ask_next, refused=leave_unfilled),
    Job("Appointment.WARN", "000 §18, default 1.5 (Y064)", ending, warn),
    Job("Appointment.EXPIRE", "000 §18 (Y064)", ended, expire),
    *map(reminding, LIMITS),
    *map(returning, RETURN_STEPS),
    Job("Rectification.ESCALATE", "000 §20(三) (Y072); 003 §16 (D25)", consequences.unrectified, consequences.charge_unrectified),
    Job("EvidenceRequest.ESCALATE", "000 §20(一), 003 §8 (B018, Y070)", consequences.withheld, consequences.charge_withheld),
    Job("Organization.EDUCATION_DUE", "000 §17, default 1.5 (Y061)", year_end.unheld, year_end.remind_agency),
    Job("EducationLapse.LAPSE", "000 §17 (Y061, A27)", year_end.lapsed, year_end.flag),
    Job("Supervisor.EDUCATION_JUDGED", "000 §17 (Y062)", year_end.to_judge, year_end.judge),
    Job("Appointment.ASSESSMENT_OVERDUE", "000 §22, default 1.5 (Y083)", year_end.unassessed, year_end.remind_dispatcher),
)
"""In their order: a place is given to the next after the silence of the one before was put on record."""
