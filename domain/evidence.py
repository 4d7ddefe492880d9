"""Evidence of a visit or a session, and requests for it (000 §8(二), §9; 003 §8): written once, withdrawn without being taken away."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import uploads
from domain.checklists import HERE, sheet_of
from domain.errors import BadInput, Conflict, Unmet
from domain.machine import Act, Machine, Tenants, advance, record, tenants
from domain.media import named
from domain.offers import LIVE
from domain.texts import checked, checked_or_none
from models.dispatch import Assignment
from models.events import Event
from models.evidence import PLANS, Confidentiality, Evidence, EvidenceKind, EvidenceRefusalGround, EvidenceRequest, EvidenceRequestStatus
from models.imports import Upload
from models.inspections import Inspection, InspectionStatus
from models.opinions import Rectification, RectificationStatus
from models.sessions import RecognitionSession, RecognitionSessionStatus

PART = 500
LONGEST_WANTED, LONGEST_RESULT, LONGEST_REFUSAL = 2000, 2000, 2000
LONGEST_DESCRIPTION, LONGEST_PLACE, LONGEST_REASON = 500, 200, 500
PROVIDES = "003 §8; 000 §20"
WITH_RESULT = (EvidenceKind.SURVEY, EvidenceKind.TEST, EvidenceKind.RECHECK)
OPEN = (InspectionStatus.NOTIFIED, InspectionStatus.IN_PROGRESS, InspectionStatus.CHECKLIST_SIGNED, InspectionStatus.OPINION_SERVED)
"""From the notice to the closing."""
UNSIGNED = (InspectionStatus.NOTIFIED, InspectionStatus.IN_PROGRESS)
BEGUN = (InspectionStatus.IN_PROGRESS, InspectionStatus.CHECKLIST_SIGNED, InspectionStatus.OPINION_SERVED, InspectionStatus.CLOSED)
UNDONE = (RectificationStatus.REQUIRED, RectificationStatus.SENT_BACK)
UNDER_WAY = (RecognitionSessionStatus.PLANNED, RecognitionSessionStatus.STARTED)


class Step(StrEnum):
    PROVIDE = "PROVIDE"
    REFUSE = "REFUSE"


STEPS: Machine = {
    (EvidenceRequestStatus.REQUESTED, Step.PROVIDE): EvidenceRequestStatus.PROVIDED,
    (EvidenceRequestStatus.REQUESTED, Step.REFUSE): EvidenceRequestStatus.REFUSED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is said of a file. `item` is the code of the line of the form it is about, `rectification` what it shows to be put right."""

    kind: EvidenceKind
    confidentiality: Confidentiality
    taken_at: datetime
    description: str
    place: str | None = None
    result: str | None = None
    item: str | None = None
    rectification: Rectification | None = None


class Whose(Tenants):
    inspection_id: UUID | None
    recognition_session_id: UUID | None
    dispatcher_id: UUID | None


async def attach(
    session: AsyncSession, inspection: Inspection, upload: Upload, *, said: Said, request: EvidenceRequest | None, act: Act
) -> tuple[Evidence, Event]:
    """Evidence of a visit, by the agency or by a member of the team who is there. `request`: which one it answers, still open."""
    in_state(inspection)
    await on_duty(session, inspection, act=act)
    if request is not None and (request.inspection_id != inspection.id or request.status is not EvidenceRequestStatus.REQUESTED):
        raise Conflict("STATE", status=request.status.value)
    if said.rectification is not None and (said.rectification.inspection_id != inspection.id or said.rectification.status not in UNDONE):
        raise Conflict("STATE", status=said.rectification.status.value)
    item = await line_of(session, inspection, said.item) if said.item is not None else None
    whose = Whose(
        **tenants(inspection),
        inspection_id=inspection.id,
        recognition_session_id=inspection.recognition_session_id,
        dispatcher_id=inspection.dispatcher_id,
    )
    row = await written(session, upload, said, whose=whose, act=act)
    row.item_id, row.evidence_request_id = item, request.id if request else None
    row.rectification_id = said.rectification.id if said.rectification else None
    return row, await added(session, row, profile_id=inspection.profile_id, act=act)


async def attach_to_session(
    session: AsyncSession, recognition: RecognitionSession, upload: Upload, *, said: Said, act: Act
) -> tuple[Evidence, Event]:
    """Materials that the agency keeps of its own session, whether anybody inspects it or not."""
    if recognition.status is RecognitionSessionStatus.CANCELLED:
        raise Conflict("STATE", status=recognition.status.value)
    whose = Whose(**tenants(recognition), inspection_id=None, recognition_session_id=recognition.id, dispatcher_id=None)
    row = await written(session, upload, said, whose=whose, act=act)
    return row, await added(session, row, profile_id=None, act=act)


async def written(session: AsyncSession, upload: Upload, said: Said, *, whose: Whose, act: Act) -> Evidence:
    if (said.kind in PLANS) != (whose["inspection_id"] is None and whose["recognition_session_id"] is None):
        raise BadInput("kind", "plan_kind")
    if said.taken_at.tzinfo is None:
        raise BadInput("takenAt", "timezone")
    if said.taken_at > act.at:
        raise BadInput("takenAt", "future")
    result = checked_or_none("result", said.result, LONGEST_RESULT)
    if (said.kind in WITH_RESULT) != (result is not None):
        raise BadInput("result", "evidence_result")
    description = checked("description", said.description, LONGEST_DESCRIPTION)
    place = checked_or_none("place", said.place, LONGEST_PLACE)
    digest, media_type, size = await uploads.attach(session, upload, act=act)
    suits(said.kind, media_type)
    return Evidence(
        organization_id=act.organization_id,
        upload_id=upload.id,
        person_id=act.by,
        kind=said.kind,
        confidentiality=said.confidentiality,
        file_name=upload.file_name,
        media_type=media_type,
        digest=digest,
        size=size,
        taken_at=said.taken_at,
        place=place,
        description=description,
        result=result,
        **whose,
    )


def suits(kind: EvidenceKind, media_type: str) -> None:
    """A photo is a picture, a video a film, and a paper, photographed or not, is no film."""
    media = named(media_type)
    papers = dict.fromkeys((EvidenceKind.DOCUMENT, *PLANS), media.film)
    wrong = {EvidenceKind.PHOTO: not media.picture, EvidenceKind.VIDEO: not media.film, **papers}
    if wrong.get(kind, False):
        raise BadInput("kind", "evidence_kind")


async def added(session: AsyncSession, row: Evidence, *, profile_id: UUID | None, act: Act) -> Event:
    """The digest stands in the chain: what the file was can be shown for good."""
    session.add(row)
    await session.flush()
    return await record(session, row, step="ATTACH", act=act, reason=f"sha256:{row.digest.hex()}", profile_id=profile_id)


async def withdraw(session: AsyncSession, row: Evidence, reason: str, *, act: Act) -> Event:
    """Says that it no longer counts, and why; it stays to be read.

    Not after the form is signed, nor when it was the answer to a request; a plan not after a visit has begun on which it might have held.
    """
    if row.withdrawn_at is not None or await settled(session, row):
        raise Conflict("STATE")
    row.withdrawal = checked("reason", reason, LONGEST_REASON)
    row.withdrawn_at, row.withdrawn_by = act.at, act.by
    return await record(session, row, step="WITHDRAW", act=act, before="ATTACHED", after="WITHDRAWN", reason=row.withdrawal)


async def settled(session: AsyncSession, row: Evidence) -> bool:
    """Whether something rests on it already."""
    if row.holds_from is not None and row.agency_id is not None:
        return await last_visit(session, row.agency_id, since=row.holds_from) is not None
    if row.inspection_id is None:
        held = select(RecognitionSession.status).where(col(RecognitionSession.id) == row.recognition_session_id)
        return (await session.exec(held)).one() not in UNDER_WAY
    visit = select(Inspection.status).where(col(Inspection.id) == row.inspection_id)
    answered = select(EvidenceRequest.status).where(col(EvidenceRequest.id) == row.evidence_request_id)
    status = (await session.exec(answered)).first()
    return (await session.exec(visit)).one() not in UNSIGNED or status not in {None, EvidenceRequestStatus.REQUESTED}


async def last_visit(session: AsyncSession, agency_id: UUID, *, since: date) -> date | None:
    """The last day from then on of which a visit to the agency has begun; None where there is none."""
    begun = (col(Inspection.agency_id) == agency_id, col(Inspection.status).in_(BEGUN), col(Inspection.scheduled_on) >= since)
    return (await session.exec(select(func.max(col(Inspection.scheduled_on))).where(*begun))).one()


async def handed_out(session: AsyncSession, row: Evidence, *, act: Act) -> Event | None:
    """Whoever is given exam papers or data of candidates is on record with it (000 §8(二), Y014)."""
    if row.confidentiality is not Confidentiality.NEED_TO_KNOW:
        return None
    return await record(session, row, step="HAND_OUT", act=act)


async def request(session: AsyncSession, inspection: Inspection, wanted: str, *, due_at: datetime | None, act: Act) -> tuple[EvidenceRequest, Event]:
    """Asks the agency for material, as the dispatcher or as a member of the team who is there."""
    in_state(inspection)
    await on_duty(session, inspection, act=act)
    if due_at is not None and due_at.tzinfo is None:
        raise BadInput("dueAt", "timezone")
    if due_at is not None and due_at <= act.at:
        raise BadInput("dueAt", "past")
    row = EvidenceRequest(
        inspection_id=inspection.id, wanted=checked("wanted", wanted, LONGEST_WANTED), due_at=due_at, person_id=act.by, **tenants(inspection)
    )
    session.add(row)
    await session.flush()
    return row, await record(session, row, step="REQUEST", act=act, after=row.status, profile_id=inspection.profile_id)


async def provide(session: AsyncSession, row: EvidenceRequest, *, act: Act) -> Event:
    """All is handed over. Unmet where nothing was."""
    answers = select(Evidence.id).where(col(Evidence.evidence_request_id) == row.id, col(Evidence.withdrawn_at).is_(None))
    if row.status is EvidenceRequestStatus.REQUESTED and (await session.exec(answers.limit(1))).first() is None:
        raise Unmet("evidence_request.something", PROVIDES)
    row.answered_by, row.answered_at = act.by, act.at
    return await advance(session, row, STEPS, step=Step.PROVIDE, act=act)


async def refuse(session: AsyncSession, row: EvidenceRequest, reason: str, *, act: Act) -> Event:
    """The agency refuses, by itself or, as a member of the team records, on site: 隐瞒不报, a ground for a case (003 §8; 000 §20)."""
    if (row.status, Step.REFUSE) not in STEPS:
        raise Conflict("STATE", status=row.status.value, step=Step.REFUSE.value)
    if act.organization_id != row.agency_id:
        inspection = (await session.exec(select(Inspection).where(col(Inspection.id) == row.inspection_id))).one()
        await on_duty(session, inspection, act=act)
    row.refusal, row.ground = checked("reason", reason, LONGEST_REFUSAL), EvidenceRefusalGround.WITHHOLDS_INFORMATION
    row.answered_by, row.answered_at = act.by, act.at
    return await advance(session, row, STEPS, step=Step.REFUSE, act=act, reason=row.ground.value)


async def part(session: AsyncSession, *, after: UUID) -> list[Evidence]:
    """Some rows of all evidence there is, in the order they came; asked behind no wall."""
    return list((await session.exec(select(Evidence).where(col(Evidence.id) > after).order_by(col(Evidence.id)).limit(PART))).all())


def in_state(inspection: Inspection) -> None:
    if inspection.status not in OPEN:
        raise Conflict("STATE", status=inspection.status.value)


async def on_duty(session: AsyncSession, inspection: Inspection, *, act: Act) -> None:
    """A member of the team must have checked in: who was only asked has seen nothing, and has nothing to ask. Others hold no place."""
    mine = (col(Assignment.inspection_id) == inspection.id, col(Assignment.person_id) == act.by, col(Assignment.status).in_(LIVE))
    place = (await session.exec(select(Assignment.status).where(*mine))).first()
    if place is not None and place not in HERE:
        raise Unmet("team.checked_in", "003 §12; 000 §8(十)")


async def line_of(session: AsyncSession, inspection: Inspection, code: str) -> UUID:
    """The line of the visit's form that has this code."""
    items = (await sheet_of(session, inspection)).items
    found = next((one.id for one in items if one.code == code), None)
    if found is None:
        raise BadInput("item", "unknown_item", item=code[:20])
    return found
