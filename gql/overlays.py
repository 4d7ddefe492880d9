"""实施细则 in the graph: proposed with what they change in the rules above them, and published by the same administrator."""

from datetime import date, datetime
from enum import Enum
from typing import Annotated

import strawberry

from authz.actions import Action
from domain import overlays
from domain.overlays import Proposal
from gql.enums import described
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.organizations import EVENTS, ORGANIZATIONS, PROFILES, Event, Organization, Profile, Step, Versioned
from gql.profiles import RuleInput, said
from gql.reading.declare import Offered, Source, bound, column, given, items, one, page, steps
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, where
from gql.rules import Rule
from gql.supervisors import PERSONS, Person
from models.overlays import Overlay as OverlayRow
from models.overlays import OverlayStatus

described(
    OverlayStatus,
    "实施细则的状态: how far a version has come.",
    PROPOSED="已拟定: nothing is in force by it yet.",
    PUBLISHED="已发布: it holds from its day until a later version does.",
    WITHDRAWN="已撤回: nothing came of it.",
)
OVERLAYS = Source(OverlayRow, "Overlay", "ovl")
PROPOSE, PUBLISH = Action.OVERLAY_PROPOSE, Action.OVERLAY_PUBLISH


@strawberry.type(description="差异的一项: what implementing rules change in one rule above them.")
class OverlayChange:
    rule: str = column("rule", "The name of the rule.")
    before: str = column("before", "Its value above.")
    after: str = column("after", "Its value here: always on the tighter side.")
    article: str = column("article", "Where the implementing rules say so.")
    article_above: str = column("above", "The article it tightens.")


@strawberry.type(description="实施细则的一个版本: what a district or an agency makes stricter, for itself and all below.")
class Overlay(Versioned):
    organization: Organization | None = one("organization_id", ORGANIZATIONS, "Whose they are: for itself, and all below.")
    number: int = column("number", "版本号, counted by organization.")
    title: str = column("title", "Its title.")
    text: str | None = column("text", "全文: the implementing rules in full, as adopted (003 §18); null where only their rules were entered.")
    effective_from: date = column("effective_from", "施行日期: the first day it holds.")
    status: OverlayStatus = column("status", "How far it has come.")
    rules: list[Rule] = items(lambda frame: frame.t.c["rules"], "What it says. Of the rules above, the stricter always holds.")
    difference: list[OverlayChange] = items(
        lambda frame: frame.t.c["difference"],
        "What it changes in the rules above, as they will be on its day: when proposed, and again when published.",
    )
    profile: Profile | None = one("profile_id", PROFILES, "上位规则: the profile it refines.")
    parent: Annotated["Overlay", strawberry.lazy("gql.overlays")] | None = one(
        "parent_id", OVERLAYS, "上一级的实施细则: for an agency, those of its district that it refines further."
    )
    proposed_by: Person | None = one("proposed_by", PERSONS, "Who drew it up.")
    proposed_at: datetime = column("proposed_at", "When that was.")
    decided_by: Person | None = one("decided_by", PERSONS, "Who published or withdrew it.")
    decided_at: datetime | None = column("decided_at", "When that was.")
    available_steps: list[Step] = steps(
        Offered("overlayPublish", PUBLISH, ("PROPOSED",), to="PUBLISHED"),
        Offered("overlayWithdraw", PUBLISH, ("PROPOSED",), to="WITHDRAWN"),
    )


@strawberry.input(description="Which versions.")
class OverlayFilter:
    status: Among[OverlayStatus] | None = where("status", "How far they have come.")
    organization: IdFilter | None = where("organization_id", "Whose.", "dst", "agc")
    district: IdFilter | None = where("district_id", "In which district.", "dst")
    center: IdFilter | None = where("center_id", "Under which center.", "ctr")
    effective_from: RangeFilter[date] | None = where("effective_from", "Since when they hold.")


@strawberry.enum(description="What versions may be sorted by.")
class OverlayOrder(Enum):
    EFFECTIVE_FROM = strawberry.enum_value("effective_from", description="By the first day they hold.")
    PROPOSED_AT = strawberry.enum_value("proposed_at", description="By when they were proposed.")


@strawberry.type
class Query:
    overlays: Connection[Overlay] | None = page(
        None,
        OVERLAYS,
        "Implementing rules: all that were published, and the own proposals.",
        type=Connection[Overlay],
        arguments=Arguments(OverlayFilter, OverlayOrder),
    )
    overlay: Overlay | None = row(OVERLAYS, "One version of implementing rules.", Overlay)


@strawberry.input(description="A version of the own implementing rules: the whole of it.")
class OverlayProposeInput(Keyed):
    title: str = strawberry.field(description="Its title, at most 200 characters.")
    effective_from: date = strawberry.field(description="施行日期: the first day it holds, tomorrow at the earliest.")
    rules: list[RuleInput] = strawberry.field(description="Each stricter than above. Empty: from that day on the rules above hold as they are.")
    text: str | None = strawberry.field(default=None, description="实施细则全文, at most 8000 characters; it never changes once proposed.")


@strawberry.input(description="Which version.")
class OverlayPublishInput(Keyed):
    overlay: strawberry.ID = strawberry.field(description="The proposed version.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Which version comes to nothing, and why.")
class OverlayWithdrawInput(OverlayPublishInput):
    reason: str = strawberry.field(description="Why, at most 2000 characters.")


@strawberry.type(description="A version after a step.")
class OverlayPayload:
    overlay: Overlay | None = given("overlay", OVERLAYS, "The version.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type
class Mutation:
    @mutation(PROPOSE, "拟定实施细则: what the own organization makes stricter (003 §18). What is looser is refused by its rule and article.")
    async def overlay_propose(call: Call, input: OverlayProposeInput) -> OverlayPayload:
        organization = await overlays.organization_of(call.session, call.act)
        call.require(PROPOSE, overlays.blank(organization))
        proposal = Proposal(input.title, input.effective_from, said(input.rules), input.text)
        overlay, event = await overlays.propose(call.session, organization, proposal, act=call.act)
        return changed(OverlayPayload, overlay=overlay.id, event=event.id)

    @mutation(PUBLISH, "发布实施细则: in force from its day on, until a later version is. Nobody changes it any more.")
    async def overlay_publish(call: Call, input: OverlayPublishInput) -> OverlayPayload:
        overlay = await call.fetch(OVERLAYS, input.overlay, to=PUBLISH, version=input.expected_version)
        event = await overlays.publish(call.session, overlay, act=call.act)
        return changed(OverlayPayload, overlay=overlay.id, event=event.id)

    @mutation(PUBLISH, "撤回拟定的实施细则: nothing comes of a proposal.")
    async def overlay_withdraw(call: Call, input: OverlayWithdrawInput) -> OverlayPayload:
        overlay = await call.fetch(OVERLAYS, input.overlay, to=PUBLISH, version=input.expected_version)
        event = await overlays.withdraw(call.session, overlay, input.reason, act=call.act)
        return changed(OverlayPayload, overlay=overlay.id, event=event.id)
