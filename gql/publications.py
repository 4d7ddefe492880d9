"""一公开 in the graph: published draws and results, which need no login; and the steps that publish and withdraw."""

from datetime import date, datetime
from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, case
from strawberry import Info

import gql.ratings  # noqa: F401 - describes the ratings
from authz.actions import Action
from domain import publications
from domain.verification import seconds_to_wait
from gql.dispatch import DRAWS, Draw, OfDraw, after_the_run
from gql.enums import described
from gql.fields import VERSION, Call, Keyed, changed, mutation
from gql.inspections import INSPECTIONS
from gql.organizations import EVENTS, Event, Node
from gql.reading.declare import STORED, Expression, Frame, Page, Source, bound, column, computed, given, items, one
from gql.reading.fragments import constant
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, TextFilter, page_resolver, where
from gql.reading.read import read_public
from gql.verification import in_time
from models.inspections import InspectionForm
from models.publications import PublicDraw as PublicDrawRow
from models.publications import PublicDrawStatus, PublicResultStatus
from models.publications import PublicResult as PublicResultRow
from models.ratings import Rating

described(
    PublicDrawStatus,
    "抽取公开的状态: what is public of a draw.",
    ANNOUNCED="已公示摘要: the digest of plan and sessions, before the draw.",
    DISCLOSED="已公开结果: what was drawn, and the seed.",
    VOIDED="抽取已作废: stays announced.",
)
described(
    PublicResultStatus,
    "结果公开的状态: whether a result is public.",
    PUBLISHED="已公开.",
    WITHDRAWN="已撤回: published wrong; the reason stays public.",
)

PUBLIC_DRAWS = Source(PublicDrawRow, "PublicDraw", "pubd")
PUBLIC_RESULTS = Source(PublicResultRow, "PublicResult", "pubr")
DISCLOSE, PUBLISH, WITHDRAW = Action.DRAW_DISCLOSE, Action.PUBLICATION_PUBLISH, Action.PUBLICATION_WITHDRAW


def in_force(name: str) -> Expression:
    """What a withdrawn result no longer says."""

    def said(frame: Frame) -> ColumnElement[Any]:
        return case((frame.t.c["status"] == constant("PUBLISHED"), frame.t.c[name]))

    return said


@strawberry.type(description="抽中的场次: one session of a draw that is public.")
class PublicTarget:
    agency: str = column("agency", "The agency, by its name then.")
    occupation: str = column("occupation", "职业（工种） of the session.")
    held_on: date = column("held_on", "The day of the session.")
    inspected: bool = column("inspected", "Whether it was inspected; else the inspection was called off.")


@strawberry.type(
    description="抽取公开: what anybody may know of a draw (000 §12). `commitment` is SHA-256 of `poolDigest:SHA-256(secret)`,"
    " `seed` SHA-256 of `secret:publicValue`, all in hex: so nobody chose the seed."
)
class PublicDraw(Node):
    version: int = column("version", "Grows with each change.")
    status: PublicDrawStatus = column("status", "What is public of it.")
    month: str = column("month", "The month whose sessions it draws from, like 2026-09.")
    year: int = column("year", "The year of that month.")
    dispatcher: str = column("dispatcher_name", "指派机构: who draws.")
    district: str | None = column("district_name", "Of which district; null where the center draws.")
    public_source: str = column("public_source", "Where the public value comes from, named beforehand.")
    pool_digest: str = column("pool_digest", "摘要: SHA-256 of plan, rules, sessions and people as they were frozen.")
    commitment: str = column("commitment", "SHA-256 over the digests of pool and secret.")
    sessions_needed: int = column("sessions_needed", "How many sessions are to be drawn.")
    announced_at: datetime = column("announced_at", "When that was made public.")
    disclosed_at: datetime | None = column("disclosed_at", "When the outcome was: after the last opinion letter was served.")
    voided_at: datetime | None = column("voided_at", "When it was declared void.")
    public_value: str | None = column("public_value", "The public value; with the outcome.")
    secret: str | None = computed(after_the_run, "The secret committed to; with the outcome.")
    seed: str | None = column("seed", "The seed; with the outcome.")
    targets: list[PublicTarget] = items(lambda frame: frame.t.c["targets"], "抽中的场次, in the order drawn; with the outcome.")


@strawberry.type(description="督导结果公开: what anybody may know of an inspection, once its opinion letter is served (A19). Nobody is named.")
class PublicResult(Node):
    version: int = column("version", "Grows with each change.")
    status: PublicResultStatus = column("status", "Whether it is still said. A withdrawn one gives no figures.")
    edition: int = column("edition", "1, or the edition after one that was withdrawn.")
    agency: str = column("agency_name", "被督导机构: the agency, by its name then.")
    district: str | None = column("district_name", "In which district; null where there is none.")
    dispatcher: str = column("dispatcher_name", "指派机构: who sent the team.")
    draw: PublicDraw | None = one("public_draw_id", PUBLIC_DRAWS, "The draw that led there; null where there was none.")
    form: InspectionForm = column("form", "督导形式.")
    year: int = column("year", "The year of the inspection.")
    inspected_on: date = column("inspected_on", "The day of the inspection.")
    occupation: str | None = column("occupation", "职业（工种） of the session; null where the whole of the agency's work was inspected.")
    published_at: datetime = column("published_at", "When it was published.")
    lines: int | None = computed(in_force("lines"), "How many lines of the form were answered.")
    findings: int | None = computed(in_force("findings"), "问题数: how many of them were not in order.")
    score: int | None = computed(in_force("score"), "得分; null where the form has no points.")
    score_of: int | None = computed(in_force("score_of"), "Of how many points.")
    rating: Rating | None = computed(in_force("rating"), "年检评定, of an annual inspection.")
    requires_rectification: bool | None = computed(in_force("requires_rectification"), "责令整改: whether the agency must put something right.")
    withdrawn_at: datetime | None = column("withdrawn_at", "When it was withdrawn.")
    withdraw_reason: str | None = column("withdraw_reason", "Why.")


@strawberry.input(description="Which published draws.")
class PublicDrawFilter:
    status: Among[PublicDrawStatus] | None = where("status", "What is public of them.")
    year: Among[int] | None = where("year", "Of which years.")
    month: TextFilter | None = where("month", "Of which month, like 2026-09.")
    dispatcher: TextFilter | None = where("dispatcher_name", "Who draws, by name.")
    district: TextFilter | None = where("district_name", "Of which district, by name.")


@strawberry.enum(description="What published draws may be sorted by.")
class PublicDrawOrder(Enum):
    MONTH = strawberry.enum_value("month", description="By month.")
    ANNOUNCED_AT = strawberry.enum_value("announced_at", description="By the time of the announcement.")


@strawberry.input(description="Which published results.")
class PublicResultFilter:
    status: Among[PublicResultStatus] | None = where("status", "Whether they are still said.")
    year: Among[int] | None = where("year", "Of which years.")
    agency: TextFilter | None = where("agency_name", "Of which agency, by name.")
    district: TextFilter | None = where("district_name", "In which district, by name.")
    dispatcher: TextFilter | None = where("dispatcher_name", "Who sent the team, by name.")
    form: Among[InspectionForm] | None = where("form", "Of which form.")
    draw: IdFilter | None = where("public_draw_id", "Of which draw.", "pubd")
    inspected_on: RangeFilter[date] | None = where("inspected_on", "Inspected on which days.")


@strawberry.enum(description="What published results may be sorted by.")
class PublicResultOrder(Enum):
    INSPECTED_ON = strawberry.enum_value("inspected_on", description="By the day of the inspection.")
    PUBLISHED_AT = strawberry.enum_value("published_at", description="By the time of the publication.")


def public(source: Source, description: str, *, type: Any, arguments: Arguments) -> Any:
    """A list that needs no login. Each is a question of the address, counted like those about cards before anything is read."""
    declared = page_resolver(type, arguments)

    async def resolve(info: Info, **_: object) -> Any:
        context = info.context
        async with context.database.transaction() as session:
            in_time(await seconds_to_wait(session, context.address, at=context.now))
        return await read_public(info)

    for name in ("__signature__", "__annotations__"):
        setattr(resolve, name, getattr(declared, name))
    return strawberry.field(resolve, description=description, metadata={STORED: Page(None, source, ("id", True))})


@strawberry.type
class Query:
    public_draws: Connection[PublicDraw] | None = public(
        PUBLIC_DRAWS,
        "抽取公开: draws as far as they are public. Needs no login; thirty questions a quarter of an hour, with those about cards.",
        type=Connection[PublicDraw],
        arguments=Arguments(PublicDrawFilter, PublicDrawOrder),
    )
    public_results: Connection[PublicResult] | None = public(
        PUBLIC_RESULTS,
        "督导结果公开: results as far as they are public. Needs no login; thirty questions a quarter of an hour, with those about cards.",
        type=Connection[PublicResult],
        arguments=Arguments(PublicResultFilter, PublicResultOrder),
    )


@strawberry.input(description="Which draw is disclosed.")
class DrawDiscloseInput(OfDraw):
    pass


@strawberry.input(description="Of which inspection the result is published.")
class PublicResultPublishInput(Keyed):
    inspection: strawberry.ID = strawberry.field(description="The inspection; its opinion letter is served.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Which result is withdrawn, and why.")
class PublicResultWithdrawInput(Keyed):
    public_result: strawberry.ID = strawberry.field(description="The published result.")
    reason: str = strawberry.field(description="Why, at most 500 characters. It is public.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.type(description="A draw that is disclosed.")
class DrawDisclosePayload:
    draw: Draw | None = given("draw", DRAWS, "The draw.")
    public_draw: PublicDraw | None = given("public_draw", PUBLIC_DRAWS, "What is public of it now.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type(description="A published result after a step.")
class PublicResultPayload:
    public_result: PublicResult | None = given("public_result", PUBLIC_RESULTS, "What is public of it now.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type
class Mutation:
    @mutation(DISCLOSE, "公开抽取结果: make public what a draw drew, and its seed, once the letters of all its inspections are served.")
    async def draw_disclose(call: Call, input: DrawDiscloseInput) -> DrawDisclosePayload:
        draw = await call.fetch(DRAWS, input.draw, to=DISCLOSE, version=input.expected_version)
        row, event = await publications.disclose(call.session, draw, act=call.act)
        return changed(DrawDisclosePayload, draw=draw.id, public_draw=row.id, event=event.id)

    @mutation(
        PUBLISH,
        "公开督导结果 anew: after a withdrawal, or of a letter that was served before results were published. Else it is done by the service.",
    )
    async def public_result_publish(call: Call, input: PublicResultPublishInput) -> PublicResultPayload:
        inspection = await call.fetch(INSPECTIONS, input.inspection, to=PUBLISH, version=input.expected_version)
        row, event = await publications.publish_anew(call.session, inspection, act=call.act)
        return changed(PublicResultPayload, public_result=row.id, event=event.id)

    @mutation(WITHDRAW, "撤回公开的结果: withdraw what was published wrong. That it was, and why, stays public.")
    async def public_result_withdraw(call: Call, input: PublicResultWithdrawInput) -> PublicResultPayload:
        row = await call.fetch(PUBLIC_RESULTS, input.public_result, to=WITHDRAW, version=input.expected_version)
        event = await publications.withdraw(call.session, row, input.reason, act=call.act)
        return changed(PublicResultPayload, public_result=row.id, event=event.id)
