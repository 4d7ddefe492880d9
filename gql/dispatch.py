"""双随机: draws of sessions and teams, what went into them, and the proof."""

import secrets
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, case, func

from authz.access import fetch
from authz.actions import Action
from authz.relations import there_is
from domain import dispatch
from domain import draw as lot
from gql import ids
from gql.enums import described
from gql.fields import VERSION, Call, Keyed, changed, mutation, prefixes, row
from gql.organizations import EVENTS, ORGANIZATIONS, PROFILES, Event, Node, Organization, Profile, Step, Versioned
from gql.reading.declare import Frame, Offered, Source, bound, column, computed, given, items, many, one, page, steps
from gql.reading.fragments import constant, element, word
from gql.reading.paging import Among, Arguments, Connection, IdFilter, TextFilter, where
from gql.reading.read import signed_in
from gql.sessions import RECOGNITION_SESSIONS, RecognitionSession
from gql.supervisors import PERSONS, SUPERVISORS, Person, Supervisor
from models.base import table_of
from models.dispatch import Draw as DrawRow
from models.dispatch import DrawPerson as DrawPersonRow
from models.dispatch import DrawPick as DrawPickRow
from models.dispatch import DrawStatus
from models.publications import PublicDraw

if TYPE_CHECKING:
    from gql.inspections import Inspection

described(
    DrawStatus,
    "抽取的状态: where a draw stands.",
    POOL_FROZEN="已冻结: pool and rules are fixed and committed to.",
    DRAWN="已抽取: drawn from the seed.",
    CONFIRMED="已确认: its teams are asked.",
    VOIDED="已作废: void, with its reason; stays visible.",
)

DRAWS = Source(DrawRow, "Draw", "draw")
PICKS = Source(DrawPickRow, "DrawPick", "pick")
DRAW_PEOPLE = Source(DrawPersonRow, "DrawPerson", "dper")
INSPECTIONS = "gql.inspections:INSPECTIONS"

LARGEST_TEAM = 20


def is_in(frame: Frame) -> ColumnElement[bool]:
    return frame.t.c["reason"].is_(None)


def after_the_run(frame: Frame) -> ColumnElement[Any]:
    """Before there is a seed nobody may know the secret: with it and a chosen public value the outcome could be chosen."""
    return case((frame.t.c["seed"].is_not(None), frame.t.c["secret"]))


def undisclosed(frame: Frame) -> ColumnElement[bool]:
    p = table_of(PublicDraw).alias("told")
    return there_is(p).where(p.c.draw_id == frame.t.c["id"], p.c.status == constant("ANNOUNCED"))


@strawberry.type(description="入围与排除: whether one person was in a draw or out of it, and why (000 §12).")
class DrawPerson(Node):
    supervisor: Supervisor | None = one("supervisor_id", SUPERVISORS, "Who.")
    recognition_session: RecognitionSession | None = one(
        "recognition_session_id", RECOGNITION_SESSIONS, "For which session; the whole draw without one."
    )
    is_in: bool = computed(is_in, "In the pool.")
    reason: str | None = column("reason", "Why out: OWN_AGENCY, CONFLICT (回避登记), SAME_SESSION_ASSESSOR, ROTATION, SUSPENDED and the like.")
    fact: str | None = column("fact", "What it was proven by.")
    seat: int | None = column("seat", "The seat drawn for, 1 is the leader; only in a team.")


@strawberry.type(description="抽中的场次: one drawn session, with its team.")
class DrawPick(Node):
    position: int = column("position", "Its place in the order drawn.")
    recognition_session: RecognitionSession | None = one("recognition_session_id", RECOGNITION_SESSIONS, "The session.")
    may_have_more: bool = column("large", "A hint, never a block: so many candidates that more supervisors may be sent (003 §11).")
    shortfall: int = column("shortfall", "Seats for which nobody was left to draw.")
    team: list[DrawPerson] = many("draw_pick_id", DRAW_PEOPLE, "Who was drawn for it, leader first.", order=("seat",), cap=LARGEST_TEAM)
    inspection: Annotated["Inspection", strawberry.lazy("gql.inspections")] | None = one("inspection_id", INSPECTIONS, "What came of it.")


def of_agency(frame: Frame) -> ColumnElement[str]:
    return func.concat(word("agc_"), element(frame, "agency", text=True))


@strawberry.type(
    description="抽取权重: how many tickets the sessions of an agency have in the lot, as its own control missed what external inspections found (本系统默认)."
)
class DrawWeight:
    agency: strawberry.ID = computed(of_agency, "The agency.")
    compared: int = column("compared", "Lines that both inspections of a session answered, in the year before.")
    missed: int = column("missed", "How many of them only the external one found wrong.")
    weight: int = column("weight", "权重: 1 and one more for each begun tenth missed, up to what the rules allow.")


@strawberry.input(description="Which lines of the record.")
class DrawPersonFilter:
    reason: TextFilter | None = where("reason", "Why out.")
    supervisor: IdFilter | None = where("supervisor_id", "Who.", "sup")
    recognition_session: IdFilter | None = where("recognition_session_id", "For which session.", "ses")


@strawberry.type(description="双随机抽取: sessions and teams drawn by a lot that anyone can recompute (000 §12, 003 §10-11).")
class Draw(Versioned):
    status: DrawStatus = column("status", "Where it stands.")
    month: str = column("month", "The month whose sessions it draws from, like 2026-09.")
    dispatcher: Organization | None = one("dispatcher_id", ORGANIZATIONS, "指派机构: who draws.")
    ran_by: Person | None = one("ran_by", PERSONS, "Who froze the pool; is not drawn.")
    profile: Profile | None = one("profile_id", PROFILES, "The rules it follows.")
    algorithm: str = column("algorithm", "Which lot; docs/verify_draw.py recomputes it.")
    sessions_held: int = column("sessions_held", "Sessions of the month, held or planned: what the ratio is taken of.")
    sessions_inspected: int = column("sessions_inspected", "Those of them that had an inspection already.")
    sessions_needed: int = column("sessions_needed", "How many are to be drawn.")
    public_source: str = column("public_source", "Where the public value comes from, named beforehand.")
    weights: list[DrawWeight] = items(lambda frame: frame.t.c["weights"], "The agencies inspected by both, and their weights; all others have 1.")
    pool_digest: str = column("pool_digest", "SHA-256 of the frozen pool, in hex.")
    commitment: str = column("commitment", "SHA-256 over the digests of pool and secret, published before the public value is known.")
    public_value: str | None = column("public_value", "The public value, once drawn.")
    secret: str | None = computed(after_the_run, "The secret committed to; published with the outcome.")
    seed: str | None = column("seed", "SHA-256 over secret and public value.")
    void_reason: str | None = column("void_reason", "Why it is void.")
    replaces: Annotated["Draw", strawberry.lazy("gql.dispatch")] | None = one("replaces_id", DRAWS, "The void draw it stands for.")
    picks: Connection[DrawPick] = page(
        "draw_id",
        PICKS,
        "The drawn sessions, in the order drawn.",
        type=Connection[DrawPick],
        arguments=Arguments(),
        order="position",
        descending=False,
    )
    people: Connection[DrawPerson] = page(
        "draw_id",
        DRAW_PEOPLE,
        "In or out, and why, for every person of the roster.",
        type=Connection[DrawPerson],
        arguments=Arguments(DrawPersonFilter),
    )
    available_steps: list[Step] = steps(
        Offered("drawRun", Action.DRAW_RUN, ("POOL_FROZEN",), "DRAWN"),
        Offered("drawConfirm", Action.DRAW_CONFIRM, ("DRAWN",), "CONFIRMED"),
        Offered("drawVoid", Action.DRAW_VOID, ("POOL_FROZEN", "DRAWN"), "VOIDED"),
        Offered("drawDisclose", Action.DRAW_DISCLOSE, ("CONFIRMED",), when=undisclosed),
    )


@strawberry.input(description="Which draws.")
class DrawFilter:
    status: Among[DrawStatus] | None = where("status", "Where they stand.")
    month: TextFilter | None = where("month", "The month, like 2026-09.")
    dispatcher: IdFilter | None = where("dispatcher_id", "Who draws.", "ctr", "dst")


@strawberry.enum(description="What draws may be sorted by.")
class DrawOrder(Enum):
    MONTH = strawberry.enum_value("month", description="By month.")
    CREATED_AT = strawberry.enum_value("created_at", description="By time of freezing.")


@strawberry.type(description="The proof of a draw: all of it recomputed from what was frozen (双随机, 000 §12).")
class DrawProof:
    holds: bool = strawberry.field(description="Everything follows from the pool, the secret and the public value.")
    problems: list[str] = strawberry.field(description="What does not; empty for an honest draw.")
    document: str = strawberry.field(description="The published JSON, to be recomputed elsewhere: python3 docs/verify_draw.py draw.json.")


async def verified(info: strawberry.Info, id: strawberry.ID) -> DrawProof | None:
    """Null only with an error: a hidden draw and none look the same."""
    actor = signed_in(info.context)
    async with info.context.database.transaction(actor.tenant) as session:
        found = await fetch(session, actor, DrawRow, id=ids.read(id, prefixes(DRAWS)), to=Action.DRAW_READ)
        proof = dispatch.published(found)
    problems = lot.verify(proof)
    return DrawProof(holds=not problems, problems=problems, document=lot.published_json(proof))


@strawberry.type
class Query:
    draws: Connection[Draw] | None = page(
        None, DRAWS, "双随机抽取记录: draws, void ones too.", type=Connection[Draw], arguments=Arguments(DrawFilter, DrawOrder)
    )
    draw: Draw | None = row(DRAWS, "One draw.", Draw)
    draw_verify: DrawProof | None = strawberry.field(resolver=verified, description="Recompute a draw from what was frozen and published.")


@strawberry.input(description="What to draw from, fixed before the seed is known.")
class DrawFreezeInput(Keyed):
    month: str = strawberry.field(description="The month whose sessions are drawn from, like 2026-09.")
    public_source: str = strawberry.field(
        description="Where the public value will come from, like a lottery draw of a named day; at most 200 characters."
    )
    sessions: int = strawberry.field(default=0, description="How many sessions, if more than the ratio asks for; needed where there is no ratio.")
    extra_seats: int = strawberry.field(default=0, description="Seats added for sessions of more candidates than the hint (003 §11); at most 5.")

    def plan(self) -> dispatch.Plan:
        return dispatch.Plan(
            month=self.month,
            public_source=self.public_source,
            secret=secrets.token_hex(32),
            sessions=self.sessions,
            extra_seats=self.extra_seats,
        )


@strawberry.input(description="Which draw.")
class OfDraw(Keyed):
    draw: strawberry.ID = strawberry.field(description="The draw.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Which draw, and the public value for its seed.")
class DrawRunInput(OfDraw):
    public_value: str = strawberry.field(description="The value from the source named beforehand, at most 200 characters.")


@strawberry.input(description="Which draw, and why it is void.")
class DrawVoidInput(OfDraw):
    reason: str = strawberry.field(description="Why, at most 500 characters; stays visible.")


@strawberry.type(description="A draw after a step.")
class DrawPayload:
    draw: Draw | None = given("draw", DRAWS, "The draw.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


async def taken(call: Call, input: OfDraw, action: Action) -> DrawRow:
    found: DrawRow = await call.fetch(DRAWS, input.draw, to=action, version=input.expected_version)
    return found


@strawberry.type
class Mutation:
    @mutation(Action.DRAW_FREEZE, "冻结抽取池: fix sessions, people and reasons, and commit to them before the public value is known.")
    async def draw_freeze(call: Call, input: DrawFreezeInput) -> DrawPayload:
        plan = input.plan()
        found = await dispatch.drafted(call.session, plan, act=call.act)
        call.require(Action.DRAW_FREEZE, found)
        event = await dispatch.freeze(call.session, found, plan, act=call.act)
        return changed(DrawPayload, draw=found.id, event=event.id)

    @mutation(Action.DRAW_RUN, "抽取: make the seed of secret and public value, and draw sessions and teams from it.")
    async def draw_run(call: Call, input: DrawRunInput) -> DrawPayload:
        found = await taken(call, input, Action.DRAW_RUN)
        event = await dispatch.seed_and_run(call.session, found, input.public_value, act=call.act)
        return changed(DrawPayload, draw=found.id, event=event.id)

    @mutation(Action.DRAW_VOID, "作废: declare a draw void; it stays visible with the reason, and the next one names it.")
    async def draw_void(call: Call, input: DrawVoidInput) -> DrawPayload:
        found = await taken(call, input, Action.DRAW_VOID)
        event = await dispatch.void(call.session, found, input.reason, act=call.act)
        return changed(DrawPayload, draw=found.id, event=event.id)
