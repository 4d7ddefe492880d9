"""年检评估评定: what an annual inspection rated an agency."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from models.base import Instant, Row, Tenanted, choice, listed


class Rating(StrEnum):
    EXCELLENT = "EXCELLENT"
    GOOD = "GOOD"
    QUALIFIED = "QUALIFIED"
    UNQUALIFIED = "UNQUALIFIED"


class AnnualRating(Row, Tenanted, table=True):
    """Follows from the signed score and the rules of the inspection's day; never changed. One for an agency and a year (000 §10(三))."""

    __tablename__ = "annual_rating"
    __table_args__ = (
        UniqueConstraint("inspection_id"),
        UniqueConstraint("agency_id", "year"),
        *listed(),
        CheckConstraint("agency_id IS NOT NULL", "has_agency"),
        CheckConstraint("score >= 0 AND score <= score_of", "score_within_measure"),
    )
    inspection_id: UUID = Field(foreign_key="inspection.id")
    year: int
    rating: Rating = Field(sa_type=choice(Rating))
    score: int
    score_of: int
    template_id: UUID = Field(foreign_key="checklist_template.id")
    rated_at: datetime = Field(sa_type=Instant)
    profile_id: UUID = Field(foreign_key="profile.id")
