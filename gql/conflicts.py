"""回避登记 in the graph: conflicts on record, declared by the person, recorded by a dispatcher, or applied for by the agency concerned."""

from datetime import date, datetime
from enum import Enum

import strawberry
from sqlalchemy import ColumnElement, Date, and_, case, cast, func, null, or_

from authz.actions import Action
from authz.relations import PERSON
from domain import conflicts
from domain.conflicts import Tie
from gql.credit import agency_named
from gql.enums import described
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.offers import ASSIGNMENTS, Assignment
from gql.organizations import AGENCIES, EVENTS, ORGANIZATIONS, Agency, Event, Organization, Step, Versioned
from gql.reading.declare import Frame, Offered, Source, bound, column, computed, given, one, page, steps
from gql.reading.fragments import constant
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, where, where_met
from gql.supervisors import PERSONS, SUPERVISORS, Person
from models.conflicts import Conflict as ConflictRow
from models.conflicts import ConflictKind, ConflictOrigin, ConflictStatus
from models.events import Event as EventRow

described(
    ConflictKind,
    "回避情形的种类 (000 §8(八), 本系统默认): what ties a person to an agency.",
    KINSHIP="亲属关系: close relatives there.",
    INTEREST="利害关系: business or financial interest.",
    FORMER_EMPLOYMENT="曾任职: was employed there.",
    TEACHING="师生、师徒关系: taught or was taught there.",
    OTHER="其他可能影响公正的情形.",
)
described(
    ConflictOrigin,
    "登记来源: whose word it is.",
    PERSON="本人申报: counts at once.",
    DISPATCHER="指派机构登记: counts at once.",
    AGENCY="评价机构申请回避: counts when it is accepted.",
)
described(
    ConflictStatus,
    "回避登记的状态: where a conflict stands.",
    DECLARED="已申请: an application that waits for an answer.",
    ACCEPTED="已登记: counts on its days.",
    REJECTED="未同意: an application that was refused.",
    ENDED="已终止.",
)

CONFLICTS = Source(ConflictRow, "Conflict", "cfl")
DECLARE, RECORD, APPLY = Action.CONFLICT_DECLARE, Action.CONFLICT_RECORD, Action.CONFLICT_APPLY
DECIDE, END = Action.CONFLICT_DECIDE, Action.CONFLICT_END
OPEN = ("DECLARED", "ACCEPTED")


def said(frame: Frame) -> ColumnElement[str]:
    """Not what an agency wrote about who asks."""
    t, mine = frame.t.c, frame.t.c.person_id == PERSON
    return case((and_(mine, t.origin == constant("AGENCY")), null()), (or_(mine, frame.may(Action.CONFLICT_READ_TEXT)), t.text), else_=null())


def of_another(frame: Frame) -> ColumnElement[bool]:
    found: ColumnElement[bool] = frame.t.c.person_id != PERSON
    return found


def to_end(frame: Frame) -> ColumnElement[bool]:
    """The person ends the own word only."""
    return or_(frame.t.c.person_id != PERSON, frame.t.c.origin == constant("PERSON"))


def in_force(frame: Frame, day: ColumnElement[date]) -> ColumnElement[bool]:
    """Counted from its first day, until the first day after it and until it was ended."""
    t = frame.t.c
    ended = cast(func.timezone(constant("Asia/Shanghai"), t.ended_at), Date)
    return and_(t.accepted_at.is_not(None), t.starts_on <= day, or_(t.ends_on.is_(None), t.ends_on > day), or_(t.ended_at.is_(None), ended > day))


@strawberry.type(
    description="回避登记: a conflict on record between a person and an agency (000 §8(八), 003 §10). While it counts, the person is out of every draw there."
)
class Conflict(Versioned):
    person: Person | None = one("person_id", PERSONS, "Whose it is.")
    agency: Agency | None = one("agency_id", AGENCIES, "With which agency.")
    kind: ConflictKind = column("kind", "What ties them.")
    text: str | None = computed(said, "回避情形: what it is. What an agency wrote in an application is not shown to the person concerned.")
    origin: ConflictOrigin = column("origin", "Whose word it is.")
    organization: Organization | None = one(
        "organization_id", ORGANIZATIONS, "Who recorded it or applied for it; of the person's own word the center, which keeps it."
    )
    starts_on: date = column("starts_on", "The first day on which it counts.")
    ends_on: date | None = column("ends_on", "The first day after it; until further notice without one.")
    status: ConflictStatus = column("status", "Where it stands.")
    declared_by: Person | None = one("declared_by", PERSONS, "Who declared it.")
    declared_at: datetime = column("declared_at", "When.")
    assignment: Assignment | None = one("assignment_id", ASSIGNMENTS, "The place in a team of which the agency had notice when it applied.")
    accepted_at: datetime | None = column("accepted_at", "Since when it is on record as counting.")
    decided_by: Person | None = one("decided_by", PERSONS, "Who answered the application.")
    answer: str | None = column("answer", "Why the application was refused.")
    ended_at: datetime | None = column("ended_at", "When it was ended.")
    available_steps: list[Step] = steps(
        Offered("conflictAccept", DECIDE, ("DECLARED",), "ACCEPTED", when=of_another),
        Offered("conflictReject", DECIDE, ("DECLARED",), "REJECTED", when=of_another),
        Offered("conflictEnd", END, OPEN, "ENDED", when=to_end),
    )


@strawberry.input(description="Which conflicts.")
class ConflictFilter:
    person: IdFilter | None = where("person_id", "Whose they are.", "per")
    agency: IdFilter | None = where("agency_id", "With which agency.", "agc")
    district: IdFilter | None = where("district_id", "In which district the agency lies.", "dst")
    status: Among[ConflictStatus] | None = where("status", "Where they stand.")
    kind: Among[ConflictKind] | None = where("kind", "What ties them.")
    origin: Among[ConflictOrigin] | None = where("origin", "Whose word they are.")
    organization: IdFilter | None = where("organization_id", "Who recorded them or applied.", "ctr", "dst", "agc")
    declared_at: RangeFilter[datetime] | None = where("declared_at", "When they were declared.")
    in_force_on: date | None = where_met("in_force_on", in_force, "They count on this day.", kind=Date())


@strawberry.enum(description="What conflicts may be sorted by.")
class ConflictOrder(Enum):
    DECLARED_AT = strawberry.enum_value("declared_at", description="By when they were declared.")
    STARTS_ON = strawberry.enum_value("starts_on", description="By their first day.")


@strawberry.type
class Query:
    conflicts: Connection[Conflict] | None = page(
        None,
        CONFLICTS,
        "回避登记: conflicts on record that the caller may see, the own ones among them.",
        type=Connection[Conflict],
        arguments=Arguments(ConflictFilter, ConflictOrder),
    )
    conflict: Conflict | None = row(CONFLICTS, "One conflict on record.", Conflict)


@strawberry.input(description="What ties a person to an agency, and on which days.")
class Tied(Keyed):
    kind: ConflictKind = strawberry.field(description="What ties them.")
    text: str = strawberry.field(description="回避情形: what it is, at most 1000 characters.")
    starts_on: date | None = strawberry.field(default=None, description="The first day on which it counts; today without one.")
    ends_on: date | None = strawberry.field(default=None, description="The first day after it, behind today; until further notice without one.")

    def tie(self) -> Tie:
        return Tie(kind=self.kind, text=self.text, starts_on=self.starts_on, ends_on=self.ends_on)


@strawberry.input(description="What ties the caller to an agency.")
class ConflictDeclareInput(Tied):
    agency: strawberry.ID = strawberry.field(description="With which agency.")


@strawberry.input(description="What is known to tie a supervisor to an agency.")
class ConflictRecordInput(Tied):
    supervisor: strawberry.ID = strawberry.field(description="Whose it is.")
    agency: strawberry.ID = strawberry.field(description="With which agency of the own area.")


@strawberry.input(description="Why somebody of whom the agency has notice should not come.")
class ConflictApplyInput(Tied):
    assignment: strawberry.ID = strawberry.field(description="The place in the team that the notice told of: whose it is, and with which agency.")


@strawberry.input(description="Which conflict.")
class OfConflict(Keyed):
    conflict: strawberry.ID = strawberry.field(description="The conflict.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Which application counts from now on.")
class ConflictAcceptInput(OfConflict):
    pass


@strawberry.input(description="Which application is refused, and why.")
class ConflictRejectInput(OfConflict):
    reason: str = strawberry.field(description="Why, at most 500 characters; for the agency and who supervises.")


@strawberry.input(description="Which conflict is none any more, and why.")
class ConflictEndInput(OfConflict):
    reason: str = strawberry.field(description="Why, at most 500 characters.")


@strawberry.type(description="A conflict after a step.")
class ConflictPayload:
    conflict: Conflict | None = given("conflict", CONFLICTS, "The conflict.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


async def taken(call: Call, input: OfConflict, action: Action) -> ConflictRow:
    found: ConflictRow = await call.fetch(CONFLICTS, input.conflict, to=action, version=input.expected_version)
    return found


def after(found: ConflictRow, event: EventRow) -> ConflictPayload:
    return changed(ConflictPayload, conflict=found.id, event=event.id)


@strawberry.type
class Mutation:
    @mutation(
        DECLARE,
        "Declare a conflict of one's own with an agency (申报回避情形; 000 §8(八), 003 §10), as a supervisor. It counts at once (本系统默认): out of draws there, "
        "and stepping back from open places, which is no refusal in the sense of 000 §19.",
    )
    async def conflict_declare(call: Call, input: ConflictDeclareInput) -> ConflictPayload:
        agency = await agency_named(call, input.agency)
        drafted = conflicts.drafted(agency, call.actor.person_id, input.tie(), origin=ConflictOrigin.PERSON, act=call.act)
        call.require(DECLARE, drafted)
        return after(drafted, await conflicts.declare(call.session, drafted, act=call.act))

    @mutation(
        RECORD,
        "Record a conflict of a supervisor with an agency of the own area (登记回避情形; 000 §8(八), 003 §10), as who draws and sends there. It counts at once "
        "(本系统默认), and open places there are taken back.",
    )
    async def conflict_record(call: Call, input: ConflictRecordInput) -> ConflictPayload:
        supervisor = await call.fetch(SUPERVISORS, input.supervisor, to=Action.SUPERVISOR_READ)
        agency = await agency_named(call, input.agency)
        drafted = conflicts.drafted(agency, supervisor.person_id, input.tie(), origin=ConflictOrigin.DISPATCHER, act=call.act)
        call.require(RECORD, drafted)
        return after(drafted, await conflicts.enter(call.session, drafted, act=call.act))

    @mutation(
        APPLY,
        "Apply for somebody's recusal (申请回避; 000 §8(八), 003 §10, 本系统默认), as the agency, about a place in a team of which it has had notice. Nothing "
        "changes before the dispatcher or the center accepts; the person learns of it then, and not of a refusal.",
    )
    async def conflict_apply(call: Call, input: ConflictApplyInput) -> ConflictPayload:
        place = await call.fetch(ASSIGNMENTS, input.assignment, to=Action.ASSIGNMENT_READ)
        drafted = conflicts.drafted(place, place.person_id, input.tie(), origin=ConflictOrigin.AGENCY, act=call.act)
        call.require(APPLY, drafted)
        return after(drafted, await conflicts.apply(call.session, drafted, place, act=call.act))

    @mutation(DECIDE, "Accept an application for recusal (同意回避申请): it counts from now on, and open places there are taken back (000 §8(八)).")
    async def conflict_accept(call: Call, input: ConflictAcceptInput) -> ConflictPayload:
        found = await taken(call, input, DECIDE)
        return after(found, await conflicts.accept(call.session, found, act=call.act))

    @mutation(DECIDE, "Refuse an application for recusal (不同意回避申请) with a reason for the agency (000 §8(八)).")
    async def conflict_reject(call: Call, input: ConflictRejectInput) -> ConflictPayload:
        found = await taken(call, input, DECIDE)
        return after(found, await conflicts.reject(call.session, found, input.reason, act=call.act))

    @mutation(END, "End a conflict (终止回避登记), as who declared, recorded or applied for it, or as the center (000 §8(八), 本系统默认).")
    async def conflict_end(call: Call, input: ConflictEndInput) -> ConflictPayload:
        found = await taken(call, input, END)
        return after(found, await conflicts.end(call.session, found, input.reason, act=call.act))
