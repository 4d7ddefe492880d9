"""Inspections: one visit of a team to one session of one agency, from the dispatch on."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import ColumnElement, Text

from authz.actions import Action
from authz.relations import there_is
from domain import inspections
from domain.report_days import report_due_on
from gql.dispatch import DRAWS, Draw, DrawPayload, OfDraw
from gql.dispatch import taken as drawn
from gql.enums import described
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.offers import ASSIGNMENTS, Assignment
from gql.organizations import AGENCIES, EVENTS, ORGANIZATIONS, PROFILES, Agency, Event, Organization, Profile, Step, Versioned
from gql.reading.declare import Frame, Offered, Source, bound, column, computed, given, many, one, only, page, source_of, steps
from gql.reading.filters import visible
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, TextFilter, where, where_met
from gql.sessions import RECOGNITION_SESSIONS, RecognitionSession
from models.checklists import InspectionMethod
from models.inspections import Inspection as InspectionRow
from models.inspections import InspectionForm, InspectionStatus, Venue

if TYPE_CHECKING:
    from gql.amendments import AlterationRequest, Amendment
    from gql.candidates import CandidateCheck
    from gql.checklists import Checklist, Finding
    from gql.entries import DoubleEntry
    from gql.evidence import Evidence, EvidenceRequest
    from gql.opinions import OpinionLetter, Rectification, SupervisionReport
    from gql.ratings import AnnualRating
    from gql.recommendations import AssessorRecommendation

described(
    InspectionForm,
    "督导形式: why an inspection takes place (000 §10; 003 §4-5).",
    ONSITE="现场督导: of a whole session, drawn at random.",
    SPOT_CHECK="抽查: of a session, drawn at random or by name.",
    SPECIAL="专项督导: by the center, on a topic.",
    ANNUAL="年检评估: by the center, of each agency once a year, against a standard.",
    COMPREHENSIVE="综合督导检查: by the center, of an agency's work as a whole.",
)
described(Venue, "督导地点: where it takes place.", ONSITE="现场: at the place of the session.", DESK="案头: over results and records.")
described(
    InspectionStatus,
    "督导的状态: where an inspection stands.",
    DISPATCHED="已指派: the team is asked; the agency does not know.",
    NOTIFIED="已通知: the notice is served.",
    IN_PROGRESS="进行中: the team has checked in.",
    CHECKLIST_SIGNED="督导表已签字: the team has signed.",
    OPINION_SERVED="意见书已送达: the opinion letter is served.",
    CLOSED="已办结: closed.",
    CANCELLED="已取消: called off before it began.",
)

described(
    InspectionMethod,
    "督导方式: how the team inspected (000 §9).",
    SITE_OBSERVATION="现场督导.",
    BRIEFING="听取情况汇报.",
    DOCUMENT_REVIEW="查阅有关文件、档案、资料.",
    SURVEY_TEST_RECHECK="组织调查问卷、测试和复核.",
)

INSPECTIONS = Source(InspectionRow, "Inspection", "insp")

CHECKLISTS, FINDINGS = "gql.checklists:CHECKLISTS", "gql.checklists:FINDINGS"
EVIDENCE, EVIDENCE_REQUESTS = "gql.evidence:EVIDENCE", "gql.evidence:EVIDENCE_REQUESTS"
OPINION_LETTERS, RECTIFICATIONS, REPORTS = "gql.opinions:OPINION_LETTERS", "gql.opinions:RECTIFICATIONS", "gql.opinions:REPORTS"

Material = Annotated["Evidence", strawberry.lazy("gql.evidence")]
Asked = Annotated["EvidenceRequest", strawberry.lazy("gql.evidence")]
AMENDMENTS, ALTERATION_REQUESTS = "gql.amendments:AMENDMENTS", "gql.amendments:ALTERATION_REQUESTS"
CANDIDATE_CHECKS = "gql.candidates:CANDIDATE_CHECKS"
RECOMMENDATIONS, RATINGS = "gql.recommendations:RECOMMENDATIONS", "gql.ratings:RATINGS"

AFTER_SITE = ("CHECKLIST_SIGNED", "OPINION_SERVED")
"""While the last part of the form may still be open (A24)."""


def not_own(frame: Frame) -> ColumnElement[bool]:
    """Of a team that was sent, not of an agency's own inspection."""
    found: ColumnElement[bool] = frame.t.c.internal.is_(False)
    return found


LARGEST_TEAM = 100
"""Places ever offered for one inspection, replacements included."""


@strawberry.type(
    description="质量督导: one visit of a team to one agency, to a session of it or to its work as a whole. The agency sees it from the notice on."
)
class Inspection(Versioned):
    status: InspectionStatus = column("status", "Where it stands.")
    form: InspectionForm = column("form", "督导形式.")
    topic: str | None = column("topic", "专项或重点工作: the topic; a special inspection always has one.")
    year: int | None = column("year", "The year that an annual inspection is of.")
    venue: Venue = column("venue", "现场 or 案头.")
    internal: bool = column(
        "internal",
        "内督: the agency's own, by the internal supervisor who watches the session (`inspectionOpenInternal`; 000 §12, 003 §6). It counts towards no "
        "ratio and no rotation; `inspectionAgreements` compares it with the external one.",
    )
    scheduled_on: date = column("scheduled_on", "The day of the visit in Shanghai.")
    notified_at: datetime | None = column("notified_at", "When the notice (督导工作通知) was served.")
    closed_at: datetime | None = column("closed_at", "When it was closed.")
    cancel_reason: str | None = column("cancel_reason", "Why it was called off.")
    agency: Agency | None = one("agency_id", AGENCIES, "被督导机构: who is inspected.")
    dispatcher: Organization | None = one("dispatcher_id", ORGANIZATIONS, "指派机构: who sent the team.")
    recognition_session: RecognitionSession | None = one(
        "recognition_session_id", RECOGNITION_SESSIONS, "The session inspected; null for an agency's work as a whole."
    )
    draw: Draw | None = one("draw_id", DRAWS, "The draw it comes from; null where the dispatcher named the team.")
    profile: Profile | None = one("profile_id", PROFILES, "The rules it is judged by.")
    team: list[Assignment] = many(
        "inspection_id", ASSIGNMENTS, "督导组: everybody asked, leader first; `status` tells who comes.", order=("role",), cap=LARGEST_TEAM
    )
    checklist: Annotated["Checklist", strawberry.lazy("gql.checklists")] | None = only(
        "inspection_id", CHECKLISTS, "督导表: the form, from the first check-in on."
    )
    double_entry: Annotated["DoubleEntry", strawberry.lazy("gql.entries")] | None = only(
        "inspection_id", "gql.entries:DOUBLE_ENTRIES", "独立填写: where every member answers alone first; null where they answer together."
    )
    findings: list[Annotated["Finding", strawberry.lazy("gql.checklists")]] = many(
        "inspection_id", FINDINGS, "问题: what the signed form says No to, in its order.", order=("item_id",), cap=100
    )
    evidence: Connection[Material] = page(
        "inspection_id", EVIDENCE, "资料: what was handed over and collected.", type=Connection[Material], arguments=Arguments()
    )
    plans: list[Material] = many(
        "held_at",
        "gql.plans:HELD",
        "备案方案、实施方案: those of the agency that held on the day, for the occupation of the session or for all (003 §13, F02 to F04 of the form).",
        order=("kind", "holds_from"),
        cap=100,
    )
    evidence_requests: Connection[Asked] = page(
        "inspection_id", EVIDENCE_REQUESTS, "资料调取: what the agency was asked for.", type=Connection[Asked], arguments=Arguments()
    )
    opinion_letter: Annotated["OpinionLetter", strawberry.lazy("gql.opinions")] | None = only(
        "inspection_id", OPINION_LETTERS, "督导意见书: the agency sees it once served."
    )
    rectification: Annotated["Rectification", strawberry.lazy("gql.opinions")] | None = only(
        "inspection_id", RECTIFICATIONS, "整改: where the opinion letter asks for it."
    )
    report: Annotated["SupervisionReport", strawberry.lazy("gql.opinions")] | None = only(
        "inspection_id", REPORTS, "督导报告: for the dispatcher, never for the agency."
    )
    report_due_on: date | None = computed(
        lambda frame: report_due_on(frame.t.c.id),
        "Until when the report is due: working days after the visit by the rules; null where they have none.",
    )
    candidate_checks: list[Annotated["CandidateCheck", strawberry.lazy("gql.candidates")]] = many(
        "inspection_id", CANDIDATE_CHECKS, "抽查认定人员: the candidates who were looked at.", order=("checked_at",), cap=100
    )
    annual_rating: Annotated["AnnualRating", strawberry.lazy("gql.ratings")] | None = only(
        "inspection_id", RATINGS, "年检评估评定: from the last signature of an annual inspection on."
    )
    amendments: list[Annotated["Amendment", strawberry.lazy("gql.amendments")]] = many(
        "inspection_id", AMENDMENTS, "更正: what stands beside the signed form, which stays as it is.", order=("proposed_at",), cap=100
    )
    alteration_requests: list[Annotated["AlterationRequest", strawberry.lazy("gql.amendments")]] = many(
        "inspection_id", ALTERATION_REQUESTS, "更改督导结果的要求: who asked for another result.", order=("recorded_at",), cap=100
    )
    assessor_recommendations: list[Annotated["AssessorRecommendation", strawberry.lazy("gql.recommendations")]] = many(
        "inspection_id", RECOMMENDATIONS, "取消考评人员资格建议: at most one for each assessor of the session.", order=("proposed_at",), cap=100
    )
    available_steps: list[Step] = steps(
        Offered("inspectionNotify", Action.INSPECTION_NOTIFY, ("DISPATCHED",), "NOTIFIED"),
        Offered("inspectionCancel", Action.INSPECTION_CANCEL, ("DISPATCHED", "NOTIFIED"), "CANCELLED"),
        Offered("inspectionCheckIn", Action.INSPECTION_CHECK_IN, ("NOTIFIED", "IN_PROGRESS"), "IN_PROGRESS", when=not_own),
        Offered("inspectionDepart", Action.INSPECTION_DEPART, ("IN_PROGRESS", *AFTER_SITE)),
        Offered("checklistSave", Action.INSPECTION_FILL, ("IN_PROGRESS", *AFTER_SITE)),
        Offered("inspectionSign", Action.INSPECTION_SIGN, ("IN_PROGRESS", *AFTER_SITE)),
        Offered("evidenceAttach", Action.EVIDENCE_ADD, ("NOTIFIED", "IN_PROGRESS", *AFTER_SITE)),
        Offered("evidenceRequestMake", Action.EVIDENCE_REQUEST_MAKE, ("NOTIFIED", "IN_PROGRESS", *AFTER_SITE)),
        Offered("opinionLetterDraft", Action.OPINION_DRAFT, ("CHECKLIST_SIGNED",)),
        Offered("supervisionReportSubmit", Action.INSPECTION_REPORT, ("OPINION_SERVED",), when=not_own),
        Offered("inspectionClose", Action.INSPECTION_CLOSE, ("OPINION_SERVED",), "CLOSED"),
        Offered("amendmentPropose", Action.AMENDMENT_PROPOSE, (*AFTER_SITE, "CLOSED")),
    )


def by_method(frame: Frame, method: ColumnElement[str]) -> ColumnElement[bool]:
    c, seen = visible(frame, source_of(CHECKLISTS))
    return there_is(c).where(c.c.inspection_id == frame.t.c.id, c.c.methods.op("?", is_comparison=True)(method), *seen)


@strawberry.input(description="Which inspections.")
class InspectionFilter:
    status: Among[InspectionStatus] | None = where("status", "Where they stand.")
    form: Among[InspectionForm] | None = where("form", "督导形式.")
    topic: TextFilter | None = where("topic", "专项或重点工作.")
    year: RangeFilter[int] | None = where("year", "Of which year, where it is annual.")
    venue: Among[Venue] | None = where("venue", "现场 or 案头.")
    district: IdFilter | None = where("district_id", "The district of the session.", "dst")
    agency: IdFilter | None = where("agency_id", "Who is inspected.", "agc")
    dispatcher: IdFilter | None = where("dispatcher_id", "Who sent the team.", "ctr", "dst")
    recognition_session: IdFilter | None = where("recognition_session_id", "Of which session.", "ses")
    scheduled_on: RangeFilter[date] | None = where("scheduled_on", "The day of the visit.")
    internal: bool | None = where("internal", "By the agency's own internal supervisor or by others.")
    method: InspectionMethod | None = where_met("method", by_method, "督导方式: of which the form says that it was used (000 §9).", kind=Text())


@strawberry.enum(description="What inspections may be sorted by.")
class InspectionOrder(Enum):
    SCHEDULED_ON = strawberry.enum_value("scheduled_on", description="By day.")
    CREATED_AT = strawberry.enum_value("created_at", description="By time of dispatch.")


@strawberry.type
class Query:
    inspections: Connection[Inspection] | None = page(
        None,
        INSPECTIONS,
        "质量督导: inspections the caller may know of.",
        type=Connection[Inspection],
        arguments=Arguments(InspectionFilter, InspectionOrder),
    )
    inspection: Inspection | None = row(INSPECTIONS, "One inspection.", Inspection)


@strawberry.input(description="Which inspection.")
class OfInspection(Keyed):
    inspection: strawberry.ID = strawberry.field(description="The inspection.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Of which inspection the notice is served.")
class InspectionNotifyInput(OfInspection):
    pass


@strawberry.input(description="Which inspection, and why it is called off.")
class InspectionCancelInput(OfInspection):
    reason: str = strawberry.field(description="Why, at most 500 characters.")


@strawberry.type(description="An inspection after a step.")
class InspectionPayload:
    inspection: Inspection | None = given("inspection", INSPECTIONS, "The inspection.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


async def taken(call: Call, input: OfInspection, action: Action) -> InspectionRow:
    found: InspectionRow = await call.fetch(INSPECTIONS, input.inspection, to=action, version=input.expected_version)
    return found


@strawberry.input(description="Which draw is confirmed.")
class DrawConfirmInput(OfDraw):
    pass


@strawberry.type
class Mutation:
    @mutation(Action.DRAW_CONFIRM, "确认抽取: make the inspections of a draw and ask their teams.")
    async def draw_confirm(call: Call, input: DrawConfirmInput) -> DrawPayload:
        found = await drawn(call, input, Action.DRAW_CONFIRM)
        _, event = await inspections.dispatch_drawn(call.session, found, act=call.act)
        return changed(DrawPayload, draw=found.id, event=event.id)

    @mutation(
        Action.INSPECTION_NOTIFY,
        "Serve the notice (督导工作通知, 000 §11(一)): from here on the agency knows. Needs the whole team. 003 knows no notice and neither text a time for it: "
        "it may be served on arrival, so that a spot check comes unannounced (本系统默认).",
    )
    async def inspection_notify(call: Call, input: InspectionNotifyInput) -> InspectionPayload:
        found = await taken(call, input, Action.INSPECTION_NOTIFY)
        event = await inspections.notify(call.session, found, act=call.act)
        return changed(InspectionPayload, inspection=found.id, event=event.id)

    @mutation(Action.INSPECTION_CANCEL, "Call an inspection off before it begins; its offers are withdrawn.")
    async def inspection_cancel(call: Call, input: InspectionCancelInput) -> InspectionPayload:
        found = await taken(call, input, Action.INSPECTION_CANCEL)
        event = await inspections.cancel(call.session, found, input.reason, act=call.act)
        return changed(InspectionPayload, inspection=found.id, event=event.id)
