"""A supervisor's years of service: yearly education, what was judged at the end of a term and of a year, commendations, stipends. All of it is
added and never changed.
"""

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


class TermResult(StrEnum):
    FULFILLED = "FULFILLED"
    UNFULFILLED = "UNFULFILLED"


class AssessmentResult(StrEnum):
    EXCELLENT = "EXCELLENT"
    QUALIFIED = "QUALIFIED"
    UNQUALIFIED = "UNQUALIFIED"


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
    __table_args__ = (UniqueConstraint("education_event_id", "supervisor_id"), Index(None, "supervisor_id", "year"), Index(None, "person_id"))
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


class TermEvaluation(Row, Tenanted, table=True):
    """履职评价: how somebody fulfilled a term, by who appointed; without it nobody is appointed again (000 §18)."""

    __tablename__ = "term_evaluation"
    __table_args__ = (UniqueConstraint("appointment_id"), Index(None, "supervisor_id"), Index(None, "person_id"))
    appointment_id: UUID = Field(foreign_key="appointment.id")
    supervisor_id: UUID = Field(foreign_key="supervisor.id")
    person_id: UUID = Field(foreign_key="person.id")
    dispatcher_id: UUID = Field(foreign_key="organization.id")
    result: TermResult = Field(sa_type=choice(TermResult))
    statement: str = Field(max_length=4000)
    evaluated_by: UUID = Field(foreign_key="person.id")
    evaluated_at: datetime = Field(sa_type=Instant)
    profile_id: UUID = Field(foreign_key="profile.id")


class YearlyAssessment(Row, Tenanted, table=True):
    """年度考核: one of each appointed supervisor and year, by who appointed (000 §22). Its criteria are the duties of 000 §8."""

    __tablename__ = "yearly_assessment"
    __table_args__ = (
        *listed(),
        UniqueConstraint("supervisor_id", "year"),
        Index(None, "person_id"),
        CheckConstraint("result <> 'EXCELLENT' OR (meets_duty AND meets_conduct AND meets_knowledge)", "excellent_in_all"),
    )
    appointment_id: UUID = Field(foreign_key="appointment.id")
    supervisor_id: UUID = Field(foreign_key="supervisor.id")
    person_id: UUID = Field(foreign_key="person.id")
    dispatcher_id: UUID = Field(foreign_key="organization.id")
    year: int
    result: AssessmentResult = Field(sa_type=choice(AssessmentResult))
    meets_duty: bool
    meets_conduct: bool
    meets_knowledge: bool
    statement: str = Field(max_length=4000)
    due_on: date
    assessed_on: date
    assessed_by: UUID = Field(foreign_key="person.id")
    case_id: UUID | None = Field(default=None, foreign_key="supervisor_case.id")
    profile_id: UUID = Field(foreign_key="profile.id")


class Commendation(Row, Tenanted, table=True):
    """表彰奖励: for who was assessed as excellent (000 §22)."""

    __tablename__ = "commendation"
    __table_args__ = (UniqueConstraint("yearly_assessment_id"), Index(None, "supervisor_id"), Index(None, "person_id"))
    yearly_assessment_id: UUID = Field(foreign_key="yearly_assessment.id")
    supervisor_id: UUID = Field(foreign_key="supervisor.id")
    person_id: UUID = Field(foreign_key="person.id")
    dispatcher_id: UUID = Field(foreign_key="organization.id")
    title: str = Field(max_length=100)
    document: str = Field(max_length=200)
    given_on: date
    given_by: UUID = Field(foreign_key="person.id")


class StipendRate(Row, Tenanted, table=True):
    """补助标准: what an organization pays for a duty, in fen, from a day on. The latest that has taken effect holds (000 §18)."""

    __tablename__ = "stipend_rate"
    __table_args__ = (
        UniqueConstraint("organization_id", "effective_from"),
        *listed("center_id", "district_id"),
        CheckConstraint("leader_fen > 0 AND member_fen > 0", "pays_something"),
    )
    organization_id: UUID = Field(foreign_key="organization.id")
    effective_from: date
    leader_fen: int
    member_fen: int
    document: str = Field(max_length=200)
    set_by: UUID = Field(foreign_key="person.id")


class StipendLine(Row, Tenanted, table=True):
    """津贴补助: one for a duty that is done, once its supervision report is in. In fen, by the rate of the day of duty."""

    __tablename__ = "stipend_line"
    __table_args__ = (UniqueConstraint("assignment_id"), Index(None, "dispatcher_id"), Index(None, "person_id"))
    assignment_id: UUID = Field(foreign_key="assignment.id")
    supervisor_id: UUID = Field(foreign_key="supervisor.id")
    person_id: UUID = Field(foreign_key="person.id")
    dispatcher_id: UUID = Field(foreign_key="organization.id")
    stipend_rate_id: UUID = Field(foreign_key="stipend_rate.id")
    amount_fen: int
    entered_by: UUID = Field(foreign_key="person.id")
    entered_at: datetime = Field(sa_type=Instant)
