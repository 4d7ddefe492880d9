"""Filing (备案): what the center says to the results of an agency's month, and proposals to refuse them."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, literal_column
from sqlmodel import Field

from models.base import Instant, Json, Row, Tenanted, choice, listed


class FilingStatus(StrEnum):
    PENDING = "PENDING"
    OPINION_ISSUED = "OPINION_ISSUED"
    FILED = "FILED"
    REFUSED = "REFUSED"
    SENT_BACK = "SENT_BACK"


class FilingRefusalStatus(StrEnum):
    PROPOSED = "PROPOSED"
    CONFIRMED = "CONFIRMED"
    DISMISSED = "DISMISSED"


class FilingGround(StrEnum):
    FRAUD_IN_RECOGNITION = "FRAUD_IN_RECOGNITION"
    SERIOUS_VIOLATION = "SERIOUS_VIOLATION"
    ADVERSE_SOCIAL_IMPACT = "ADVERSE_SOCIAL_IMPACT"
    SAFETY_ACCIDENT = "SAFETY_ACCIDENT"
    MASS_INCIDENT = "MASS_INCIDENT"


class FilingDecision(Row, Tenanted, table=True):
    """备案决定 on a batch: the results that one agency posted in one month. `sessions` is the batch as it was put forward."""

    __tablename__ = "filing_decision"
    __table_args__ = (
        *listed("center_id", "district_id"),
        UniqueConstraint("agency_id", "month"),
        CheckConstraint("agency_id IS NOT NULL", "has_agency"),
        CheckConstraint("session_count > 0", "has_results"),
        CheckConstraint("(status = 'PENDING') = (issued_at IS NULL)", "opinion_before_decision"),
        CheckConstraint("(issued_at IS NULL) = (opinion IS NULL) AND (issued_at IS NULL) = (issued_by IS NULL)", "opinion_is_somebodys"),
        CheckConstraint("(status IN ('FILED', 'REFUSED', 'SENT_BACK')) = (decided_at IS NOT NULL)", "decided_has_instant"),
        CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", "decision_is_somebodys"),
        CheckConstraint("(status = 'REFUSED') = (refusal_proposed_by IS NOT NULL)", "refused_is_proposed"),
        CheckConstraint("decided_by <> refusal_proposed_by", "refused_by_two"),
        CheckConstraint("issued_at IS NOT NULL OR basis = '[]'", "basis_of_an_opinion"),
    )
    month: str = Field(max_length=7)
    status: FilingStatus = Field(default=FilingStatus.PENDING, sa_type=choice(FilingStatus))
    profile_id: UUID = Field(foreign_key="profile.id")
    sessions: list[dict[str, Any]] = Field(sa_type=Json)
    session_count: int
    candidate_count: int
    submitted_by: UUID = Field(foreign_key="person.id")
    submitted_at: datetime = Field(sa_type=Instant)
    opinion: str | None = Field(default=None, max_length=2000)
    # what the opinion rests on: inspections as they stood, and the monthly return of the district
    basis: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json, sa_column_kwargs={"server_default": "[]"})
    monthly_return_id: UUID | None = Field(default=None, foreign_key="monthly_return.id")
    issued_by: UUID | None = Field(default=None, foreign_key="person.id")
    issued_at: datetime | None = Field(default=None, sa_type=Instant)
    decided_by: UUID | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    comment: str | None = Field(default=None, max_length=2000)
    refusal_proposed_by: UUID | None = Field(default=None, foreign_key="person.id")


class FilingRefusal(Row, Tenanted, table=True):
    """不予备案 as somebody proposes it. Confirmed by another person it refuses the batch; open, it keeps the batch from being filed.

    It may name what it rests on. Dismissed with a reason, it frees the batch of the upheld report it names.
    """

    __tablename__ = "filing_refusal"
    __table_args__ = (
        *listed(),
        CheckConstraint("agency_id IS NOT NULL", "has_agency"),
        CheckConstraint("(status = 'PROPOSED') = (decided_by IS NULL)", "decided_is_somebodys"),
        CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", "decided_has_instant"),
        CheckConstraint("status <> 'CONFIRMED' OR decided_by <> proposed_by", "confirmed_by_another"),
        CheckConstraint("(status = 'DISMISSED') = (reason IS NOT NULL)", "dismissed_has_reason"),
        Index("uq_filing_refusal_one_open", "filing_decision_id", unique=True, postgresql_where=literal_column("status = 'PROPOSED'")),
    )
    filing_decision_id: UUID = Field(foreign_key="filing_decision.id", index=True)
    status: FilingRefusalStatus = Field(default=FilingRefusalStatus.PROPOSED, sa_type=choice(FilingRefusalStatus))
    ground: FilingGround = Field(sa_type=choice(FilingGround))
    document: str = Field(max_length=200)
    facts: str = Field(max_length=2000)
    serious_violation_report_id: UUID | None = Field(default=None, foreign_key="serious_violation_report.id", index=True)
    credit_entry_id: UUID | None = Field(default=None, foreign_key="credit_entry.id")
    inspection_id: UUID | None = Field(default=None, foreign_key="inspection.id")
    session_count: int
    candidate_count: int
    proposer_id: UUID = Field(foreign_key="organization.id")
    proposed_by: UUID = Field(foreign_key="person.id")
    decided_by: UUID | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    reason: str | None = Field(default=None, max_length=2000)
