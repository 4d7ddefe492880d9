"""People in the graph: persons and who employed them, supervisors, cards, appointments."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import ColumnElement, case, cast, func, null
from sqlalchemy.dialects.postgresql import JSON

from authz.actions import Action
from authz.relations import there_is
from domain.refusals import in_a_row, most_in_a_row
from gql.enums import described
from gql.fields import row
from gql.organizations import AGENCIES, ORGANIZATIONS, Agency, Node, Organization, Step, Versioned
from gql.reading.declare import Frame, Offered, Source, column, computed, many, one, only, page, steps
from gql.reading.fragments import constant
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, TextFilter, where
from models.assessments import TermEvaluation as TermEvaluationRow
from models.base import table_of
from models.supervisors import Appointment as AppointmentRow
from models.supervisors import AppointmentStatus, CardStatus, LeavingGround, RosterStanding, SkillLevel, SupervisorKind
from models.supervisors import Card as CardRow
from models.supervisors import Employment as EmploymentRow
from models.supervisors import Person as PersonRow
from models.supervisors import Supervisor as SupervisorRow

if TYPE_CHECKING:
    from gql.applications import Application
    from gql.assessments import TermEvaluation, YearlyAssessment
    from gql.cases import SupervisorCase
    from gql.education import EducationAttendance

described(SupervisorKind, "督导员类别: who they inspect for.", EXTERNAL="外部督导员.", INTERNAL="内部督导员, of one agency.")
described(
    RosterStanding,
    "在册情况: whether somebody is on the roster.",
    ACTIVE="在册.",
    SUSPENDED="暂停, of an internal one without a card.",
    REMOVED="已移出名册, kept in the archive.",
)
described(
    LeavingGround,
    "离任原因: why somebody is off the roster without a revocation.",
    OWN_WISH="本人申请.",
    EMPLOYMENT_ENDED="离开所在单位.",
    DEATH="去世.",
    REMOVED_BY_AGENCY="由评价机构取消, of an internal one without a card (003 §6).",
)
described(
    CardStatus,
    "证卡状态: whether a card counts.",
    ACTIVE="有效.",
    SUSPENDED="暂停.",
    REVOKED="已取消, by a case.",
    CANCELLED="已注销: who bore it has left.",
)
described(
    AppointmentStatus,
    "聘任状态: whether a mandate counts.",
    ACTIVE="聘任中.",
    EXPIRING="聘期将满: in force, and warned of.",
    EVALUATED="已作履职评价: in force, and may be renewed.",
    RENEWED="已续聘: in force until its end, when the next term begins.",
    EXPIRED="聘期届满.",
    TERMINATED="已解聘, by a revocation or by leaving.",
)
described(
    SkillLevel,
    "职业技能等级: the eight ranks, lowest first.",
    APPRENTICE="学徒工.",
    JUNIOR_5="初级工（五级）.",
    INTERMEDIATE_4="中级工（四级）.",
    SENIOR_3="高级工（三级）.",
    TECHNICIAN_2="技师（二级）.",
    SENIOR_TECHNICIAN_1="高级技师（一级）.",
    SPECIAL_TECHNICIAN="特级技师.",
    CHIEF_TECHNICIAN="首席技师.",
)

PERSONS = Source(PersonRow, "Person", "per")
EMPLOYMENTS = Source(EmploymentRow, "Employment", "emp")
STREAKS = Source(SupervisorRow, "RefusalStreak", {})
SUPERVISORS = Source(SupervisorRow, "Supervisor", "sup")
CARDS_IN_USE = Source(CardRow, "Card", "card", only=("status", "ACTIVE", "SUSPENDED"))
CARDS = Source(CardRow, "Card", "card")
APPOINTMENTS = Source(AppointmentRow, "Appointment", "apt")


def shortened(frame: Frame) -> ColumnElement[str]:
    """张**: the family name stays, so that two colleagues can be told apart in talk but not looked up."""
    return func.concat(func.left(frame.t.c["name"], 1), constant("**"))


PERSONAL = {
    "NAME": Action.PERSON_READ_NAME,
    "PHONE": Action.PERSON_READ_CONTACT,
    "ID_NUMBER": Action.PERSON_READ_IDENTITY,
    "BIRTH_DATE": Action.PERSON_READ_IDENTITY,
    "HEALTHY": Action.PERSON_READ_HEALTH,
}


def masked(frame: Frame) -> ColumnElement[str]:
    words = [case((frame.may(action), null()), else_=constant(f'"{field}"')) for field, action in PERSONAL.items()]
    return cast(func.concat(constant("["), func.concat_ws(constant(","), *words), constant("]")), JSON())


@strawberry.type(description="任职: who employed a person on which days.")
class Employment(Versioned):
    agency: Agency | None = one("agency_id", AGENCIES, "The employer.")
    starts_on: date = column("starts_on", "The first day.")
    ends_on: date | None = column("ends_on", "The first day after it; open without it.")


@strawberry.type(description="个人: somebody, shared by all who supervise; personal fields only for who may see them.")
class Person(Node):
    name: str | None = column(
        "name", "The name; shortened to the family name for who may not read it.", mask=Action.PERSON_READ_NAME, masked=shortened
    )
    phone: str | None = column("phone", "For who dispatches.", mask=Action.PERSON_READ_CONTACT, noted=True)
    id_last_four: str | None = column("id_last_four", "The last four characters of the id number.", mask=Action.PERSON_READ_IDENTITY)
    birth_date: date | None = column("birth_date", "For the age limits.", mask=Action.PERSON_READ_IDENTITY, noted=True)
    healthy: bool | None = column("healthy", "Attested, yes or no.", mask=Action.PERSON_READ_HEALTH, noted=True)
    masked: list[str] = computed(masked, "Which of these fields the caller may not read.")
    employments: list[Employment] = many("person_id", EMPLOYMENTS, "任职经历, by date.", order=("starts_on",), cap=50)
    supervisors: list[Annotated["Supervisor", strawberry.lazy("gql.supervisors")]] = many(
        "person_id", SUPERVISORS, "On which rosters, in which kind.", order=("created_at",), cap=20
    )


def streak(frame: Frame) -> ColumnElement[int]:
    return case((frame.may(Action.SUPERVISOR_READ_STREAK), in_a_row(frame.t.c["id"])), else_=null())


def streak_limit(frame: Frame) -> ColumnElement[int]:
    return case((frame.may(Action.SUPERVISOR_READ_STREAK), most_in_a_row(frame.t.c["center_id"])), else_=null())


@strawberry.type(description="连续不接受指派: offers refused or left unanswered in a row, for the person and the center.")
class RefusalStreak:
    count: int | None = computed(streak, "How many, since the last acceptance; null for who may not read it.")
    limit: int | None = computed(streak_limit, "At how many a case is opened; null where the rules know no such number.")


ASSESSABLE = ("ACTIVE", "EXPIRING", "EVALUATED", "RENEWED", "EXPIRED")


def fulfilled(frame: Frame) -> ColumnElement[bool]:
    e = table_of(TermEvaluationRow).alias("evaluated")
    return there_is(e).where(e.c.appointment_id == frame.t.c.id, e.c.result == constant("FULFILLED"))


@strawberry.type(description="聘任: the mandate to supervise, for a term.")
class Appointment(Versioned):
    supervisor: Annotated["Supervisor", strawberry.lazy("gql.supervisors")] | None = one("supervisor_id", SUPERVISORS, "Who is appointed.")
    dispatcher: Organization | None = one("dispatcher_id", ORGANIZATIONS, "指派机构: who appointed.")
    status: AppointmentStatus = column("status", "Whether it counts.")
    starts_on: date = column("starts_on", "The first day of the term.")
    ends_on: date | None = column("ends_on", "The first day after the term; open where the rules know no term.")
    renews: Annotated["Appointment", strawberry.lazy("gql.supervisors")] | None = one("renews_id", APPOINTMENTS, "续聘: the term before it.")
    evaluation: Annotated["TermEvaluation", strawberry.lazy("gql.assessments")] | None = only(
        "appointment_id", "gql.assessments:TERM_EVALUATIONS", "履职评价 of the term."
    )
    available_steps: list[Step] = steps(
        Offered("appointmentEvaluate", Action.APPOINTMENT_EVALUATE, ("EXPIRING",), "EVALUATED"),
        Offered("appointmentRenew", Action.APPOINTMENT_RENEW, ("EVALUATED",), "RENEWED", when=fulfilled),
        Offered("appointmentAssess", Action.APPOINTMENT_ASSESS, ASSESSABLE),
    )


def outstanding(frame: Frame) -> ColumnElement[bool]:
    return frame.t.c.returned_on.is_(None)


@strawberry.type(description="督导员证卡: proves competence. Who issued it alone may revoke it.")
class Card(Versioned):
    number: str = column("number", "证卡编号.")
    title: str = column("title", "Its title under the rules of the issuer.")
    supervisor: Annotated["Supervisor", strawberry.lazy("gql.supervisors")] | None = one("supervisor_id", SUPERVISORS, "Whose it is.")
    issuer: Organization | None = one("issuer_id", ORGANIZATIONS, "核发机构.")
    status: CardStatus = column("status", "Whether it counts.")
    valid_from: date = column("valid_from", "The first day it counts.")
    valid_until: date = column("valid_until", "The first day it no longer counts.")
    returned_on: date | None = column("returned_on", "证卡交回: on which day the issuer had it back (000 §23).")
    print_number: int = column("print_number", "第几次印制: 1 for the first; only the last print counts.")
    replaced_on: date | None = column("replaced_on", "补发日期: when the last print took the place of the one before; null for the first.")
    ledger_digest: str | None = column("ledger_digest", "证卡台账: the digest, in hex, of its newest entry in the chained history of its issuer.")
    available_steps: list[Step] = steps(
        Offered("supervisorCaseOpen", Action.SUPERVISOR_CASE_OPEN, ("ACTIVE", "SUSPENDED")),
        Offered("cardReplace", Action.CARD_REPLACE, ("ACTIVE",)),
        Offered("cardReturn", Action.CARD_RETURN, ("REVOKED", "CANCELLED"), when=outstanding),
    )


@strawberry.type(description="质量督导员: a person in one kind on one roster.")
class Supervisor(Versioned):
    person: Person | None = one("person_id", PERSONS, "Who it is.")
    kind: SupervisorKind = column("kind", "External or internal.")
    standing: RosterStanding = column("standing", "On the roster or removed.")
    review_on: date | None = column("review_on", "复核日: when the agency looks again at a suspension.")
    left_on: date | None = column("left_on", "On which day the person left without a revocation.")
    left_ground: LeavingGround | None = column("left_ground", "离任原因.")
    platform_deleted_on: date | None = column("platform_deleted_on", "On which day the entry on the service platform was deleted (000 §23).")
    level: SkillLevel | None = column("level", "职业技能等级, where known.")
    verified_at: datetime | None = column("verified_at", "When the row of the roster was last verified.")
    knows_exam_workflow: bool = column("knows_exam_workflow", "业务专长: versed in the workflow of exams (考务流程).")
    knows_question_bank: bool = column("knows_question_bank", "业务专长: versed in the rules of the question bank (题库管理).")
    knows_certificates: bool = column("knows_certificates", "业务专长: versed in printing and issuing skill certificates (证书管理).")
    organization: Organization | None = one("organization_id", ORGANIZATIONS, "Who keeps the row: the center, or the agency of an internal one.")
    card: Card | None = only("supervisor_id", CARDS_IN_USE, "The card in use; a suspended one still is.")
    cards: list[Card] = many("supervisor_id", CARDS, "All cards, revoked ones too.", order=("valid_from",), cap=50)
    appointments: list[Appointment] = many(
        "supervisor_id", APPOINTMENTS, "All terms, as far as the caller may see them.", order=("starts_on",), cap=50
    )
    applications: list[Annotated["Application", strawberry.lazy("gql.applications")]] = many(
        "supervisor_id", "gql.applications:APPLICATIONS", "资格申报: what led here, as far as the caller may see it.", order=("created_at",), cap=20
    )
    refusal_streak: RefusalStreak | None = one("id", STREAKS, "Refusals in a row.")
    educations: list[Annotated["EducationAttendance", strawberry.lazy("gql.education")]] = many(
        "supervisor_id", "gql.education:EDUCATION_ATTENDANCES", "业务学习教育, as far as the caller may see it.", order=("year",), cap=50
    )
    assessments: list[Annotated["YearlyAssessment", strawberry.lazy("gql.assessments")]] = many(
        "supervisor_id", "gql.assessments:YEARLY_ASSESSMENTS", "年度考核, as far as the caller may see it.", order=("year",), cap=50
    )
    cases: list[Annotated["SupervisorCase", strawberry.lazy("gql.cases")]] = many(
        "supervisor_id", "gql.cases:CASES", "督导员案件 and what they led to, as far as the caller may see them.", order=("created_at",), cap=50
    )


@strawberry.input(description="Which cards.")
class CardFilter:
    status: Among[CardStatus] | None = where("status", "Whether they count.")
    number: TextFilter | None = where("number", "Their number.")
    issuer: IdFilter | None = where("issuer_id", "Who issued them.", "ctr", "agc")
    supervisor: IdFilter | None = where("supervisor_id", "Whose they are.", "sup")
    valid_until: RangeFilter[date] | None = where("valid_until", "When they end.")
    returned_on: RangeFilter[date] | None = where("returned_on", "When the issuer had them back.")


@strawberry.enum(description="What cards may be sorted by.")
class CardOrder(Enum):
    NUMBER = strawberry.enum_value("number", description="By number.")
    VALID_UNTIL = strawberry.enum_value("valid_until", description="By their last day.")
    CREATED_AT = strawberry.enum_value("created_at", description="By time of issue.")


CARD_ARGUMENTS = Arguments(CardFilter, CardOrder)


@strawberry.type
class Query:
    person: Person | None = row(PERSONS, "One person.", Person)
    supervisor: Supervisor | None = row(SUPERVISORS, "One supervisor.", Supervisor)
    cards: Connection[Card] | None = page(None, CARDS, "All cards.", type=Connection[Card], arguments=CARD_ARGUMENTS)
    card: Card | None = row(CARDS, "One card.", Card)
    appointment: Appointment | None = row(APPOINTMENTS, "One appointment.", Appointment)
