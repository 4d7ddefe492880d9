"""取消考评人员资格建议 (000 §8(三), Y018): the team recommends, the agency decides."""

from enum import StrEnum

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.checklists import on_duty
from domain.errors import BadInput, Conflict
from domain.machine import Act, Machine, advance, record, tenants
from domain.texts import checked
from models.events import Event
from models.inspections import Inspection, InspectionStatus
from models.recommendations import AssessorRecommendation, AssessorRecommendationStatus
from models.sessions import Assessor

LONGEST = 2000
SEEN = (InspectionStatus.IN_PROGRESS, InspectionStatus.CHECKLIST_SIGNED, InspectionStatus.OPINION_SERVED)
"""From the start of the visit until it is closed."""


class Step(StrEnum):
    PROPOSE = "PROPOSE"
    ACCEPT = "ACCEPT"
    REJECT = "REJECT"


STEPS: Machine = {
    (AssessorRecommendationStatus.PROPOSED, Step.ACCEPT): AssessorRecommendationStatus.ACCEPTED,
    (AssessorRecommendationStatus.PROPOSED, Step.REJECT): AssessorRecommendationStatus.REJECTED,
}


async def propose(session: AsyncSession, inspection: Inspection, assessor: Assessor, *, facts: str, act: Act) -> tuple[AssessorRecommendation, Event]:
    """A member who was there recommends that the agency cancel an assessor of the visited session. Once for each of them: DUPLICATE."""
    await on_duty(session, inspection, act.by)
    if inspection.status not in SEEN:
        raise Conflict("STATE", status=inspection.status.value)
    if inspection.recognition_session_id is None or assessor.recognition_session_id != inspection.recognition_session_id:
        raise BadInput("assessor", "unknown")
    same = (col(AssessorRecommendation.inspection_id) == inspection.id, col(AssessorRecommendation.assessor_id) == assessor.id)
    if (await session.exec(select(AssessorRecommendation.id).where(*same))).first() is not None:
        raise Conflict("DUPLICATE")
    row = AssessorRecommendation(
        **tenants(inspection),
        inspection_id=inspection.id,
        assessor_id=assessor.id,
        facts=checked("facts", facts, LONGEST),
        person_id=act.by,
        proposed_at=act.at,
        profile_id=inspection.profile_id,
    )
    session.add(row)
    await session.flush()
    return row, await record(session, row, step=Step.PROPOSE, act=act, after=row.status, profile_id=row.profile_id)


async def accept(session: AsyncSession, row: AssessorRecommendation, reason: str, *, act: Act) -> Event:
    """The agency cancels the assessor's qualification (取消考评人员资格)."""
    return await _decided(session, row, reason, step=Step.ACCEPT, act=act)


async def reject(session: AsyncSession, row: AssessorRecommendation, reason: str, *, act: Act) -> Event:
    """The agency does not follow, and says why."""
    return await _decided(session, row, reason, step=Step.REJECT, act=act)


async def _decided(session: AsyncSession, row: AssessorRecommendation, reason: str, *, step: Step, act: Act) -> Event:
    text = checked("reason", reason, LONGEST)
    if row.status is AssessorRecommendationStatus.PROPOSED:
        row.reason, row.decided_by, row.decided_at = text, act.by, act.at
    return await advance(session, row, STEPS, step=step, act=act, reason=text, profile_id=row.profile_id)
