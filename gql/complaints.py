"""Complaints in the graph: received, investigated, answered. Who complained stands in no type: one act shows it, once and on record."""

from datetime import date, datetime
from enum import Enum
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, Date, cast, func

from authz.actions import Action
from domain import complaints
from domain.complaints import Asking, Identity, Received
from domain.errors import BadInput
from gql import ids
from gql.credit import agency_named, session_named
from gql.enums import described
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.organizations import AGENCIES, EVENTS, ORGANIZATIONS, Agency, Event, Organization, Step, Versioned
from gql.reading.declare import Frame, Offered, Source, bound, column, computed, given, one, page, steps
from gql.reading.fragments import constant
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, where
from gql.sessions import RECOGNITION_SESSIONS, RecognitionSession
from gql.supervisors import PERSONS, SUPERVISORS, Person
from models.complaints import Complaint as ComplaintRow
from models.complaints import ComplaintStatus
from models.events import Event as EventRow
from models.supervisors import Supervisor as SupervisorRow

described(
    ComplaintStatus,
    "举报的状态: where a complaint stands.",
    RECEIVED="已受理.",
    ASSIGNED="已交办.",
    INVESTIGATING="调查中.",
    SUBSTANTIATED="属实.",
    UNSUBSTANTIATED="不属实.",
    ANSWERED="已答复.",
    CLOSED="已办结.",
)

COMPLAINTS = Source(ComplaintRow, "Complaint", "cmp")
RECEIVE, ASSIGN, INVESTIGATE = Action.COMPLAINT_RECEIVE, Action.COMPLAINT_ASSIGN, Action.COMPLAINT_INVESTIGATE
CONCLUDE, ANSWER, CLOSE, REVEAL = Action.COMPLAINT_CONCLUDE, Action.COMPLAINT_ANSWER, Action.COMPLAINT_CLOSE, Action.COMPLAINT_REVEAL


def late(frame: Frame) -> ColumnElement[bool]:
    answered_on = cast(func.timezone(constant("Asia/Shanghai"), frame.t.c.answered_at), Date)
    found: ColumnElement[bool] = answered_on > frame.t.c.due_on
    return found


def named(frame: Frame) -> ColumnElement[bool]:
    return ~frame.t.c.anonymous


@strawberry.type(description="群众举报: about an agency, which sees none. Who complained is shown by `complaintReveal` alone.")
class Complaint(Versioned):
    agency: Agency | None = one("agency_id", AGENCIES, "About whom.")
    status: ComplaintStatus = column("status", "Where it stands.")
    facts: str = column("facts", "What is complained of.")
    recognition_session: RecognitionSession | None = one("recognition_session_id", RECOGNITION_SESSIONS, "About which session, where about one.")
    anonymous: bool = column("anonymous", "匿名: nobody left a name or a contact.")
    receiver: Organization | None = one("receiver_id", ORGANIZATIONS, "Who received it.")
    received_at: datetime = column("received_at", "When.")
    received_by: Person | None = one("received_by", PERSONS, "Who took it in.")
    due_on: date = column("due_on", "The last day for an answer.")
    investigator: Person | None = one("person_id", PERSONS, "Who investigates.")
    assigned_at: datetime | None = column("assigned_at", "Since when.")
    substantiated: bool | None = column("substantiated", "属实 or not, once it is known.")
    conclusion: str | None = column("conclusion", "What the investigation found.")
    answer: str | None = column("answer", "答复: what the complainant was told.")
    answered_at: datetime | None = column("answered_at", "When.")
    late: bool | None = computed(late, "Whether it was answered after the last day; null before an answer.")
    closed_at: datetime | None = column("closed_at", "When it was closed.")
    available_steps: list[Step] = steps(
        Offered("complaintAssign", ASSIGN, ("RECEIVED", "ASSIGNED", "INVESTIGATING"), "ASSIGNED"),
        Offered("complaintInvestigate", INVESTIGATE, ("ASSIGNED",), "INVESTIGATING"),
        Offered("complaintConclude", CONCLUDE, ("INVESTIGATING",)),
        Offered("complaintAnswer", ANSWER, ("SUBSTANTIATED", "UNSUBSTANTIATED"), "ANSWERED"),
        Offered("complaintClose", CLOSE, ("ANSWERED",), "CLOSED"),
        Offered("complaintReveal", REVEAL, tuple(ComplaintStatus), when=named),
    )


@strawberry.input(description="Which complaints.")
class ComplaintFilter:
    status: Among[ComplaintStatus] | None = where("status", "Where they stand.")
    agency: IdFilter | None = where("agency_id", "About whom.", "agc")
    district: IdFilter | None = where("district_id", "In which district.", "dst")
    receiver: IdFilter | None = where("receiver_id", "Who received them.", "ctr", "dst")
    investigator: IdFilter | None = where("person_id", "Who investigates.", "per")
    received_at: RangeFilter[datetime] | None = where("received_at", "When they were received.")
    due_on: RangeFilter[date] | None = where("due_on", "Until when they are due.")


@strawberry.enum(description="What complaints may be sorted by.")
class ComplaintOrder(Enum):
    RECEIVED_AT = strawberry.enum_value("received_at", description="By time of receipt.")
    DUE_ON = strawberry.enum_value("due_on", description="By the day they are due.")


@strawberry.type
class Query:
    complaints: Connection[Complaint] | None = page(
        None, COMPLAINTS, "Complaints the caller may see.", type=Connection[Complaint], arguments=Arguments(ComplaintFilter, ComplaintOrder)
    )
    complaint: Complaint | None = row(COMPLAINTS, "One complaint.", Complaint)


@strawberry.input(description="What somebody of the public complains of.")
class ComplaintReceiveInput(Keyed):
    agency: strawberry.ID = strawberry.field(description="About whom.")
    facts: str = strawberry.field(description="What is complained of, at most 4000 characters; without a word on who complains.")
    recognition_session: strawberry.ID | None = strawberry.field(default=None, description="About which session, where about one.")
    complainant_name: str | None = strawberry.field(default=None, description="举报人姓名, at most 100 characters. Sealed at once.")
    complainant_contact: str | None = strawberry.field(default=None, description="联系方式, at most 200 characters. Sealed at once.")


@strawberry.input(description="Which complaint.")
class OfComplaint(Keyed):
    complaint: strawberry.ID = strawberry.field(description="The complaint.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Who investigates: a supervisor or an officer, exactly one.")
class ComplaintAssignInput(OfComplaint):
    supervisor: strawberry.ID | None = strawberry.field(default=None, description="An external supervisor with a valid card.")
    officer: strawberry.ID | None = strawberry.field(default=None, description="A person who holds an office of the caller's organization.")


@strawberry.input(description="Which complaint is looked into.")
class ComplaintInvestigateInput(OfComplaint):
    pass


@strawberry.input(description="What the investigation found.")
class ComplaintConcludeInput(OfComplaint):
    substantiated: bool = strawberry.field(description="属实 or not.")
    conclusion: str = strawberry.field(description="What was found, at most 2000 characters.")


@strawberry.input(description="What the complainant is told.")
class ComplaintAnswerInput(OfComplaint):
    answer: str = strawberry.field(description="答复, at most 2000 characters.")


@strawberry.input(description="Which complaint is closed.")
class ComplaintCloseInput(OfComplaint):
    pass


@strawberry.input(description="Whose complaint it is, and why one must know.")
class ComplaintRevealInput(OfComplaint):
    purpose: str = strawberry.field(description="查询用途, 1 to 500 characters; it is kept with the name of who asked.")


@strawberry.type(description="A complaint after a step.")
class ComplaintPayload:
    complaint: Complaint | None = given("complaint", COMPLAINTS, "The complaint.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type(description="Who complained, shown once.")
class ComplaintRevealPayload:
    complaint: Complaint | None = given("complaint", COMPLAINTS, "The complaint.")
    complainant_name: str | None = bound("complainant_name", "举报人姓名. Kept in no log and not said again: null where the key was answered before.")
    complainant_contact: str | None = bound("complainant_contact", "联系方式, likewise.")
    event: Event | None = given("event", EVENTS, "The event written: who had it shown, when, and why.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


async def taken(call: Call, input: OfComplaint, action: Action) -> ComplaintRow:
    found: ComplaintRow = await call.fetch(COMPLAINTS, input.complaint, to=action, version=input.expected_version)
    return found


def after(complaint: ComplaintRow, event: EventRow) -> ComplaintPayload:
    return changed(ComplaintPayload, complaint=complaint.id, event=event.id)


async def assigned(call: Call, complaint: ComplaintRow, input: ComplaintAssignInput) -> EventRow:
    """To the one of the two that was given."""
    if (input.supervisor is None) == (input.officer is None):
        raise BadInput("supervisor", "one_of_two", other="officer")
    if input.supervisor is not None:
        supervisor: SupervisorRow = await call.fetch(SUPERVISORS, input.supervisor, to=Action.SUPERVISOR_READ)
        return await complaints.assign_supervisor(call.session, complaint, supervisor, act=call.act)
    return await complaints.assign_officer(call.session, complaint, officer(input.officer), act=call.act)


def officer(id: str | None) -> UUID:
    return ids.read(id or "", [str(PERSONS.prefix)])


def tell(call: Call, identity: Identity) -> None:
    """Said this once, in the payload alone."""
    said = {"complainant_name": identity.name, "complainant_contact": identity.contact}
    call.told.update({name: text for name, text in said.items() if text is not None})


@strawberry.type
class Mutation:
    @mutation(RECEIVE, "Take in a complaint from the public (受理举报; 000 §8(六)). Who complains is sealed at once.")
    async def complaint_receive(call: Call, input: ComplaintReceiveInput) -> ComplaintPayload:
        agency = await agency_named(call, input.agency)
        call.require(RECEIVE, complaints.blank(agency))
        recognition = await session_named(call, input.recognition_session)
        received = Received(input.facts, recognition, input.complainant_name, input.complainant_contact)
        return after(*await complaints.receive(call.session, agency, received, keys=call.context.id_keys, act=call.act))

    @mutation(ASSIGN, "Give a complaint to somebody to investigate (交办; 000 §8(六)): nobody employed by the agency, or an assessor of the session.")
    async def complaint_assign(call: Call, input: ComplaintAssignInput) -> ComplaintPayload:
        complaint = await taken(call, input, ASSIGN)
        return after(complaint, await assigned(call, complaint, input))

    @mutation(INVESTIGATE, "Begin to investigate (调查; 000 §8(六)), as who it was given to.")
    async def complaint_investigate(call: Call, input: ComplaintInvestigateInput) -> ComplaintPayload:
        complaint = await taken(call, input, INVESTIGATE)
        return after(complaint, await complaints.investigate(call.session, complaint, act=call.act))

    @mutation(CONCLUDE, "Say what was found (核实结论; 000 §8(六)), as who investigated.")
    async def complaint_conclude(call: Call, input: ComplaintConcludeInput) -> ComplaintPayload:
        complaint = await taken(call, input, CONCLUDE)
        event = await complaints.conclude(call.session, complaint, input.conclusion, substantiated=input.substantiated, act=call.act)
        return after(complaint, event)

    @mutation(ANSWER, "Answer the complainant (答复; 000 §8(六)).")
    async def complaint_answer(call: Call, input: ComplaintAnswerInput) -> ComplaintPayload:
        complaint = await taken(call, input, ANSWER)
        return after(complaint, await complaints.answer(call.session, complaint, input.answer, act=call.act))

    @mutation(CLOSE, "Close an answered complaint (办结; 000 §8(六)).")
    async def complaint_close(call: Call, input: ComplaintCloseInput) -> ComplaintPayload:
        complaint = await taken(call, input, CLOSE)
        return after(complaint, await complaints.close(call.session, complaint, act=call.act))

    @mutation(REVEAL, "Show who complained (查看举报人) once, for a purpose. Each time is recorded (保密, 000 §8(二)).")
    async def complaint_reveal(call: Call, input: ComplaintRevealInput) -> ComplaintRevealPayload:
        complaint = await taken(call, input, REVEAL)
        asking = Asking(input.purpose, call.actor.account_id, call.actor.tenant, call.act)
        identity, event = await complaints.reveal(call.session, complaint, asking, keys=call.context.id_keys)
        tell(call, identity)
        return changed(ComplaintRevealPayload, complaint=complaint.id, event=event.id)
