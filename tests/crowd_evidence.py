"""Evidence of a crowd: of inspections and of sessions alone, by the agency and by members of the team, in each class."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlmodel import col, select

from models.dispatch import Assignment
from models.evidence import PLANS, Confidentiality, Evidence, EvidenceKind, EvidenceRefusalGround, EvidenceRequest, EvidenceRequestStatus
from models.imports import Upload, UploadPurpose
from models.inspections import Inspection


async def evidence(crowd: Any, visits: Sequence[Inspection]) -> None:
    for visit in visits:
        asked = await a_request(crowd, visit) if crowd.dice.random() < 0.6 else None
        for kind in crowd.dice.sample([one for one in EvidenceKind if one not in PLANS], 2):
            await a_file(crowd, visit, asked, kind=kind)


async def a_request(crowd: Any, visit: Inspection) -> EvidenceRequest:
    dice, now = crowd.dice, crowd.world.now
    stands = dice.choice(list(EvidenceRequestStatus))
    answered, refused = stands is not EvidenceRequestStatus.REQUESTED, stands is EvidenceRequestStatus.REFUSED
    row = EvidenceRequest(
        inspection_id=visit.id,
        status=stands,
        wanted="考场录像'",
        due_at=crowd.maybe(now),
        person_id=dice.choice(crowd.people).id,
        answered_by=dice.choice(crowd.people).id if answered else None,
        answered_at=now if answered else None,
        ground=EvidenceRefusalGround.WITHHOLDS_INFORMATION if refused else None,
        refusal="无" if refused else None,
        **tenants(visit),
    )
    await crowd.keep(row)
    return row


async def a_file(crowd: Any, visit: Inspection, asked: EvidenceRequest | None, *, kind: EvidenceKind) -> None:
    """Half of them by somebody of the team, for the center; the others by the agency, some of the session alone."""
    dice, now = crowd.dice, crowd.world.now
    team = (await crowd.session.exec(select(Assignment.person_id).where(col(Assignment.inspection_id) == visit.id))).all()
    by_team, alone = bool(team) and dice.random() < 0.5, visit.recognition_session_id is not None and dice.random() < 0.3
    person = dice.choice(sorted(team)) if by_team else dice.choice(crowd.people).id
    home = visit.center_id if by_team else visit.agency_id
    digest = dice.randbytes(32)
    upload = Upload(
        person_id=person,
        organization_id=home,
        ticket_hash=dice.randbytes(32),
        expires_at=now,
        file_name="照'片.jpg",
        purpose=UploadPurpose.EVIDENCE,
        expected=digest,
        digest=digest,
        size=1000,
        media_type="image/jpeg",
        attached_at=now,
    )
    await crowd.keep(upload)
    withdrawn = dice.random() < 0.2
    await crowd.keep(
        Evidence(
            inspection_id=None if alone else visit.id,
            recognition_session_id=visit.recognition_session_id,
            evidence_request_id=asked.id if asked and not alone else None,
            dispatcher_id=None if alone else visit.dispatcher_id,
            organization_id=home,
            upload_id=upload.id,
            person_id=person,
            kind=kind,
            confidentiality=dice.choice(list(Confidentiality)),
            file_name=upload.file_name,
            media_type="image/jpeg",
            digest=digest,
            size=1000,
            taken_at=now - timedelta(minutes=dice.randrange(100)),
            place=crowd.maybe("𠮷路1号"),
            description="现场\n照片",
            result="合格" if kind in (EvidenceKind.SURVEY, EvidenceKind.TEST, EvidenceKind.RECHECK) else None,
            withdrawn_at=now if withdrawn else None,
            withdrawn_by=person if withdrawn else None,
            withdrawal="重复" if withdrawn else None,
            **tenants(visit),
        )
    )


def tenants(visit: Inspection) -> dict[str, Any]:
    return {"center_id": visit.center_id, "district_id": visit.district_id, "agency_id": visit.agency_id}
