"""Cases in the graph: opened, decided by one person, confirmed by another."""

from datetime import date, datetime
from enum import Enum
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, case, null

from authz.actions import Action
from domain import cases, proposals, rechecks
from domain.cases import Confirmed, Decision, name_of
from gql import case_words as _  # noqa: F401 - what the enums below mean
from gql import ids
from gql.blacklist import BLACKLIST_ENTRIES, BlacklistEntry, BlacklistEntryPayload
from gql.case_steps import by_another, by_strangers, listed_by_nobody, own_ruling, put_to_nobody, suspended, unreferred, unstated
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.organizations import AGENCIES, EVENTS, ORGANIZATIONS, Event, Organization, Step, Versioned
from gql.reading.declare import Frame, Offered, Source, bound, column, computed, given, one, page, steps
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, where
from gql.supervisors import CARDS, PERSONS, SUPERVISORS, Card, Person, Supervisor
from models.cases import IN_EFFECT, UNDECIDED, CaseOrigin, Ground, Sanction, SupervisorCaseStatus
from models.cases import SupervisorCase as SupervisorCaseRow
from models.events import Event as EventRow

CASES = Source(SupervisorCaseRow, "SupervisorCase", "scase")
OPEN, SUSPEND, REVOKE = Action.SUPERVISOR_CASE_OPEN, Action.SUPERVISOR_CASE_SUSPEND, Action.SUPERVISOR_CASE_REVOKE
CONFIRM, RESTORE, CLOSE = Action.SUPERVISOR_CASE_CONFIRM, Action.SUPERVISOR_CASE_RESTORE, Action.SUPERVISOR_CASE_CLOSE
PROPOSE = Action.BLACKLIST_PROPOSE


def reporter(frame: Frame) -> ColumnElement[str]:
    return case((frame.may(Action.SUPERVISOR_CASE_READ_REPORTER), name_of(frame.t.c.reported_by_id)), else_=null())


@strawberry.type(description="督导员案件: against a supervisor, addressed to the issuer of the card.")
class SupervisorCase(Versioned):
    supervisor: Supervisor | None = one("supervisor_id", SUPERVISORS, "Against whom.")
    person: Person | None = one("person_id", PERSONS, "Who that is.")
    card: Card | None = one("card_id", CARDS, "The card in question.")
    issuer: Organization | None = one("issuer_id", ORGANIZATIONS, "核发机构: who alone may revoke the card.")
    origin: CaseOrigin = column("origin", "How it came about.")
    reporter: str | None = computed(reporter, "反映机构: the name of the agency that reported; null for the person, and for who is not to know.")
    ground: Ground = column("ground", "事由.")
    facts: str = column("facts", "What is said to have happened.")
    hearing_by: Person | None = one("hearing_by", PERSONS, "Who put it to a hearing.")
    hearing_until: date | None = column(
        "hearing_until", "陈述申辩期限: the last day to speak; until then nothing is decided without the person's word."
    )
    hearing_on: date | None = column("hearing_on", "The day of the hearing; null where it is in writing.")
    hearing_place: str | None = column("hearing_place", "Where it is.")
    statement: str | None = column("statement", "陈述申辩: what the person said; null also where it was waived.")
    stated_at: datetime | None = column("stated_at", "When the person spoke, or waived it.")
    document: str | None = column("document", "The document the decision rests on.")
    status: SupervisorCaseStatus = column("status", "Where it stands.")
    sanction: Sanction | None = column("sanction", "What was decided.")
    decision_number: str | None = column("decision_number", "决定文号.")
    opened_by: Person | None = one("opened_by", PERSONS, "Who opened it.")
    decided_by: Person | None = one("decided_by", PERSONS, "Who decided.")
    confirmed_by: Person | None = one("confirmed_by", PERSONS, "Who confirmed: never who decided.")
    in_force_at: datetime | None = column("in_force_at", "Since when the sanction holds.")
    suspended_in: Organization | None = one("suspended_in_id", ORGANIZATIONS, "Where a district's suspension holds; without it, everywhere.")
    review_on: date | None = column("review_on", "复核日: on which day who suspended looks at it again; it ends by supervisorCaseRestore.")
    criticism: str | None = column("criticism", "批评教育: what was said to the person.")
    authority: str | None = column("authority", "所在部门: which department of the employer criticized or disciplined (000 §21).")
    decided_on: date | None = column("decided_on", "The day of the criticism or the discipline.")
    put_to: str | None = column("put_to", "To which department discipline (行政处分) was recommended.")
    put_on: date | None = column("put_on", "On which day it was recommended.")
    appeal: str | None = column("appeal", "申诉: what the person says against the decision.")
    appealed_at: datetime | None = column("appealed_at", "When the person appealed.")
    appeal_reason: str | None = column("appeal_reason", "Why the decision stands or was taken back.")
    appeal_decided_by: Person | None = one("appeal_decided_by", PERSONS, "Who answered the appeal: neither who decided nor who confirmed.")
    judicial_number: str | None = column("judicial_number", "移送司法机关文号: beside whatever is decided (000 §21).")
    judicial_referred_on: date | None = column("judicial_referred_on", "On which day it was put before the judiciary.")
    available_steps: list[Step] = steps(
        Offered("supervisorCaseHear", Action.SUPERVISOR_CASE_HEAR, ("OPENED",), to="HEARING"),
        Offered("supervisorCaseState", Action.SUPERVISOR_CASE_STATE, ("HEARING",), when=unstated),
        Offered("supervisorCaseCriticize", Action.SUPERVISOR_CASE_CRITICIZE, UNDECIDED, to="IN_FORCE"),
        Offered("supervisorCaseRecommend", Action.SUPERVISOR_CASE_RECOMMEND, UNDECIDED, when=put_to_nobody),
        Offered("supervisorCaseDiscipline", Action.SUPERVISOR_CASE_DISCIPLINE, UNDECIDED, to="IN_FORCE"),
        Offered("supervisorCaseSuspend", SUSPEND, UNDECIDED, to="IN_FORCE"),
        Offered("supervisorCaseRevoke", REVOKE, UNDECIDED, to="DECIDED", second_person=True),
        Offered("supervisorCaseConfirm", CONFIRM, ("DECIDED",), to="IN_FORCE", second_person=True, when=by_another),
        Offered("supervisorCaseRestore", RESTORE, IN_EFFECT, to="LIFTED", when=suspended),
        Offered("supervisorCaseAppeal", Action.SUPERVISOR_CASE_APPEAL, ("IN_FORCE",), to="APPEALED", when=own_ruling),
        Offered("supervisorCaseDecideAppeal", Action.SUPERVISOR_CASE_DECIDE_APPEAL, ("APPEALED",), second_person=True, when=by_strangers),
        Offered("supervisorCaseClose", CLOSE, (*UNDECIDED, "DECIDED"), to="CLOSED"),
        Offered("supervisorCaseRefer", Action.SUPERVISOR_CASE_REFER, (*UNDECIDED, "DECIDED", *IN_EFFECT), when=unreferred),
        Offered("blacklistEntryPropose", PROPOSE, ("IN_FORCE", "UPHELD"), second_person=True, when=listed_by_nobody),
    )


@strawberry.input(description="Which cases.")
class SupervisorCaseFilter:
    status: Among[SupervisorCaseStatus] | None = where("status", "Where they stand.")
    ground: Among[Ground] | None = where("ground", "For what.")
    sanction: Among[Sanction] | None = where("sanction", "What was decided.")
    origin: Among[CaseOrigin] | None = where("origin", "How they came about.")
    supervisor: IdFilter | None = where("supervisor_id", "Against whom.", "sup")
    review_on: RangeFilter[date] | None = where("review_on", "When a suspension is looked at again.")
    issuer: IdFilter | None = where("issuer_id", "To whom they are addressed.", "ctr", "agc")
    person: IdFilter | None = where("person_id", "Who that is.", "per")
    district: IdFilter | None = where("district_id", "In which district.", "dst")
    suspended_in: IdFilter | None = where("suspended_in_id", "Where a district's suspension holds.", "dst")
    hearing_until: RangeFilter[date] | None = where("hearing_until", "Until when the person may speak.")
    opened_at: RangeFilter[datetime] | None = where("created_at", "When they were opened.")


@strawberry.enum(description="What cases may be sorted by.")
class SupervisorCaseOrder(Enum):
    CREATED_AT = strawberry.enum_value("created_at", description="By time of opening.")
    UPDATED_AT = strawberry.enum_value("updated_at", description="By time of the last change.")


@strawberry.type
class Query:
    supervisor_cases: Connection[SupervisorCase] | None = page(
        None, CASES, "Cases the caller may see.", type=Connection[SupervisorCase], arguments=Arguments(SupervisorCaseFilter, SupervisorCaseOrder)
    )
    supervisor_case: SupervisorCase | None = row(CASES, "One case.", SupervisorCase)


@strawberry.input(description="A case to open.")
class SupervisorCaseOpenInput(Keyed):
    card: strawberry.ID = strawberry.field(description="The card in question.")
    ground: Ground = strawberry.field(description="One of the grounds of the rules in force.")
    facts: str = strawberry.field(description="What is said to have happened, at most 4000 characters.")
    reported_by: strawberry.ID | None = strawberry.field(
        default=None,
        description="被督导机构反映: the agency that reported it, where one did that the person has inspected. The person does not learn it.",
    )
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Which case.")
class OfCase(Keyed):
    case: strawberry.ID = strawberry.field(description="The case.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="A case, and in what the decision about it is written.")
class Written(OfCase):
    document: str = strawberry.field(description="The document it rests on, at most 200 characters.")
    decision_number: str = strawberry.field(description="决定文号, at most 40 characters; once per issuer.")


@strawberry.input(description="A suspension, in what it is written, and when it is looked at again.")
class SupervisorCaseSuspendInput(Written):
    review_on: date = strawberry.field(description="复核日: the day by which it is looked at again, after today.")


@strawberry.input(description="A revocation, on what ground and in what it is written.")
class SupervisorCaseRevokeInput(Written):
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
    @mutation(
        OPEN,
        "Open a case (立案) against the holder of a card, for its issuer (000 §19, §21; 003 §17): by an administrator of the center, of a district that "
        "has dispatched the person, or of the agency that issued the card.",
    )
    async def supervisor_case_open(call: Call, input: SupervisorCaseOpenInput) -> SupervisorCasePayload:
        card = await call.fetch(CARDS, input.card, to=OPEN, version=input.expected_version)
        reporter_id = ids.read(input.reported_by, [str(AGENCIES.prefix)]) if input.reported_by else None
        case, event = await cases.open_case(call.session, card, ground=input.ground, facts=input.facts, act=call.act, reporter=reporter_id)
        return after(case, event)

    @mutation(
        SUSPEND,
        "Suspend (暂停质量督导工作) until it is looked at again (003 §17): an administrator of the center everywhere, of a district in its own area. Places "
        "offered or accepted whose duty lies before the day of review are taken back there. Not under rules whose ladder lacks it (000 §21).",
    )
    async def supervisor_case_suspend(call: Call, input: SupervisorCaseSuspendInput) -> SupervisorCasePayload:
        case = await taken(call, input, SUSPEND)
        return after(
            case, await cases.suspend(call.session, case, Decision(input.document, input.decision_number), review_on=input.review_on, act=call.act)
        )

    @mutation(
        REVOKE,
        "Decide a revocation (取消督导资格; 000 §21, 003 §17), as an administrator of the issuer. It comes into force when another person confirms it.",
    )
    async def supervisor_case_revoke(call: Call, input: SupervisorCaseRevokeInput) -> SupervisorCasePayload:
        case, decision = await taken(call, input, REVOKE), Decision(input.document, input.decision_number)
        return after(case, await cases.revoke(call.session, case, decision, ground=input.ground, act=call.act))

    @mutation(CONFIRM, "Confirm a revocation: card, appointment, roster, role, open places and blacklist, under one decision number.")
    async def supervisor_case_confirm(call: Call, input: SupervisorCaseConfirmInput) -> SupervisorCaseConfirmPayload:
        case = await taken(call, input, CONFIRM)
        done = await rechecks.confirm(call.session, case, act=call.act)
        return changed(SupervisorCaseConfirmPayload, case=case.id, event=done.event.id, card=done.card.id, **listed(done))

    @mutation(RESTORE, "End a suspension (恢复督导工作; 003 §17), as who imposed it.")
    async def supervisor_case_restore(call: Call, input: SupervisorCaseRestoreInput) -> SupervisorCasePayload:
        case = await taken(call, input, RESTORE)
        return after(case, await cases.restore(call.session, case, input.reason, act=call.act))

    @mutation(CLOSE, "Close a case without a sanction (结案), as an administrator of the issuer.")
    async def supervisor_case_close(call: Call, input: SupervisorCaseCloseInput) -> SupervisorCasePayload:
        case = await taken(call, input, CLOSE)
        return after(case, await cases.close(call.session, case, input.reason, act=call.act))

    @mutation(
        PROPOSE, "Propose to list (提请列入黑名单) whose card was revoked without an entry. It blocks nothing until another person confirms it."
    )
    async def blacklist_entry_propose(call: Call, input: BlacklistEntryProposeInput) -> BlacklistEntryPayload:
        case = await taken(call, input, PROPOSE)
        entry, event = await proposals.propose(call.session, case, input.document, reason=input.reason, act=call.act)
        return changed(BlacklistEntryPayload, blacklist_entry=entry.id, event=event.id)
