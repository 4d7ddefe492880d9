"""Refusals to file in the graph: proposed by one person who has seen the reach, confirmed by another who has seen it too."""

from datetime import datetime
from enum import Enum
from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement
from strawberry import Info

from authz.access import holds
from authz.actions import Action
from authz.actor import Actor
from authz.relations import PERSON, there_is
from domain import credit, filings
from domain.filings import Charge, Reach
from gql import ids
from gql.credit import CREDIT_ENTRIES, CreditEntry
from gql.enums import described
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.filings import DECIDE, FILING_DECISIONS, PROPOSE, FilingDecision, OfFiling, taken
from gql.inspections import INSPECTIONS, Inspection
from gql.organizations import EVENTS, ORGANIZATIONS, Event, Organization, Step, Versioned
from gql.reading.declare import Frame, Offered, Source, bound, column, given, one, page, steps
from gql.reading.fragments import constant
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, where
from gql.reading.read import signed_in
from gql.supervisors import PERSONS, Person
from gql.violations import SERIOUS_VIOLATION_REPORTS, SeriousViolationReport
from models.base import table_of
from models.filings import FilingDecision as FilingDecisionRow
from models.filings import FilingGround, FilingRefusalStatus
from models.filings import FilingRefusal as FilingRefusalRow

described(
    FilingRefusalStatus,
    "不予备案提议的状态: where a proposal to refuse stands.",
    PROPOSED="已提出, waits for a second person; the batch is not filed meanwhile.",
    CONFIRMED="已决定不予备案.",
    DISMISSED="不予采纳.",
)
described(
    FilingGround,
    "不予备案事由 (003 §16).",
    FRAUD_IN_RECOGNITION="弄虚作假.",
    SERIOUS_VIOLATION="严重违规行为.",
    ADVERSE_SOCIAL_IMPACT="造成不良社会影响.",
    SAFETY_ACCIDENT="因组织、管理缺失，发生安全责任事故.",
    MASS_INCIDENT="因组织、管理缺失，发生群体性事件.",
)

FILING_REFUSALS = Source(FilingRefusalRow, "FilingRefusal", "fref")


def ready(frame: Frame) -> ColumnElement[bool]:
    """Proposed by another, of a batch whose opinion is issued."""
    d = table_of(FilingDecisionRow).alias("batch")
    issued = there_is(d).where(d.c.id == frame.t.c.filing_decision_id, d.c.status == constant("OPINION_ISSUED"))
    return (frame.t.c.proposed_by != PERSON) & issued


@strawberry.type(description="不予备案: proposed by one person, confirmed by another. An agency sees it once it is confirmed.")
class FilingRefusal(Versioned):
    status: FilingRefusalStatus = column("status", "Where it stands.")
    ground: FilingGround = column("ground", "事由.")
    document: str = column("document", "The document of evidence.")
    facts: str = column("facts", "What happened.")
    report: SeriousViolationReport | None = one(
        "serious_violation_report_id", SERIOUS_VIOLATION_REPORTS, "The report it rests on; null for who may not see that."
    )
    credit_entry: CreditEntry | None = one("credit_entry_id", CREDIT_ENTRIES, "The entry in the credit archive it rests on.")
    inspection: Inspection | None = one("inspection_id", INSPECTIONS, "The inspection it rests on.")
    session_count: int = column("session_count", "How many sessions it reaches.")
    candidate_count: int = column("candidate_count", "How many results it reaches.")
    proposer: Organization | None = one("proposer_id", ORGANIZATIONS, "Whose proposal it is.")
    proposed_by: Person | None = one("proposed_by", PERSONS, "Who proposed it.")
    decided_by: Person | None = one("decided_by", PERSONS, "Who confirmed or dismissed it: confirmed never by who proposed it.")
    decided_at: datetime | None = column("decided_at", "When that was.")
    reason: str | None = column("reason", "Why it was dismissed.")
    filing_decision: FilingDecision | None = one("filing_decision_id", FILING_DECISIONS, "Of which batch.")
    available_steps: list[Step] = steps(
        Offered("filingRefusalConfirm", DECIDE, ("PROPOSED",), to="CONFIRMED", second_person=True, when=ready),
        Offered("filingRefusalDismiss", DECIDE, ("PROPOSED",), to="DISMISSED"),
    )


@strawberry.input(description="Which proposals to refuse.")
class FilingRefusalFilter:
    status: Among[FilingRefusalStatus] | None = where("status", "Where they stand.")
    ground: Among[FilingGround] | None = where("ground", "For what.")
    agency: IdFilter | None = where("agency_id", "Whose results.", "agc")
    district: IdFilter | None = where("district_id", "In which district.", "dst")
    filing_decision: IdFilter | None = where("filing_decision_id", "Of which batch.", "fil")
    report: IdFilter | None = where("serious_violation_report_id", "Resting on which report.", "svr")
    created_at: RangeFilter[datetime] | None = where("created_at", "When they were proposed.")


@strawberry.enum(description="What proposals to refuse may be sorted by.")
class FilingRefusalOrder(Enum):
    CREATED_AT = strawberry.enum_value("created_at", description="By time of proposal.")


REFUSALS = Arguments(FilingRefusalFilter, FilingRefusalOrder)


@strawberry.type(description="What refusing a batch reaches, before anybody proposes or confirms it. Nothing else of the agency is touched.")
class FilingReach:
    filing_decision: strawberry.ID = strawberry.field(description="The batch.")
    recognition_sessions: list[strawberry.ID] = strawberry.field(description="Its sessions.")
    candidate_count: int = strawberry.field(description="How many results would not be filed.")
    inspections: list[strawberry.ID] = strawberry.field(description="Inspections of these sessions, as far as the caller may see them.")
    open_inspection_count: int = strawberry.field(description="How many of them are not closed yet.")
    finding_count: int = strawberry.field(description="How many findings (问题) they have.")


async def filing_reach(info: Info, filing_decision: Annotated[strawberry.ID, strawberry.argument(description="The batch.")]) -> FilingReach | None:
    """For who may propose a refusal or decide; whoever may not is refused as by the decision itself."""
    context, actor = info.context, signed_in(info.context)
    async with context.database.transaction(actor.tenant) as session:
        call = Call(context, session, actor)
        filing = await call.fetch(FILING_DECISIONS, filing_decision, to=Action.FILING_READ)
        if not holds(actor, PROPOSE, filing):
            call.require(DECIDE, filing)
        found = await filings.reach(session, filing)
    return reached(filing, found, actor)


def reached(filing: FilingDecisionRow, found: Reach, actor: Actor) -> FilingReach:
    """Of inspections only the ones the caller may see."""
    seen = {one.id for one in found.inspections if holds(actor, Action.INSPECTION_READ, one)}
    return FilingReach(
        filing_decision=strawberry.ID(ids.shown("fil", filing.id)),
        recognition_sessions=[strawberry.ID(ids.shown("ses", UUID(one["recognition_session"]))) for one in filing.sessions],
        candidate_count=filing.candidate_count,
        inspections=[strawberry.ID(ids.shown("insp", one.id)) for one in found.inspections if one.id in seen],
        open_inspection_count=sum(one.id in seen for one in found.open),
        finding_count=sum(one.inspection_id in seen for one in found.findings),
    )


@strawberry.type
class Query:
    filing_refusals: Connection[FilingRefusal] | None = page(
        None, FILING_REFUSALS, "Proposals to refuse batches.", type=Connection[FilingRefusal], arguments=REFUSALS
    )
    filing_refusal: FilingRefusal | None = row(FILING_REFUSALS, "One proposal to refuse a batch.", FilingRefusal)
    filing_reach: FilingReach | None = strawberry.field(resolver=filing_reach, description="What refusing a batch would reach.")


@strawberry.input(description="Which batch should not be filed, and why.")
class FilingRefusalProposeInput(OfFiling):
    ground: FilingGround = strawberry.field(description="事由, one of the rules in force.")
    document: str = strawberry.field(description="The document of evidence, at most 200 characters.")
    facts: str = strawberry.field(description="What happened, at most 2000 characters.")
    report: strawberry.ID | None = strawberry.field(default=None, description="The serious-violation report it rests on.")
    credit_entry: strawberry.ID | None = strawberry.field(default=None, description="The entry in the credit archive it rests on.")
    inspection: strawberry.ID | None = strawberry.field(default=None, description="The inspection it rests on.")


@strawberry.input(description="Which refusal comes into force.")
class FilingRefusalConfirmInput(Keyed):
    filing_refusal: strawberry.ID = strawberry.field(description="The proposal.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Which proposal comes to nothing, and why.")
class FilingRefusalDismissInput(FilingRefusalConfirmInput):
    reason: str = strawberry.field(description="Why, at most 2000 characters.")


@strawberry.type(description="A proposal to refuse after a step, and its batch.")
class FilingRefusalPayload:
    filing_refusal: FilingRefusal | None = given("filing_refusal", FILING_REFUSALS, "The proposal.")
    filing_decision: FilingDecision | None = given("filing_decision", FILING_DECISIONS, "Its batch.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


async def charged(call: Call, input: FilingRefusalProposeInput) -> Charge:
    """What it rests on is what the caller may see."""
    asked = input.report, input.credit_entry, input.inspection
    report = await call.fetch(SERIOUS_VIOLATION_REPORTS, asked[0], to=Action.SERIOUS_VIOLATION_REPORT_READ) if asked[0] else None
    entry = await credit.entry_of(call.session, ids.read(asked[1], [str(CREDIT_ENTRIES.prefix)])) if asked[1] else None
    if entry is not None:
        call.require(Action.CREDIT_ENTRY_READ, entry)
    visit = await call.fetch(INSPECTIONS, asked[2], to=Action.INSPECTION_READ) if asked[2] else None
    return Charge(input.ground, input.document, input.facts, report, entry, visit)


async def proposal(call: Call, input: FilingRefusalConfirmInput) -> FilingRefusalRow:
    found: FilingRefusalRow = await call.fetch(FILING_REFUSALS, input.filing_refusal, to=DECIDE, version=input.expected_version)
    return found


@strawberry.type
class Mutation:
    @mutation(PROPOSE, "Propose that a batch is not filed (提出不予备案). It comes into force when another person confirms it.")
    async def filing_refusal_propose(call: Call, input: FilingRefusalProposeInput) -> FilingRefusalPayload:
        filing, charge = await taken(call, input, PROPOSE), await charged(call, input)
        refusal, event = await filings.propose(call.session, filing, charge, act=call.act)
        return changed(FilingRefusalPayload, filing_refusal=refusal.id, filing_decision=filing.id, event=event.id)

    @mutation(DECIDE, "Refuse to file a batch (不予备案), by another person than who proposed it.")
    async def filing_refusal_confirm(call: Call, input: FilingRefusalConfirmInput) -> FilingRefusalPayload:
        refusal = await proposal(call, input)
        filing, event = await filings.confirm(call.session, refusal, act=call.act)
        return changed(FilingRefusalPayload, filing_refusal=refusal.id, filing_decision=filing.id, event=event.id)

    @mutation(DECIDE, "Dismiss a proposal to refuse (不予采纳): the batch may be filed.")
    async def filing_refusal_dismiss(call: Call, input: FilingRefusalDismissInput) -> FilingRefusalPayload:
        refusal = await proposal(call, input)
        event = await filings.dismiss(call.session, refusal, input.reason, act=call.act)
        return changed(FilingRefusalPayload, filing_refusal=refusal.id, filing_decision=refusal.filing_decision_id, event=event.id)
