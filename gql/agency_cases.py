"""Cases against agencies in the graph: the ladder of 000 §20, up to what the HR department decides."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, Text, case, cast, or_

from authz.actions import Action
from authz.relations import ORGANIZATION
from domain import agency_cases
from domain.agency_cases import Charge, Ruling
from gql.credit import agency_named, session_named
from gql.enums import described
from gql.evidence import EVIDENCE_REQUESTS, EvidenceRequest
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.inspections import INSPECTIONS, Inspection
from gql.opinions import RECTIFICATIONS, Rectification
from gql.organizations import AGENCIES, EVENTS, ORGANIZATIONS, Agency, Event, Organization, Step, Versioned
from gql.reading.declare import Frame, Offered, Source, bound, column, computed, given, one, page, source_of, steps
from gql.reading.fragments import constant
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, where
from gql.sessions import RECOGNITION_SESSIONS, RecognitionSession
from models.agency_cases import AgencyCase as AgencyCaseRow
from models.agency_cases import AgencyCaseOrigin, AgencyCaseStatus, AgencyGround
from models.events import Event as EventRow

if TYPE_CHECKING:
    from gql.complaints import Complaint
    from gql.obstructions import Obstruction

Behind = Annotated["Complaint", strawberry.lazy("gql.complaints")]

described(
    AgencyGround,
    "妨碍督导的情形 (000 §20): for what an agency or its staff is called to account.",
    WITHHOLDS_INFORMATION="拒绝提供有关情况和文件资料 (一).",
    SILENCES_WITNESSES="阻挠有关人员反映情况 (二).",
    REFUSES_IMPROVEMENT="拒不采取改进措施 (三).",
    DECEIVES_SUPERVISION="弄虚作假、欺骗干扰 (四).",
    RETALIATES="打击、报复质量督导人员 (五).",
    OTHER_OBSTRUCTION="其他影响质量督导工作的行为 (六).",
)
described(
    AgencyCaseOrigin,
    "立案来源: how a case against an agency came about.",
    MANUAL="人工立案.",
    OBSTRUCTION="督导组记录的阻挠: recorded by a team.",
    RECTIFICATION_OVERDUE="整改逾期, opened by 系统 (000 §20(三)).",
    EVIDENCE_REFUSED="拒绝提供资料, opened by 系统 (000 §20(一)).",
)
described(
    AgencyCaseStatus,
    "评价机构案件的状态: where a case stands.",
    OPENED="已立案: the agency does not know yet.",
    CRITICIZED="已批评.",
    ORDERED="已责令改正.",
    HR_REFERRED="已提请人社部门: which has ordered rectification.",
    DISQUALIFIED="已取消资格: by the HR department.",
    RECTIFIED="已改正.",
    DISMISSED="不予处理.",
)

Recorded = Annotated["Obstruction", strawberry.lazy("gql.obstructions")]

AGENCY_CASES = Source(AgencyCaseRow, "AgencyCase", "acase")
OPEN, CRITICIZE, ORDER = Action.AGENCY_CASE_OPEN, Action.AGENCY_CASE_CRITICIZE, Action.AGENCY_CASE_ORDER
REFER, DISQUALIFY = Action.AGENCY_CASE_REFER, Action.AGENCY_CASE_DISQUALIFY
RECTIFY, DISMISS = Action.AGENCY_CASE_RECTIFY, Action.AGENCY_CASE_DISMISS


def judging(frame: Frame) -> ColumnElement[bool]:
    """No agency has a word in its own case; in one it opened against its own staff it has."""
    return or_(frame.t.c.agency_id != ORGANIZATION, frame.t.c.opener_id == ORGANIZATION)


def of_agency(frame: Frame) -> ColumnElement[bool]:
    found: ColumnElement[bool] = frame.t.c.staff_name.is_(None)
    return found


def article(frame: Frame) -> ColumnElement[str]:
    return case({constant(ground.value): constant(said) for ground, said in agency_cases.ARTICLES.items()}, value=cast(frame.t.c.ground, Text))


@strawberry.type(
    description="评价机构案件: against an agency or one of its staff, for obstructing supervision. The agency sees it from the criticism on."
)
class AgencyCase(Versioned):
    agency: Agency | None = one("agency_id", AGENCIES, "Against whom, or against whose staff.")
    staff_name: str | None = column("staff_name", "有关工作人员: the one of the staff that it is against; null for the agency itself.")
    ground: AgencyGround = column("ground", "情形.")
    article: str = computed(article, "条款: the item of 000 §20 that the ground is.")
    origin: AgencyCaseOrigin | None = column(
        "origin", "立案来源: by hand, by a team, or by itself; null for the agency.", mask=Action.AGENCY_CASE_READ_FACTS
    )
    serious: bool = column("serious", "情节严重: while it is open, the results it is about are not filed.")
    facts: str | None = column("facts", "What is said to have happened; null for the agency.", mask=Action.AGENCY_CASE_READ_FACTS)
    status: AgencyCaseStatus = column("status", "Where it stands.")
    inspection: Inspection | None = one("inspection_id", INSPECTIONS, "The obstructed inspection, where one opened it.")
    recognition_session: RecognitionSession | None = one(
        "recognition_session_id", RECOGNITION_SESSIONS, "About which session; without one, as a whole."
    )
    rectification: Rectification | None = one("rectification_id", RECTIFICATIONS, "The rectification it rests on (000 §20(三)).")
    evidence_request: EvidenceRequest | None = one("evidence_request_id", EVIDENCE_REQUESTS, "The refused request it rests on (000 §20(一)).")
    complaint: Behind | None = one("complaint_id", "gql.complaints:COMPLAINTS", "The complaint it rests on; null for the agency (000 §8(六)).")
    opener: Organization | None = one("opener_id", ORGANIZATIONS, "Who opened it.")
    criticism: str | None = column("criticism", "批评.")
    criticized_at: datetime | None = column("criticized_at", "When the agency was told.")
    correction: str | None = column("correction", "责令改正: what is to be put right.")
    due_on: date | None = column("due_on", "The last day for it.")
    hr_order_number: str | None = column("hr_order_number", "人社部门责令整改文号.")
    hr_ordered_on: date | None = column("hr_ordered_on", "On which day the HR department ordered it.")
    hr_decision_number: str | None = column("hr_decision_number", "人社部门取消资格文号.")
    hr_decided_on: date | None = column("hr_decided_on", "On which day the HR department disqualified the agency.")
    closed_at: datetime | None = column("closed_at", "When it ended.")
    reason: str | None = column("reason", "Why it ended as rectified or dismissed.")
    obstructions: Connection[Recorded] = page(
        "agency_case_id",
        "gql.obstructions:OBSTRUCTIONS",
        "What it rests on, as teams and 系统 recorded it; nothing for the agency.",
        type=Connection[Recorded],
        arguments=Arguments(),
    )
    available_steps: list[Step] = steps(
        Offered("agencyCaseCriticize", CRITICIZE, ("OPENED",), "CRITICIZED", when=judging),
        Offered("agencyCaseOrder", ORDER, ("CRITICIZED",), "ORDERED", when=judging),
        Offered("agencyCaseRefer", REFER, ("ORDERED",), "HR_REFERRED"),
        Offered("agencyCaseDisqualify", DISQUALIFY, ("HR_REFERRED",), "DISQUALIFIED", when=of_agency),
        Offered("agencyCaseRectify", RECTIFY, ("CRITICIZED", "ORDERED", "HR_REFERRED"), "RECTIFIED", when=judging),
        Offered("agencyCaseDismiss", DISMISS, ("OPENED",), "DISMISSED", when=judging),
    )


@strawberry.input(description="Which cases.")
class AgencyCaseFilter:
    status: Among[AgencyCaseStatus] | None = where("status", "Where they stand.")
    ground: Among[AgencyGround] | None = where("ground", "For what.")
    agency: IdFilter | None = where("agency_id", "Against whom.", "agc")
    district: IdFilter | None = where("district_id", "In which district.", "dst")
    inspection: IdFilter | None = where("inspection_id", "Opened by an obstruction of which inspection.", "insp")
    due_on: RangeFilter[date] | None = where("due_on", "Until when it is to be put right.")
    created_at: RangeFilter[datetime] | None = where("created_at", "When they were opened.")


@strawberry.enum(description="What cases may be sorted by.")
class AgencyCaseOrder(Enum):
    CREATED_AT = strawberry.enum_value("created_at", description="By time of opening.")
    UPDATED_AT = strawberry.enum_value("updated_at", description="By time of the last change.")


@strawberry.type
class Query:
    agency_cases: Connection[AgencyCase] | None = page(
        None,
        AGENCY_CASES,
        "Cases against agencies the caller may see.",
        type=Connection[AgencyCase],
        arguments=Arguments(AgencyCaseFilter, AgencyCaseOrder),
    )
    agency_case: AgencyCase | None = row(AGENCY_CASES, "One case against an agency.", AgencyCase)


@strawberry.input(description="A case to open against an agency or one of its staff.")
class AgencyCaseOpenInput(Keyed):
    agency: strawberry.ID = strawberry.field(description="Against whom, or against whose staff.")
    ground: AgencyGround = strawberry.field(description="情形, one of the rules in force.")
    facts: str = strawberry.field(description="What is said to have happened, at most 4000 characters.")
    serious: bool = strawberry.field(default=False, description="情节严重.")
    staff_name: str | None = strawberry.field(default=None, description="有关工作人员, at most 60 characters; an agency must name one.")
    recognition_session: strawberry.ID | None = strawberry.field(default=None, description="About which session; without one, as a whole.")
    rectification: strawberry.ID | None = strawberry.field(default=None, description="The rectification it rests on (000 §20(三)).")
    evidence_request: strawberry.ID | None = strawberry.field(default=None, description="The request for evidence it rests on (000 §20(一)).")
    complaint: strawberry.ID | None = strawberry.field(default=None, description="The complaint it rests on (000 §8(六)).")


@strawberry.input(description="Which case.")
class OfAgencyCase(Keyed):
    agency_case: strawberry.ID = strawberry.field(description="The case.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="A criticism, told to the agency.")
class AgencyCaseCriticizeInput(OfAgencyCase):
    criticism: str = strawberry.field(description="批评, at most 2000 characters.")


@strawberry.input(description="An order to correct.")
class AgencyCaseOrderInput(OfAgencyCase):
    correction: str = strawberry.field(description="责令改正: what is to be put right, at most 2000 characters.")


@strawberry.input(description="What the HR department decided.")
class AgencyCaseDisqualifyInput(OfAgencyCase):
    number: str = strawberry.field(description="文号 of the HR department, at most 40 characters.")
    decided_on: date = strawberry.field(description="The day it decided.")

    def ruling(self) -> Ruling:
        return Ruling(self.number, self.decided_on)


@strawberry.input(description="What the HR department ordered, and why it was put to it.")
class AgencyCaseReferInput(AgencyCaseDisqualifyInput):
    reason: str = strawberry.field(description="拒不改正或情节严重: why, at most 2000 characters.")


@strawberry.input(description="Which case ends because it was put right.")
class AgencyCaseRectifyInput(OfAgencyCase):
    reason: str = strawberry.field(description="How, at most 2000 characters.")


@strawberry.input(description="Which case ends without a criticism, and why.")
class AgencyCaseDismissInput(OfAgencyCase):
    reason: str = strawberry.field(description="Why, at most 2000 characters.")


@strawberry.type(description="A case against an agency after a step.")
class AgencyCasePayload:
    agency_case: AgencyCase | None = given("agency_case", AGENCY_CASES, "The case.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


async def taken(call: Call, input: OfAgencyCase, action: Action) -> AgencyCaseRow:
    found: AgencyCaseRow = await call.fetch(AGENCY_CASES, input.agency_case, to=action, version=input.expected_version)
    return found


async def behind(call: Call, input: AgencyCaseOpenInput) -> dict[str, Any]:
    """What the case rests on, as far as the caller may see it."""
    named = {
        "rectification": (RECTIFICATIONS, input.rectification, Action.RECTIFICATION_READ),
        "evidence_request": (EVIDENCE_REQUESTS, input.evidence_request, Action.EVIDENCE_REQUEST_READ),
        "complaint": (source_of("gql.complaints:COMPLAINTS"), input.complaint, Action.COMPLAINT_READ),
    }
    found = {name: await call.fetch(source, id, to=read) for name, (source, id, read) in named.items() if id}
    return found | {"recognition": await session_named(call, input.recognition_session)}


def after(case: AgencyCaseRow, event: EventRow) -> AgencyCasePayload:
    return changed(AgencyCasePayload, agency_case=case.id, event=event.id)


@strawberry.type
class Mutation:
    @mutation(OPEN, "Open a case (立案) against an agency or one of its staff; an agency only against its own staff.")
    async def agency_case_open(call: Call, input: AgencyCaseOpenInput) -> AgencyCasePayload:
        agency = await agency_named(call, input.agency)
        call.require(OPEN, agency_cases.blank(agency, opener_id=call.act.organization_id))
        charge = Charge(input.ground, input.facts, input.serious, input.staff_name, **await behind(call, input))
        return after(*await agency_cases.open_case(call.session, agency, charge, act=call.act))

    @mutation(CRITICIZE, "Criticize (批评). From here on the agency sees the case.")
    async def agency_case_criticize(call: Call, input: AgencyCaseCriticizeInput) -> AgencyCasePayload:
        case = await taken(call, input, CRITICIZE)
        return after(case, await agency_cases.criticize(call.session, case, input.criticism, act=call.act))

    @mutation(ORDER, "Order to correct (责令改正), due in working days.")
    async def agency_case_order(call: Call, input: AgencyCaseOrderInput) -> AgencyCasePayload:
        case = await taken(call, input, ORDER)
        return after(case, await agency_cases.order(call.session, case, input.correction, act=call.act))

    @mutation(REFER, "Record that the HR department, at the center's proposal, ordered rectification (责令整改).")
    async def agency_case_refer(call: Call, input: AgencyCaseReferInput) -> AgencyCasePayload:
        case = await taken(call, input, REFER)
        return after(case, await agency_cases.refer(call.session, case, input.ruling(), reason=input.reason, act=call.act))

    @mutation(DISQUALIFY, "Record that the HR department disqualified the agency (取消资格). The center does not decide it.")
    async def agency_case_disqualify(call: Call, input: AgencyCaseDisqualifyInput) -> AgencyCasePayload:
        case = await taken(call, input, DISQUALIFY)
        return after(case, await agency_cases.disqualify(call.session, case, input.ruling(), act=call.act))

    @mutation(RECTIFY, "End a case because it was put right (已改正).")
    async def agency_case_rectify(call: Call, input: AgencyCaseRectifyInput) -> AgencyCasePayload:
        case = await taken(call, input, RECTIFY)
        return after(case, await agency_cases.rectify(call.session, case, input.reason, act=call.act))

    @mutation(DISMISS, "End a case before any criticism (不予处理).")
    async def agency_case_dismiss(call: Call, input: AgencyCaseDismissInput) -> AgencyCasePayload:
        case = await taken(call, input, DISMISS)
        return after(case, await agency_cases.dismiss(call.session, case, input.reason, act=call.act))
