"""The credit archive in the graph: entries on agencies, added and never changed."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from authz.actions import Action
from domain import credit
from domain.credit import Written
from gql import ids
from gql.enums import described
from gql.fields import Call, Keyed, changed, mutation, row
from gql.organizations import AGENCIES, EVENTS, ORGANIZATIONS, Agency, Event, Node, Organization
from gql.reading.declare import Source, bound, column, given, one, page
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, where
from gql.sessions import RECOGNITION_SESSIONS
from gql.supervisors import PERSONS, Person
from models.credit import CreditEntry as CreditEntryRow
from models.credit import CreditGround
from models.organizations import Organization as OrganizationRow
from models.sessions import RecognitionSession as RecognitionSessionRow

if TYPE_CHECKING:
    from gql.violations import SeriousViolationReport

described(
    CreditGround,
    "信用记录事由 (003 §16): for what an agency is on record.",
    FRAUD_IN_RECOGNITION="弄虚作假.",
    SERIOUS_VIOLATION="严重违规行为.",
    ADVERSE_SOCIAL_IMPACT="造成不良社会影响.",
    SAFETY_ACCIDENT="因组织、管理缺失，发生安全责任事故.",
    MASS_INCIDENT="因组织、管理缺失，发生群体性事件.",
)

CREDIT_ENTRIES = Source(CreditEntryRow, "CreditEntry", "cred")
RECORD = Action.CREDIT_ENTRY_RECORD
Report = Annotated["SeriousViolationReport", strawberry.lazy("gql.violations")]


@strawberry.type(description="信用记录: one entry in the credit archive (信用档案) of an agency. Nobody changes it, and the agency reads its own.")
class CreditEntry(Node):
    agency: Agency | None = one("agency_id", AGENCIES, "Whose archive.")
    ground: CreditGround = column("ground", "事由.")
    document: str = column("document", "The document it rests on.")
    facts: str = column("facts", "What happened.")
    occurred_on: date = column("occurred_on", "On which day.")
    recorded_at: datetime = column("recorded_at", "When it was written.")
    recorded_by: Person | None = one("recorded_by", PERSONS, "Who wrote it.")
    organization: Organization | None = one("organization_id", ORGANIZATIONS, "For which organization.")
    report: Report | None = one(
        "serious_violation_report_id", "gql.violations:SERIOUS_VIOLATION_REPORTS", "The upheld report behind it; null for who may not see that."
    )


@strawberry.input(description="Which entries.")
class CreditEntryFilter:
    agency: IdFilter | None = where("agency_id", "Whose archive.", "agc")
    district: IdFilter | None = where("district_id", "In which district.", "dst")
    ground: Among[CreditGround] | None = where("ground", "For what.")
    organization: IdFilter | None = where("organization_id", "Who wrote them.", "ctr", "dst")
    occurred_on: RangeFilter[date] | None = where("occurred_on", "When it happened.")
    recorded_at: RangeFilter[datetime] | None = where("recorded_at", "When they were written.")


@strawberry.enum(description="What entries may be sorted by.")
class CreditEntryOrder(Enum):
    RECORDED_AT = strawberry.enum_value("recorded_at", description="By time of writing.")
    OCCURRED_ON = strawberry.enum_value("occurred_on", description="By the day it happened.")


@strawberry.type
class Query:
    credit_entries: Connection[CreditEntry] | None = page(
        None,
        CREDIT_ENTRIES,
        "The credit archives the caller may see.",
        type=Connection[CreditEntry],
        arguments=Arguments(CreditEntryFilter, CreditEntryOrder),
    )
    credit_entry: CreditEntry | None = row(CREDIT_ENTRIES, "One entry of a credit archive.", CreditEntry)


@strawberry.input(description="What is put on record about an agency.")
class CreditEntryRecordInput(Keyed):
    agency: strawberry.ID = strawberry.field(description="Whose archive.")
    ground: CreditGround = strawberry.field(description="事由, one of the rules in force.")
    document: str = strawberry.field(description="The document it rests on, at most 200 characters.")
    facts: str = strawberry.field(description="What happened, at most 2000 characters. The agency reads it.")
    occurred_on: date = strawberry.field(description="On which day.")


@strawberry.type(description="An entry just written.")
class CreditEntryPayload:
    credit_entry: CreditEntry | None = given("credit_entry", CREDIT_ENTRIES, "The entry.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


async def agency_named(call: Call, id: str) -> OrganizationRow:
    """The registry is shared; what may be done about an agency is asked of the row to be."""
    return await credit.agency_of(call.session, ids.read(id, [str(AGENCIES.prefix)]))


async def session_named(call: Call, id: str | None) -> RecognitionSessionRow | None:
    """The session that something is about, where it is about one; it must be one that the caller sees."""
    found: RecognitionSessionRow | None = await call.fetch(RECOGNITION_SESSIONS, id, to=Action.SESSION_READ) if id else None
    return found


@strawberry.type
class Mutation:
    @mutation(RECORD, "Put an agency on record (记入信用档案): the center, or a district about an agency of its own area.")
    async def credit_entry_record(call: Call, input: CreditEntryRecordInput) -> CreditEntryPayload:
        agency = await agency_named(call, input.agency)
        call.require(RECORD, credit.blank(agency))
        written = Written(input.ground, input.document, input.facts, input.occurred_on)
        entry, event = await credit.enter(call.session, agency, written, act=call.act)
        return changed(CreditEntryPayload, credit_entry=entry.id, event=event.id)
