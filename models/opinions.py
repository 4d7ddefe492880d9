"""What follows a visit: opinion letter, rectification, supervision report."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from models.base import Instant, Json, Row, Tenanted, choice, listed


class OpinionLetterStatus(StrEnum):
    DRAFT = "DRAFT"
    SERVED = "SERVED"


class RectificationStatus(StrEnum):
    REQUIRED = "REQUIRED"
    SUBMITTED = "SUBMITTED"
    SENT_BACK = "SENT_BACK"
    ACCEPTED = "ACCEPTED"


class SupervisionReportStatus(StrEnum):
    SUBMITTED = "SUBMITTED"
    RECEIVED = "RECEIVED"


class OpinionLetter(Row, Tenanted, table=True):
    """`corrections` are the findings of the visit as they stood when the letter was written, and at last when it was served."""

    __tablename__ = "opinion_letter"
    __table_args__ = (
        UniqueConstraint("inspection_id"),
        *listed("center_id", "district_id"),
        Index(None, "agency_id"),
        Index(None, "center_id", "status", "created_at", "id"),
        Index(None, "district_id", "status", "created_at", "id"),
    )
    inspection_id: UUID = Field(foreign_key="inspection.id")
    dispatcher_id: UUID = Field(foreign_key="organization.id")
    status: OpinionLetterStatus = Field(default=OpinionLetterStatus.DRAFT, sa_type=choice(OpinionLetterStatus))
    text: str = Field(max_length=8000)
    corrections: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json, sa_column_kwargs={"server_default": "[]"})
    requires_rectification: bool
    due_on: date | None = None
    served_at: datetime | None = Field(default=None, sa_type=Instant)


class Rectification(Row, Tenanted, table=True):
    __tablename__ = "rectification"
    __table_args__ = (
        UniqueConstraint("inspection_id"),
        CheckConstraint("num_nonnulls(extension_until, extension_reason, extension_asked_at) IN (0, 3)", "extension_is_whole"),
        CheckConstraint("extension_granted IS NULL OR extension_until IS NOT NULL", "extension_is_asked"),
        CheckConstraint("(extension_refusal IS NOT NULL) = (extension_granted IS FALSE)", "extension_refusal_is_said"),
        CheckConstraint("extension_granted IS NOT TRUE OR due_on = extension_until", "extension_counts"),
        *listed("center_id", "district_id"),
        Index(None, "agency_id"),
        Index(None, "center_id", "status", "due_on", "id"),
        Index(None, "district_id", "status", "due_on", "id"),
    )
    inspection_id: UUID = Field(foreign_key="inspection.id")
    opinion_letter_id: UUID = Field(foreign_key="opinion_letter.id", index=True)
    dispatcher_id: UUID = Field(foreign_key="organization.id")
    status: RectificationStatus = Field(default=RectificationStatus.REQUIRED, sa_type=choice(RectificationStatus))
    due_on: date
    text: str | None = Field(default=None, max_length=8000)
    comment: str | None = Field(default=None, max_length=2000)
    submitted_at: datetime | None = Field(default=None, sa_type=Instant)
    # 延期: asked for once, by the agency; granted or refused by the dispatcher
    extension_until: date | None = None
    extension_reason: str | None = Field(default=None, max_length=2000)
    extension_asked_at: datetime | None = Field(default=None, sa_type=Instant)
    extension_granted: bool | None = None
    extension_refusal: str | None = Field(default=None, max_length=2000)
    # the same instant that served the letter: the inspected side sees a rectification only with it
    served_at: datetime | None = Field(default=None, sa_type=Instant)


class SupervisionReport(Row, Tenanted, table=True):
    __tablename__ = "supervision_report"
    __table_args__ = (*listed("center_id", "district_id"), UniqueConstraint("inspection_id"))
    inspection_id: UUID = Field(foreign_key="inspection.id")
    dispatcher_id: UUID = Field(foreign_key="organization.id")
    status: SupervisionReportStatus = Field(default=SupervisionReportStatus.SUBMITTED, sa_type=choice(SupervisionReportStatus))
    text: str = Field(max_length=8000)
    person_id: UUID = Field(foreign_key="person.id")
    submitted_at: datetime = Field(sa_type=Instant)
