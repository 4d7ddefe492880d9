"""复核 in the graph: what a revoked supervisor may have tainted, with its risk, until each is settled."""

from datetime import datetime
from enum import Enum

import strawberry

from authz.actions import Action
from domain import rechecks
from gql.cases import CASES, SupervisorCase
from gql.enums import described
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.inspections import INSPECTIONS, Inspection
from gql.organizations import AGENCIES, EVENTS, ORGANIZATIONS, Agency, Event, Organization, Step, Versioned
from gql.reading.declare import Offered, Source, bound, column, given, one, page, steps
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, where
from gql.supervisors import PERSONS, Person
from models.cases import SupervisorCase as SupervisorCaseRow
from models.inspections import Inspection as InspectionRow
from models.rechecks import Recheck as RecheckRow
from models.rechecks import RecheckStatus, Risk

described(RecheckStatus, "复核的状态: where a recheck stands.", RECHECK="待复核.", CONFIRMED="维持原结论.", REPEATED="已重新督导.")
described(
    Risk,
    "影响程度: how far the result of an inspection hangs on the revoked person.",
    HIGH="No other member vouches for the form, or every line of it was entered by the person.",
    MEDIUM="Another member signed, and some lines were entered by the person.",
    LOW="Another member signed, and no line was entered by the person.",
)

RECHECKS = Source(RecheckRow, "Recheck", "rchk")
SETTLE = Action.RECHECK_SETTLE


@strawberry.type(
    description="复核: one inspection that a supervisor took part in whose qualification was revoked for fraud or the like (000 §21(二))."
)
class Recheck(Versioned):
    inspection: Inspection | None = one("inspection_id", INSPECTIONS, "The inspection.")
    agency: Agency | None = one("agency_id", AGENCIES, "Whom it inspected.")
    case: SupervisorCase | None = one("case_id", CASES, "The revocation; null for who may not see cases.")
    person: Person | None = one("person_id", PERSONS, "Who was revoked.")
    issuer: Organization | None = one("issuer_id", ORGANIZATIONS, "Who issued the revoked card.")
    leader: bool = column("leader", "Whether the person led the team.")
    lines: int = column("lines", "How many lines the form has.")
    lines_entered: int = column("lines_entered", "How many of them the person entered last.")
    independent: bool = column("independent", "Whether another member, not revoked for the like, signed for what was seen on the day.")
    risk: Risk = column("risk", "How far its result hangs on the person, as it was when it was queued.")
    status: RecheckStatus = column("status", "Where it stands.")
    queued_at: datetime = column("queued_at", "Since when it waits.")
    repeated_by: Inspection | None = one("repeated_by_id", INSPECTIONS, "The inspection that was done instead.")
    decided_by: Person | None = one("decided_by", PERSONS, "Who settled it.")
    decided_at: datetime | None = column("decided_at", "When that was.")
    reason: str | None = column("reason", "Why its result stands, or what the new inspection changed.")
    available_steps: list[Step] = steps(
        Offered("recheckConfirm", SETTLE, ("RECHECK",), "CONFIRMED"), Offered("recheckRepeat", SETTLE, ("RECHECK",), "REPEATED")
    )


@strawberry.input(description="Which rechecks.")
class RecheckFilter:
    status: Among[RecheckStatus] | None = where("status", "Where they stand.")
    risk: Among[Risk] | None = where("risk", "How far the result hangs on the person.")
    case: IdFilter | None = where("case_id", "After which revocation.", "scase")
    person: IdFilter | None = where("person_id", "Who was revoked.", "per")
    agency: IdFilter | None = where("agency_id", "Whom they inspected.", "agc")
    district: IdFilter | None = where("district_id", "In which district.", "dst")
    queued_at: RangeFilter[datetime] | None = where("queued_at", "Since when they wait.")


@strawberry.enum(description="What rechecks may be sorted by.")
class RecheckOrder(Enum):
    QUEUED_AT = strawberry.enum_value("queued_at", description="By the time since when they wait.")
    UPDATED_AT = strawberry.enum_value("updated_at", description="By time of the last change.")


@strawberry.input(description="Of which revocation what the person inspected is to be rechecked.")
class RecheckOrderInput(Keyed):
    case: strawberry.ID = strawberry.field(description="The case; a revocation in force.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Which result stands, and why.")
class RecheckConfirmInput(Keyed):
    recheck: strawberry.ID = strawberry.field(description="The recheck.")
    reason: str = strawberry.field(description="Why, at most 2000 characters.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Which inspection was repeated, by which other one.")
class RecheckRepeatInput(RecheckConfirmInput):
    repeated_by: strawberry.ID = strawberry.field(description="A later signed inspection of the same agency, without the person.")


@strawberry.type(description="A revocation after its rechecks were ordered; `rechecks` lists them.")
class RecheckOrderPayload:
    case: SupervisorCase | None = given("case", CASES, "The case.")
    event: Event | None = given("event", EVENTS, "The event written, with their number as its reason.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type(description="A recheck after a step.")
class RecheckPayload:
    recheck: Recheck | None = given("recheck", RECHECKS, "The recheck.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


async def taken(call: Call, input: RecheckConfirmInput) -> RecheckRow:
    found: RecheckRow = await call.fetch(RECHECKS, input.recheck, to=SETTLE, version=input.expected_version)
    return found


@strawberry.type
class Query:
    rechecks: Connection[Recheck] | None = page(
        None, RECHECKS, "复核清单: rechecks the caller may see.", type=Connection[Recheck], arguments=Arguments(RecheckFilter, RecheckOrder)
    )
    recheck: Recheck | None = row(RECHECKS, "One recheck.", Recheck)


@strawberry.type
class Mutation:
    @mutation(
        Action.RECHECK_ORDER, "Queue all that a revoked supervisor inspected (复核) and that is not queued yet; a new revocation does so by itself."
    )
    async def recheck_order(call: Call, input: RecheckOrderInput) -> RecheckOrderPayload:
        case: SupervisorCaseRow = await call.fetch(CASES, input.case, to=Action.RECHECK_ORDER, version=input.expected_version)
        event = await rechecks.order(call.session, case, act=call.act)
        return changed(RecheckOrderPayload, case=case.id, event=event.id)

    @mutation(SETTLE, "Confirm the result of an inspection (维持原结论).")
    async def recheck_confirm(call: Call, input: RecheckConfirmInput) -> RecheckPayload:
        found = await taken(call, input)
        event = await rechecks.confirmed(call.session, found, reason=input.reason, act=call.act)
        return changed(RecheckPayload, recheck=found.id, event=event.id)

    @mutation(SETTLE, "Record that the agency was inspected again by others (重新督导).")
    async def recheck_repeat(call: Call, input: RecheckRepeatInput) -> RecheckPayload:
        found = await taken(call, input)
        visit: InspectionRow = await call.fetch(INSPECTIONS, input.repeated_by, to=Action.INSPECTION_READ)
        event = await rechecks.repeated(call.session, found, visit, reason=input.reason, act=call.act)
        return changed(RecheckPayload, recheck=found.id, event=event.id)
