"""Complaints from the public (群众举报), and who complained: in a table of its own, sealed."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from models.base import Instant, Row, Tenanted, choice, listed


class ComplaintStatus(StrEnum):
    RECEIVED = "RECEIVED"
    ASSIGNED = "ASSIGNED"
    INVESTIGATING = "INVESTIGATING"
    SUBSTANTIATED = "SUBSTANTIATED"
    UNSUBSTANTIATED = "UNSUBSTANTIATED"
    ANSWERED = "ANSWERED"
    CLOSED = "CLOSED"


class Complaint(Row, Tenanted, table=True):
    """举报. `person_id` is who investigates. No agency sees one, whatever becomes of it: what follows for it reaches it as a letter or a case."""

    __tablename__ = "complaint"
    __table_args__ = (
        *listed("center_id", "district_id"),
        CheckConstraint("agency_id IS NOT NULL", "has_agency"),
        CheckConstraint("(status = 'RECEIVED') = (person_id IS NULL)", "assigned_to_somebody"),
        CheckConstraint("(status IN ('RECEIVED', 'ASSIGNED', 'INVESTIGATING')) = (conclusion IS NULL)", "concluded_is_written"),
        CheckConstraint("(conclusion IS NULL) = (substantiated IS NULL)", "concluded_either_way"),
        CheckConstraint("(status IN ('ANSWERED', 'CLOSED')) = (answered_at IS NOT NULL)", "answered_has_instant"),
        CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", "answer_is_written"),
        CheckConstraint("(status = 'CLOSED') = (closed_at IS NOT NULL)", "closed_has_instant"),
    )
    status: ComplaintStatus = Field(default=ComplaintStatus.RECEIVED, sa_type=choice(ComplaintStatus))
    receiver_id: UUID = Field(foreign_key="organization.id")
    received_by: UUID = Field(foreign_key="person.id")
    received_at: datetime = Field(sa_type=Instant)
    anonymous: bool
    facts: str = Field(max_length=4000)
    recognition_session_id: UUID | None = Field(default=None, foreign_key="recognition_session.id")
    due_on: date
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    assigned_at: datetime | None = Field(default=None, sa_type=Instant)
    substantiated: bool | None = None
    conclusion: str | None = Field(default=None, max_length=2000)
    answer: str | None = Field(default=None, max_length=2000)
    answered_at: datetime | None = Field(default=None, sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    profile_id: UUID = Field(foreign_key="profile.id")


class Complainant(Row, Tenanted, table=True):
    """举报人. `identity` is name and way to reach, sealed as the secret of this row; no list shows it, one act of its own right opens it."""

    __tablename__ = "complainant"
    __table_args__ = (UniqueConstraint("complaint_id"),)
    complaint_id: UUID = Field(foreign_key="complaint.id")
    identity: bytes
