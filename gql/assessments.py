"""A supervisor's years in the graph: evaluations of terms and renewals, yearly assessments, commendations."""

from datetime import date, datetime
from enum import Enum
from typing import Annotated

import strawberry
from sqlalchemy import ColumnElement

from authz.actions import Action
from domain import assessments
from domain.assessments import Judgement
from gql.cases import CASES, SupervisorCase
from gql.enums import described
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.organizations import EVENTS, ORGANIZATIONS, PROFILES, Event, Node, Organization, Profile
from gql.reading.declare import Frame, Source, bound, column, computed, given, one, only, page
from gql.reading.filters import some
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, where, where_worked
from gql.supervisors import APPOINTMENTS, PERSONS, SUPERVISORS, Appointment, Person, Supervisor
from models.assessments import AssessmentResult, TermResult
from models.assessments import Commendation as CommendationRow
from models.assessments import TermEvaluation as TermEvaluationRow
from models.assessments import YearlyAssessment as YearlyAssessmentRow

described(TermResult, "履职评价结论: how somebody fulfilled a term.", FULFILLED="履职合格.", UNFULFILLED="履职不合格: the term is not renewed.")
described(
    AssessmentResult,
    "年度考核结果: what an assessment says.",
    EXCELLENT="优秀.",
    QUALIFIED="合格.",
    UNQUALIFIED="不合格: opens a case at the issuer of the card.",
)

TERM_EVALUATIONS = Source(TermEvaluationRow, "TermEvaluation", "tevl")
YEARLY_ASSESSMENTS = Source(YearlyAssessmentRow, "YearlyAssessment", "yass")
COMMENDATIONS = Source(CommendationRow, "Commendation", "cmnd")
MAKE, EVALUATE, RENEW, ASSESS = Action.APPOINTMENT_MAKE, Action.APPOINTMENT_EVALUATE, Action.APPOINTMENT_RENEW, Action.APPOINTMENT_ASSESS
COMMEND = Action.YEARLY_ASSESSMENT_COMMEND


@strawberry.type(description="履职评价: of a term that was about to end, by who appointed (000 §18). Without it no term is renewed.")
class TermEvaluation(Node):
    appointment: Appointment | None = one("appointment_id", APPOINTMENTS, "Of which term.")
    supervisor: Supervisor | None = one("supervisor_id", SUPERVISORS, "Of whom.")
    person: Person | None = one("person_id", PERSONS, "Who that is.")
    result: TermResult = column("result", "The conclusion.")
    statement: str = column("statement", "评价意见.")
    evaluated_by: Person | None = one("evaluated_by", PERSONS, "Who evaluated.")
    evaluated_at: datetime = column("evaluated_at", "When.")
    profile: Profile | None = one("profile_id", PROFILES, "The rules of that day.")


@strawberry.type(description="表彰奖励: for somebody who was excellent in a year (000 §22).")
class Commendation(Node):
    assessment: Annotated["YearlyAssessment", strawberry.lazy("gql.assessments")] | None = one(
        "yearly_assessment_id", YEARLY_ASSESSMENTS, "For which assessment."
    )
    supervisor: Supervisor | None = one("supervisor_id", SUPERVISORS, "Who.")
    person: Person | None = one("person_id", PERSONS, "Who that is.")
    title: str = column("title", "荣誉称号.")
    document: str = column("document", "The document it rests on.")
    given_on: date = column("given_on", "On which day.")
    given_by: Person | None = one("given_by", PERSONS, "Who signed.")


def late(frame: Frame) -> ColumnElement[bool]:
    return frame.t.c.assessed_on > frame.t.c.due_on


def is_commended(frame: Frame) -> ColumnElement[bool]:
    return some(frame, COMMENDATIONS, "yearly_assessment_id")


@strawberry.type(description="年度考核: of an appointed supervisor and a year, by who appointed (000 §22), against the duties of 000 §8(一)-(五).")
class YearlyAssessment(Node):
    version: int = column("version", "Always the first: nobody changes an assessment.")
    appointment: Appointment | None = one("appointment_id", APPOINTMENTS, "Under which term.")
    supervisor: Supervisor | None = one("supervisor_id", SUPERVISORS, "Of whom.")
    person: Person | None = one("person_id", PERSONS, "Who that is.")
    dispatcher: Organization | None = one("dispatcher_id", ORGANIZATIONS, "指派机构: who assessed.")
    year: int = column("year", "Of which year.")
    result: AssessmentResult = column("result", "考核结果.")
    meets_duty: bool = column("meets_duty", "政策法规、职业道德、责任心、工作标准 (000 §8(一)).")
    meets_conduct: bool = column("meets_conduct", "坚持原则、忠于职守、廉洁自律、秉公执法 (000 §8(二)).")
    meets_knowledge: bool = column("meets_knowledge", "考务流程、技术手段、题库和证书管理 (000 §8(三)-(五)).")
    statement: str = column("statement", "考核意见.")
    due_on: date = column("due_on", "Until when it was due.")
    assessed_on: date = column("assessed_on", "When it was done.")
    late: bool = computed(late, "Whether that was too late.")
    assessed_by: Person | None = one("assessed_by", PERSONS, "Who assessed: never oneself.")
    case: SupervisorCase | None = one("case_id", CASES, "The case it opened.")
    commendation: Commendation | None = only("yearly_assessment_id", COMMENDATIONS, "表彰, if there was one.")
    profile: Profile | None = one("profile_id", PROFILES, "The rules of that day.")


@strawberry.input(description="Which assessments.")
class YearlyAssessmentFilter:
    year: Among[int] | None = where("year", "Of which years.")
    result: Among[AssessmentResult] | None = where("result", "With what result.")
    supervisor: IdFilter | None = where("supervisor_id", "Of whom.", "sup")
    person: IdFilter | None = where("person_id", "Of whom.", "per")
    dispatcher: IdFilter | None = where("dispatcher_id", "By whom.", "ctr", "dst", "agc")
    assessed_on: RangeFilter[date] | None = where("assessed_on", "When.")
    commended: bool | None = where_worked("commended", is_commended, "With a 表彰 or without one, as far as the caller may see it (000 §22).")


@strawberry.enum(description="What assessments may be sorted by.")
class YearlyAssessmentOrder(Enum):
    YEAR = strawberry.enum_value("year", description="By year.")
    ASSESSED_ON = strawberry.enum_value("assessed_on", description="By the day of the assessment.")


@strawberry.type
class Query:
    term_evaluation: TermEvaluation | None = row(TERM_EVALUATIONS, "One evaluation of a term.", TermEvaluation)
    yearly_assessments: Connection[YearlyAssessment] | None = page(
        None,
        YEARLY_ASSESSMENTS,
        "年度考核档案: the own ones, and those of whom one appointed.",
        type=Connection[YearlyAssessment],
        arguments=Arguments(YearlyAssessmentFilter, YearlyAssessmentOrder),
    )
    yearly_assessment: YearlyAssessment | None = row(YEARLY_ASSESSMENTS, "One assessment.", YearlyAssessment)


@strawberry.input(description="Who is appointed, and for which days.")
class AppointmentMakeInput(Keyed):
    supervisor: strawberry.ID = strawberry.field(
        description="Who; on the own roster, with a card that counts on the first day where the kind bears one."
    )
    starts_on: date = strawberry.field(description="The first day of the term; not in the past.")
    ends_on: date | None = strawberry.field(
        default=None, description="The first day after it. Null for the term of the rules (000 §18: three years), or open where they know none."
    )
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Which term.")
class OfAppointment(Keyed):
    appointment: strawberry.ID = strawberry.field(description="The term.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="How a term was fulfilled.")
class AppointmentEvaluateInput(OfAppointment):
    result: TermResult = strawberry.field(description="The conclusion.")
    statement: str = strawberry.field(description="评价意见, at most 4000 characters.")


@strawberry.input(description="Which term is followed by another.")
class AppointmentRenewInput(OfAppointment):
    pass


@strawberry.input(description="What a year of somebody's work was worth.")
class AppointmentAssessInput(OfAppointment):
    year: int = strawberry.field(description="Of which year; the term ran in it.")
    result: AssessmentResult = strawberry.field(description="考核结果. EXCELLENT only where every criterion is met.")
    meets_duty: bool = strawberry.field(description="Whether the duties of 000 §8(一) are met.")
    meets_conduct: bool = strawberry.field(description="Whether those of 000 §8(二) are met.")
    meets_knowledge: bool = strawberry.field(description="Whether those of 000 §8(三)-(五) are met.")
    statement: str = strawberry.field(description="考核意见, at most 4000 characters.")


@strawberry.input(description="What somebody is commended with.")
class YearlyAssessmentCommendInput(Keyed):
    assessment: strawberry.ID = strawberry.field(description="An assessment as excellent.")
    title: str = strawberry.field(description="荣誉称号, at most 100 characters.")
    document: str = strawberry.field(description="The document it rests on, at most 200 characters.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.type(description="A term after its evaluation.")
class AppointmentEvaluatePayload:
    appointment: Appointment | None = given("appointment", APPOINTMENTS, "The term.")
    evaluation: TermEvaluation | None = given("evaluation", TERM_EVALUATIONS, "Its evaluation.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type(description="A term that is renewed.")
class AppointmentRenewPayload:
    appointment: Appointment | None = given("appointment", APPOINTMENTS, "The next term.")
    event: Event | None = given("event", EVENTS, "The event written at the term before.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type(description="A term just given.")
class AppointmentMakePayload:
    appointment: Appointment | None = given("appointment", APPOINTMENTS, "The term.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type(description="An assessment just made.")
class YearlyAssessmentPayload:
    assessment: YearlyAssessment | None = given("assessment", YEARLY_ASSESSMENTS, "The assessment.")
    case: SupervisorCase | None = given("case", CASES, "The case it opened at the issuer of the card, for the result UNQUALIFIED.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type(description="A commendation just given.")
class CommendationPayload:
    commendation: Commendation | None = given("commendation", COMMENDATIONS, "The commendation.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type
class Mutation:
    @mutation(
        MAKE,
        "Appoint (聘任) somebody on the own roster for a term (000 §5, §18), after the card. Not who is on the blacklist, nor for two terms at a time: a term "
        "that runs is renewed.",
    )
    async def appointment_make(call: Call, input: AppointmentMakeInput) -> AppointmentMakePayload:
        who = await call.fetch(SUPERVISORS, input.supervisor, to=MAKE, version=input.expected_version)
        term, event = await assessments.make(call.session, who, starts_on=input.starts_on, ends_on=input.ends_on, act=call.act)
        return changed(AppointmentMakePayload, appointment=term.id, event=event.id)

    @mutation(
        EVALUATE,
        "Evaluate a term (履职评价) that is about to end, as who appointed (000 §18): from the day it is EXPIRING (本系统默认: 90 days before).",
    )
    async def appointment_evaluate(call: Call, input: AppointmentEvaluateInput) -> AppointmentEvaluatePayload:
        term = await call.fetch(APPOINTMENTS, input.appointment, to=EVALUATE, version=input.expected_version)
        found, event = await assessments.evaluate(call.session, term, input.result, statement=input.statement, act=call.act)
        return changed(AppointmentEvaluatePayload, appointment=term.id, evaluation=found.id, event=event.id)

    @mutation(RENEW, "Renew a term (续聘; 000 §18) that was evaluated as fulfilled: the next one begins when it ends, and it holds until then.")
    async def appointment_renew(call: Call, input: AppointmentRenewInput) -> AppointmentRenewPayload:
        term = await call.fetch(APPOINTMENTS, input.appointment, to=RENEW, version=input.expected_version)
        following, event = await assessments.renew(call.session, term, act=call.act)
        return changed(AppointmentRenewPayload, appointment=following.id, event=event.id)

    @mutation(
        ASSESS,
        "Assess a year (年度考核) of somebody one appointed, once (000 §22); due on 31 January of the next (本系统默认). UNQUALIFIED opens a case.",
    )
    async def appointment_assess(call: Call, input: AppointmentAssessInput) -> YearlyAssessmentPayload:
        term = await call.fetch(APPOINTMENTS, input.appointment, to=ASSESS, version=input.expected_version)
        said = Judgement(input.year, input.result, input.meets_duty, input.meets_conduct, input.meets_knowledge, input.statement)
        done = await assessments.assess(call.session, term, said, act=call.act)
        case = {"case": done.case.id} if done.case else {}
        return changed(YearlyAssessmentPayload, assessment=done.assessment.id, event=done.event.id, **case)

    @mutation(COMMEND, "Commend (表彰奖励; 000 §22) who was assessed as excellent, once for each assessment.")
    async def yearly_assessment_commend(call: Call, input: YearlyAssessmentCommendInput) -> CommendationPayload:
        judged = await call.fetch(YEARLY_ASSESSMENTS, input.assessment, to=COMMEND, version=input.expected_version)
        found, event = await assessments.commend(call.session, judged, input.title, document=input.document, act=call.act)
        return changed(CommendationPayload, commendation=found.id, event=event.id)
