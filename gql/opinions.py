"""What follows a visit: opinion letter, rectification, supervision report, and the closing of the inspection."""

from datetime import date, datetime
from enum import Enum

import strawberry
from sqlalchemy import ColumnElement, Date, cast, func

from authz.actions import Action
from domain.opinions import accept_rectification, close, draft, report, send_back_rectification, serve, submit_rectification
from domain.report_days import report_due_on
from gql.enums import described
from gql.evidence import EVIDENCE, EVIDENCE_ARGUMENTS, Evidence
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.inspections import INSPECTIONS, Inspection, InspectionPayload, OfInspection, taken
from gql.organizations import EVENTS, ORGANIZATIONS, Event, Organization, Step, Versioned
from gql.reading.declare import Frame, Offered, Source, bound, column, computed, given, items, one, only, page, steps
from gql.reading.filters import today
from gql.reading.fragments import constant
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, where
from gql.supervisors import PERSONS, Person
from models.checklists import FindingTarget
from models.opinions import OpinionLetter as OpinionLetterRow
from models.opinions import OpinionLetterStatus, RectificationStatus, SupervisionReportStatus
from models.opinions import Rectification as RectificationRow
from models.opinions import SupervisionReport as SupervisionReportRow

described(OpinionLetterStatus, "督导意见书的状态: where a letter stands.", DRAFT="起草: the team writes it.", SERVED="已送达: the agency has it.")
described(
    RectificationStatus,
    "整改的状态: where a rectification stands.",
    REQUIRED="待整改: the letter asks for it.",
    SUBMITTED="已报告: the agency has reported.",
    SENT_BACK="已退回: the dispatcher is not satisfied.",
    ACCEPTED="已验收: the dispatcher has accepted.",
)
described(
    SupervisionReportStatus,
    "督导报告的状态: where a report stands.",
    SUBMITTED="已提交: the team has filed it.",
    RECEIVED="已接收: with the closing.",
)

OPINION_LETTERS = Source(OpinionLetterRow, "OpinionLetter", "opn")
RECTIFICATIONS = Source(RectificationRow, "Rectification", "rect")
REPORTS = Source(SupervisionReportRow, "SupervisionReport", "rep")

UNDONE = ("REQUIRED", "SENT_BACK")


def unasked(frame: Frame) -> ColumnElement[bool]:
    """Once, and before the last day is over."""
    return frame.t.c.extension_until.is_(None) & (frame.t.c.due_on >= today())


def asked_only(frame: Frame) -> ColumnElement[bool]:
    return frame.t.c.extension_until.is_not(None) & frame.t.c.extension_granted.is_(None)


@strawberry.type(description="整改: what the agency puts right after an opinion letter.")
class Rectification(Versioned):
    status: RectificationStatus = column("status", "Where it stands.")
    inspection: Inspection | None = one("inspection_id", INSPECTIONS, "The inspection.")
    dispatcher: Organization | None = one("dispatcher_id", ORGANIZATIONS, "Who accepts it.")
    agency: Organization | None = one("agency_id", ORGANIZATIONS, "Who rectifies.")
    due_on: date = column("due_on", "The last day for it.")
    text: str | None = column("text", "整改情况报告: what was done.")
    comment: str | None = column("comment", "Why it was last sent back.")
    submitted_at: datetime | None = column("submitted_at", "When it was last reported.")
    extension_until: date | None = column("extension_until", "延期: until when the agency asked for more time, once.")
    extension_reason: str | None = column("extension_reason", "Why it did.")
    extension_asked_at: datetime | None = column("extension_asked_at", "When.")
    extension_granted: bool | None = column("extension_granted", "Whether it has it, as the last day for it; null while nobody has answered.")
    extension_refusal: str | None = column("extension_refusal", "Why not.")
    evidence: Connection[Evidence] = page(
        "rectification_id", EVIDENCE, "资料: the files that show it.", type=Connection[Evidence], arguments=EVIDENCE_ARGUMENTS
    )
    available_steps: list[Step] = steps(
        Offered("rectificationSubmit", Action.RECTIFICATION_SUBMIT, ("REQUIRED", "SENT_BACK"), "SUBMITTED"),
        Offered("rectificationSendBack", Action.RECTIFICATION_RETURN, ("SUBMITTED",), "SENT_BACK"),
        Offered("rectificationAccept", Action.RECTIFICATION_ACCEPT, ("SUBMITTED",), "ACCEPTED"),
        Offered("rectificationRequestExtension", Action.RECTIFICATION_REQUEST_EXTENSION, UNDONE, when=unasked),
        Offered("rectificationGrantExtension", Action.RECTIFICATION_DECIDE_EXTENSION, UNDONE, when=asked_only),
        Offered("rectificationRefuseExtension", Action.RECTIFICATION_DECIDE_EXTENSION, UNDONE, when=asked_only),
    )


@strawberry.type(description="改正意见: a finding as the letter carries it.")
class LetterCorrection:
    item: str = column("item", "The code of the line of the form.")
    text: str = column("text", "内容: what was looked at.")
    remark: str = column("remark", "What was wrong.")
    correction: str | None = column("correction", "What should be put right.")
    target: FindingTarget = column("target", "Against whom it is.")
    name: str | None = column("name", "责任人 or 考评人员: who that is, where it is a person.")


@strawberry.type(description="督导意见书: what the team tells the agency; the dispatcher serves it.")
class OpinionLetter(Versioned):
    status: OpinionLetterStatus = column("status", "Where it stands.")
    inspection: Inspection | None = one("inspection_id", INSPECTIONS, "The inspection.")
    dispatcher: Organization | None = one("dispatcher_id", ORGANIZATIONS, "Who serves it.")
    agency: Organization | None = one("agency_id", ORGANIZATIONS, "To whom.")
    text: str = column("text", "The opinion.")
    corrections: list[LetterCorrection] = items(
        lambda frame: frame.t.c.corrections, "改正意见: the findings, as they stood when it was drafted, and at last when it was served."
    )
    requires_rectification: bool = column("requires_rectification", "Whether the agency must rectify.")
    due_on: date | None = column("due_on", "By when, where it must.")
    served_at: datetime | None = column("served_at", "When it was served.")
    rectification: Rectification | None = only("opinion_letter_id", RECTIFICATIONS, "The rectification it asks for, once served.")
    available_steps: list[Step] = steps(
        Offered("opinionLetterDraft", Action.OPINION_DRAFT, ("DRAFT",), "DRAFT"),
        Offered("opinionLetterServe", Action.OPINION_ISSUE, ("DRAFT",), "SERVED"),
    )


def report_due(frame: Frame) -> ColumnElement[date | None]:
    return report_due_on(frame.t.c.inspection_id)


def report_late(frame: Frame) -> ColumnElement[bool]:
    """Unknown where there is no last day."""
    found: ColumnElement[bool] = cast(func.timezone(constant("Asia/Shanghai"), frame.t.c.submitted_at), Date) > report_due(frame)
    return found


@strawberry.type(description="督导报告: what the team reports to the dispatcher. The agency does not see it.")
class SupervisionReport(Versioned):
    status: SupervisionReportStatus = column("status", "Where it stands.")
    inspection: Inspection | None = one("inspection_id", INSPECTIONS, "The inspection.")
    dispatcher: Organization | None = one("dispatcher_id", ORGANIZATIONS, "指派机构: to whom.")
    text: str = column("text", "The report.")
    person: Person | None = one("person_id", PERSONS, "Who filed it for the team.")
    submitted_at: datetime = column("submitted_at", "When.")
    due_on: date | None = computed(
        report_due,
        "The last day for it: so many working days after the visit, a number of the rules in force then (本系统默认: 3). Null without one.",
    )
    late: bool | None = computed(report_late, "Whether it came after that day; null where there is none.")


@strawberry.input(description="Which opinion letters.")
class OpinionLetterFilter:
    status: Among[OpinionLetterStatus] | None = where("status", "Where they stand.")
    agency: IdFilter | None = where("agency_id", "To whom.", "agc")
    served_at: RangeFilter[datetime] | None = where("served_at", "When they were served.")


@strawberry.input(description="Which rectifications.")
class RectificationFilter:
    status: Among[RectificationStatus] | None = where("status", "Where they stand.")
    agency: IdFilter | None = where("agency_id", "Of whom.", "agc")
    district: IdFilter | None = where("district_id", "In which district.", "dst")
    due_on: RangeFilter[date] | None = where("due_on", "Until when they are due.")
    extension_asked_at: RangeFilter[datetime] | None = where("extension_asked_at", "When more time was asked for.")
    extension_granted: bool | None = where("extension_granted", "Whether more time was granted.")


@strawberry.enum(description="What opinion letters may be sorted by.")
class OpinionLetterOrder(Enum):
    CREATED_AT = strawberry.enum_value("created_at", description="By time of the first draft.")


@strawberry.enum(description="What rectifications may be sorted by.")
class RectificationOrder(Enum):
    DUE_ON = strawberry.enum_value("due_on", description="By the day they are due.")
    CREATED_AT = strawberry.enum_value("created_at", description="By time of service.")


@strawberry.input(description="The opinion of the team. Until it is served, a second draft replaces the first.")
class OpinionLetterDraftInput(Keyed):
    inspection: strawberry.ID = strawberry.field(description="The inspection.")
    text: str = strawberry.field(description="The opinion, at most 8000 characters.")
    requires_rectification: bool = strawberry.field(description="Whether the agency must rectify.")


@strawberry.input(description="Which letter to serve.")
class OpinionLetterServeInput(Keyed):
    opinion_letter: strawberry.ID = strawberry.field(description="The letter.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="What was done.")
class RectificationSubmitInput(Keyed):
    rectification: strawberry.ID = strawberry.field(description="The rectification.")
    text: str = strawberry.field(description="整改情况报告, at most 8000 characters.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Why it does not suffice.")
class RectificationSendBackInput(Keyed):
    rectification: strawberry.ID = strawberry.field(description="The rectification.")
    comment: str = strawberry.field(description="The reason, at most 2000 characters.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Which rectification suffices.")
class RectificationAcceptInput(Keyed):
    rectification: strawberry.ID = strawberry.field(description="The rectification.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="The report of the team to its dispatcher.")
class SupervisionReportSubmitInput(Keyed):
    inspection: strawberry.ID = strawberry.field(description="The inspection.")
    text: str = strawberry.field(description="督导报告, at most 8000 characters.")


@strawberry.input(description="Which inspection to close.")
class InspectionCloseInput(OfInspection):
    pass


@strawberry.type(description="An opinion letter after a step.")
class OpinionLetterPayload:
    opinion_letter: OpinionLetter | None = given("opinion_letter", OPINION_LETTERS, "The letter.")
    inspection: Inspection | None = given("inspection", INSPECTIONS, "The inspection.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type(description="A rectification after a step.")
class RectificationPayload:
    rectification: Rectification | None = given("rectification", RECTIFICATIONS, "The rectification.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type(description="A supervision report after a step.")
class SupervisionReportPayload:
    report: SupervisionReport | None = given("report", REPORTS, "The report.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


LETTER_ARGUMENTS = Arguments(OpinionLetterFilter, OpinionLetterOrder)
RECTIFICATION_ARGUMENTS = Arguments(RectificationFilter, RectificationOrder)


@strawberry.type
class Query:
    opinion_letters: Connection[OpinionLetter] | None = page(
        None, OPINION_LETTERS, "The opinion letters the caller may see.", type=Connection[OpinionLetter], arguments=LETTER_ARGUMENTS
    )
    opinion_letter: OpinionLetter | None = row(OPINION_LETTERS, "One opinion letter.", OpinionLetter)
    rectifications: Connection[Rectification] | None = page(
        None, RECTIFICATIONS, "The rectifications the caller may see.", type=Connection[Rectification], arguments=RECTIFICATION_ARGUMENTS
    )
    rectification: Rectification | None = row(RECTIFICATIONS, "One rectification.", Rectification)
    supervision_report: SupervisionReport | None = row(REPORTS, "One supervision report.", SupervisionReport)


@strawberry.type
class Mutation:
    @mutation(Action.OPINION_DRAFT, "Draft the opinion letter (督导意见书) on a signed checklist, as a member of the team.")
    async def opinion_letter_draft(call: Call, input: OpinionLetterDraftInput) -> OpinionLetterPayload:
        visit = await call.fetch(INSPECTIONS, input.inspection, to=Action.OPINION_DRAFT)
        letter, event = await draft(call.session, visit, input.text, requires_rectification=input.requires_rectification, act=call.act)
        return changed(OpinionLetterPayload, opinion_letter=letter.id, inspection=visit.id, event=event.id)

    @mutation(
        Action.OPINION_ISSUE,
        "Serve the opinion letter (督导意见书, 000 §11(二)) on the agency. The team writes it, its dispatcher serves it (本系统默认). A rectification it asks for "
        "begins with it.",
    )
    async def opinion_letter_serve(call: Call, input: OpinionLetterServeInput) -> OpinionLetterPayload:
        letter = await call.fetch(OPINION_LETTERS, input.opinion_letter, to=Action.OPINION_ISSUE, version=input.expected_version)
        visit, event = await serve(call.session, letter, act=call.act)
        return changed(OpinionLetterPayload, opinion_letter=letter.id, inspection=visit.id, event=event.id)

    @mutation(Action.RECTIFICATION_SUBMIT, "Report the rectification (整改情况报告) to the dispatcher, as the agency.")
    async def rectification_submit(call: Call, input: RectificationSubmitInput) -> RectificationPayload:
        asked = await call.fetch(RECTIFICATIONS, input.rectification, to=Action.RECTIFICATION_SUBMIT, version=input.expected_version)
        event = await submit_rectification(call.session, asked, input.text, act=call.act)
        return changed(RectificationPayload, rectification=asked.id, event=event.id)

    @mutation(Action.RECTIFICATION_RETURN, "Send the rectification back (退回) with a reason, as the dispatcher; never a member of the team.")
    async def rectification_send_back(call: Call, input: RectificationSendBackInput) -> RectificationPayload:
        asked = await call.fetch(RECTIFICATIONS, input.rectification, to=Action.RECTIFICATION_RETURN, version=input.expected_version)
        event = await send_back_rectification(call.session, asked, input.comment, act=call.act)
        return changed(RectificationPayload, rectification=asked.id, event=event.id)

    @mutation(Action.RECTIFICATION_ACCEPT, "Accept the rectification (验收), as the dispatcher; never a member of the team.")
    async def rectification_accept(call: Call, input: RectificationAcceptInput) -> RectificationPayload:
        asked = await call.fetch(RECTIFICATIONS, input.rectification, to=Action.RECTIFICATION_ACCEPT, version=input.expected_version)
        event = await accept_rectification(call.session, asked, act=call.act)
        return changed(RectificationPayload, rectification=asked.id, event=event.id)

    @mutation(Action.INSPECTION_REPORT, "File the supervision report (督导报告) with the dispatcher, as a member of the team.")
    async def supervision_report_submit(call: Call, input: SupervisionReportSubmitInput) -> SupervisionReportPayload:
        visit = await call.fetch(INSPECTIONS, input.inspection, to=Action.INSPECTION_REPORT)
        filed, event = await report(call.session, visit, input.text, act=call.act)
        return changed(SupervisionReportPayload, report=filed.id, event=event.id)

    @mutation(Action.INSPECTION_CLOSE, "Close the inspection (结案): report in, last part of the form signed, required rectification accepted.")
    async def inspection_close(call: Call, input: InspectionCloseInput) -> InspectionPayload:
        visit = await taken(call, input, Action.INSPECTION_CLOSE)
        event = await close(call.session, visit, act=call.act)
        return changed(InspectionPayload, inspection=visit.id, event=event.id)
