"""Serious-violation reports in the graph: raised against a clock, straight to the center where a supervisor does it, decided there."""

from datetime import datetime
from enum import Enum
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, Integer, cast, extract, func, literal_column

from authz.actions import Action
from domain import violations
from domain.violations import Alleged, Finding
from gql.credit import CREDIT_ENTRIES, CreditEntry, agency_named, session_named
from gql.enums import described
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.inspections import INSPECTIONS, Inspection
from gql.organizations import AGENCIES, DISTRICTS, EVENTS, Agency, District, Event, Step, Versioned
from gql.reading.declare import Frame, Offered, Source, bound, column, computed, given, one, only, page, steps
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, where, where_worked
from gql.sessions import RECOGNITION_SESSIONS, RecognitionSession
from gql.supervisors import PERSONS, Person
from models.credit import CreditEntry as CreditEntryRow
from models.credit import CreditGround
from models.inspections import Inspection as InspectionRow
from models.sessions import RecognitionSession as RecognitionSessionRow
from models.violations import ReportChannel, SeriousViolationKind, SeriousViolationStatus
from models.violations import SeriousViolationReport as ReportRow

described(SeriousViolationKind, "报告类别: what is reported.", SERIOUS_VIOLATION="严重违规 (003 §15).", MAJOR_ISSUE="重大问题 (000 §8(七)).")
described(
    ReportChannel,
    "报告渠道: by which way a report came.",
    CENTER="中心自行发现.",
    DISTRICT="区级报告.",
    DIRECT="督导员直报: past district and agency.",
    OBSTRUCTION="阻挠督导: by the team of an obstructed inspection.",
)
described(
    SeriousViolationStatus,
    "严重违规报告的状态: where a report stands.",
    RAISED="已报告.",
    RECEIVED="已接收.",
    INVESTIGATING="调查中.",
    UPHELD="属实.",
    DISMISSED="不属实.",
)

SERIOUS_VIOLATION_REPORTS = Source(ReportRow, "SeriousViolationReport", "svr")
RAISE, DIRECT = Action.SERIOUS_VIOLATION_REPORT_RAISE, Action.SERIOUS_VIOLATION_REPORT_RAISE_DIRECT
RECEIVE, INVESTIGATE = Action.SERIOUS_VIOLATION_REPORT_RECEIVE, Action.SERIOUS_VIOLATION_REPORT_INVESTIGATE
DECIDE = Action.SERIOUS_VIOLATION_REPORT_DECIDE


def hours_elapsed(frame: Frame) -> ColumnElement[int]:
    seconds = extract("epoch", frame.t.c.raised_at - frame.t.c.discovered_at)
    return cast(func.floor(seconds / literal_column("3600")), Integer)


def late(frame: Frame) -> ColumnElement[bool]:
    """Unknown where there is no clock."""
    found: ColumnElement[bool] = frame.t.c.raised_at > frame.t.c.due_at
    return found


@strawberry.type(description="严重违规随时报告: on an agency, to the center. The agency sees neither the report nor from whom it came.")
class SeriousViolationReport(Versioned):
    agency: Agency | None = one("agency_id", AGENCIES, "About whom.")
    district: District | None = one("area_id", DISTRICTS, "In which district that lies; the district itself does not see what went past it.")
    kind: SeriousViolationKind = column("kind", "What is reported.")
    channel: ReportChannel = column("channel", "By which way it came.")
    status: SeriousViolationStatus = column("status", "Where it stands.")
    facts: str = column("facts", "What is said to have happened.")
    advice: str | None = column("advice", "建议: what whoever raised it proposes (000 §8(七)).")
    recognition_session: RecognitionSession | None = one("recognition_session_id", RECOGNITION_SESSIONS, "At which session; without one, as a whole.")
    inspection: Inspection | None = one("inspection_id", INSPECTIONS, "From which inspection it comes; null too where the reader may not see that.")
    raised_by: Person | None = one("person_id", PERSONS, "Who raised it.")
    discovered_at: datetime = column("discovered_at", "When it was discovered.")
    raised_at: datetime = column("raised_at", "When it was reported.")
    due_at: datetime | None = column("due_at", "Until when it had to be; null under rules without a number of hours.")
    hours_elapsed: int = computed(hours_elapsed, "Whole hours from the discovery to the report.")
    late: bool | None = computed(late, "Whether that was more than the rules allow; null where they have no number.")
    received_at: datetime | None = column("received_at", "When the center received it.")
    decided_by: Person | None = one("decided_by", PERSONS, "Who decided.")
    decided_at: datetime | None = column("decided_at", "When that was.")
    reason: str | None = column("reason", "Why it was upheld or dismissed.")
    credit_entry: CreditEntry | None = only("serious_violation_report_id", CREDIT_ENTRIES, "What it led to in the credit archive.")
    available_steps: list[Step] = steps(
        Offered("seriousViolationReportReceive", RECEIVE, ("RAISED",), "RECEIVED"),
        Offered("seriousViolationReportInvestigate", INVESTIGATE, ("RECEIVED",), "INVESTIGATING"),
        Offered("seriousViolationReportUphold", DECIDE, ("INVESTIGATING",), "UPHELD"),
        Offered("seriousViolationReportDismiss", DECIDE, ("INVESTIGATING",), "DISMISSED"),
    )


@strawberry.input(description="Which reports.")
class SeriousViolationReportFilter:
    status: Among[SeriousViolationStatus] | None = where("status", "Where they stand.")
    kind: Among[SeriousViolationKind] | None = where("kind", "What they report.")
    channel: Among[ReportChannel] | None = where("channel", "By which way they came.")
    agency: IdFilter | None = where("agency_id", "About whom.", "agc")
    district: IdFilter | None = where("area_id", "In which district.", "dst")
    recognition_session: IdFilter | None = where("recognition_session_id", "About which session.", "ses")
    inspection: IdFilter | None = where("inspection_id", "From which inspection they come.", "insp")
    discovered_at: RangeFilter[datetime] | None = where("discovered_at", "When it was discovered.")
    raised_at: RangeFilter[datetime] | None = where("raised_at", "When they were raised.")
    due_at: RangeFilter[datetime] | None = where("due_at", "Until when they had to be.")
    late: bool | None = where_worked("late", late, "Whether they came later than the rules allow; of rules without a number neither.")


@strawberry.enum(description="What reports may be sorted by.")
class SeriousViolationReportOrder(Enum):
    RAISED_AT = strawberry.enum_value("raised_at", description="By time of the report.")
    DISCOVERED_AT = strawberry.enum_value("discovered_at", description="By time of the discovery.")
    UPDATED_AT = strawberry.enum_value("updated_at", description="By time of the last change.")


@strawberry.type
class Query:
    serious_violation_reports: Connection[SeriousViolationReport] | None = page(
        None,
        SERIOUS_VIOLATION_REPORTS,
        "Serious-violation reports the caller may see.",
        type=Connection[SeriousViolationReport],
        arguments=Arguments(SeriousViolationReportFilter, SeriousViolationReportOrder),
    )
    serious_violation_report: SeriousViolationReport | None = row(SERIOUS_VIOLATION_REPORTS, "One serious-violation report.", SeriousViolationReport)


@strawberry.input(description="What is reported, and since when it is known.")
class SeriousViolationReportRaiseInput(Keyed):
    agency: strawberry.ID = strawberry.field(description="About whom.")
    kind: SeriousViolationKind = strawberry.field(description="What is reported, one of the rules in force.")
    facts: str = strawberry.field(description="What happened, at most 4000 characters.")
    discovered_at: datetime = strawberry.field(description="When it was discovered: the clock runs from here.")
    recognition_session: strawberry.ID | None = strawberry.field(default=None, description="At which session; without one, the agency as a whole.")
    inspection: strawberry.ID | None = strawberry.field(
        default=None, description="From which inspection of the agency it comes, one that the caller may read; the agency sees no trace of it."
    )

    advice: str | None = strawberry.field(default=None, description="建议: what is proposed (000 §8(七)), at most 2000 characters.")

    def alleged(self, recognition: RecognitionSessionRow | None, inspection: InspectionRow | None) -> Alleged:
        return Alleged(self.kind, self.facts, self.discovered_at, recognition, inspection, self.advice)


@strawberry.input(description="What a supervisor reports straight to the center.")
class SeriousViolationReportRaiseDirectInput(SeriousViolationReportRaiseInput):
    pass


@strawberry.input(description="Which report the center has.")
class SeriousViolationReportReceiveInput(Keyed):
    serious_violation_report: strawberry.ID = strawberry.field(description="The report.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Which report is looked into.")
class SeriousViolationReportInvestigateInput(SeriousViolationReportReceiveInput):
    pass


@strawberry.input(description="Which report is true, and what of it goes into the credit archive where the rules keep one.")
class SeriousViolationReportUpholdInput(SeriousViolationReportReceiveInput):
    reason: str = strawberry.field(description="Why, at most 2000 characters. The agency does not see it.")
    ground: CreditGround | None = strawberry.field(default=None, description="事由 of the credit entry.")
    document: str | None = strawberry.field(default=None, description="The document the entry rests on, at most 200 characters.")
    facts: str | None = strawberry.field(
        default=None, description="What the entry says, at most 2000 characters: the agency reads it, so it names no source."
    )


@strawberry.input(description="Which report is not true, and why.")
class SeriousViolationReportDismissInput(SeriousViolationReportReceiveInput):
    reason: str = strawberry.field(description="Why, at most 2000 characters.")


@strawberry.type(description="A report after a step.")
class SeriousViolationReportPayload:
    serious_violation_report: SeriousViolationReport | None = given("serious_violation_report", SERIOUS_VIOLATION_REPORTS, "The report.")
    credit_entry: CreditEntry | None = given("credit_entry", CREDIT_ENTRIES, "The entry that an upheld report writes.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


async def visit_named(call: Call, id: str | None) -> InspectionRow | None:
    """The inspection that a report comes from, where it comes from one; it must be one that the caller sees."""
    found: InspectionRow | None = await call.fetch(INSPECTIONS, id, to=Action.INSPECTION_READ) if id else None
    return found


async def raised(call: Call, input: SeriousViolationReportRaiseInput, action: Action) -> SeriousViolationReportPayload:
    agency = await agency_named(call, input.agency)
    call.require(action, violations.blank(agency, by=call.actor.person_id))
    alleged = input.alleged(await session_named(call, input.recognition_session), await visit_named(call, input.inspection))
    report, event = await violations.raise_report(call.session, agency, alleged, act=call.act, direct=action is DIRECT)
    return changed(SeriousViolationReportPayload, serious_violation_report=report.id, event=event.id)


async def taken(call: Call, input: SeriousViolationReportReceiveInput, action: Action) -> ReportRow:
    found: ReportRow = await call.fetch(SERIOUS_VIOLATION_REPORTS, input.serious_violation_report, to=action, version=input.expected_version)
    return found


def entered(entry: CreditEntryRow | None) -> dict[str, UUID]:
    """The entry, where the rules keep an archive."""
    return {"credit_entry": entry.id} if entry else {}


@strawberry.type
class Mutation:
    @mutation(RAISE, "Report a serious violation (严重违规随时报告) at once, as the district or the center. Late is taken, and shown.")
    async def serious_violation_report_raise(call: Call, input: SeriousViolationReportRaiseInput) -> SeriousViolationReportPayload:
        return await raised(call, input, RAISE)

    @mutation(DIRECT, "Report straight to the center (直报), as a supervisor: neither the agency nor the district sees it.")
    async def serious_violation_report_raise_direct(call: Call, input: SeriousViolationReportRaiseDirectInput) -> SeriousViolationReportPayload:
        return await raised(call, input, DIRECT)

    @mutation(RECEIVE, "Receive a report (接收), as the center.")
    async def serious_violation_report_receive(call: Call, input: SeriousViolationReportReceiveInput) -> SeriousViolationReportPayload:
        report = await taken(call, input, RECEIVE)
        event = await violations.receive(call.session, report, act=call.act)
        return changed(SeriousViolationReportPayload, serious_violation_report=report.id, event=event.id)

    @mutation(INVESTIGATE, "Look into a report (调查).")
    async def serious_violation_report_investigate(call: Call, input: SeriousViolationReportInvestigateInput) -> SeriousViolationReportPayload:
        report = await taken(call, input, INVESTIGATE)
        event = await violations.investigate(call.session, report, act=call.act)
        return changed(SeriousViolationReportPayload, serious_violation_report=report.id, event=event.id)

    @mutation(DECIDE, "Uphold a report (属实): the entry in the credit archive is written with it.")
    async def serious_violation_report_uphold(call: Call, input: SeriousViolationReportUpholdInput) -> SeriousViolationReportPayload:
        report = await taken(call, input, DECIDE)
        finding = Finding(input.reason, input.ground, input.document, input.facts)
        entry, event = await violations.uphold(call.session, report, finding, act=call.act)
        return changed(SeriousViolationReportPayload, serious_violation_report=report.id, event=event.id, **entered(entry))

    @mutation(DECIDE, "Dismiss a report (不属实) with a reason.")
    async def serious_violation_report_dismiss(call: Call, input: SeriousViolationReportDismissInput) -> SeriousViolationReportPayload:
        report = await taken(call, input, DECIDE)
        event = await violations.dismiss(call.session, report, input.reason, act=call.act)
        return changed(SeriousViolationReportPayload, serious_violation_report=report.id, event=event.id)
