"""取消考评人员资格建议: what a team recommends about an assessor, and what the agency decides (000 §8(三))."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, literal_column
from sqlmodel import Field

from models.base import Instant, Row, Tenanted, choice, listed


class AssessorRecommendationStatus(StrEnum):
    PROPOSED = "PROPOSED"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"


class AssessorRecommendation(Row, Tenanted, table=True):
    """One for an assessor and a visit. What was recommended is never changed; the agency decides once, and says why."""

    __tablename__ = "assessor_recommendation"
    __table_args__ = (
        *listed(),
        Index("uq_assessor_recommendation_once", "inspection_id", "assessor_id", unique=True),
        Index("ix_assessor_recommendation_open", "agency_id", "created_at", postgresql_where=literal_column("status = 'PROPOSED'")),
        CheckConstraint("agency_id IS NOT NULL", "has_agency"),
        CheckConstraint("(status = 'PROPOSED') = (decided_at IS NULL)", "decided_has_instant"),
        CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL) AND (decided_at IS NULL) = (reason IS NULL)", "decision_is_somebodys"),
    )
    inspection_id: UUID = Field(foreign_key="inspection.id")
    assessor_id: UUID = Field(foreign_key="assessor.id")
    status: AssessorRecommendationStatus = Field(default=AssessorRecommendationStatus.PROPOSED, sa_type=choice(AssessorRecommendationStatus))
    facts: str = Field(max_length=2000)
    person_id: UUID = Field(foreign_key="person.id")
    proposed_at: datetime = Field(sa_type=Instant)
    decided_by: UUID | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    reason: str | None = Field(default=None, max_length=2000)
    profile_id: UUID = Field(foreign_key="profile.id")
