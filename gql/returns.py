"""Monthly returns (月报)."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
from sqlalchemy import ColumnElement, func

from authz.actions import Action
from domain import returns
from gql.enums import described
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.organizations import DISTRICTS, EVENTS, District, Event, Step, Versioned
from gql.reading.declare import Expression, Frame, Offered, Source, bound, column, computed, given, items, one, page, steps
from gql.reading.fragments import element, word
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, TextFilter, where
from models.opinions import RectificationStatus
from models.returns import MonthlyReturn as MonthlyReturnRow
from models.returns import MonthlyReturnStatus, Timeliness
from models.sessions import RecognitionMode
from models.supervisors import SkillLevel

described(
    MonthlyReturnStatus,
    "月报的状态: where an edition stands.",
    SUBMITTED="已报送: the district has filed it.",
    ACCEPTED="已接收: the center has accepted it.",
    SENT_BACK="已退回: the center wants another edition.",
    REPLACED="已被替换: a later edition stands for it.",
)
described(
    Timeliness,
    "及时性: fixed by the first edition.",
    ON_TIME="按时: 每月5日前 (003 §15), by the end of the 5th in Shanghai or of the next working day as the rules say (本系统默认).",
    LATE="逾期: later; taken all the same.",
)

MONTHLY_RETURNS = Source(MonthlyReturnRow, "MonthlyReturn", "mret")


class Change(Enum):
    ADDED = "ADDED"
    REMOVED = "REMOVED"
    CHANGED = "CHANGED"


described(Change, "变化: what became of a line since the edition before.", ADDED="新增.", REMOVED="删除.", CHANGED="修改.")


def shown(prefix: str, key: str) -> Expression:
    """An id inside a line, with the prefix of its noun."""

    def expression(frame: Frame) -> ColumnElement[str]:
        return func.concat(word(f"{prefix}_"), element(frame, key, text=True))

    return expression


@strawberry.type(description="月报的一行: one closed inspection, the facts of its session and its result.")
class ReturnLine:
    inspection: strawberry.ID = computed(shown("insp", "inspection"), "The inspection.")
    recognition_session: strawberry.ID = computed(shown("ses", "recognition_session"), "认定场次: the session.")
    agency: str = column("agency", "被督导评价机构: the name of the agency.")
    credit_code: str = column("credit_code", "Its credit code.")
    occupation: str = column("occupation", "职业: the occupation.")
    level: SkillLevel = column("level", "等级: the rank.")
    mode: RecognitionMode = column("mode", "The way of recognition.")
    candidate_count: int = column("candidate_count", "How many candidates.")
    held_on: str = column("held_on", "The day of the session, YYYY-MM-DD.")
    scheduled_on: str = column("scheduled_on", "The day of the inspection, YYYY-MM-DD.")
    closed_on: str = column("closed_on", "The day it was closed, YYYY-MM-DD.")
    team_size: int = column("team_size", "How many members were there.")
    yes: int = column("yes", "Lines answered 是.")
    no: int = column("no", "Lines answered 否.")
    not_applicable: int = column("not_applicable", "Lines that do not apply.")
    not_observed: int = column("not_observed", "Lines not observed.")
    findings: list[str] = column("findings", "The codes of the lines answered 否.")
    rectification: RectificationStatus | None = column("rectification", "How the rectification stands, where there is one.")


@strawberry.type(description="与上一版的差异: a line that this edition says otherwise.")
class ReturnDifference:
    inspection: strawberry.ID = computed(shown("insp", "inspection"), "The inspection.")
    change: Change = column("change", "What became of its line.")


@strawberry.type(description="月报: what a district reports to its center on a month, one edition of it.")
class MonthlyReturn(Versioned):
    district: District | None = one("district_id", DISTRICTS, "Whose it is.")
    month: str = column("month", "The month it reports on, YYYY-MM.")
    edition: int = column("edition", "From 1; each answers a send-back.")
    status: MonthlyReturnStatus = column("status", "Where it stands.")
    timeliness: Timeliness = column("timeliness", "Whether the first edition was on time.")
    due_at: datetime = column("due_at", "The instant from which it is late.")
    submitted_at: datetime = column("submitted_at", "When this edition was filed.")
    sessions_held: int = column("sessions_held", "Sessions held in the district in the month.")
    sessions_inspected: int = column("sessions_inspected", "How many of them the district inspected.")
    sessions_needed: int = column("sessions_needed", "How many it had to.")
    lines: list[ReturnLine] = items(lambda frame: frame.t.c["lines"], "The inspections closed in the month; none in a nil return.")
    ledger_digest: str | None = column(
        "ledger_digest", "证卡台账: the head, in hex, of the center's chained history when this was filed. With a copy of it a cut tail is noticed."
    )
    digest: str = column("digest", "SHA-256, in hex, of the canonical JSON of figures and lines.")
    differences: list[ReturnDifference] = items(lambda frame: frame.t.c["differences"], "What is otherwise than in the edition before.")
    note: str | None = column("note", "附言: what the district adds.")
    comment: str | None = column("comment", "退回理由: why the center sent it back.")
    previous: Annotated["MonthlyReturn", strawberry.lazy("gql.returns")] | None = one("previous_id", MONTHLY_RETURNS, "The edition before.")
    available_steps: list[Step] = steps(
        Offered("monthlyReturnAccept", Action.MONTHLY_RETURN_ACCEPT, ("SUBMITTED",), "ACCEPTED"),
        Offered("monthlyReturnSendBack", Action.MONTHLY_RETURN_RETURN, ("SUBMITTED",), "SENT_BACK"),
        Offered("monthlyReturnSubmit", Action.MONTHLY_RETURN_SUBMIT, ("SENT_BACK",), "REPLACED"),
    )


@strawberry.input(description="Which monthly returns.")
class MonthlyReturnFilter:
    month: TextFilter | None = where("month", "The month, YYYY-MM.")
    district: IdFilter | None = where("district_id", "Whose.", "dst")
    status: Among[MonthlyReturnStatus] | None = where("status", "Where they stand.")
    timeliness: Among[Timeliness] | None = where("timeliness", "On time or late.")
    submitted_at: RangeFilter[datetime] | None = where("submitted_at", "When they were filed.")


@strawberry.enum(description="What monthly returns may be sorted by.")
class MonthlyReturnOrder(Enum):
    MONTH = strawberry.enum_value("month", description="By month.")
    SUBMITTED_AT = strawberry.enum_value("submitted_at", description="By time of filing.")


@strawberry.input(description="Which month to report on. The district is the caller's own.")
class MonthlyReturnSubmitInput(Keyed):
    month: str = strawberry.field(description="A past month, YYYY-MM.")
    note: str | None = strawberry.field(default=None, description="附言, at most 2000 characters.")


@strawberry.input(description="Which return to accept.")
class MonthlyReturnAcceptInput(Keyed):
    monthly_return: strawberry.ID = strawberry.field(description="The return.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Which return to send back, and why.")
class MonthlyReturnSendBackInput(Keyed):
    monthly_return: strawberry.ID = strawberry.field(description="The return.")
    comment: str = strawberry.field(description="退回理由, at most 2000 characters.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.type(description="A monthly return after a step.")
class MonthlyReturnPayload:
    monthly_return: MonthlyReturn | None = given("monthly_return", MONTHLY_RETURNS, "The return.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type
class Query:
    monthly_return: MonthlyReturn | None = row(MONTHLY_RETURNS, "One edition of a monthly return.", MonthlyReturn)
    monthly_returns: Connection[MonthlyReturn] | None = page(
        None,
        MONTHLY_RETURNS,
        "The monthly returns the caller may see.",
        type=Connection[MonthlyReturn],
        arguments=Arguments(MonthlyReturnFilter, MonthlyReturnOrder),
    )


@strawberry.type
class Mutation:
    @mutation(Action.MONTHLY_RETURN_SUBMIT, "File the return of the caller's district on a past month, nil and late ones too.")
    async def monthly_return_submit(call: Call, input: MonthlyReturnSubmitInput) -> MonthlyReturnPayload:
        month = returns.month_of(input.month)
        reporting = await returns.own(call.session, call.act)
        call.require(Action.MONTHLY_RETURN_SUBMIT, returns.blank(reporting))
        filed, event = await returns.submit(call.session, reporting, month, note=input.note, act=call.act)
        return changed(MonthlyReturnPayload, monthly_return=filed.id, event=event.id)

    @mutation(Action.MONTHLY_RETURN_ACCEPT, "Accept a return (接收), as the center.")
    async def monthly_return_accept(call: Call, input: MonthlyReturnAcceptInput) -> MonthlyReturnPayload:
        filed = await call.fetch(MONTHLY_RETURNS, input.monthly_return, to=Action.MONTHLY_RETURN_ACCEPT, version=input.expected_version)
        event = await returns.accept(call.session, filed, act=call.act)
        return changed(MonthlyReturnPayload, monthly_return=filed.id, event=event.id)

    @mutation(Action.MONTHLY_RETURN_RETURN, "Send a return back (退回) with a reason, as the center. The district answers with the next edition.")
    async def monthly_return_send_back(call: Call, input: MonthlyReturnSendBackInput) -> MonthlyReturnPayload:
        filed = await call.fetch(MONTHLY_RETURNS, input.monthly_return, to=Action.MONTHLY_RETURN_RETURN, version=input.expected_version)
        event = await returns.send_back(call.session, filed, input.comment, act=call.act)
        return changed(MonthlyReturnPayload, monthly_return=filed.id, event=event.id)
