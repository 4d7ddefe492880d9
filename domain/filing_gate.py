"""What keeps a batch from being filed (003 §16, INV16), and what the opinion on it rests on (003 §14)."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause
from sqlalchemy import select as select_from
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import agency_cases, violations
from domain.calendar import shanghai_day
from domain.errors import BadInput, Unmet
from models.checklists import Finding
from models.filings import FilingDecision, FilingRefusal, FilingRefusalStatus
from models.inspections import Inspection, InspectionStatus
from models.returns import MonthlyReturn
from models.violations import SeriousViolationReport, SeriousViolationStatus

SEEN = (InspectionStatus.CHECKLIST_SIGNED, InspectionStatus.OPINION_SERVED, InspectionStatus.CLOSED)
"""From the signed form on an inspection has something to say."""
MOST_NAMED = 50


async def unaccused(session: AsyncSession, filing: FilingDecision) -> None:
    """No open serious-violation report or agency case is about a session of the batch, or about the agency as a whole, and none that was upheld
    waits for a refusal (B058, A20).
    """
    if filing.agency_id is None:
        return
    sessions = sessions_of(filing)
    for noun in (violations, agency_cases):
        if await noun.open_on(session, filing.agency_id, sessions):
            raise Unmet("filing.case_open", "003 §16")
    if await upheld(session, filing, sessions):
        raise Unmet("filing.report_upheld", "003 §16")


async def upheld(session: AsyncSession, filing: FilingDecision, sessions: Collection[UUID]) -> bool:
    """Whether a report that was upheld still holds the batch: one about its sessions, or about the agency as a whole and decided in its month or
    later. What follows is a refusal to file that names the report; where that is dismissed with a reason, the batch is free of it.
    """
    about, decided = col(SeriousViolationReport.recognition_session_id), col(SeriousViolationReport.decided_at)
    answered = select(FilingRefusal.serious_violation_report_id).where(
        col(FilingRefusal.filing_decision_id) == filing.id, col(FilingRefusal.status) == FilingRefusalStatus.DISMISSED
    )
    query = select(SeriousViolationReport.id, about, decided).where(
        col(SeriousViolationReport.agency_id) == filing.agency_id, col(SeriousViolationReport.status) == SeriousViolationStatus.UPHELD
    )
    freed = set((await session.exec(answered)).all())
    return any(
        id not in freed and (one in sessions or (one is None and at is not None and f"{shanghai_day(at):%Y-%m}" >= filing.month))
        for id, one, at in (await session.exec(query)).all()
    )


def sessions_of(filing: FilingDecision) -> set[UUID]:
    return {UUID(one["recognition_session"]) for one in filing.sessions}


def gathered(t: FromClause, when: ColumnElement[bool], each: ColumnElement[Any]) -> ColumnElement[Any]:
    """What is said of the rows of a table that hold a batch, in the order of their ids, as a JSON list."""
    rows = select_from(func.jsonb_agg(aggregate_order_by(each, t.c.id))).select_from(t).where(when).correlate_except(t).scalar_subquery()
    return func.coalesce(rows, func.jsonb_build_array())


async def basis(session: AsyncSession, filing: FilingDecision, named: Sequence[Inspection]) -> list[dict[str, Any]]:
    """现场检查和日常监督情况 (B049): the inspections of the batch's sessions that have a signed form, and those that are named, with the number
    of their findings as it stands. BadInput for an inspection of another agency, or one without a signed form.
    """
    if len(named) > MOST_NAMED:
        raise BadInput("inspections", "too_many", most=MOST_NAMED)
    if any(one.agency_id != filing.agency_id or one.status not in SEEN for one in named):
        raise BadInput("inspections", "unknown")
    visits = select(Inspection.id).where(col(Inspection.recognition_session_id).in_(sessions_of(filing)), col(Inspection.status).in_(SEEN))
    ids = {*(await session.exec(visits)).all(), *(one.id for one in named)}
    counted = select(Finding.inspection_id, func.count()).where(col(Finding.inspection_id).in_(ids)).group_by(col(Finding.inspection_id))
    findings: dict[UUID, int] = dict((await session.exec(counted)).all())
    return [{"inspection": one.hex, "finding_count": findings.get(one, 0)} for one in sorted(ids)]


async def monthly_return(session: AsyncSession, filing: FilingDecision) -> UUID | None:
    """The latest edition of what the district reported of the month, where there is one."""
    query = select(MonthlyReturn.id).where(col(MonthlyReturn.district_id) == filing.district_id, col(MonthlyReturn.month) == filing.month)
    return (await session.exec(query.order_by(col(MonthlyReturn.edition).desc()).limit(1))).first()
