"""Monthly returns: a chain of editions for a district and month."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from models.base import Instant, Json, Row, Tenanted, choice, listed


class MonthlyReturnStatus(StrEnum):
    SUBMITTED = "SUBMITTED"
    ACCEPTED = "ACCEPTED"
    SENT_BACK = "SENT_BACK"
    REPLACED = "REPLACED"


class Timeliness(StrEnum):
    ON_TIME = "ON_TIME"
    LATE = "LATE"


class MonthlyReturn(Row, Tenanted, table=True):
    """月报. Timeliness is fixed by the first edition; a later one is the answer to a send-back, not a second chance to be late."""

    __tablename__ = "monthly_return"
    __table_args__ = (
        UniqueConstraint("district_id", "month", "edition"),
        *listed("center_id"),
        CheckConstraint("district_id IS NOT NULL", "has_district"),
        CheckConstraint("(edition = 1) = (previous_id IS NULL)", "editions_form_a_chain"),
        CheckConstraint("(status = 'SENT_BACK') <= (comment IS NOT NULL)", "sent_back_has_reason"),
    )
    organization_id: UUID = Field(foreign_key="organization.id")
    month: str = Field(max_length=7)
    edition: int
    status: MonthlyReturnStatus = Field(default=MonthlyReturnStatus.SUBMITTED, sa_type=choice(MonthlyReturnStatus))
    timeliness: Timeliness = Field(sa_type=choice(Timeliness))
    due_at: datetime = Field(sa_type=Instant)
    submitted_at: datetime = Field(sa_type=Instant)
    sessions_held: int
    sessions_inspected: int
    sessions_needed: int
    lines: list[dict[str, Any]] = Field(sa_type=Json)
    digest: str = Field(max_length=64)
    ledger_digest: str | None = Field(default=None, max_length=64)
    """The head of the center's chain when this was filed: with it every step of a card before (N3)."""
    differences: list[dict[str, Any]] = Field(sa_type=Json)
    note: str | None = Field(default=None, max_length=2000)
    comment: str | None = Field(default=None, max_length=2000)
    previous_id: UUID | None = Field(default=None, foreign_key="monthly_return.id")
