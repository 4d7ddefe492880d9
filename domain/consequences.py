"""What follows by itself: a rectification past its day and evidence refused are put on the ladder that the rules have. A person decides what comes of it.

000 §20 calls both an obstruction of supervision, so a case is opened at the center (Y070, Y072). Rules without that ladder (003 §16) have the report to
the center as their first step (D25). The house records it for the center: the agency learns nothing before a criticism.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, FromClause, cast, exists, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import obstructions
from domain.agency_cases import ARTICLES, GROUNDS, LADDER
from domain.calendar import end_of_day, shanghai_day
from domain.machine import Act
from domain.obstructions import Met
from domain.profiles import Profile, from_json
from domain.reminders import UNDONE, Due
from domain.violations import KINDS
from models.agency_cases import AgencyCaseStatus, AgencyGround, Obstruction
from models.base import table_of
from models.evidence import EvidenceRequest, EvidenceRequestStatus
from models.inspections import Inspection
from models.opinions import Rectification, RectificationStatus
from models.organizations import Profile as ProfileRow
from models.violations import SeriousViolationKind

AT_A_TIME = 200
UNREPORTED = {RectificationStatus.REQUIRED: "期满未报告整改情况", RectificationStatus.SENT_BACK: "整改情况被退回，期满未重新报告"}


async def unrectified(session: AsyncSession, center_id: UUID, at: datetime) -> Sequence[Due]:
    """整改逾期, once for each day it was due; the day itself is in time (000 §11(三), Y072)."""
    return await following(session, table_of(Rectification), late(shanghai_day(at)), center_id=center_id, ground=AgencyGround.REFUSES_IMPROVEMENT)


def late(today: date) -> list[ColumnElement[bool]]:
    """Not where it was charged already: a day that was moved may pass again."""
    r, o = table_of(Rectification).c, table_of(Obstruction).c
    over = func.timezone("Asia/Shanghai", cast(r.due_on + 1, DateTime()))
    charged = exists().where(o.rectification_id == r.id, o.happened_at == over)
    return [r.status.in_(UNDONE), r.due_on < today, ~charged]


async def charge_unrectified(session: AsyncSession, due: Due, act: Act) -> bool:
    """拒不采取改进措施 (000 §20(三)). Not where it was reported meanwhile, or another worker is at it."""
    query = select(Rectification).where(col(Rectification.id) == due.subject_id, *late(shanghai_day(act.at)))
    row = (await session.exec(query.with_for_update(skip_locked=True, key_share=True))).one_or_none()
    if row is None:
        return False
    ground = AgencyGround.REFUSES_IMPROVEMENT
    facts = f"整改期限为 {row.due_on}，{UNREPORTED[row.status]}（{ARTICLES[ground]}）。"
    await charge(session, row.inspection_id, Met(ground, facts, end_of_day(row.due_on), rectification_id=row.id), act=act)
    return True


async def withheld(session: AsyncSession, center_id: UUID, at: datetime) -> Sequence[Due]:  # noqa: ARG001 - a job is asked at an instant
    """Requests for evidence that were refused (003 §8, B018)."""
    return await following(session, table_of(EvidenceRequest), refused(), center_id=center_id, ground=AgencyGround.WITHHOLDS_INFORMATION)


def refused() -> list[ColumnElement[bool]]:
    e, o = table_of(EvidenceRequest).c, table_of(Obstruction).c
    return [e.status == EvidenceRequestStatus.REFUSED, ~exists().where(o.evidence_request_id == e.id)]


async def charge_withheld(session: AsyncSession, due: Due, act: Act) -> bool:
    """拒绝提供有关情况和文件资料 (000 §20(一))."""
    query = select(EvidenceRequest).where(col(EvidenceRequest.id) == due.subject_id, *refused())
    row = (await session.exec(query.with_for_update(skip_locked=True, key_share=True))).one_or_none()
    if row is None or row.answered_at is None:
        return False
    ground = AgencyGround.WITHHOLDS_INFORMATION
    facts = f"拒绝提供督导所需资料（003 §8；{ARTICLES[ground]}）：{row.refusal}"
    await charge(session, row.inspection_id, Met(ground, facts, row.answered_at, evidence_request_id=row.id), act=act)
    return True


async def charge(session: AsyncSession, inspection_id: UUID, met: Met, *, act: Act) -> None:
    inspection = (await session.exec(select(Inspection).where(col(Inspection.id) == inspection_id))).one()
    await obstructions.entered(session, inspection, met, act=act)


async def following(session: AsyncSession, t: FromClause, when: Sequence[ColumnElement[bool]], *, center_id: UUID, ground: AgencyGround) -> list[Due]:
    """Rows of inspections that somebody above the agency dispatched, under rules that know a next step. The house acts for the center."""
    i = table_of(Inspection)
    query = select(t.c.id, t.c.center_id).join(i, i.c.id == t.c.inspection_id).where(t.c.center_id == center_id, i.c.dispatcher_id != i.c.agency_id)
    profiles = (await session.exec(select(ProfileRow).where(col(ProfileRow.organization_id) == center_id))).all()
    judging = [one.id for one in profiles if leads_on(rules_in(one), ground)]
    rows = (await session.exec(query.where(i.c.profile_id.in_(judging), *when).order_by(t.c.id).limit(AT_A_TIME))).all()
    return [Due(*one) for one in rows]


def rules_in(row: ProfileRow) -> Profile:
    return from_json(row.rules, slug=row.slug, title=row.title, effective_from=row.effective_from)


def leads_on(rules: Profile, ground: AgencyGround) -> bool:
    """Whether there is a case for this ground (000 §20) or, without that ladder, a report to make (003 §15)."""
    if AgencyCaseStatus.CRITICIZED in rules.words(LADDER):
        return ground in rules.words(GROUNDS)
    return SeriousViolationKind.MAJOR_ISSUE in rules.words(KINDS)
