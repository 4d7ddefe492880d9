"""Recognition sessions: what agencies hold, and what every ratio is taken of."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import ColumnElement

from authz.actions import Action
from authz.relations import PERSON, there_is
from domain import sessions
from domain.sessions import Details, Named
from gql import ids
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.organizations import AGENCIES, DISTRICTS, EVENTS, Agency, District, Event, Node, Step, Versioned
from gql.reading.declare import Frame, Offered, Source, bound, column, given, many, one, page, steps
from gql.reading.filters import visible
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, TextFilter, where, where_worked
from gql.staffing import EXAM_STAFF, ExamStaff, ExamStaffInput
from gql.supervisors import PERSONS, SUPERVISORS, Person, Supervisor
from models.events import Event as EventRow
from models.sessions import Assessor as AssessorRow
from models.sessions import RecognitionMode, RecognitionSessionStatus
from models.sessions import RecognitionSession as RecognitionSessionRow
from models.supervisors import SkillLevel

if TYPE_CHECKING:
    from gql.evidence import Evidence
    from gql.inspections import Inspection

RECOGNITION_SESSIONS, ASSESSORS = Source(RecognitionSessionRow, "RecognitionSession", "ses"), Source(AssessorRow, "Assessor", "asr")
INSPECTIONS, EVIDENCE = "gql.inspections:INSPECTIONS", "gql.evidence:EVIDENCE"

Visit = Annotated["Inspection", strawberry.lazy("gql.inspections")]
Material = Annotated["Evidence", strawberry.lazy("gql.evidence")]
PLANNED, OPEN = ("PLANNED",), ("PLANNED", "STARTED")


@strawberry.type(description="考评人员 of one session.")
class Assessor(Node):
    name: str = column("name", "The name the agency gave.")
    person: Person | None = one("person_id", PERSONS, "Who that is.")


def is_watched(frame: Frame) -> ColumnElement[bool]:
    found: ColumnElement[bool] = frame.t.c.internal_supervisor_id.is_not(None)
    return found


def has_come(frame: Frame) -> ColumnElement[bool]:
    found: ColumnElement[bool] = frame.t.c.internal_checked_in_at.is_not(None)
    return found


def is_own(frame: Frame) -> ColumnElement[bool]:
    """Whether the caller is who was named to watch it."""
    s, seen = visible(frame, SUPERVISORS)
    return there_is(s).where(s.c.id == frame.t.c.internal_supervisor_id, s.c.person_id == PERSON, *seen)


@strawberry.type(description="认定场次: one session of one agency at one place.")
class RecognitionSession(Versioned):
    status: RecognitionSessionStatus = column("status", "Where it stands.")
    occupation: str = column("occupation", "职业(工种).")
    level: SkillLevel = column("level", "职业技能等级, of the eight ranks.")
    mode: RecognitionMode = column("mode", "评价方式.")
    candidate_count: int = column("candidate_count", "参评人数.")
    place: str = column("place", "认定地点.")
    starts_at: datetime = column("starts_at", "When it begins.")
    ends_at: datetime = column("ends_at", "When it is over.")
    cancel_reason: str | None = column("cancel_reason", "Why it was cancelled.")
    internal_checked_in_at: datetime | None = column("internal_checked_in_at", "When the internal supervisor checked in.")
    results_posted_at: datetime | None = column(
        "results_posted_at", "结果公示时间: when it was recorded that the results are posted (F15 of the form)."
    )
    agency: Agency | None = one("agency_id", AGENCIES, "Who holds it.")
    district: District | None = one("district_id", DISTRICTS, "Where it is held, where there are districts: its rules are those of the place.")
    internal_supervisor: Supervisor | None = one("internal_supervisor_id", SUPERVISORS, "内部督导员, 质量内控人员: who watches it for the agency.")
    assessors: list[Assessor] = many("recognition_session_id", ASSESSORS, "Who assesses, by name; at most 50.", order=("name",), cap=50)
    exam_staff: list[ExamStaff] = many(
        "recognition_session_id", EXAM_STAFF, "现场负责人、考务人员、监考员; at most 100.", order=("duty", "name"), cap=100
    )
    inspections: Connection[Visit] = page(
        "recognition_session_id",
        INSPECTIONS,
        "Its inspections, as far as the caller may know of them.",
        type=Connection[Visit],
        arguments=Arguments(),
    )
    evidence: Connection[Material] = page(
        "recognition_session_id", EVIDENCE, "资料: its materials, those of its inspections too.", type=Connection[Material], arguments=Arguments()
    )
    available_steps: list[Step] = steps(
        Offered("recognitionSessionStart", Action.SESSION_START, PLANNED, "STARTED"),
        Offered("recognitionSessionHold", Action.SESSION_HOLD, ("STARTED",), "HELD"),
        Offered("recognitionSessionPostResults", Action.SESSION_POST_RESULTS, ("HELD",), "RESULTS_POSTED"),
        Offered("recognitionSessionCancel", Action.SESSION_CANCEL, PLANNED, "CANCELLED"),
        Offered("recognitionSessionNameAssessor", Action.SESSION_NAME_ASSESSOR, OPEN),
        Offered("recognitionSessionAssignInternal", Action.SESSION_ASSIGN_INTERNAL, PLANNED),
        Offered("recognitionSessionRecuseInternal", Action.SESSION_RECUSE_INTERNAL, PLANNED, when=is_own),
        Offered("recognitionSessionCheckIn", Action.SESSION_CHECK_IN, OPEN),
        Offered("inspectionOpenInternal", Action.SESSION_INSPECT, ("STARTED", "HELD"), when=has_come),
    )


@strawberry.input(description="Which sessions.")
class RecognitionSessionFilter:
    status: Among[RecognitionSessionStatus] | None = where("status", "Where they stand.")
    district: IdFilter | None = where("district_id", "The district they are held in.", "dst")
    agency: IdFilter | None = where("agency_id", "Who holds them.", "agc")
    starts_at: RangeFilter[datetime] | None = where("starts_at", "When they begin.")
    mode: Among[RecognitionMode] | None = where("mode", "评价方式.")
    level: Among[SkillLevel] | None = where("level", "职业技能等级.")
    occupation: TextFilter | None = where("occupation", "职业(工种).")
    candidate_count: RangeFilter[int] | None = where("candidate_count", "参评人数.")
    results_posted_at: RangeFilter[datetime] | None = where("results_posted_at", "结果公示时间: when that was recorded.")
    internal_supervisor: IdFilter | None = where("internal_supervisor_id", "Whom the agency named to watch them.", "sup")
    has_internal_supervisor: bool | None = where_worked("has_internal_supervisor", is_watched, "With an internal supervisor named or without one.")
    internal_checked_in: bool | None = where_worked("internal_checked_in", has_come, "Whether the internal supervisor has checked in.")


@strawberry.enum(description="What sessions may be sorted by.")
class RecognitionSessionOrder(Enum):
    STARTS_AT = strawberry.enum_value("starts_at", description="By beginning.")
    CREATED_AT = strawberry.enum_value("created_at", description="By time of registration.")
    CANDIDATE_COUNT = strawberry.enum_value("candidate_count", description="By number of candidates.")


@strawberry.type
class Query:
    recognition_sessions: Connection[RecognitionSession] | None = page(
        None,
        RECOGNITION_SESSIONS,
        "认定场次: sessions the caller supervises or holds.",
        type=Connection[RecognitionSession],
        arguments=Arguments(RecognitionSessionFilter, RecognitionSessionOrder),
    )
    recognition_session: RecognitionSession | None = row(RECOGNITION_SESSIONS, "One session.", RecognitionSession)


@strawberry.input(description="考评人员, as the agency names them.")
class AssessorInput:
    name: str = strawberry.field(description="The name, at most 60 characters.")
    id_number: str = strawberry.field(description="公民身份号码 (GB 11643). Not kept: its keyed digest finds the person, whatever the name.")

    def named(self) -> Named:
        return Named(self.name, self.id_number)


@strawberry.input(description="A session to be held.")
class RecognitionSessionRegisterInput(Keyed):
    occupation: str = strawberry.field(description="职业(工种), at most 80 characters.")
    level: SkillLevel = strawberry.field(description="职业技能等级.")
    mode: RecognitionMode = strawberry.field(description="评价方式.")
    candidate_count: int = strawberry.field(description="参评人数, 1 to 100,000.")
    place: str = strawberry.field(description="认定地点, at most 200 characters.")
    starts_at: datetime = strawberry.field(description="When it begins; in the future.")
    ends_at: datetime = strawberry.field(description="When it is over.")
    district: strawberry.ID | None = strawberry.field(default=None, description="Where it is held, if not in the agency's own district.")
    assessors: list[AssessorInput] = strawberry.field(default_factory=list, description="Who assesses; at most 50, others may follow.")
    exam_staff: list[ExamStaffInput] = strawberry.field(default_factory=list, description="现场负责人、考务人员、监考员; at most 100.")
    internal_supervisor: strawberry.ID | None = strawberry.field(default=None, description="Who watches it for the agency; may follow.")

    def details(self) -> Details:
        return Details(
            occupation=self.occupation,
            level=self.level,
            mode=self.mode,
            candidate_count=self.candidate_count,
            place=self.place,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            district_id=ids.optional(self.district, ["dst"]),
        )


@strawberry.input(description="Which session.")
class OfRecognitionSession(Keyed):
    recognition_session: strawberry.ID = strawberry.field(description="The session.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Which session, and why it is not held.")
class RecognitionSessionCancelInput(OfRecognitionSession):
    reason: str = strawberry.field(description="Why, at most 500 characters.")


@strawberry.input(description="Which session, and one more assessor.")
class RecognitionSessionNameAssessorInput(OfRecognitionSession):
    assessor: AssessorInput = strawberry.field(description="考评人员.")


@strawberry.input(description="Which session, and who watches it.")
class RecognitionSessionAssignInternalInput(OfRecognitionSession):
    supervisor: strawberry.ID = strawberry.field(description="An internal supervisor of the agency, valid on the day.")


@strawberry.input(description="Where the assigned internal supervisor is.")
class RecognitionSessionCheckInInput(OfRecognitionSession):
    pass


@strawberry.input(description="Which session begins.")
class RecognitionSessionStartInput(OfRecognitionSession):
    pass


@strawberry.input(description="Which session was held.")
class RecognitionSessionHoldInput(OfRecognitionSession):
    pass


@strawberry.input(description="Whose results are posted.")
class RecognitionSessionPostResultsInput(OfRecognitionSession):
    pass


@strawberry.type(description="A session after a step.")
class RecognitionSessionPayload:
    recognition_session: RecognitionSession | None = given("recognition_session", RECOGNITION_SESSIONS, "The session.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


async def taken(call: Call, input: OfRecognitionSession, action: Action) -> RecognitionSessionRow:
    found: RecognitionSessionRow = await call.fetch(RECOGNITION_SESSIONS, input.recognition_session, to=action, version=input.expected_version)
    return found


def after(found: RecognitionSessionRow, event: EventRow) -> RecognitionSessionPayload:
    return changed(RecognitionSessionPayload, recognition_session=found.id, event=event.id)


@strawberry.type
class Mutation:
    @mutation(Action.SESSION_REGISTER, "Register a session of one's own agency (003 §11: the denominator of every ratio).")
    async def recognition_session_register(call: Call, input: RecognitionSessionRegisterInput) -> RecognitionSessionPayload:
        found = await sessions.drafted(call.session, call.act.organization_id, input.details(), act=call.act)
        call.require(Action.SESSION_REGISTER, found)
        internal, named = ids.optional(input.internal_supervisor, ["sup"]), [one.named() for one in input.assessors]
        staff = [one.on_duty() for one in input.exam_staff]
        event = await sessions.register(
            call.session, found, assessors=named, on_duty=staff, internal=internal, keys=call.context.id_keys, act=call.act
        )
        return after(found, event)

    @mutation(
        Action.SESSION_NAME_ASSESSOR,
        "Name one more assessor; nobody who supervises or has another duty at that time (000 §8(八), 003 §10), or whom the agency has cancelled before "
        "that day (000 §8(三)).",
    )
    async def recognition_session_name_assessor(call: Call, input: RecognitionSessionNameAssessorInput) -> RecognitionSessionPayload:
        found = await taken(call, input, Action.SESSION_NAME_ASSESSOR)
        named = await sessions.name_assessor(call.session, found, input.assessor.named(), keys=call.context.id_keys, act=call.act)
        return after(found, named[1])

    @mutation(
        Action.SESSION_ASSIGN_INTERNAL,
        "Name the internal supervisor (内督, 质量内控人员) who watches the whole of the session, process and results, as its agency and before it begins: "
        "one of its own, on the roster, with card and term where the rules know them. Whoever was named before has to check in anew (000 §12, 003 §6).",
    )
    async def recognition_session_assign_internal(call: Call, input: RecognitionSessionAssignInternalInput) -> RecognitionSessionPayload:
        found = await taken(call, input, Action.SESSION_ASSIGN_INTERNAL)
        return after(found, await sessions.assign_internal(call.session, found, ids.read(input.supervisor, ["sup"]), act=call.act))

    @mutation(
        Action.SESSION_CHECK_IN,
        "The internal supervisor who was named checks in, on the day and nobody for another (000 §12, 003 §6). What they find is written down in an "
        "inspection of the agency's own (`inspectionOpenInternal`).",
    )
    async def recognition_session_check_in(call: Call, input: RecognitionSessionCheckInInput) -> RecognitionSessionPayload:
        found = await taken(call, input, Action.SESSION_CHECK_IN)
        return after(found, await sessions.check_in_internal(call.session, found, act=call.act))

    @mutation(
        Action.SESSION_START,
        "Begin the session on its day. Where the rules ask for an internal supervisor at every session (000 §12), only once that one has checked in.",
    )
    async def recognition_session_start(call: Call, input: RecognitionSessionStartInput) -> RecognitionSessionPayload:
        found = await taken(call, input, Action.SESSION_START)
        return after(found, await sessions.start(call.session, found, act=call.act))

    @mutation(
        Action.SESSION_HOLD,
        "Record that the session was held: from here on it counts for every ratio. It needs its internal supervisor as its beginning does (000 §12).",
    )
    async def recognition_session_hold(call: Call, input: RecognitionSessionHoldInput) -> RecognitionSessionPayload:
        found = await taken(call, input, Action.SESSION_HOLD)
        return after(found, await sessions.hold(call.session, found, act=call.act))

    @mutation(Action.SESSION_POST_RESULTS, "Record that the results are posted (结果公示).")
    async def recognition_session_post_results(call: Call, input: RecognitionSessionPostResultsInput) -> RecognitionSessionPayload:
        found = await taken(call, input, Action.SESSION_POST_RESULTS)
        return after(found, await sessions.post_results(call.session, found, act=call.act))

    @mutation(Action.SESSION_CANCEL, "Cancel a session that has not begun.")
    async def recognition_session_cancel(call: Call, input: RecognitionSessionCancelInput) -> RecognitionSessionPayload:
        found = await taken(call, input, Action.SESSION_CANCEL)
        return after(found, await sessions.cancel(call.session, found, input.reason, act=call.act))
