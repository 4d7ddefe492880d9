"""抽查认定人员: which candidates a team looked at, and what it found (003 §5, §13(一))."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from models.base import Instant, Row, Tenanted, choice, listed


class CandidateCheckKind(StrEnum):
    ELIGIBILITY = "ELIGIBILITY"
    IDENTITY = "IDENTITY"
    RESULT = "RESULT"


class CandidateCheck(Row, Tenanted, table=True):
    """`candidate` is the number of the admission ticket, never an id number. What was seen is never changed."""

    __tablename__ = "candidate_check"
    __table_args__ = (
        *listed(),
        UniqueConstraint("inspection_id", "kind", "candidate"),
        CheckConstraint("passed OR remark IS NOT NULL", "failed_needs_remark"),
    )
    inspection_id: UUID = Field(foreign_key="inspection.id")
    kind: CandidateCheckKind = Field(sa_type=choice(CandidateCheckKind))
    candidate: str = Field(max_length=40)
    passed: bool
    remark: str | None = Field(default=None, max_length=500)
    person_id: UUID = Field(foreign_key="person.id")
    checked_at: datetime = Field(sa_type=Instant)
