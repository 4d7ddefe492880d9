"""备案方案 and 实施方案 (003 §13, F02-F04): an agency's own papers, each holding from its day until a later one of its kind takes its place."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, literal_column, or_, tuple_
from sqlalchemy import select as selected
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import evidence
from domain.errors import Unmet
from domain.evidence import Said, Whose
from domain.machine import Act, tenants
from domain.texts import checked_or_none
from models.base import table_of
from models.events import Event
from models.evidence import Evidence
from models.imports import Upload
from models.inspections import Inspection
from models.organizations import Organization
from models.sessions import RecognitionSession

ARTICLE = "003 §13"
LONGEST_OCCUPATION = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan as the agency hands it over: from which day it holds, and for which occupation, if not for all."""

    said: Said
    holds_from: date
    occupation: str | None = None


def blank(organization: Organization) -> Evidence:
    """A plan of this organization that is not there yet: what the right to hand one over is asked about."""
    return Evidence.model_construct(**tenants(organization), organization_id=organization.id)


async def home(session: AsyncSession, organization_id: UUID) -> Organization:
    """Whom somebody acts for. The registry is shared, and nothing is locked."""
    return (await session.exec(select(Organization).where(col(Organization.id) == organization_id))).one()


async def attach(session: AsyncSession, agency: Organization, upload: Upload, *, plan: Plan, act: Act) -> tuple[Evidence, Event]:
    """Unmet where a visit has begun on its day or later: what the team was shown then stays what it was held against."""
    last = await evidence.last_visit(session, agency.id, since=plan.holds_from)
    if last is not None:
        raise Unmet("plan.before_visit", ARTICLE, day=last.isoformat())
    whose = Whose(**tenants(agency), inspection_id=None, recognition_session_id=None, dispatcher_id=None)
    row = await evidence.written(session, upload, plan.said, whose=whose, act=act)
    row.holds_from, row.occupation = plan.holds_from, checked_or_none("occupation", plan.occupation, LONGEST_OCCUPATION)
    return row, await evidence.added(session, row, profile_id=None, act=act)


PLAN, LATER = table_of(Evidence).alias("plan"), table_of(Evidence).alias("later_plan")
VISIT, VISITED = table_of(Inspection).alias("visit"), table_of(RecognitionSession).alias("visited")


def replaced(day: ColumnElement[date]) -> ColumnElement[bool]:
    """Whether another plan of the kind and occupation has taken this one's place by the day; of two of one day the one handed over last."""
    found = exists(literal_column("1")).select_from(LATER).correlate_except(LATER)
    same = (LATER.c.agency_id == PLAN.c.agency_id, LATER.c.kind == PLAN.c.kind, LATER.c.occupation.is_not_distinct_from(PLAN.c.occupation))
    after = tuple_(LATER.c.holds_from, LATER.c.id) > tuple_(PLAN.c.holds_from, PLAN.c.id)
    return found.where(*same, LATER.c.withdrawn_at.is_(None), LATER.c.holds_from <= day, after)


OF_ITS_OCCUPATION = or_(PLAN.c.occupation.is_(None), VISITED.c.occupation.is_(None), PLAN.c.occupation == VISITED.c.occupation)
"""A visit to an agency's work as a whole is about every occupation."""

HELD = (
    selected(*PLAN.c, VISIT.c.id.label("held_at"))
    .select_from(VISIT)
    .join(PLAN, and_(PLAN.c.agency_id == VISIT.c.agency_id, PLAN.c.holds_from <= VISIT.c.scheduled_on, PLAN.c.withdrawn_at.is_(None)))
    .outerjoin(VISITED, VISITED.c.id == VISIT.c.recognition_session_id)
    .where(OF_ITS_OCCUPATION, ~replaced(VISIT.c.scheduled_on))
)
"""The plans that held on the day of each visit, with the id of the visit as `held_at`."""
