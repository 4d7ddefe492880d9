"""工作台账 and 津贴补助 in the graph: the duties that are done, and what is paid for them."""

from datetime import date, datetime
from enum import Enum

import strawberry
from sqlalchemy import ColumnElement, Integer, cast, extract, func, literal_column

from authz.actions import Action
from domain import education, stipends
from domain.stipends import Standard
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.inspections import INSPECTIONS, Inspection
from gql.offers import ASSIGNMENTS, Assignment, is_unpaid
from gql.organizations import AGENCIES, EVENTS, ORGANIZATIONS, Agency, Event, Node, Organization
from gql.reading.declare import Frame, Source, bound, column, computed, given, one, only, page
from gql.reading.paging import Arguments, Connection, IdFilter, RangeFilter, where, where_worked
from gql.sessions import RECOGNITION_SESSIONS, RecognitionSession
from gql.supervisors import PERSONS, SUPERVISORS, Person, Supervisor
from models.dispatch import Assignment as AssignmentRow
from models.dispatch import TeamRole
from models.stipends import StipendLine as StipendLineRow
from models.stipends import StipendRate as StipendRateRow

STIPEND_RATES = Source(StipendRateRow, "StipendRate", "srat")
STIPEND_LINES = Source(StipendLineRow, "StipendLine", "stip")
# the ledger (Y058) is read off the places that are done: nobody writes it, so nobody can rewrite it
WORK_LEDGER = Source(AssignmentRow, "WorkLedgerLine", "wled", only=("status", "DONE"))
SET, PAY = Action.STIPEND_RATE_SET, Action.ASSIGNMENT_PAY


@strawberry.type(description="补助标准: what an organization pays for one duty, from a day on (000 §18). Nobody changes it; a later one supersedes.")
class StipendRate(Node):
    organization: Organization | None = one("organization_id", ORGANIZATIONS, "Whose standard.")
    effective_from: date = column("effective_from", "The first day of duty it is for.")
    leader_fen: int = column("leader_fen", "For a leader, in fen.")
    member_fen: int = column("member_fen", "For a member, in fen.")
    document: str = column("document", "The document it rests on.")
    set_by: Person | None = one("set_by", PERSONS, "Who set it.")


@strawberry.type(description="津贴补助: what is paid for one duty.")
class StipendLine(Node):
    assignment: Assignment | None = one("assignment_id", ASSIGNMENTS, "For which duty.")
    supervisor: Supervisor | None = one("supervisor_id", SUPERVISORS, "To whom.")
    person: Person | None = one("person_id", PERSONS, "Who that is.")
    dispatcher: Organization | None = one("dispatcher_id", ORGANIZATIONS, "Who pays.")
    rate: StipendRate | None = one("stipend_rate_id", STIPEND_RATES, "By which standard, for who may see it.")
    amount_fen: int = column("amount_fen", "How much, in fen.")
    entered_by: Person | None = one("entered_by", PERSONS, "Who entered it: never for oneself.")
    entered_at: datetime = column("entered_at", "When.")


def minutes(frame: Frame) -> ColumnElement[int]:
    return cast(func.floor(extract("epoch", frame.t.c.ends_at - frame.t.c.starts_at) / literal_column("60")), Integer)


@strawberry.type(description="工作台账: one duty that is done, as assignment, visit and report have recorded it (000 §16). There is nothing to edit.")
class WorkLedgerLine(Node):
    duty_on: date = column("duty_on", "The day of duty in Shanghai.")
    agency: Agency | None = one("agency_id", AGENCIES, "At which agency.")
    recognition_session: RecognitionSession | None = one("recognition_session_id", RECOGNITION_SESSIONS, "At which session.")
    inspection: Inspection | None = one("inspection_id", INSPECTIONS, "督导结果: the inspection with all that came of it.")
    assignment: Assignment | None = one("id", ASSIGNMENTS, "The offer it began with.")
    supervisor: Supervisor | None = one("supervisor_id", SUPERVISORS, "Whose work.")
    person: Person | None = one("person_id", PERSONS, "Who that is.")
    dispatcher: Organization | None = one("dispatcher_id", ORGANIZATIONS, "指派机构: who sent them.")
    role: TeamRole = column("role", "The part in the team.")
    checked_in_at: datetime | None = column("checked_in_at", "When they came.")
    minutes: int = computed(minutes, "How long the duty was, in minutes.")
    stipend: StipendLine | None = only("assignment_id", STIPEND_LINES, "津贴补助, for who pays and who is paid.")


@strawberry.input(description="Which lines of the ledger.")
class WorkLedgerLineFilter:
    supervisor: IdFilter | None = where("supervisor_id", "Whose.", "sup")
    person: IdFilter | None = where("person_id", "Whose.", "per")
    dispatcher: IdFilter | None = where("dispatcher_id", "Who sent them.", "ctr", "dst")
    agency: IdFilter | None = where("agency_id", "At which agency.", "agc")
    duty_on: RangeFilter[date] | None = where("duty_on", "When.")
    unpaid: bool | None = where_worked("unpaid", is_unpaid, "Without a 津贴补助 that the caller may see, or with one (000 §18).")


@strawberry.enum(description="What the ledger may be sorted by.")
class WorkLedgerLineOrder(Enum):
    DUTY_ON = strawberry.enum_value("duty_on", description="By day of duty.")
    CREATED_AT = strawberry.enum_value("created_at", description="By time of the offer.")


@strawberry.input(description="Which stipends.")
class StipendLineFilter:
    person: IdFilter | None = where("person_id", "To whom.", "per")
    supervisor: IdFilter | None = where("supervisor_id", "To whom.", "sup")
    dispatcher: IdFilter | None = where("dispatcher_id", "Who pays.", "ctr", "dst")
    entered_at: RangeFilter[datetime] | None = where("entered_at", "When they were entered.")


@strawberry.input(description="Which standards.")
class StipendRateFilter:
    organization: IdFilter | None = where("organization_id", "Whose.", "ctr", "dst")
    effective_from: RangeFilter[date] | None = where("effective_from", "From when.")


@strawberry.type
class Query:
    work_ledger: Connection[WorkLedgerLine] | None = page(
        None,
        WORK_LEDGER,
        "工作台账: duties done, of the own ones and of whom one sent.",
        type=Connection[WorkLedgerLine],
        arguments=Arguments(WorkLedgerLineFilter, WorkLedgerLineOrder),
    )
    stipend_lines: Connection[StipendLine] | None = page(
        None, STIPEND_LINES, "津贴补助: what is paid.", type=Connection[StipendLine], arguments=Arguments(StipendLineFilter)
    )
    stipend_rates: Connection[StipendRate] | None = page(
        None, STIPEND_RATES, "补助标准.", type=Connection[StipendRate], arguments=Arguments(StipendRateFilter)
    )
    stipend_line: StipendLine | None = row(STIPEND_LINES, "One stipend.", StipendLine)


@strawberry.input(description="A standard, from a day on.")
class StipendRateSetInput(Keyed):
    effective_from: date = strawberry.field(description="The first day of duty it is for; not a day that is over.")
    leader_fen: int = strawberry.field(description="For a leader, in fen; at most 1000000.")
    member_fen: int = strawberry.field(description="For a member, in fen; at most 1000000.")
    document: str = strawberry.field(description="The document it rests on, at most 200 characters.")


@strawberry.input(description="For which duty.")
class AssignmentPayInput(Keyed):
    assignment: strawberry.ID = strawberry.field(description="A duty that is done.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.type(description="A standard just set.")
class StipendRatePayload:
    rate: StipendRate | None = given("rate", STIPEND_RATES, "The standard.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type(description="A stipend just entered.")
class StipendLinePayload:
    stipend: StipendLine | None = given("stipend", STIPEND_LINES, "The stipend.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type
class Mutation:
    @mutation(SET, "Set a standard (补助标准) of the organization acted for, where the rules know stipends (000 §18).")
    async def stipend_rate_set(call: Call, input: StipendRateSetInput) -> StipendRatePayload:
        home = await education.acting(call.session, call.act)
        call.require(SET, stipends.blank(home))
        said = Standard(input.effective_from, input.leader_fen, input.member_fen, input.document)
        found, event = await stipends.set_rate(call.session, home, said, act=call.act)
        return changed(StipendRatePayload, rate=found.id, event=event.id)

    @mutation(PAY, "Enter the stipend (发放津贴) for a duty that is done, once its supervision report is in, by the standard of that day.")
    async def assignment_pay(call: Call, input: AssignmentPayInput) -> StipendLinePayload:
        place = await call.fetch(ASSIGNMENTS, input.assignment, to=PAY, version=input.expected_version)
        found, event = await stipends.enter(call.session, place, act=call.act)
        return changed(StipendLinePayload, stipend=found.id, event=event.id)
