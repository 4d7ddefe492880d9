"""What may still happen to a signed result: an amendment beside it, and a record of whoever asked to have it changed (000 §8(二))."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from models.base import Instant, Row, Tenanted, choice, listed


class AmendmentStatus(StrEnum):
    PROPOSED = "PROPOSED"
    SIGNED = "SIGNED"
    ATTACHED = "ATTACHED"


class AlterationRequestStatus(StrEnum):
    RECORDED = "RECORDED"
    ANSWERED = "ANSWERED"


class Amendment(Row, Tenanted, table=True):
    """更正: stands beside the signed form, which stays as it is. Its words are fixed with the proposal; the agency sees it once attached."""

    __tablename__ = "amendment"
    __table_args__ = (
        *listed("center_id", "district_id"),
        Index(None, "inspection_id"),
        CheckConstraint("(status = 'ATTACHED') = (served_at IS NOT NULL)", "attached_has_instant"),
    )
    inspection_id: UUID = Field(foreign_key="inspection.id")
    checklist_id: UUID = Field(foreign_key="checklist.id")
    item_id: UUID | None = Field(default=None, foreign_key="checklist_item.id")
    dispatcher_id: UUID = Field(foreign_key="organization.id")
    status: AmendmentStatus = Field(default=AmendmentStatus.PROPOSED, sa_type=choice(AmendmentStatus))
    text: str = Field(max_length=2000)
    reason: str = Field(max_length=1000)
    person_id: UUID = Field(foreign_key="person.id")
    proposed_at: datetime = Field(sa_type=Instant)
    served_at: datetime | None = Field(default=None, sa_type=Instant)


class AmendmentSignature(Row, Tenanted, table=True):
    """Every member who was there signs, the proposer with the proposal."""

    __tablename__ = "amendment_signature"
    __table_args__ = (UniqueConstraint("amendment_id", "person_id"),)
    amendment_id: UUID = Field(foreign_key="amendment.id")
    inspection_id: UUID = Field(foreign_key="inspection.id")
    person_id: UUID = Field(foreign_key="person.id")
    signed_at: datetime = Field(sa_type=Instant)
    digest: bytes


class AlterationRequest(Row, Tenanted, table=True):
    """更改督导结果的要求: who tried, with what words, and what was answered. No agency sees the register."""

    __tablename__ = "alteration_request"
    __table_args__ = (
        *listed("center_id", "district_id"),
        Index(None, "inspection_id"),
        CheckConstraint("requested_at <= recorded_at", "asked_before_recorded"),
        CheckConstraint("(status = 'ANSWERED') = (answered_at IS NOT NULL)", "answered_has_instant"),
        CheckConstraint("(answered_at IS NULL) = (answer IS NULL) AND (answered_at IS NULL) = (answered_by IS NULL)", "answer_is_somebodys"),
    )
    inspection_id: UUID = Field(foreign_key="inspection.id")
    dispatcher_id: UUID = Field(foreign_key="organization.id")
    status: AlterationRequestStatus = Field(default=AlterationRequestStatus.RECORDED, sa_type=choice(AlterationRequestStatus))
    requester: str = Field(max_length=120)
    demand: str = Field(max_length=2000)
    requested_at: datetime = Field(sa_type=Instant)
    person_id: UUID = Field(foreign_key="person.id")
    recorded_at: datetime = Field(sa_type=Instant)
    answer: str | None = Field(default=None, max_length=2000)
    answered_by: UUID | None = Field(default=None, foreign_key="person.id")
    answered_at: datetime | None = Field(default=None, sa_type=Instant)
