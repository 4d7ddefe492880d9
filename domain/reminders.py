"""What falls due without a state of its own: reminded of once for each occasion, by an event of the house (1.5; overdue is seen from the clock)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, and_, cast, exists, or_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import Holidays, Month, add_working_days, monthly_return_due, shanghai_day, start_of_day
from domain.holidays import holidays_of
from domain.machine import Act, record, tenants
from domain.organizations import InForce, rules_for
from domain.profiles import Profile, from_json
from domain.returns import days_off
from models.agency_cases import AgencyCase, AgencyCaseStatus
from models.base import new_id, table_of
from models.cases import BlacklistEntry, BlacklistStatus
from models.complaints import Complaint
from models.evidence import EvidenceRequest, EvidenceRequestStatus
from models.inspections import Inspection, InspectionStatus
from models.notifications import Reminder
from models.opinions import Rectification, RectificationStatus, SupervisionReport
from models.organizations import Organization, Tier
from models.organizations import Profile as ProfileRow
from models.returns import MonthlyReturn

AT_A_TIME = 200
LOOKED_BACK = 60
"""Days within which any limit of working days began: at the turn of a year the holidays of both years count."""

Conditions = Sequence[ColumnElement[bool]] | None
"""All must hold; None where the rules know no such limit."""


@dataclass(frozen=True)
class Due:
    """One row whose time has come; `organization_id` is for whom the house acts, `occasion` which of several times it is."""

    subject_id: UUID
    organization_id: UUID
    occasion: str = ""


@dataclass(frozen=True)
class Limit:
    """Rows to be reminded of. `day` names the column that tells one occasion from the next, `organization` who acts."""

    step: str
    model: type[SQLModel]
    article: str
    when: Callable[[Profile, date, Holidays], Conditions]
    day: str
    organization: str = "dispatcher_id"


UNDONE = (RectificationStatus.REQUIRED, RectificationStatus.SENT_BACK)
VISITED = (InspectionStatus.CHECKLIST_SIGNED, InspectionStatus.OPINION_SERVED)


def last_day_over(working_days: int, today: date, holidays: Holidays) -> date:
    """The latest day after which so many working days had passed before today: whatever began then or earlier is late."""
    day = today - timedelta(days=working_days + 1)
    while add_working_days(day, working_days, holidays) >= today:
        day -= timedelta(days=1)
    return day


def rectification_near(rules: Profile, today: date, _: Holidays) -> Conditions:
    days = rules.optional_integer("rectification.warn_days")
    near = col(Rectification.due_on)
    return None if days is None else (col(Rectification.status).in_(UNDONE), near >= today, near <= today + timedelta(days=days))


def rectification_late(_: Profile, today: date, __: Holidays) -> Conditions:
    return col(Rectification.status).in_(UNDONE), col(Rectification.due_on) < today


def opinion_late(rules: Profile, today: date, holidays: Holidays) -> Conditions:
    days = rules.optional_integer("opinion_letter.working_days")
    signed = col(Inspection.status) == InspectionStatus.CHECKLIST_SIGNED
    return None if days is None else (signed, col(Inspection.scheduled_on) <= last_day_over(days, today, holidays))


def report_late(rules: Profile, today: date, holidays: Holidays) -> Conditions:
    days = rules.optional_integer("supervision_report.working_days")
    filed = exists().where(col(SupervisionReport.inspection_id) == col(Inspection.id))
    visited = and_(col(Inspection.status).in_(VISITED), col(Inspection.internal).is_(False))
    return None if days is None else (visited, col(Inspection.scheduled_on) <= last_day_over(days, today, holidays), ~filed)


def review_due(_: Profile, today: date, __: Holidays) -> Conditions:
    return col(BlacklistEntry.status) == BlacklistStatus.LISTED, col(BlacklistEntry.review_on) <= today


def evidence_late(_: Profile, today: date, __: Holidays) -> Conditions:
    """What an agency was asked for and has neither handed over nor refused; the day itself is in time."""
    return col(EvidenceRequest.status) == EvidenceRequestStatus.REQUESTED, col(EvidenceRequest.due_at) < start_of_day(today)


def complaint_due(_: Profile, today: date, __: Holidays) -> Conditions:
    """Not answered on the day it is due."""
    return col(Complaint.answered_at).is_(None), col(Complaint.due_on) <= today


def order_late(_: Profile, today: date, __: Holidays) -> Conditions:
    """责令改正 past its day: 拒不改正 is for a person to find (000 §20)."""
    return col(AgencyCase.status) == AgencyCaseStatus.ORDERED, col(AgencyCase.due_on) < today


LIMITS = (
    Limit("REMIND", Rectification, "default 1.5 (Y041)", rectification_near, "due_on"),
    Limit("OVERDUE", Rectification, "default 1.5 (Y041)", rectification_late, "due_on"),
    Limit("OPINION_OVERDUE", Inspection, "default 1.5 (Y040)", opinion_late, "scheduled_on"),
    Limit("REPORT_OVERDUE", Inspection, "default 1.5 (B035)", report_late, "scheduled_on"),
    Limit("OVERDUE", EvidenceRequest, "003 §8 (B018)", evidence_late, "due_at", organization="center_id"),
    Limit("REMIND", Complaint, "default 1.5 (Y022)", complaint_due, "due_on", organization="receiver_id"),
    Limit("OVERDUE", AgencyCase, "000 §20 (Y069)", order_late, "due_on", organization="opener_id"),
    Limit("REMIND", BlacklistEntry, "default 1.5 (A14)", review_due, "review_on", organization="center_id"),
)
"""To remind of one more thing takes one line here, and one in domain/telling.py for whom to tell."""


async def found_due(session: AsyncSession, limit: Limit, center_id: UUID, *, at: datetime) -> list[Due]:
    """Rows of a center that are due and not reminded of yet, each judged by the profile of its own or, without one, by that in force (INV15)."""
    t: Any = table_of(limit.model)
    occasion = cast(t.c[limit.day], Text)
    query = select(t.c.id, t.c[limit.organization], occasion).where(t.c.center_id == center_id, ~given(limit.step, t.c.id, occasion))
    judged = await judging(session, limit, center_id, today=shanghai_day(at))
    if not judged:
        return []
    rows = (await session.exec(query.where(or_(*judged)).order_by(t.c.id).limit(AT_A_TIME))).all()
    return [Due(*one) for one in rows]


async def judging(session: AsyncSession, limit: Limit, center_id: UUID, *, today: date) -> list[ColumnElement[bool]]:
    t = table_of(limit.model)
    holidays = await holidays_of(session, center_id, since=today - timedelta(days=LOOKED_BACK))
    if "profile_id" not in t.c:
        said = limit.when((await rules_for(session, center_id, on=today)).rules, today, holidays)
        return [] if said is None else [and_(*said)]
    profiles = (await session.exec(select(ProfileRow).where(col(ProfileRow.organization_id) == center_id))).all()
    rules = [from_json(one.rules, slug=one.slug, title=one.title, effective_from=one.effective_from) for one in profiles]
    several = [(one, limit.when(judged, today, holidays)) for one, judged in zip(profiles, rules, strict=True)]
    return [and_(t.c.profile_id == one.id, *said) for one, said in several if said is not None]


def given(step: str, subject: ColumnElement[UUID], occasion: ColumnElement[str]) -> ColumnElement[bool]:
    r = table_of(Reminder)
    return exists().where(r.c.subject_id == subject, r.c.step == step, r.c.occasion == occasion)


async def remind(session: AsyncSession, limit: Limit, due: Due, *, act: Act) -> bool:
    """Writes the event, unless somebody has meanwhile, or it is not due any more. The event is what tells of it."""
    model: Any = limit.model
    t: Any = table_of(model)
    judged = await judging(session, limit, await center_of(session, act), today=shanghai_day(act.at))
    still = select(model).where(t.c.id == due.subject_id, or_(*judged)).with_for_update(skip_locked=True, key_share=True)
    row = (await session.exec(still)).one_or_none() if judged else None
    if row is None or not await first(session, row, limit.step, occasion=due.occasion):
        return False
    await record(session, row, step=limit.step, act=act, reason=due.occasion)
    return True


async def center_of(session: AsyncSession, act: Act) -> UUID:
    return (await session.exec(select(Organization.center_id).where(col(Organization.id) == act.organization_id))).one()


async def first(session: AsyncSession, row: Any, step: str, *, occasion: str) -> bool:  # noqa: ANN401 - a row of any kind
    """Whether nobody has reminded of this before; from now on somebody has."""
    new = insert(table_of(Reminder)).values(id=new_id(), **tenants(row), subject_id=row.id, step=step, occasion=occasion)
    return (await session.exec(new.on_conflict_do_nothing().returning(table_of(Reminder).c.id))).first() is not None


RETURN_STEPS = ("REMIND_MONTHLY_RETURN", "MONTHLY_RETURN_OVERDUE")


async def unfiled(session: AsyncSession, step: str, center_id: UUID, *, at: datetime) -> list[Due]:
    """Districts without a return on last month: to be reminded from the day of the profile until it is due, late afterwards (003 §15, A03)."""
    month = Month.of(shanghai_day(at)).previous()
    force = await rules_for(session, center_id, on=month.last_day())
    holidays = await days_off(session, center_id, month, rules=force.rules)
    if not called_for(step, month, force, at=at, holidays=holidays):
        return []
    o, m, r = table_of(Organization), table_of(MonthlyReturn), table_of(Reminder)
    filed = exists().where(m.c.district_id == o.c.id, m.c.month == str(month))
    said = exists().where(r.c.subject_id == o.c.id, r.c.step == step, r.c.occasion == str(month))
    query = select(o.c.id).where(o.c.center_id == center_id, o.c.tier == Tier.DISTRICT, ~filed, ~said).order_by(o.c.id)
    return [Due(one, center_id, str(month)) for one in (await session.exec(query)).all()]


def called_for(step: str, month: Month, force: InForce, *, at: datetime, holidays: Holidays) -> bool:
    due, day = monthly_return_due(month, force.rules, holidays=holidays), force.rules.optional_integer("monthly_return.remind_day")
    if due is None:
        return False
    if step == RETURN_STEPS[1]:
        return bool(at >= due)
    return day is not None and bool(start_of_day(month.next().day(day)) <= at < due)


async def remind_district(session: AsyncSession, step: str, due: Due, *, act: Act) -> bool:
    """Of a return that is missing there is no row: the event is the district's. One that was filed meanwhile is not reminded of."""
    district = (await session.exec(select(Organization).where(col(Organization.id) == due.subject_id))).one()
    if due not in await unfiled(session, step, district.center_id, at=act.at):
        return False
    if not await first(session, district, step, occasion=due.occasion):
        return False
    await record(session, district, step=step, act=act, reason=due.occasion)
    return True
