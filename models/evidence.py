"""Evidence: what an agency hands over and a team collects (003 §8, §15, B052; 000 §9); the rows alone, the bytes lie in the store."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, literal_column
from sqlmodel import Field

from models.base import Instant, Row, Tenanted, choice, listed


class EvidenceKind(StrEnum):
    """SURVEY, TEST and RECHECK are the fourth method of 000 §9: evidence with a result. The last two are an agency's own (003 §13)."""

    DOCUMENT = "DOCUMENT"
    PHOTO = "PHOTO"
    VIDEO = "VIDEO"
    SURVEY = "SURVEY"
    TEST = "TEST"
    RECHECK = "RECHECK"
    FILED_PLAN = "FILED_PLAN"
    IMPLEMENTATION_PLAN = "IMPLEMENTATION_PLAN"


PLANS = (EvidenceKind.FILED_PLAN, EvidenceKind.IMPLEMENTATION_PLAN)
"""备案方案, 实施方案: what a session is held against; of the agency as a whole, from a day on."""


class Confidentiality(StrEnum):
    INTERNAL = "INTERNAL"
    NEED_TO_KNOW = "NEED_TO_KNOW"


class EvidenceRequestStatus(StrEnum):
    REQUESTED = "REQUESTED"
    PROVIDED = "PROVIDED"
    REFUSED = "REFUSED"


class EvidenceRefusalGround(StrEnum):
    WITHHOLDS_INFORMATION = "WITHHOLDS_INFORMATION"


class EvidenceRequest(Row, Tenanted, table=True):
    """A refusal is the ground of a case (003 §8; 000 §20), so its ground stands with it."""

    __tablename__ = "evidence_request"
    __table_args__ = (
        CheckConstraint("(status = 'REQUESTED') = (answered_at IS NULL)", "answered_once"),
        CheckConstraint("(status = 'REFUSED') = (ground IS NOT NULL)", "refused_has_ground"),
        CheckConstraint("(status = 'REFUSED') = (refusal IS NOT NULL)", "refused_has_reason"),
        *listed(),
    )
    inspection_id: UUID = Field(foreign_key="inspection.id", index=True)
    status: EvidenceRequestStatus = Field(default=EvidenceRequestStatus.REQUESTED, sa_type=choice(EvidenceRequestStatus))
    wanted: str = Field(max_length=2000)
    due_at: datetime | None = Field(default=None, sa_type=Instant)
    person_id: UUID = Field(foreign_key="person.id")
    answered_by: UUID | None = Field(default=None, foreign_key="person.id")
    answered_at: datetime | None = Field(default=None, sa_type=Instant)
    ground: EvidenceRefusalGround | None = Field(default=None, sa_type=choice(EvidenceRefusalGround))
    refusal: str | None = Field(default=None, max_length=2000)


class Evidence(Row, Tenanted, table=True):
    """Written once; only its withdrawal is added, and even that keeps the bytes. `organization_id` is who handed it over.

    A plan holds from `holds_from` until a later one of its kind and occupation does; without an occupation it is for all.
    """

    __tablename__ = "evidence"
    __table_args__ = (
        UniqueConstraint("upload_id"),
        CheckConstraint("agency_id IS NOT NULL", "has_agency"),
        CheckConstraint("octet_length(digest) = 32 AND size > 0", "has_bytes"),
        CheckConstraint("(kind IN ('SURVEY', 'TEST', 'RECHECK')) = (result IS NOT NULL)", "method_has_result"),
        CheckConstraint(
            "(kind IN ('FILED_PLAN', 'IMPLEMENTATION_PLAN')) = (inspection_id IS NULL AND recognition_session_id IS NULL)", "of_something"
        ),
        CheckConstraint("(kind IN ('FILED_PLAN', 'IMPLEMENTATION_PLAN')) = (holds_from IS NOT NULL)", "plan_has_day"),
        CheckConstraint("holds_from IS NULL OR (organization_id = agency_id AND confidentiality = 'INTERNAL')", "plan_is_the_agencys"),
        CheckConstraint("occupation IS NULL OR holds_from IS NOT NULL", "plan_of_occupation"),
        CheckConstraint("rectification_id IS NULL OR inspection_id IS NOT NULL", "rectified_on_a_visit"),
        CheckConstraint("inspection_id IS NOT NULL OR (evidence_request_id IS NULL AND item_id IS NULL)", "answers_its_inspection"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawal IS NULL) AND (withdrawn_at IS NULL) = (withdrawn_by IS NULL)", "withdrawn_by_somebody"),
        *listed(),
        Index("ix_evidence_plan", "agency_id", "kind", "holds_from", postgresql_where=literal_column("holds_from IS NOT NULL")),
    )
    inspection_id: UUID | None = Field(default=None, foreign_key="inspection.id", index=True)
    recognition_session_id: UUID | None = Field(default=None, foreign_key="recognition_session.id", index=True)
    evidence_request_id: UUID | None = Field(default=None, foreign_key="evidence_request.id", index=True)
    rectification_id: UUID | None = Field(default=None, foreign_key="rectification.id", index=True)
    item_id: UUID | None = Field(default=None, foreign_key="checklist_item.id")
    dispatcher_id: UUID | None = Field(default=None, foreign_key="organization.id")
    organization_id: UUID = Field(foreign_key="organization.id")
    upload_id: UUID = Field(foreign_key="upload.id")
    person_id: UUID = Field(foreign_key="person.id")
    kind: EvidenceKind = Field(sa_type=choice(EvidenceKind))
    confidentiality: Confidentiality = Field(sa_type=choice(Confidentiality))
    file_name: str = Field(max_length=120)
    media_type: str = Field(max_length=100)
    digest: bytes = Field(index=True)
    size: int
    taken_at: datetime = Field(sa_type=Instant)
    place: str | None = Field(default=None, max_length=200)
    description: str = Field(max_length=500)
    result: str | None = Field(default=None, max_length=2000)
    holds_from: date | None = None
    occupation: str | None = Field(default=None, max_length=80)
    withdrawn_at: datetime | None = Field(default=None, sa_type=Instant)
    withdrawn_by: UUID | None = Field(default=None, foreign_key="person.id")
    withdrawal: str | None = Field(default=None, max_length=500)
