"""Yearly education of internal supervisors: what was held, who came, and where nothing was. Added and never changed."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from models.base import Instant, Row, Tenanted, choice, listed


class EducationResult(StrEnum):
    PASSED = "PASSED"
    FAILED = "FAILED"
    ABSENT = "ABSENT"


class EducationEvent(Row, Tenanted, table=True):
    """业务学习教育: held by an agency for its internal supervisors, at least once a calendar year (000 §17, A27)."""

    __tablename__ = "education_event"
    __table_args__ = (*listed(), CheckConstraint("agency_id IS NOT NULL", "has_agency"), Index(None, "agency_id", "year"))
    year: int
    held_on: date
    topic: str = Field(max_length=200)
    recorded_by: UUID = Field(foreign_key="person.id")
    profile_id: UUID = Field(foreign_key="profile.id")


class EducationAttendance(Row, Tenanted, table=True):
    """Who came, and with what result. Once an event; who fails may pass another of the same year."""

    __tablename__ = "education_attendance"
    __table_args__ = (
        *listed("center_id", "agency_id"),
        UniqueConstraint("education_event_id", "supervisor_id"),
        Index(None, "supervisor_id", "year"),
        Index(None, "person_id"),
    )
    education_event_id: UUID = Field(foreign_key="education_event.id")
    supervisor_id: UUID = Field(foreign_key="supervisor.id")
    person_id: UUID = Field(foreign_key="person.id")
    year: int
    result: EducationResult = Field(sa_type=choice(EducationResult))
    recorded_by: UUID = Field(foreign_key="person.id")


class EducationLapse(Row, Tenanted, table=True):
    """A year in which an agency with internal supervisors held no education. The agency's omission, not theirs (A27)."""

    __tablename__ = "education_lapse"
    __table_args__ = (
        *listed("center_id", "district_id"),
        CheckConstraint("agency_id IS NOT NULL", "has_agency"),
        UniqueConstraint("agency_id", "year"),
    )
    year: int
    recorded_at: datetime = Field(sa_type=Instant)
    profile_id: UUID = Field(foreign_key="profile.id")
