"""Cases in the graph: opened, decided by one person, confirmed by another; what a revocation would touch."""

from datetime import date, datetime
from enum import Enum
from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement
from strawberry import Info

from authz.access import holds
from authz.actions import Action
from authz.actor import Actor
from authz.relations import PERSON, World, there_is
from domain import cases, proposals, rechecks
from domain.cases import Confirmed, Decision, Touched
from gql.blacklist import BLACKLIST_ENTRIES, BlacklistEntry, BlacklistEntryPayload
from gql.enums import described
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.ids import shown
from gql.organizations import EVENTS, ORGANIZATIONS, Event, Organization, Step, Versioned
from gql.reading.declare import Frame, Offered, Source, bound, column, given, one, page, steps
from gql.reading.fragments import constant
from gql.reading.paging import Among, Arguments, Connection, IdFilter, where
from gql.reading.read import signed_in
from gql.supervisors import CARDS, PERSONS, SUPERVISORS, Card, Person, Supervisor
from models.base import table_of
from models.cases import BlacklistEntry as BlacklistEntryRow
from models.cases import CaseOrigin, Ground, Sanction, SupervisorCaseStatus
from models.cases import SupervisorCase as SupervisorCaseRow
from models.events import Event as EventRow

described(
    CaseOrigin,
    "立案来源: how a case came about.",
    MANUAL="人工立案.",
    REFUSAL_STREAK="连续不接受指派, opened by itself.",
    EDUCATION="业务学习教育不合格或未参加, opened by itself when the year is over.",
    ASSESSMENT="年度考核不合格, opened by the assessment.",
)
described(
    SupervisorCaseStatus,
    "案件状态: where a case stands.",
    OPENED="已立案.",
    DECIDED="已决定, waits for a second person.",
    IN_FORCE="已生效.",
    LIFTED="已解除.",
    CLOSED="已结案, without a sanction.",
)
described(Sanction, "处理决定: what a case led to.", NO_ACTION="不予处理.", SUSPENSION="暂停质量督导工作.", REVOCATION="取消督导资格.")

CASES = Source(SupervisorCaseRow, "SupervisorCase", "scase")
OPEN, SUSPEND, REVOKE = Action.SUPERVISOR_CASE_OPEN, Action.SUPERVISOR_CASE_SUSPEND, Action.SUPERVISOR_CASE_REVOKE
CONFIRM, RESTORE, CLOSE = Action.SUPERVISOR_CASE_CONFIRM, Action.SUPERVISOR_CASE_RESTORE, Action.SUPERVISOR_CASE_CLOSE
REFER = Action.SUPERVISOR_CASE_REFER
PROPOSE = Action.BLACKLIST_PROPOSE


def by_another(frame: Frame) -> ColumnElement[bool]:
    return frame.t.c.decided_by != PERSON


def suspended(frame: Frame) -> ColumnElement[bool]:
    return frame.t.c.sanction == constant("SUSPENSION")


def unreferred(frame: Frame) -> ColumnElement[bool]:
    return frame.t.c.judicial_number.is_(None)


def listed_by_nobody(frame: Frame) -> ColumnElement[bool]:
    """A revocation that has not listed the person and is not proposed to."""
    e = table_of(BlacklistEntryRow).alias("entered")
    entered = there_is(e).where(e.c.case_id == frame.t.c.id, e.c.status != constant("DISMISSED"))
    return (frame.t.c.sanction == constant("REVOCATION")) & ~entered


@strawberry.type(description="督导员案件: against a supervisor, addressed to the issuer of the card.")
class SupervisorCase(Versioned):
    supervisor: Supervisor | None = one("supervisor_id", SUPERVISORS, "Against whom.")
    person: Person | None = one("person_id", PERSONS, "Who that is.")
    card: Card | None = one("card_id", CARDS, "The card in question.")
    issuer: Organization | None = one("issuer_id", ORGANIZATIONS, "核发机构: who alone may revoke the card.")
    origin: CaseOrigin = column("origin", "How it came about.")
    ground: Ground = column("ground", "事由.")
    facts: str = column("facts", "What is said to have happened.")
    document: str | None = column("document", "The document the decision rests on.")
    status: SupervisorCaseStatus = column("status", "Where it stands.")
    sanction: Sanction | None = column("sanction", "What was decided.")
    decision_number: str | None = column("decision_number", "决定文号.")
    opened_by: Person | None = one("opened_by", PERSONS, "Who opened it.")
    decided_by: Person | None = one("decided_by", PERSONS, "Who decided.")
    confirmed_by: Person | None = one("confirmed_by", PERSONS, "Who confirmed: never who decided.")
    in_force_at: datetime | None = column("in_force_at", "Since when the sanction holds.")
    suspended_in: Organization | None = one("suspended_in_id", ORGANIZATIONS, "Where a district's suspension holds; without it, everywhere.")
    judicial_number: str | None = column("judicial_number", "移送司法机关文号: beside whatever is decided (000 §21).")
    judicial_referred_on: date | None = column("judicial_referred_on", "On which day it was put before the judiciary.")
    available_steps: list[Step] = steps(
        Offered("supervisorCaseSuspend", SUSPEND, ("OPENED",), to="IN_FORCE"),
        Offered("supervisorCaseRevoke", REVOKE, ("OPENED",), to="DECIDED", second_person=True),
        Offered("supervisorCaseConfirm", CONFIRM, ("DECIDED",), to="IN_FORCE", second_person=True, when=by_another),
        Offered("supervisorCaseRestore", RESTORE, ("IN_FORCE",), to="LIFTED", when=suspended),
        Offered("supervisorCaseClose", CLOSE, ("OPENED", "DECIDED"), to="CLOSED"),
        Offered("supervisorCaseRefer", REFER, ("OPENED", "DECIDED", "IN_FORCE"), when=unreferred),
        Offered("blacklistEntryPropose", PROPOSE, ("IN_FORCE",), second_person=True, when=listed_by_nobody),
    )


@strawberry.input(description="Which cases.")
class SupervisorCaseFilter:
    status: Among[SupervisorCaseStatus] | None = where("status", "Where they stand.")
    ground: Among[Ground] | None = where("ground", "For what.")
    sanction: Among[Sanction] | None = where("sanction", "What was decided.")
    origin: Among[CaseOrigin] | None = where("origin", "How they came about.")
    supervisor: IdFilter | None = where("supervisor_id", "Against whom.", "sup")
    issuer: IdFilter | None = where("issuer_id", "To whom they are addressed.", "ctr", "agc")


@strawberry.enum(description="What cases may be sorted by.")
class SupervisorCaseOrder(Enum):
    CREATED_AT = strawberry.enum_value("created_at", description="By time of opening.")
    UPDATED_AT = strawberry.enum_value("updated_at", description="By time of the last change.")


@strawberry.type(description="What a revocation would end, before anybody decides it. Only for who may revoke the card.")
class RevocationPreview:
    card: strawberry.ID = strawberry.field(description="The card that would be revoked.")
    appointments: list[strawberry.ID] = strawberry.field(description="Terms that would be terminated; one at most.")
    memberships: list[strawberry.ID] = strawberry.field(description="Roles that would end; one at most.")
    open_assignment_count: int = strawberry.field(description="How many places in teams would be free for others, as far as the caller may see them.")
    open_assignments: list[strawberry.ID] = strawberry.field(description="These places; all of them, since nobody has many duties at a time.")
    inspections: list[strawberry.ID] = strawberry.field(description="The inspections that would lose a member.")


async def revocation_preview(
    info: Info, card: Annotated[strawberry.ID, strawberry.argument(description="The card that would be revoked.")]
) -> RevocationPreview | None:
    """Whoever may not revoke is refused as by the act itself, with article and issuer (INV17)."""
    context, actor = info.context, signed_in(info.context)
    async with context.database.transaction(actor.tenant) as session:
        call = Call(context, session, actor)
        row = await call.fetch(CARDS, card, to=REVOKE)
        found = await cases.touched(session, row, act=call.act)
    return previewed(card, found, actor)


def previewed(card: strawberry.ID, found: Touched, actor: Actor) -> RevocationPreview:
    """Typed ids of all that would end; of places only the ones the caller may see, or the preview would break the embargo."""
    world = World(inspections=found.inspections)
    seen = [one for one in found.places if holds(actor, Action.ASSIGNMENT_READ, one, world=world)]
    return RevocationPreview(
        card=card,
        appointments=[strawberry.ID(shown("apt", one.id)) for one in found.terms],
        memberships=[strawberry.ID(shown("mem", one.id)) for one in found.roles],
        open_assignment_count=len(seen),
        open_assignments=[strawberry.ID(shown("asg", one.id)) for one in seen],
        inspections=[strawberry.ID(shown("insp", one.inspection_id)) for one in seen],
    )


@strawberry.type
class Query:
    supervisor_cases: Connection[SupervisorCase] | None = page(
        None, CASES, "Cases the caller may see.", type=Connection[SupervisorCase], arguments=Arguments(SupervisorCaseFilter, SupervisorCaseOrder)
    )
    supervisor_case: SupervisorCase | None = row(CASES, "One case.", SupervisorCase)
    revocation_preview: RevocationPreview | None = strawberry.field(resolver=revocation_preview, description="What revoking a card would touch.")


@strawberry.input(description="A case to open.")
class SupervisorCaseOpenInput(Keyed):
    card: strawberry.ID = strawberry.field(description="The card in question.")
    ground: Ground = strawberry.field(description="One of the grounds of the rules in force.")
    facts: str = strawberry.field(description="What is said to have happened, at most 4000 characters.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Which case.")
class OfCase(Keyed):
    case: strawberry.ID = strawberry.field(description="The case.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="A suspension, and in what it is written.")
class SupervisorCaseSuspendInput(OfCase):
    document: str = strawberry.field(description="The document it rests on, at most 200 characters.")
    decision_number: str = strawberry.field(description="决定文号, at most 40 characters; once per issuer.")


@strawberry.input(description="A revocation, on what ground and in what it is written.")
class SupervisorCaseRevokeInput(SupervisorCaseSuspendInput):
    ground: Ground = strawberry.field(description="One of the grounds of the rules in force.")


@strawberry.input(description="Which decision comes into force.")
class SupervisorCaseConfirmInput(OfCase):
    pass


@strawberry.input(description="Which suspension ends, and why.")
class SupervisorCaseRestoreInput(OfCase):
    reason: str = strawberry.field(description="Why, at most 2000 characters.")


@strawberry.input(description="Which case ends without a sanction, and why.")
class SupervisorCaseCloseInput(OfCase):
    reason: str = strawberry.field(description="Why, at most 2000 characters.")


@strawberry.input(description="Which case was put before the judiciary, under which number and when.")
class SupervisorCaseReferInput(OfCase):
    number: str = strawberry.field(description="移送文号, at most 40 characters.")
    referred_on: date = strawberry.field(description="The day of it, today at the latest.")


@strawberry.input(description="A revocation whose person should be listed, by which document, and why.")
class BlacklistEntryProposeInput(OfCase):
    document: str = strawberry.field(description="The document the listing rests on, at most 200 characters.")
    reason: str = strawberry.field(description="Why, at most 2000 characters.")


@strawberry.type(description="A case after a step.")
class SupervisorCasePayload:
    case: SupervisorCase | None = given("case", CASES, "The case.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type(description="All that a confirmed revocation changed.")
class SupervisorCaseConfirmPayload:
    case: SupervisorCase | None = given("case", CASES, "The case.")
    card: Card | None = given("card", CARDS, "The card, revoked.")
    blacklist_entry: BlacklistEntry | None = given("blacklist_entry", BLACKLIST_ENTRIES, "The entry, where the rules list this ground.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


def listed(done: Confirmed) -> dict[str, UUID]:
    """The entry, if there is one."""
    return {"blacklist_entry": done.entry.id} if done.entry else {}


async def taken(call: Call, input: OfCase, action: Action) -> SupervisorCaseRow:
    found: SupervisorCaseRow = await call.fetch(CASES, input.case, to=action, version=input.expected_version)
    return found


def after(found: SupervisorCaseRow, event: EventRow) -> SupervisorCasePayload:
    return changed(SupervisorCasePayload, case=found.id, event=event.id)


@strawberry.type
class Mutation:
    @mutation(OPEN, "Open a case (立案) against the holder of a card, for its issuer.")
    async def supervisor_case_open(call: Call, input: SupervisorCaseOpenInput) -> SupervisorCasePayload:
        card = await call.fetch(CARDS, input.card, to=OPEN, version=input.expected_version)
        case, event = await cases.open_case(call.session, card, ground=input.ground, facts=input.facts, act=call.act)
        return after(case, event)

    @mutation(SUSPEND, "Suspend (暂停质量督导工作): the issuer everywhere, a district in its own area. Not under rules whose ladder lacks it.")
    async def supervisor_case_suspend(call: Call, input: SupervisorCaseSuspendInput) -> SupervisorCasePayload:
        case = await taken(call, input, SUSPEND)
        return after(case, await cases.suspend(call.session, case, Decision(input.document, input.decision_number), act=call.act))

    @mutation(REVOKE, "Decide a revocation (取消督导资格). It comes into force when another person confirms it.")
    async def supervisor_case_revoke(call: Call, input: SupervisorCaseRevokeInput) -> SupervisorCasePayload:
        case, decision = await taken(call, input, REVOKE), Decision(input.document, input.decision_number)
        return after(case, await cases.revoke(call.session, case, decision, ground=input.ground, act=call.act))

    @mutation(CONFIRM, "Confirm a revocation: card, appointment, roster, role, open places and blacklist, under one decision number.")
    async def supervisor_case_confirm(call: Call, input: SupervisorCaseConfirmInput) -> SupervisorCaseConfirmPayload:
        case = await taken(call, input, CONFIRM)
        done = await rechecks.confirm(call.session, case, act=call.act)
        return changed(SupervisorCaseConfirmPayload, case=case.id, event=done.event.id, card=done.card.id, **listed(done))

    @mutation(RESTORE, "End a suspension (恢复督导工作).")
    async def supervisor_case_restore(call: Call, input: SupervisorCaseRestoreInput) -> SupervisorCasePayload:
        case = await taken(call, input, RESTORE)
        return after(case, await cases.restore(call.session, case, input.reason, act=call.act))

    @mutation(CLOSE, "Close a case without a sanction (结案).")
    async def supervisor_case_close(call: Call, input: SupervisorCaseCloseInput) -> SupervisorCasePayload:
        case = await taken(call, input, CLOSE)
        return after(case, await cases.close(call.session, case, input.reason, act=call.act))

    @mutation(REFER, "Record that a case was put before the judiciary (移送司法机关), beside any sanction and never instead of one.")
    async def supervisor_case_refer(call: Call, input: SupervisorCaseReferInput) -> SupervisorCasePayload:
        case = await taken(call, input, REFER)
        return after(case, await cases.refer(call.session, case, input.number, on=input.referred_on, act=call.act))

    @mutation(
        PROPOSE, "Propose to list (提请列入黑名单) whose card was revoked without an entry. It blocks nothing until another person confirms it."
    )
    async def blacklist_entry_propose(call: Call, input: BlacklistEntryProposeInput) -> BlacklistEntryPayload:
        case = await taken(call, input, PROPOSE)
        entry, event = await proposals.propose(call.session, case, input.document, reason=input.reason, act=call.act)
        return changed(BlacklistEntryPayload, blacklist_entry=entry.id, event=event.id)
