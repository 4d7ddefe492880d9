"""Obstructions in the graph: what a team met with, and what it opened."""

from datetime import datetime
from enum import Enum

import strawberry

from authz.actions import Action
from domain import obstructions
from domain.obstructions import Met
from gql.agency_cases import AGENCY_CASES, AgencyCase
from gql.evidence import EVIDENCE_REQUESTS, EvidenceRequest
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.inspections import INSPECTIONS, Inspection
from gql.opinions import RECTIFICATIONS, Rectification
from gql.organizations import AGENCIES, EVENTS, Agency, Event, Node
from gql.reading.declare import Source, bound, column, given, one, page
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, where
from gql.supervisors import PERSONS, Person
from gql.violations import SERIOUS_VIOLATION_REPORTS, SeriousViolationReport
from models.agency_cases import AgencyGround
from models.agency_cases import Obstruction as ObstructionRow

OBSTRUCTIONS = Source(ObstructionRow, "Obstruction", "obst")
RECORD = Action.OBSTRUCTION_RECORD


@strawberry.type(
    description="阻挠督导: what a team met with on an inspection, or what 系统 found to follow from it. Never changed, and never seen by the agency."
)
class Obstruction(Node):
    inspection: Inspection | None = one("inspection_id", INSPECTIONS, "On which inspection.")
    agency: Agency | None = one("agency_id", AGENCIES, "By whom.")
    staff_name: str | None = column("staff_name", "有关工作人员: who of the agency's staff; null where nobody is named.")
    ground: AgencyGround = column("ground", "情形.")
    facts: str = column("facts", "What happened.")
    happened_at: datetime = column("happened_at", "When.")
    recorded_at: datetime = column("recorded_at", "When it was recorded.")
    recorded_by: Person | None = one("person_id", PERSONS, "Which member of the team recorded it; 系统 where it follows by itself.")
    rectification: Rectification | None = one("rectification_id", RECTIFICATIONS, "The rectification that was not reported in time.")
    evidence_request: EvidenceRequest | None = one("evidence_request_id", EVIDENCE_REQUESTS, "The request for evidence that was refused.")
    agency_case: AgencyCase | None = one("agency_case_id", AGENCY_CASES, "The case it opened or joined.")
    report: SeriousViolationReport | None = one(
        "serious_violation_report_id", SERIOUS_VIOLATION_REPORTS, "The report it raised, under rules without such cases."
    )


@strawberry.input(description="Which obstructions.")
class ObstructionFilter:
    inspection: IdFilter | None = where("inspection_id", "On which inspection.", "insp")
    agency: IdFilter | None = where("agency_id", "By whom.", "agc")
    district: IdFilter | None = where("district_id", "In which district.", "dst")
    ground: Among[AgencyGround] | None = where("ground", "Of which kind.")
    happened_at: RangeFilter[datetime] | None = where("happened_at", "When.")


@strawberry.enum(description="What obstructions may be sorted by.")
class ObstructionOrder(Enum):
    HAPPENED_AT = strawberry.enum_value("happened_at", description="By time.")
    RECORDED_AT = strawberry.enum_value("recorded_at", description="By time of recording.")


@strawberry.type
class Query:
    obstructions: Connection[Obstruction] | None = page(
        None,
        OBSTRUCTIONS,
        "Obstructions of inspections the caller may see.",
        type=Connection[Obstruction],
        arguments=Arguments(ObstructionFilter, ObstructionOrder),
    )
    obstruction: Obstruction | None = row(OBSTRUCTIONS, "One obstruction.", Obstruction)


@strawberry.input(description="What the team met with.")
class ObstructionRecordInput(Keyed):
    inspection: strawberry.ID = strawberry.field(description="The inspection.")
    ground: AgencyGround = strawberry.field(description="情形.")
    facts: str = strawberry.field(description="What happened, at most 4000 characters.")
    happened_at: datetime = strawberry.field(description="When.")
    serious: bool = strawberry.field(default=False, description="情节严重.")
    staff_name: str | None = strawberry.field(default=None, description="有关工作人员 (000 §20): who of the agency's staff, at most 60 characters.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.type(description="An obstruction just recorded, and what it opened.")
class ObstructionPayload:
    obstruction: Obstruction | None = given("obstruction", OBSTRUCTIONS, "The obstruction.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type
class Mutation:
    @mutation(
        RECORD, "Record an obstruction (阻挠督导), as a member of the team: it opens a case against the agency, or goes to the center as a report."
    )
    async def obstruction_record(call: Call, input: ObstructionRecordInput) -> ObstructionPayload:
        visit = await call.fetch(INSPECTIONS, input.inspection, to=RECORD, version=input.expected_version)
        met = Met(input.ground, input.facts, input.happened_at, input.serious, input.staff_name)
        found, event = await obstructions.record_obstruction(call.session, visit, met, act=call.act)
        return changed(ObstructionPayload, obstruction=found.id, event=event.id)
