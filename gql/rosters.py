"""The rosters and the terms on them, as lists: who may go, who is due for what."""

from datetime import date, datetime
from enum import Enum

import strawberry
from sqlalchemy import ColumnElement, FromClause, Integer, or_

from authz.actions import Action
from gql.reading.declare import Frame, page
from gql.reading.filters import some, today
from gql.reading.paging import (
    Among,
    Arguments,
    Beside,
    Connection,
    IdFilter,
    RangeFilter,
    TextFilter,
    where,
    where_beside,
    where_met,
    where_worked,
)
from gql.supervisors import APPOINTMENTS, CARDS, EMPLOYMENTS, PERSONS, SUPERVISORS, Appointment, Supervisor, streak
from models.supervisors import AppointmentStatus, CardStatus, LeavingGround, RosterStanding, SkillLevel, SupervisorKind

ATTENDANCES, ASSESSMENTS, EVALUATIONS = (
    "gql.education:EDUCATION_ATTENDANCES",
    "gql.assessments:YEARLY_ASSESSMENTS",
    "gql.assessments:TERM_EVALUATIONS",
)


def employed_today(employment: FromClause) -> ColumnElement[bool]:
    """An open end is still employed."""
    e = employment.c
    return (e.starts_on <= today()) & or_(e.ends_on.is_(None), e.ends_on > today())


def is_verified(frame: Frame) -> ColumnElement[bool]:
    found: ColumnElement[bool] = frame.t.c.verified_at.is_not(None)
    return found


def not_educated(frame: Frame, year: ColumnElement[int]) -> ColumnElement[bool]:
    return ~some(frame, ATTENDANCES, "supervisor_id", year=year, result="PASSED")


def not_assessed(frame: Frame, year: ColumnElement[int]) -> ColumnElement[bool]:
    return ~some(frame, ASSESSMENTS, "supervisor_id", year=year)


def term_not_assessed(frame: Frame, year: ColumnElement[int]) -> ColumnElement[bool]:
    return ~some(frame, ASSESSMENTS, "appointment_id", year=year)


def is_evaluated(frame: Frame) -> ColumnElement[bool]:
    return some(frame, EVALUATIONS, "appointment_id")


@strawberry.input(description="Which supervisors.")
class SupervisorFilter:
    kind: Among[SupervisorKind] | None = where("kind", "External or internal.")
    standing: Among[RosterStanding] | None = where("standing", "On the roster or removed.")
    left_ground: Among[LeavingGround] | None = where("left_ground", "Why they left.")
    left_on: RangeFilter[date] | None = where("left_on", "When they left.")
    platform_deleted_on: RangeFilter[date] | None = where("platform_deleted_on", "When their entry on the platform was deleted.")
    level: Among[SkillLevel] | None = where("level", "Their rank.")
    knows_exam_workflow: bool | None = where("knows_exam_workflow", "Versed in the workflow of exams or not.")
    knows_question_bank: bool | None = where("knows_question_bank", "Versed in the question bank or not.")
    knows_certificates: bool | None = where("knows_certificates", "Versed in skill certificates or not.")
    person: IdFilter | None = where("person_id", "Who it is.", "per")
    organization: IdFilter | None = where("organization_id", "Who keeps the row.", "ctr", "agc")
    center: IdFilter | None = where("center_id", "Of which jurisdiction.", "ctr")
    name: TextFilter | None = where_beside(
        "name",
        Beside(PERSONS, "person_id", "id", "name", mask=Action.PERSON_READ_NAME),
        "姓名: only of those whose name the caller may read in full.",
    )
    employer: IdFilter | None = where_beside(
        "employer_id", Beside(EMPLOYMENTS, "person_id", "person_id", "agency_id", when=employed_today), "所在单位: who employs them today.", "agc"
    )
    card_number: TextFilter | None = where_beside("card_number", Beside(CARDS, "id", "supervisor_id", "number"), "证卡编号: of any card they had.")
    card_status: Among[CardStatus] | None = where_beside(
        "card_status", Beside(CARDS, "id", "supervisor_id", "status"), "With a card that stands so; REVOKED also of those who have another since."
    )
    refusal_streak: RangeFilter[int] | None = where_worked(
        "refusal_streak", streak, "连续不接受指派: how many in a row (000 §19); only of those whose streak the caller may read."
    )
    verified: bool | None = where_worked("verified", is_verified, "Ever verified or never.")
    verified_at: RangeFilter[datetime] | None = where("verified_at", "When the row was last verified.")
    not_educated_in: int | None = where_met(
        "not_educated_in", not_educated, "Without a passed 业务学习教育 of this year, as far as the caller may see them (000 §17).", kind=Integer()
    )
    not_assessed_in: int | None = where_met(
        "not_assessed_in", not_assessed, "Without a 年度考核 of this year, as far as the caller may see them (000 §22).", kind=Integer()
    )


@strawberry.enum(description="What supervisors may be sorted by.")
class SupervisorOrder(Enum):
    CREATED_AT = strawberry.enum_value("created_at", description="By time of enlisting.")
    UPDATED_AT = strawberry.enum_value("updated_at", description="By time of the last change.")


@strawberry.input(description="Which terms.")
class AppointmentFilter:
    status: Among[AppointmentStatus] | None = where("status", "Whether they count.")
    dispatcher: IdFilter | None = where("dispatcher_id", "Who appointed.", "ctr", "dst", "agc")
    supervisor: IdFilter | None = where("supervisor_id", "Who is appointed.", "sup")
    person: IdFilter | None = where("person_id", "Who that is.", "per")
    starts_on: RangeFilter[date] | None = where("starts_on", "The first day of the term.")
    ends_on: RangeFilter[date] | None = where("ends_on", "The first day after the term; one without an end is never met.")
    evaluated: bool | None = where_worked("evaluated", is_evaluated, "With a 履职评价 or without one, as far as the caller may see them (000 §18).")
    not_assessed_in: int | None = where_met(
        "not_assessed_in", term_not_assessed, "Without a 年度考核 of this year, as far as the caller may see them (000 §22).", kind=Integer()
    )


@strawberry.enum(description="What terms may be sorted by.")
class AppointmentOrder(Enum):
    STARTS_ON = strawberry.enum_value("starts_on", description="By their first day.")
    CREATED_AT = strawberry.enum_value("created_at", description="By time of the appointment.")


@strawberry.type
class Query:
    supervisors: Connection[Supervisor] | None = page(
        None, SUPERVISORS, "The rosters.", type=Connection[Supervisor], arguments=Arguments(SupervisorFilter, SupervisorOrder)
    )
    appointments: Connection[Appointment] | None = page(
        None,
        APPOINTMENTS,
        "聘任: the own terms, and those the caller may see: who is to be evaluated, renewed or assessed (000 §18, §22).",
        type=Connection[Appointment],
        arguments=Arguments(AppointmentFilter, AppointmentOrder),
    )
