"""指派: places in teams, offered to supervisors and answered by them."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import ColumnElement, and_, case, func, or_

from authz.actions import Action
from domain import directed, dispatch, offers, refusals
from domain.facts import last_assessed
from gql import ids
from gql.enums import described
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.organizations import EVENTS, ORGANIZATIONS, PROFILES, Event, Organization, Profile, Step, Versioned
from gql.reading.declare import Frame, Offered, Source, bound, column, computed, given, one, page, steps
from gql.reading.filters import some
from gql.reading.fragments import constant, instant
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, where, where_worked
from gql.sessions import RECOGNITION_SESSIONS, RecognitionSession
from gql.supervisors import PERSONS, SUPERVISORS, Person, Supervisor
from models.dispatch import Assignment as AssignmentRow
from models.dispatch import AssignmentStatus, TeamRole
from models.events import Event as EventRow

if TYPE_CHECKING:
    from gql.inspections import Inspection

described(
    AssignmentStatus,
    "指派的状态: where an offer stands.",
    OFFERED="待答复: waits for an answer.",
    ACCEPTED="已接受: will come.",
    DECLINED="不接受: refused; counts in the streak.",
    NO_REPLY="未答复: silent past the reply time; counts like a refusal.",
    RECUSED="回避: recused; neutral.",
    EXCUSED="准假: excused by the dispatcher; neutral.",
    WITHDRAWN="撤回: taken back; void.",
    CHECKED_IN="已签到: on site.",
    NO_SHOW="未到: said yes and did not come.",
    DONE="已完成: the duty is done.",
)
described(TeamRole, "督导组中的职务: the role in a team.", LEADER="组长: leads the team.", MEMBER="组员: a member.")

ASSIGNMENTS = Source(AssignmentRow, "Assignment", "asg")
INSPECTIONS = "gql.inspections:INSPECTIONS"

OPEN = ("OFFERED", "ACCEPTED")
LEFT = ("DECLINED", "NO_REPLY", "RECUSED", "EXCUSED", "WITHDRAWN", "NO_SHOW")


def is_left(frame: Frame) -> ColumnElement[bool]:
    """Nobody waits for silence past the reply time."""
    return or_(frame.t.c["status"] != "OFFERED", frame.t.c["reply_by"] <= func.now())


def watched(frame: Frame) -> ColumnElement[bool]:
    """From the beginning of the duty, which is that of the session, to its end (Y034)."""
    t = frame.t.c
    return case((t.departed_at.is_not(None), and_(t.checked_in_at <= t.starts_at, t.departed_at >= t.ends_at)))


def assessed_there(frame: Frame) -> ColumnElement[str]:
    """A warning to who may send another one, never a block (A10)."""
    t = frame.t.c
    return case((frame.may(Action.ASSIGNMENT_EXCUSE), instant(last_assessed(t.person_id, t.agency_id, before=t.starts_at))))


@strawberry.type(description="指派: a place in the team of an inspection, offered to one supervisor (000 §19).")
class Assignment(Versioned):
    status: AssignmentStatus = column("status", "Where it stands.")
    role: TeamRole = column("role", "The role in the team.")
    inspection: Annotated["Inspection", strawberry.lazy("gql.inspections")] | None = one("inspection_id", INSPECTIONS, "The inspection.")
    recognition_session: RecognitionSession | None = one("recognition_session_id", RECOGNITION_SESSIONS, "The session inspected, if any.")
    supervisor: Supervisor | None = one("supervisor_id", SUPERVISORS, "Who is asked.")
    person: Person | None = one("person_id", PERSONS, "Who that is.")
    dispatcher: Organization | None = one("dispatcher_id", ORGANIZATIONS, "指派机构: who asks.")
    duty_on: date = column("duty_on", "The day of duty in Shanghai.")
    starts_at: datetime = column("starts_at", "When the duty begins.")
    ends_at: datetime = column("ends_at", "When it is over.")
    reply_by: datetime = column("reply_by", "Until when it can be accepted.")
    replied_at: datetime | None = column("replied_at", "When it was answered.")
    code: Profile | None = one(
        "code_id", PROFILES, "已阅知的工作守则: the rules whose code of conduct was acknowledged by accepting; its text is their `codeOfConduct`."
    )
    reason: str | None = column("reason", "The reason given with the answer.")
    checked_in_at: datetime | None = column("checked_in_at", "When the supervisor checked in.")
    departed_at: datetime | None = column("departed_at", "When the supervisor left.")
    whole_process: bool | None = computed(
        watched, "全过程: whether the supervisor was there from the beginning of the duty to its end; null until they have left."
    )
    assessed_there_at: datetime | None = computed(
        assessed_there,
        "近一年曾在该机构考评: when the person last was an assessor at this agency in the 365 days before the duty (003 §10). For who may excuse; it "
        "warns and refuses nothing, unless the rules in force say so (本系统默认).",
    )
    replaces: Annotated["Assignment", strawberry.lazy("gql.offers")] | None = one("replaces_id", ASSIGNMENTS, "Whose place it takes.")
    available_steps: list[Step] = steps(
        Offered("assignmentAccept", Action.ASSIGNMENT_ACCEPT, ("OFFERED",), "ACCEPTED"),
        Offered("assignmentDecline", Action.ASSIGNMENT_DECLINE, ("OFFERED",), "DECLINED"),
        Offered("assignmentRecuse", Action.ASSIGNMENT_RECUSE, OPEN, "RECUSED"),
        Offered("assignmentExcuse", Action.ASSIGNMENT_EXCUSE, OPEN, "EXCUSED"),
        Offered("assignmentReplace", Action.ASSIGNMENT_REPLACE, ("OFFERED", *LEFT), when=is_left),
        Offered("assignmentMarkNoShow", Action.ASSIGNMENT_MARK_NO_SHOW, ("ACCEPTED",), "NO_SHOW"),
    )


def is_unpaid(frame: Frame) -> ColumnElement[bool]:
    return (frame.t.c.status == constant("DONE")) & ~some(frame, "gql.stipends:STIPEND_LINES", "assignment_id")


@strawberry.input(description="Which offers.")
class AssignmentFilter:
    status: Among[AssignmentStatus] | None = where("status", "Where they stand.")
    person: IdFilter | None = where("person_id", "Who is asked; one's own for one's own offers.", "per")
    supervisor: IdFilter | None = where("supervisor_id", "Who is asked.", "sup")
    inspection: IdFilter | None = where("inspection_id", "For which inspection.", "insp")
    duty_on: RangeFilter[date] | None = where("duty_on", "The day of duty.")
    dispatcher: IdFilter | None = where("dispatcher_id", "Who asks.", "ctr", "dst", "agc")
    agency: IdFilter | None = where("agency_id", "At which agency.", "agc")
    reply_by: RangeFilter[datetime] | None = where("reply_by", "Until when they can be accepted.")
    unpaid: bool | None = where_worked("unpaid", is_unpaid, "Done and without a 津贴补助 that the caller may see, or not (000 §18).")


@strawberry.enum(description="What offers may be sorted by.")
class AssignmentOrder(Enum):
    DUTY_ON = strawberry.enum_value("duty_on", description="By day of duty.")
    REPLY_BY = strawberry.enum_value("reply_by", description="By reply time.")
    CREATED_AT = strawberry.enum_value("created_at", description="By time of the offer.")


@strawberry.type
class Query:
    assignments: Connection[Assignment] | None = page(
        None,
        ASSIGNMENTS,
        "指派: offers and places the caller may see, the own ones among them.",
        type=Connection[Assignment],
        arguments=Arguments(AssignmentFilter, AssignmentOrder),
    )
    assignment: Assignment | None = row(ASSIGNMENTS, "One offer.", Assignment)


@strawberry.input(description="Which offer.")
class OfAssignment(Keyed):
    assignment: strawberry.ID = strawberry.field(description="The offer.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Which offer is accepted.")
class AssignmentAcceptInput(OfAssignment):
    code: strawberry.ID | None = strawberry.field(
        default=None, description="The rules whose code of conduct was read; refused if others are in force. Accepting acknowledges it in any case."
    )


@strawberry.input(description="Which offer, and what conflict.")
class AssignmentRecuseInput(OfAssignment):
    reason: str = strawberry.field(description="What might affect objectivity, at most 500 characters.")


@strawberry.input(description="Which offer, and why its supervisor is let off.")
class AssignmentExcuseInput(OfAssignment):
    reason: str = strawberry.field(description="Why, at most 500 characters.")


@strawberry.input(description="Whose place goes to the next: in the committed order of a draw, or whom the dispatcher names.")
class AssignmentReplaceInput(OfAssignment):
    supervisor: strawberry.ID | None = strawberry.field(default=None, description="Who is asked, where no draw made the inspection.")


@strawberry.input(description="Who did not come.")
class AssignmentMarkNoShowInput(OfAssignment):
    pass


@strawberry.type(description="An offer after a step.")
class AssignmentPayload:
    assignment: Assignment | None = given("assignment", ASSIGNMENTS, "The offer.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


async def taken(call: Call, input: OfAssignment, action: Action) -> AssignmentRow:
    found: AssignmentRow = await call.fetch(ASSIGNMENTS, input.assignment, to=action, version=input.expected_version)
    return found


def after(found: AssignmentRow, event: EventRow) -> AssignmentPayload:
    return changed(AssignmentPayload, assignment=found.id, event=event.id)


async def next_asked(call: Call, left: AssignmentRow, *, named: str | None) -> tuple[AssignmentRow, EventRow]:
    """Where a draw made the inspection nobody is named; elsewhere there is no order to go on in."""
    if named is None:
        return await dispatch.replace(call.session, left, act=call.act)
    supervisor = await call.fetch(SUPERVISORS, named, to=Action.SUPERVISOR_READ)
    return await directed.replace(call.session, left, supervisor, act=call.act)


@strawberry.type
class Mutation:
    @mutation(
        Action.ASSIGNMENT_ACCEPT,
        "Accept an offer in time, and with it the code of conduct (工作守则) and a clean hand; refused for recusal and without a valid card (000 §8, 003 §9-10).",
    )
    async def assignment_accept(call: Call, input: AssignmentAcceptInput) -> AssignmentPayload:
        found = await taken(call, input, Action.ASSIGNMENT_ACCEPT)
        code = ids.read(input.code, [str(PROFILES.prefix)]) if input.code else None
        return after(found, await offers.accept(call.session, found, act=call.act, code=code))

    @mutation(
        Action.ASSIGNMENT_RECUSE,
        "回避: step back for a conflict that might affect objectivity (000 §8(八), 003 §10); no refusal in the sense of 000 §19.",
    )
    async def assignment_recuse(call: Call, input: AssignmentRecuseInput) -> AssignmentPayload:
        found = await taken(call, input, Action.ASSIGNMENT_RECUSE)
        return after(found, await offers.recuse(call.session, found, input.reason, act=call.act))

    @mutation(Action.ASSIGNMENT_EXCUSE, "准假: let somebody off, for illness and the like; no refusal in the sense of 000 §19 (本系统默认).")
    async def assignment_excuse(call: Call, input: AssignmentExcuseInput) -> AssignmentPayload:
        found = await taken(call, input, Action.ASSIGNMENT_EXCUSE)
        return after(found, await offers.excuse(call.session, found, input.reason, act=call.act))

    @mutation(Action.ASSIGNMENT_MARK_NO_SHOW, "Record that somebody who had accepted did not come.")
    async def assignment_mark_no_show(call: Call, input: AssignmentMarkNoShowInput) -> AssignmentPayload:
        found = await taken(call, input, Action.ASSIGNMENT_MARK_NO_SHOW)
        return after(found, await offers.mark_no_show(call.session, found, act=call.act))

    @mutation(
        Action.ASSIGNMENT_REPLACE,
        "Offer a place that was left to the next of the committed order, or by name where there was no draw; the payload shows the new offer.",
    )
    async def assignment_replace(call: Call, input: AssignmentReplaceInput) -> AssignmentPayload:
        found = await taken(call, input, Action.ASSIGNMENT_REPLACE)
        await refusals.settle(call.session, found, act=call.act)
        return after(*await next_asked(call, found, named=input.supervisor))
