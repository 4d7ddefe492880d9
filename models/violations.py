"""Serious-violation reports (严重违规随时报告): to the center, by a district or straight by a supervisor, and never seen by the agency."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from models.base import Instant, Row, Tenanted, choice, listed


class SeriousViolationKind(StrEnum):
    SERIOUS_VIOLATION = "SERIOUS_VIOLATION"
    MAJOR_ISSUE = "MAJOR_ISSUE"


class ReportChannel(StrEnum):
    CENTER = "CENTER"
    DISTRICT = "DISTRICT"
    DIRECT = "DIRECT"
    OBSTRUCTION = "OBSTRUCTION"


class SeriousViolationStatus(StrEnum):
    RAISED = "RAISED"
    RECEIVED = "RECEIVED"
    INVESTIGATING = "INVESTIGATING"
    UPHELD = "UPHELD"
    DISMISSED = "DISMISSED"


OPEN_REPORTS = (SeriousViolationStatus.RAISED, SeriousViolationStatus.RECEIVED, SeriousViolationStatus.INVESTIGATING)
"""As long as a report stands so, the results it is about are not filed (INV16)."""


class SeriousViolationReport(Row, Tenanted, table=True):
    """`agency_id` is the agency it is about. `district_id` is set where the district may know of it: not where a supervisor went past it.

    `area_id` is the district the agency lies in, for who sees the report at all. Without a session it is about the agency as a whole.
    """

    __tablename__ = "serious_violation_report"
    __table_args__ = (
        *listed("center_id", "district_id"),
        Index(None, "agency_id", "status"),
        CheckConstraint("agency_id IS NOT NULL", "has_agency"),
        CheckConstraint("discovered_at <= raised_at", "found_before_raised"),
        CheckConstraint("channel <> 'DIRECT' OR district_id IS NULL", "direct_passes_the_district"),
        CheckConstraint("(status = 'RAISED') = (received_at IS NULL)", "received_has_instant"),
        CheckConstraint("(status IN ('UPHELD', 'DISMISSED')) = (decided_at IS NOT NULL)", "decided_has_instant"),
        CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL) AND (decided_at IS NULL) = (reason IS NULL)", "decision_is_somebodys"),
    )
    area_id: UUID | None = Field(default=None, foreign_key="organization.id")
    kind: SeriousViolationKind = Field(sa_type=choice(SeriousViolationKind))
    channel: ReportChannel = Field(sa_type=choice(ReportChannel))
    status: SeriousViolationStatus = Field(default=SeriousViolationStatus.RAISED, sa_type=choice(SeriousViolationStatus))
    facts: str = Field(max_length=4000)
    # 提出建议 (000 §8(七))
    advice: str | None = Field(default=None, max_length=2000)
    recognition_session_id: UUID | None = Field(default=None, foreign_key="recognition_session.id")
    inspection_id: UUID | None = Field(default=None, foreign_key="inspection.id", index=True)
    # who raised it: the source
    person_id: UUID = Field(foreign_key="person.id", index=True)
    discovered_at: datetime = Field(sa_type=Instant)
    raised_at: datetime = Field(sa_type=Instant)
    # the end of the hours of the rules; open where these know no number
    due_at: datetime | None = Field(default=None, sa_type=Instant)
    received_at: datetime | None = Field(default=None, sa_type=Instant)
    decided_by: UUID | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    reason: str | None = Field(default=None, max_length=2000)
    profile_id: UUID = Field(foreign_key="profile.id")
