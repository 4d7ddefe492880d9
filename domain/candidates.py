"""抽查报考条件、身份和认定结果 of single candidates (003 §5, §13(一); B008, B042): recorded by the team as it goes."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.answers import TRUTHFUL
from domain.checklists import on_duty
from domain.errors import BadInput, Conflict, Unmet
from domain.machine import Act, record, tenants
from domain.texts import checked, checked_or_none
from models.candidates import CandidateCheck, CandidateCheckKind
from models.events import Event
from models.inspections import Inspection, InspectionStatus

LONGEST, LONGEST_REMARK, MOST = 40, 500, 100
SEEN = (InspectionStatus.IN_PROGRESS, InspectionStatus.CHECKLIST_SIGNED, InspectionStatus.OPINION_SERVED)
"""From the start of the visit until it is closed: a result may be looked at after the day."""


@dataclass(frozen=True, slots=True)
class Looked:
    """One candidate, by the number of the admission ticket (准考证号)."""

    kind: CandidateCheckKind
    candidate: str
    passed: bool
    remark: str | None = None


async def look(session: AsyncSession, inspection: Inspection, seen: Sequence[Looked], *, act: Act) -> Event:
    """Keeps what a member who is there saw; at most 100 for an inspection. Whoever did not pass needs a remark. Nobody is looked at twice for the same."""
    await on_duty(session, inspection, act.by)
    if inspection.status not in SEEN:
        raise Conflict("STATE", status=inspection.status.value)
    before = (await session.exec(select(CandidateCheck).where(col(CandidateCheck.inspection_id) == inspection.id))).all()
    if not 1 <= len(seen) <= MOST - len(before):
        raise BadInput("checks", "too_many" if seen else "required", most=MOST)
    known = {(one.kind, one.candidate) for one in before}
    for one in seen:
        row = kept(inspection, one, act=act)
        if (row.kind, row.candidate) in known:
            raise Conflict("DUPLICATE")
        known.add((row.kind, row.candidate))
        session.add(row)
    return await record(session, inspection, step="CHECK_CANDIDATES", act=act, profile_id=inspection.profile_id)


def kept(inspection: Inspection, one: Looked, *, act: Act) -> CandidateCheck:
    remark = checked_or_none("remark", one.remark, LONGEST_REMARK)
    if not one.passed and remark is None:
        raise Unmet("candidate.remark", TRUTHFUL)
    return CandidateCheck(
        **tenants(inspection),
        inspection_id=inspection.id,
        kind=one.kind,
        candidate=checked("candidate", one.candidate, LONGEST),
        passed=one.passed,
        remark=remark,
        person_id=act.by,
        checked_at=act.at,
    )
