"""Inspections: one visit of a team to one agency, to one of its sessions or to its work as a whole."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, literal_column
from sqlmodel import Field

from models.base import Instant, Row, Tenanted, choice, listed


class InspectionForm(StrEnum):
    """督导形式: 000 §10 has ONSITE, SPECIAL and ANNUAL (Y033), 003 §4 and §5 the other two (D20)."""

    ONSITE = "ONSITE"
    SPOT_CHECK = "SPOT_CHECK"
    SPECIAL = "SPECIAL"
    ANNUAL = "ANNUAL"
    COMPREHENSIVE = "COMPREHENSIVE"


class Venue(StrEnum):
    ONSITE = "ONSITE"
    DESK = "DESK"


class InspectionStatus(StrEnum):
    DISPATCHED = "DISPATCHED"
    NOTIFIED = "NOTIFIED"
    IN_PROGRESS = "IN_PROGRESS"
    CHECKLIST_SIGNED = "CHECKLIST_SIGNED"
    OPINION_SERVED = "OPINION_SERVED"
    CLOSED = "CLOSED"
    CANCELLED = "CANCELLED"


class Inspection(Row, Tenanted, table=True):
    """`notified_at` lifts the embargo: until then the inspected agency does not know that this row exists (A18, INV12).

    Without a session it is of the agency's work as a whole, which only a center sends a team to (000 §10(二)-(三); 003 §4).
    """

    __tablename__ = "inspection"
    __table_args__ = (
        CheckConstraint("agency_id IS NOT NULL", "has_agency"),
        CheckConstraint("(status = 'DISPATCHED' OR status = 'CANCELLED') OR notified_at IS NOT NULL", "notified_before_work"),
        CheckConstraint("(status = 'CANCELLED') = (cancel_reason IS NOT NULL)", "cancelled_has_reason"),
        CheckConstraint("form IN ('SPECIAL', 'ANNUAL', 'COMPREHENSIVE') OR recognition_session_id IS NOT NULL", "session_is_visited"),
        CheckConstraint(
            "form NOT IN ('SPECIAL', 'ANNUAL', 'COMPREHENSIVE') OR (dispatcher_id = center_id AND draw_id IS NULL)", "sent_by_the_center"
        ),
        CheckConstraint("form <> 'SPECIAL' OR topic IS NOT NULL", "special_has_topic"),
        CheckConstraint("(form = 'ANNUAL') = (year IS NOT NULL)", "annual_has_year"),
        CheckConstraint("form <> 'ANNUAL' OR recognition_session_id IS NULL", "annual_is_of_the_whole"),
        CheckConstraint(
            "NOT internal OR (dispatcher_id = agency_id AND recognition_session_id IS NOT NULL AND draw_id IS NULL)", "internal_by_the_agency"
        ),
        *listed("center_id", "district_id"),
        Index(None, "dispatcher_id", "closed_at"),
        Index(None, "center_id", "status", "scheduled_on", "id"),
        Index(None, "district_id", "status", "scheduled_on", "id"),
        Index("ix_inspection_center_day", "center_id", "scheduled_on", "id"),
        Index("ix_inspection_district_day", "district_id", "scheduled_on", "id"),
        Index("ix_inspection_agency_day", "agency_id", "scheduled_on", "id"),
        Index(
            "uq_inspection_annual_once",
            "agency_id",
            "year",
            unique=True,
            postgresql_where=literal_column("form = 'ANNUAL' AND status <> 'CANCELLED'"),
        ),
    )
    form: InspectionForm = Field(sa_type=choice(InspectionForm))
    venue: Venue = Field(sa_type=choice(Venue))
    internal: bool = False
    dispatcher_id: UUID = Field(foreign_key="organization.id")
    recognition_session_id: UUID | None = Field(default=None, foreign_key="recognition_session.id", index=True)
    topic: str | None = Field(default=None, max_length=200)
    year: int | None = None
    draw_id: UUID | None = Field(default=None, foreign_key="draw.id", index=True)
    profile_id: UUID = Field(foreign_key="profile.id")
    scheduled_on: date
    status: InspectionStatus = Field(default=InspectionStatus.DISPATCHED, sa_type=choice(InspectionStatus))
    notified_at: datetime | None = Field(default=None, sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    cancel_reason: str | None = Field(default=None, max_length=500)
