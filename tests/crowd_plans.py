"""What the sessions of a crowd are held against: plans of each agency, of several days and occupations, and who works in each session."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from models.evidence import PLANS, Confidentiality, Evidence, EvidenceKind
from models.imports import Upload, UploadPurpose
from models.sessions import ExamDuty, ExamStaff, RecognitionSession

WORKERS = ("王'监考", "李\\考务", "負責人", "王'监考")


async def plans(crowd: Any, sessions: Sequence[RecognitionSession]) -> None:
    for one in sessions:
        tenants = {"center_id": one.center_id, "district_id": one.district_id, "agency_id": one.agency_id}
        for name in WORKERS[: crowd.dice.randrange(5)]:
            await crowd.keep(ExamStaff(recognition_session_id=one.id, name=name, duty=crowd.dice.choice(list(ExamDuty)), **tenants))
    for agency in crowd.world.agencies:
        for kind in PLANS:
            for days in (-30, -3, 0, 0, 3):
                await a_plan(crowd, agency, kind, days=days)


async def a_plan(crowd: Any, agency: Any, kind: EvidenceKind, *, days: int) -> None:
    dice, now, person = crowd.dice, crowd.world.now, crowd.people[0].id
    digest = dice.randbytes(32)
    upload = Upload(
        person_id=person,
        organization_id=agency.id,
        ticket_hash=dice.randbytes(32),
        expires_at=now,
        file_name="方'案.pdf",
        purpose=UploadPurpose.EVIDENCE,
        expected=digest,
        digest=digest,
        size=1000,
        media_type="application/pdf",
        attached_at=now,
    )
    await crowd.keep(upload)
    withdrawn = dice.random() < 0.2
    await crowd.keep(
        Evidence(
            organization_id=agency.id,
            upload_id=upload.id,
            person_id=person,
            kind=kind,
            confidentiality=Confidentiality.INTERNAL,
            file_name=upload.file_name,
            media_type="application/pdf",
            digest=digest,
            size=1000,
            taken_at=now - timedelta(days=100),
            description="方案",
            holds_from=now.date() + timedelta(days=days),
            occupation=dice.choice([None, "电工", "焊工"]),
            withdrawn_at=now if withdrawn else None,
            withdrawn_by=person if withdrawn else None,
            withdrawal="重报" if withdrawn else None,
            **crowd.tenants(agency),
        )
    )
