"""业务学习教育 in the graph: what an agency held for its internal supervisors, who came with what result, and the years in which it held nothing."""

from datetime import date, datetime
from enum import Enum

import strawberry

from authz.actions import Action
from domain import education
from gql.enums import described
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.organizations import AGENCIES, EVENTS, PROFILES, Agency, Event, Node, Profile
from gql.reading.declare import Source, bound, column, given, one, page
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, where
from gql.supervisors import PERSONS, SUPERVISORS, Person, Supervisor
from models.education import EducationAttendance as EducationAttendanceRow
from models.education import EducationEvent as EducationEventRow
from models.education import EducationLapse as EducationLapseRow
from models.education import EducationResult

described(EducationResult, "学习教育结果: with what result somebody took part.", PASSED="合格.", FAILED="不合格.", ABSENT="未参加.")

EDUCATION_EVENTS = Source(EducationEventRow, "EducationEvent", "edev")
EDUCATION_ATTENDANCES = Source(EducationAttendanceRow, "EducationAttendance", "edat")
EDUCATION_LAPSES = Source(EducationLapseRow, "EducationLapse", "edlp")
HOLD, RECORD = Action.EDUCATION_EVENT_HOLD, Action.EDUCATION_EVENT_RECORD


@strawberry.type(
    description="参加情况: that somebody took part in an education or missed it. Nobody changes it; whoever fails may pass another of the same year (本系统默认, 000 §17 is silent on it)."
)
class EducationAttendance(Node):
    supervisor: Supervisor | None = one("supervisor_id", SUPERVISORS, "Who.")
    person: Person | None = one("person_id", PERSONS, "Who that is.")
    year: int = column("year", "Of which year.")
    result: EducationResult = column("result", "With what result.")
    recorded_by: Person | None = one("recorded_by", PERSONS, "Who recorded it: never about oneself.")


@strawberry.input(description="Which attendances.")
class EducationAttendanceFilter:
    supervisor: IdFilter | None = where("supervisor_id", "Whose.", "sup")
    person: IdFilter | None = where("person_id", "Whose.", "per")
    event: IdFilter | None = where("education_event_id", "At which education.", "edev")
    agency: IdFilter | None = where("agency_id", "Of whose people.", "agc")
    year: Among[int] | None = where("year", "Of which years.")
    result: Among[EducationResult] | None = where("result", "With what result.")


@strawberry.type(description="业务学习教育: one that an agency held for its internal supervisors (000 §17).")
class EducationEvent(Node):
    agency: Agency | None = one("agency_id", AGENCIES, "Who held it.")
    year: int = column("year", "For which calendar year.")
    held_on: date = column("held_on", "On which day.")
    topic: str = column("topic", "学习内容.")
    recorded_by: Person | None = one("recorded_by", PERSONS, "Who put it on record.")
    profile: Profile | None = one("profile_id", PROFILES, "The rules of that day.")
    attendances: Connection[EducationAttendance] = page(
        "education_event_id",
        EDUCATION_ATTENDANCES,
        "Who came and who did not, as far as the caller may see it.",
        type=Connection[EducationAttendance],
        arguments=Arguments(EducationAttendanceFilter),
    )


@strawberry.type(
    description="年度未组织学习教育: a year in which an agency with internal supervisors held none. They do not answer for it: 000 §17 asks the agency to hold one (本系统默认, the text is silent on this)."
)
class EducationLapse(Node):
    agency: Agency | None = one("agency_id", AGENCIES, "Whose omission.")
    year: int = column("year", "Which year.")
    recorded_at: datetime = column("recorded_at", "When it was put on record.")
    profile: Profile | None = one("profile_id", PROFILES, "The rules of that year.")


@strawberry.input(description="Which educations.")
class EducationEventFilter:
    agency: IdFilter | None = where("agency_id", "Who held them.", "agc")
    year: Among[int] | None = where("year", "For which years.")
    held_on: RangeFilter[date] | None = where("held_on", "When.")


@strawberry.enum(description="What educations may be sorted by.")
class EducationEventOrder(Enum):
    HELD_ON = strawberry.enum_value("held_on", description="By day.")
    CREATED_AT = strawberry.enum_value("created_at", description="By time of recording.")


@strawberry.input(description="Which omissions.")
class EducationLapseFilter:
    agency: IdFilter | None = where("agency_id", "Whose.", "agc")
    year: Among[int] | None = where("year", "Which years.")


@strawberry.type
class Query:
    education_events: Connection[EducationEvent] | None = page(
        None,
        EDUCATION_EVENTS,
        "业务学习教育记录: what the caller may see.",
        type=Connection[EducationEvent],
        arguments=Arguments(EducationEventFilter, EducationEventOrder),
    )
    education_event: EducationEvent | None = row(EDUCATION_EVENTS, "One education.", EducationEvent)
    education_attendances: Connection[EducationAttendance] | None = page(
        None,
        EDUCATION_ATTENDANCES,
        "参加情况: the own ones, and those of the people one keeps.",
        type=Connection[EducationAttendance],
        arguments=Arguments(EducationAttendanceFilter),
    )
    education_lapses: Connection[EducationLapse] | None = page(
        None,
        EDUCATION_LAPSES,
        "Agencies that held no education in a year.",
        type=Connection[EducationLapse],
        arguments=Arguments(EducationLapseFilter),
    )


@strawberry.input(description="An education that was held.")
class EducationEventHoldInput(Keyed):
    topic: str = strawberry.field(description="学习内容, at most 200 characters.")
    held_on: date = strawberry.field(description="On which day; not in the future. It counts for that calendar year.")


@strawberry.input(description="Somebody's part in an education.")
class EducationEventRecordInput(Keyed):
    event: strawberry.ID = strawberry.field(description="Which education.")
    supervisor: strawberry.ID = strawberry.field(description="An internal supervisor of the agency; not oneself.")
    result: EducationResult = strawberry.field(description="With what result.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.type(description="An education just put on record.")
class EducationEventPayload:
    education_event: EducationEvent | None = given("education_event", EDUCATION_EVENTS, "The education.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type(description="An attendance just recorded.")
class EducationAttendancePayload:
    attendance: EducationAttendance | None = given("attendance", EDUCATION_ATTENDANCES, "The attendance.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type
class Mutation:
    @mutation(HOLD, "Put on record that education was held (组织业务学习教育), as the agency acted for. At least once a year (000 §17).")
    async def education_event_hold(call: Call, input: EducationEventHoldInput) -> EducationEventPayload:
        agency = await education.acting(call.session, call.act)
        call.require(HOLD, education.blank(agency))
        found, event = await education.hold(call.session, agency, input.topic, held_on=input.held_on, act=call.act)
        return changed(EducationEventPayload, education_event=found.id, event=event.id)

    @mutation(
        RECORD, "Record who took part and with what result (记录参加情况), once an education; when the year is over, who passed none answers for it."
    )
    async def education_event_record(call: Call, input: EducationEventRecordInput) -> EducationAttendancePayload:
        held = await call.fetch(EDUCATION_EVENTS, input.event, to=RECORD, version=input.expected_version)
        supervisor = await call.fetch(SUPERVISORS, input.supervisor, to=Action.SUPERVISOR_READ)
        found, event = await education.attend(call.session, held, supervisor, result=input.result, act=call.act)
        return changed(EducationAttendancePayload, attendance=found.id, event=event.id)
