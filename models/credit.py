"""The credit archive (信用档案) of an agency: entries that are added and never changed."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from models.base import Instant, Row, Tenanted, choice, listed


class CreditGround(StrEnum):
    """003 §16: bad recognition. Adverse social impact is a ground of its own (A20)."""

    FRAUD_IN_RECOGNITION = "FRAUD_IN_RECOGNITION"
    SERIOUS_VIOLATION = "SERIOUS_VIOLATION"
    ADVERSE_SOCIAL_IMPACT = "ADVERSE_SOCIAL_IMPACT"
    SAFETY_ACCIDENT = "SAFETY_ACCIDENT"
    MASS_INCIDENT = "MASS_INCIDENT"


class CreditEntry(Row, Tenanted, table=True):
    """信用记录. Written by hand, or by a report that was upheld: then it names the report, which the agency does not see."""

    __tablename__ = "credit_entry"
    __table_args__ = (
        *listed(),
        CheckConstraint("agency_id IS NOT NULL", "has_agency"),
        UniqueConstraint("serious_violation_report_id"),
    )
    ground: CreditGround = Field(sa_type=choice(CreditGround))
    document: str = Field(max_length=200)
    facts: str = Field(max_length=2000)
    occurred_on: date
    recorded_at: datetime = Field(sa_type=Instant)
    recorded_by: UUID = Field(foreign_key="person.id")
    organization_id: UUID = Field(foreign_key="organization.id")
    serious_violation_report_id: UUID | None = Field(default=None, foreign_key="serious_violation_report.id")
    profile_id: UUID = Field(foreign_key="profile.id")
