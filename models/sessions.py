"""Recognition sessions: the denominator of every ratio; and who assesses and works in them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, Index, UniqueConstraint, literal_column
from sqlmodel import Field

from models.base import Instant, Row, Tenanted, choice, listed
from models.supervisors import SkillLevel


class RecognitionMode(StrEnum):
    EXAM = "EXAM"
    PROCESS = "PROCESS"
    DIRECT = "DIRECT"
    RESULT = "RESULT"


class RecognitionSessionStatus(StrEnum):
    PLANNED = "PLANNED"
    STARTED = "STARTED"
    HELD = "HELD"
    RESULTS_POSTED = "RESULTS_POSTED"
    CANCELLED = "CANCELLED"


class ExamDuty(StrEnum):
    """003 §13(一); the lines F08 to F10 of its form."""

    PERSON_IN_CHARGE = "PERSON_IN_CHARGE"
    EXAM_STAFF = "EXAM_STAFF"
    INVIGILATOR = "INVIGILATOR"


POSTED: ColumnElement[bool] = literal_column("results_posted_at IS NOT NULL")


class RecognitionSession(Row, Tenanted, table=True):
    """认定场次. The profile follows from the place: the district where it is held, not where the agency is registered (B002)."""

    __tablename__ = "recognition_session"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", "times_in_order"),
        CheckConstraint("candidate_count > 0", "somebody_is_recognized"),
        CheckConstraint("agency_id IS NOT NULL", "has_agency"),
        CheckConstraint("(status = 'RESULTS_POSTED') = (results_posted_at IS NOT NULL)", "posted_has_instant"),
        *listed("center_id", "district_id"),
        Index("ix_recognition_session_center_posted", "center_id", "results_posted_at", postgresql_where=POSTED),
        Index("ix_recognition_session_district_posted", "district_id", "results_posted_at", postgresql_where=POSTED),
        Index("ix_recognition_session_agency_posted", "agency_id", "results_posted_at", postgresql_where=POSTED),
        Index("ix_recognition_session_center_start", "center_id", "starts_at", "id"),
        Index("ix_recognition_session_district_start", "district_id", "starts_at", "id"),
        Index("ix_recognition_session_agency_start", "agency_id", "starts_at", "id"),
    )
    occupation: str = Field(max_length=80)
    level: SkillLevel = Field(sa_type=choice(SkillLevel))
    mode: RecognitionMode = Field(sa_type=choice(RecognitionMode))
    candidate_count: int
    place: str = Field(max_length=200)
    starts_at: datetime = Field(sa_type=Instant)
    ends_at: datetime = Field(sa_type=Instant)
    status: RecognitionSessionStatus = Field(default=RecognitionSessionStatus.PLANNED, sa_type=choice(RecognitionSessionStatus))
    internal_supervisor_id: UUID | None = Field(default=None, foreign_key="supervisor.id")
    internal_checked_in_at: datetime | None = Field(default=None, sa_type=Instant)
    results_posted_at: datetime | None = Field(default=None, sa_type=Instant)
    cancel_reason: str | None = Field(default=None, max_length=500)


class Assessor(Row, Tenanted, table=True):
    """考评人员 of one session. `name` as the agency wrote it: whom the number belongs to may be known under another, which is not its to learn."""

    __tablename__ = "assessor"
    __table_args__ = (UniqueConstraint("recognition_session_id", "person_id"),)
    recognition_session_id: UUID = Field(foreign_key="recognition_session.id")
    person_id: UUID = Field(foreign_key="person.id", index=True)
    name: str = Field(max_length=60)


class ExamStaff(Row, Tenanted, table=True):
    """现场负责人, 考务人员, 监考员 of one session, as the agency named them when it registered it: a name and a duty, whoever that is."""

    __tablename__ = "exam_staff"
    recognition_session_id: UUID = Field(foreign_key="recognition_session.id", index=True)
    name: str = Field(max_length=60)
    duty: ExamDuty = Field(sa_type=choice(ExamDuty))
