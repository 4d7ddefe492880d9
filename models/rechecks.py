"""Rechecks (复核): the inspections whose result a revoked supervisor may have tainted, each until somebody has looked at it again."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from models.base import Instant, Row, Tenanted, choice, listed


class RecheckStatus(StrEnum):
    RECHECK = "RECHECK"
    CONFIRMED = "CONFIRMED"
    REPEATED = "REPEATED"


class Risk(StrEnum):
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


class Recheck(Row, Tenanted, table=True):
    """One inspection of one revocation (000 §21(二), 003 §17; N15). What was found when it was queued never changes; how it ended is added.

    `issuer_id` is the issuer of the revoked card, who looks after it; the tenants are those of the inspection.
    """

    __tablename__ = "recheck"
    __table_args__ = (
        *listed("center_id", "district_id"),
        UniqueConstraint("case_id", "inspection_id"),
        Index(None, "issuer_id", "id"),
        CheckConstraint("lines_entered >= 0 AND lines >= lines_entered", "entered_of_lines"),
        CheckConstraint("(risk = 'HIGH') = (NOT independent OR (lines > 0 AND lines_entered = lines))", "high_without_another"),
        CheckConstraint("(status = 'RECHECK') = (decided_by IS NULL)", "settled_by_somebody"),
        CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL) AND (decided_by IS NULL) = (reason IS NULL)", "settled_is_written"),
        CheckConstraint("(status = 'REPEATED') = (repeated_by_id IS NOT NULL)", "repeated_by_a_visit"),
        CheckConstraint("repeated_by_id <> inspection_id", "repeated_by_another"),
    )
    case_id: UUID = Field(foreign_key="supervisor_case.id")
    inspection_id: UUID = Field(foreign_key="inspection.id", index=True)
    person_id: UUID = Field(foreign_key="person.id")
    issuer_id: UUID = Field(foreign_key="organization.id")
    leader: bool
    lines: int
    lines_entered: int
    independent: bool
    risk: Risk = Field(sa_type=choice(Risk))
    status: RecheckStatus = Field(default=RecheckStatus.RECHECK, sa_type=choice(RecheckStatus))
    queued_at: datetime = Field(sa_type=Instant)
    repeated_by_id: UUID | None = Field(default=None, foreign_key="inspection.id")
    decided_by: UUID | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    reason: str | None = Field(default=None, max_length=2000)
