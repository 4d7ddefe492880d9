"""What was judged of a supervisor at the end of a term and of a year, and commendations. Added and never changed."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from models.base import Instant, Row, Tenanted, choice, listed


class TermResult(StrEnum):
    FULFILLED = "FULFILLED"
    UNFULFILLED = "UNFULFILLED"


class AssessmentResult(StrEnum):
    EXCELLENT = "EXCELLENT"
    QUALIFIED = "QUALIFIED"
    UNQUALIFIED = "UNQUALIFIED"


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
