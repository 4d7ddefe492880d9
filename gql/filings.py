"""Filing in the graph: batches of results, the opinion of the center, and what it decides."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, FromClause, Text, case, cast, func, or_

from authz.actions import Action
from authz.relations import there_is
from domain import filings, returns
from domain.filing_gate import MOST_NAMED, gathered
from gql.enums import described
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.inspections import INSPECTIONS
from gql.organizations import AGENCIES, EVENTS, Agency, Event, Step, Versioned
from gql.reading.declare import Frame, Offered, Source, bound, column, computed, given, items, one, page, steps
from gql.reading.fragments import constant, element, word
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, TextFilter, where
from gql.returns import MONTHLY_RETURNS, MonthlyReturn
from gql.supervisors import PERSONS, Person
from models.agency_cases import OPEN_CASES, AgencyCase
from models.base import table_of
from models.filings import FilingDecision as FilingDecisionRow
from models.filings import FilingRefusal as FilingRefusalRow
from models.filings import FilingStatus
from models.violations import OPEN_REPORTS, SeriousViolationReport

if TYPE_CHECKING:
    from gql.filing_refusals import FilingRefusal

described(
    FilingStatus,
    "备案状态: where a batch stands.",
    PENDING="待提出意见: put forward by the agency.",
    OPINION_ISSUED="已反馈备案管理意见.",
    FILED="已备案.",
    REFUSED="不予备案.",
    SENT_BACK="已退回: the agency puts the month forward anew.",
)
FILING_DECISIONS = Source(FilingDecisionRow, "FilingDecision", "fil")
FILING_REFUSALS = "gql.filing_refusals:FILING_REFUSALS"
SUBMIT, ADVISE, PROPOSE, DECIDE = Action.FILING_SUBMIT, Action.FILING_ADVISE, Action.FILING_PROPOSE, Action.FILING_DECIDE

Refusal = Annotated["FilingRefusal", strawberry.lazy("gql.filing_refusals")]
UPHELD = table_of(SeriousViolationReport).alias("upheld")


def undisputed(frame: Frame) -> ColumnElement[bool]:
    """No refusal waits for a second person."""
    r = table_of(FilingRefusalRow).alias("waiting")
    return ~there_is(r).where(r.c.filing_decision_id == frame.t.c.id, r.c.status == constant("PROPOSED"))


def unaccused(frame: Frame) -> ColumnElement[bool]:
    """No open serious-violation report or agency case is about a session of the batch, or about the agency as a whole (INV16)."""
    r, c = table_of(SeriousViolationReport).alias("reported"), table_of(AgencyCase).alias("accused")
    reported = there_is(r).where(about(r, frame), r.c.status.in_([constant(one) for one in OPEN_REPORTS]))
    serious = or_(c.c.serious, c.c.status == constant("HR_REFERRED"))
    return ~reported & ~there_is(c).where(about(c, frame), serious, c.c.status.in_([constant(one) for one in OPEN_CASES]))


def about(t: FromClause, frame: Frame) -> ColumnElement[bool]:
    digits = func.replace(cast(t.c.recognition_session_id, Text), constant("-"), constant(""))
    within = frame.t.c.sessions.op("@>")(func.jsonb_build_array(func.jsonb_build_object(constant("recognition_session"), digits)))
    return (t.c.agency_id == frame.t.c.agency_id) & or_(t.c.recognition_session_id.is_(None), within)


def upheld(frame: Frame) -> ColumnElement[bool]:
    """No upheld report on a session of the batch, or on the agency as a whole and decided in its month or later, waits for a refusal (003 §16)."""
    return ~there_is(UPHELD).where(holding(UPHELD, frame))


def holding(r: FromClause, frame: Frame) -> ColumnElement[bool]:
    """That a report was upheld and still keeps the batch from being filed: no refusal that names it was dismissed."""
    d = table_of(FilingRefusalRow).alias("freed")
    freed = there_is(d).where(d.c.filing_decision_id == frame.t.c.id, d.c.serious_violation_report_id == r.c.id, d.c.status == constant("DISMISSED"))
    month = func.to_char(func.timezone(constant("Asia/Shanghai"), r.c.decided_at), constant("YYYY-MM"))
    in_time = or_(r.c.recognition_session_id.is_not(None), month >= frame.t.c.month)
    return about(r, frame) & (r.c.status == constant("UPHELD")) & in_time & ~freed


def blocked_by(frame: Frame) -> ColumnElement[Any]:
    """In the order of the kinds, and of their ids; nothing for who neither advises nor decides."""
    r, c, f = table_of(SeriousViolationReport).alias("report"), table_of(AgencyCase).alias("accusing"), table_of(FilingRefusalRow).alias("disputing")
    open_report = about(r, frame) & r.c.status.in_([constant(one) for one in OPEN_REPORTS])
    serious = or_(c.c.serious, c.c.status == constant("HR_REFERRED"))
    accusing = about(c, frame) & serious & c.c.status.in_([constant(one) for one in OPEN_CASES])
    disputing = (f.c.filing_decision_id == frame.t.c.id) & (f.c.status == constant("PROPOSED"))
    found = func.jsonb_concat(
        func.jsonb_concat(gathered(f, disputing, shown(f, "REFUSAL_PROPOSED", "fref")), gathered(r, open_report, shown(r, "REPORT_OPEN", "svr"))),
        func.jsonb_concat(gathered(r, holding(r, frame), shown(r, "REPORT_UPHELD", "svr")), gathered(c, accusing, shown(c, "CASE_OPEN", "acase"))),
    )
    return case((or_(frame.may(ADVISE), frame.may(DECIDE)), found), else_=func.jsonb_build_array())


def shown(t: FromClause, kind: str, prefix: str) -> ColumnElement[Any]:
    id = word(f"{prefix}_").concat(func.replace(cast(t.c.id, Text), constant("-"), constant("")))
    return func.jsonb_build_object(constant("kind"), constant(kind), constant("subject"), id)


def inspection_id(frame: Frame) -> ColumnElement[str]:
    return func.concat(word("insp_"), element(frame, "inspection", text=True))


def fileable(frame: Frame) -> ColumnElement[bool]:
    return undisputed(frame) & unaccused(frame) & upheld(frame)


def session_id(frame: Frame) -> ColumnElement[str]:
    return func.concat(word("ses_"), element(frame, "recognition_session", text=True))


@strawberry.type(description="认定场次 in a batch, as it was put forward.")
class FilingSession:
    recognition_session: strawberry.ID = computed(session_id, "The session.")
    candidate_count: int = column("candidate_count", "参评人数.")


@strawberry.type(description="依据: an inspection that the filing opinion rests on (003 §14).")
class FilingBasis:
    inspection: strawberry.ID = computed(inspection_id, "The inspection, for `node`.")
    finding_count: int = column("finding_count", "How many findings (问题) it had when the opinion was formed.")


@strawberry.enum(description="What keeps a batch from being filed (003 §16).")
class FilingBlockKind(Enum):
    REFUSAL_PROPOSED = strawberry.enum_value("REFUSAL_PROPOSED", description="不予备案已提出: waits for a second person.")
    REPORT_OPEN = strawberry.enum_value("REPORT_OPEN", description="严重违规报告未结: on a session of the batch, or on the agency as a whole.")
    REPORT_UPHELD = strawberry.enum_value(
        "REPORT_UPHELD", description="严重违规报告属实: a refusal that names it is to be decided; dismissed with a reason, it frees the batch."
    )
    CASE_OPEN = strawberry.enum_value("CASE_OPEN", description="评价机构案件情节严重且未结.")


@strawberry.type(description="One thing that keeps a batch from being filed.")
class FilingBlock:
    kind: FilingBlockKind = column("kind", "What it is.")
    subject: strawberry.ID = column("subject", "The refusal, report or case, for `node`.")


@strawberry.type(description="备案决定 on a batch: the results that one agency posted in one month.")
class FilingDecision(Versioned):
    agency: Agency | None = one("agency_id", AGENCIES, "Whose results.")
    month: str = column("month", "The month, YYYY-MM.")
    status: FilingStatus = column("status", "Where it stands.")
    sessions: list[FilingSession] = items(lambda frame: frame.t.c.sessions, "The sessions of the batch.")
    session_count: int = column("session_count", "How many sessions.")
    candidate_count: int = column("candidate_count", "How many results.")
    submitted_by: Person | None = one("submitted_by", PERSONS, "Who put it forward.")
    submitted_at: datetime = column("submitted_at", "When it was put forward.")
    opinion: str | None = column("opinion", "备案管理意见, fed back to the agency.")
    basis: list[FilingBasis] = items(
        lambda frame: frame.t.c.basis, "依据: the inspections the opinion rests on, as they stood: those of its sessions, and those named."
    )
    monthly_return: MonthlyReturn | None = one(
        "monthly_return_id", MONTHLY_RETURNS, "What the district had reported of the month when the opinion was formed; null for who may not see it."
    )
    blocked_by: list[FilingBlock] = items(
        blocked_by, "What keeps it from being filed (003 §16), for who gives the opinion or decides; nothing for others."
    )
    issued_by: Person | None = one("issued_by", PERSONS, "Who formed the opinion.")
    issued_at: datetime | None = column("issued_at", "When the opinion was fed back.")
    decided_by: Person | None = one("decided_by", PERSONS, "Who filed, refused or sent back.")
    decided_at: datetime | None = column("decided_at", "When that was.")
    comment: str | None = column("comment", "Why it was sent back.")
    refusals: Connection[Refusal] = page(
        "filing_decision_id",
        FILING_REFUSALS,
        "Proposals to refuse it, as far as the caller may see them.",
        type=Connection[Refusal],
        arguments=Arguments(),
    )
    available_steps: list[Step] = steps(
        Offered("filingDecisionSubmit", SUBMIT, ("SENT_BACK",), to="PENDING"),
        Offered("filingDecisionAdvise", ADVISE, ("PENDING",), to="OPINION_ISSUED"),
        Offered("filingDecisionFile", DECIDE, ("OPINION_ISSUED",), to="FILED", when=fileable),
        Offered("filingDecisionSendBack", DECIDE, ("OPINION_ISSUED",), to="SENT_BACK", when=undisputed),
        Offered("filingRefusalPropose", PROPOSE, ("PENDING", "OPINION_ISSUED"), second_person=True, when=undisputed),
    )


@strawberry.input(description="Which batches.")
class FilingDecisionFilter:
    status: Among[FilingStatus] | None = where("status", "Where they stand.")
    month: TextFilter | None = where("month", "The month, YYYY-MM.")
    agency: IdFilter | None = where("agency_id", "Whose results.", "agc")
    district: IdFilter | None = where("district_id", "In which district.", "dst")
    submitted_at: RangeFilter[datetime] | None = where("submitted_at", "When they were put forward.")


@strawberry.enum(description="What batches may be sorted by.")
class FilingDecisionOrder(Enum):
    MONTH = strawberry.enum_value("month", description="By month.")
    SUBMITTED_AT = strawberry.enum_value("submitted_at", description="By time of submission.")


@strawberry.type
class Query:
    filing_decisions: Connection[FilingDecision] | None = page(
        None,
        FILING_DECISIONS,
        "备案: batches the caller may see.",
        type=Connection[FilingDecision],
        arguments=Arguments(FilingDecisionFilter, FilingDecisionOrder),
    )
    filing_decision: FilingDecision | None = row(FILING_DECISIONS, "One batch.", FilingDecision)


@strawberry.input(description="Which month's results the caller's agency puts forward.")
class FilingDecisionSubmitInput(Keyed):
    month: str = strawberry.field(description="YYYY-MM, over.")


@strawberry.input(description="Which batch.")
class OfFiling(Keyed):
    filing_decision: strawberry.ID = strawberry.field(description="The batch.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Which batch, and what the center says of it.")
class FilingDecisionAdviseInput(OfFiling):
    opinion: str = strawberry.field(description="备案管理意见, at most 2000 characters.")
    inspections: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description="日常监督: further inspections of the agency with a signed form that it rests on, at most 50; those of the batch's sessions it has.",
    )


@strawberry.input(description="Which batch is filed.")
class FilingDecisionFileInput(OfFiling):
    pass


@strawberry.input(description="Which batch goes back, and why.")
class FilingDecisionSendBackInput(OfFiling):
    comment: str = strawberry.field(description="Why, at most 2000 characters.")


@strawberry.type(description="A batch after a step.")
class FilingDecisionPayload:
    filing_decision: FilingDecision | None = given("filing_decision", FILING_DECISIONS, "The batch.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


async def taken(call: Call, input: OfFiling, action: Action) -> FilingDecisionRow:
    found: FilingDecisionRow = await call.fetch(FILING_DECISIONS, input.filing_decision, to=action, version=input.expected_version)
    return found


@strawberry.type
class Mutation:
    @mutation(SUBMIT, "Put forward the results of a past month (备案申请), as the agency; anew after a send-back.")
    async def filing_decision_submit(call: Call, input: FilingDecisionSubmitInput) -> FilingDecisionPayload:
        month, agency = returns.month_of(input.month), await returns.own(call.session, call.act)
        call.require(SUBMIT, filings.blank(agency))
        filing, event = await filings.submit(call.session, agency, month, act=call.act)
        return changed(FilingDecisionPayload, filing_decision=filing.id, event=event.id)

    @mutation(ADVISE, "Form the filing opinion (备案管理意见, 003 §14) and feed it back to the agency, as the center.")
    async def filing_decision_advise(call: Call, input: FilingDecisionAdviseInput) -> FilingDecisionPayload:
        filing = await taken(call, input, ADVISE)
        asked = (input.inspections or [])[: MOST_NAMED + 1]
        named = [await call.fetch(INSPECTIONS, one, to=Action.INSPECTION_READ) for one in asked]
        event = await filings.advise(call.session, filing, input.opinion, act=call.act, inspections=named)
        return changed(FilingDecisionPayload, filing_decision=filing.id, event=event.id)

    @mutation(
        DECIDE,
        "File a batch (备案). Not while a refusal is proposed, a serious report or case on it is open, or an upheld report awaits a refusal (003 §16).",
    )
    async def filing_decision_file(call: Call, input: FilingDecisionFileInput) -> FilingDecisionPayload:
        filing = await taken(call, input, DECIDE)
        event = await filings.file(call.session, filing, act=call.act)
        return changed(FilingDecisionPayload, filing_decision=filing.id, event=event.id)

    @mutation(DECIDE, "Send a batch back (退回) with a reason. Not while a refusal is proposed.")
    async def filing_decision_send_back(call: Call, input: FilingDecisionSendBackInput) -> FilingDecisionPayload:
        filing = await taken(call, input, DECIDE)
        event = await filings.send_back(call.session, filing, input.comment, act=call.act)
        return changed(FilingDecisionPayload, filing_decision=filing.id, event=event.id)
