"""双随机 (000 §12, 003 §10-11): the pool is frozen and committed to, the seed comes later, sessions and teams follow from both."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, bindparam, func
from sqlalchemy import select as select_columns
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.types import TypeEngine
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import draw as lot
from domain.calendar import Month, Period, shanghai_day
from domain.control import Weight, weights
from domain.errors import BadInput, Conflict, Unmet
from domain.exclusions import merged, out_and_excluded
from domain.facts import loads_of, roster_of, these
from domain.holidays import holidays_of
from domain.machine import Act, Machine, advance, record
from domain.offers import LEFT, offer
from domain.organizations import rules_for, rules_of_visit, rules_there
from domain.pools import Judged, Planned, candidate, frozen, inspected, judge, sessions_of
from domain.profiles import Profile
from domain.publications import announce, announce_void
from domain.texts import checked
from domain.visits import possible_visit
from models.base import new_id, table_of
from models.dispatch import Assignment, Draw, DrawPerson, DrawPick, DrawStatus
from models.events import Event
from models.inspections import Inspection, InspectionStatus
from models.organizations import Organization
from models.supervisors import Supervisor

LONGEST_SOURCE, LONGEST_REASON, MOST_SESSIONS, MOST_EXTRA = 200, 500, 500, 5
BEFORE_THE_VISIT_ENDS = (InspectionStatus.DISPATCHED, InspectionStatus.NOTIFIED, InspectionStatus.IN_PROGRESS)


class Step(StrEnum):
    RUN = "RUN"
    CONFIRM = "CONFIRM"
    VOID = "VOID"


STEPS: Machine = {
    (DrawStatus.POOL_FROZEN, Step.RUN): DrawStatus.DRAWN,
    (DrawStatus.DRAWN, Step.CONFIRM): DrawStatus.CONFIRMED,
    (DrawStatus.POOL_FROZEN, Step.VOID): DrawStatus.VOIDED,
    (DrawStatus.DRAWN, Step.VOID): DrawStatus.VOIDED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the dispatcher decides before the seed is known. `sessions` asks for more than the ratio, or stands alone where there is none (D16).

    `public_source` names where the public value will come from; `secret` is 32 random bytes in hex; `extra_seats` go to large sessions (B030).
    """

    month: str
    public_source: str
    secret: str
    sessions: int = 0
    extra_seats: int = 0


async def drafted(session: AsyncSession, plan: Plan, *, act: Act) -> Draw:
    """The draw as it would be frozen for the organization acted for, without its pool; not saved yet."""
    dispatcher = (await session.exec(select(Organization).where(col(Organization.id) == act.organization_id))).one()
    rules = await rules_for(session, dispatcher.center_id, on=shanghai_day(act.at))
    return Draw(
        center_id=dispatcher.center_id,
        district_id=dispatcher.district_id,
        dispatcher_id=dispatcher.id,
        month=str(_month(plan.month)),
        ran_by=act.by,
        profile_id=rules.id,
        algorithm=lot.ALGORITHM,
        public_source=checked("publicSource", plan.public_source, LONGEST_SOURCE),
        pool="",
        pool_digest="",
        secret=plan.secret,
        commitment="",
    )


async def freeze(session: AsyncSession, draw: Draw, plan: Plan, *, act: Act) -> Event:
    """Fixes sessions, people, reasons and rules, and commits to them and to the secret before any public value is known (N1).

    Everybody on the roster has a line: in, or out and why, and one for each session somebody is out of (N2). One open draw a month.
    """
    rules = (await rules_there(session, draw.profile_id, draw, on=judged_on(draw, act=act))).rules
    month = await sessions_of(session, draw.dispatcher_id, _month(draw.month), district=draw.district_id is not None)
    done = await inspected(session, [one.id for one in month])
    holidays = await holidays_of(session, draw.center_id, since=shanghai_day(act.at))
    visits = {one.id: possible_visit(one, at=act.at, rules=rules, holidays=holidays) for one in month if one.id not in done}
    planned = [Planned(one, visit) for one in month if (visit := visits.get(one.id)) is not None]
    if not planned:
        raise BadInput("month", "nothing_to_draw")
    already = len(await inspected(session, [one.id for one in month], by=draw.dispatcher_id))
    fixed = fixed_rules(draw, plan, rules, base=len(month), already=already)
    judged = await judge(session, roster_of(draw.center_id), planned, rules=rules, ran_by=act.by)
    agencies = {one.recognition.agency_id for one in planned if one.recognition.agency_id}
    weighed = await weights(session, agencies, rules=rules, on=judged_on(draw, act=act))
    await fill(session, draw, judged, planned=planned, fixed=fixed, weighed=weighed)
    draw.replaces_id = await _last_void(session, draw)
    session.add(draw)
    await session.flush()
    await keep_people(session, draw, judged)
    event = await record(session, draw, step="FREEZE", act=act, after=draw.status, profile_id=draw.profile_id)
    await announce(session, draw, rules=rules, act=act)
    return event


def fixed_rules(draw: Draw, plan: Plan, rules: Profile, *, base: int, already: int) -> lot.Rules:
    """The ratio binds districts only; a center draws as many as it says (003 §11, B031, D16)."""
    quota = rules.optional_ratio("sampling.min_ratio") if draw.district_id is not None else None
    if not 0 <= plan.sessions <= MOST_SESSIONS:
        raise BadInput("sessions", "range", least=0, most=MOST_SESSIONS)
    if not 0 <= plan.extra_seats <= MOST_EXTRA:
        raise BadInput("extraSeats", "range", least=0, most=MOST_EXTRA)
    if quota is None and plan.sessions == 0:
        raise BadInput("sessions", "required")
    of_center = draw.district_id is None and rules.has("team.min_for_center")
    return lot.Rules(
        team_size=rules.integer("team.min_for_center" if of_center else "team.min"),
        quota=quota,
        base=base,
        already=already,
        wanted=plan.sessions,
        method=rules.text("selection.method"),
        rotation_last_n=rules.optional_integer("rotation.last_n"),
        extra_above=rules.optional_integer("team.extra_above"),
        extra_seats=plan.extra_seats,
        public_source=draw.public_source,
    )


async def fill(session: AsyncSession, draw: Draw, judged: Judged, *, planned: Sequence[Planned], fixed: lot.Rules, weighed: Sequence[Weight]) -> None:
    """Writes pool, digest and commitment into the draw, and the facts behind its weights (N11)."""
    loads = await loads_of(session, roster_of(draw.center_id))
    out, excluded = out_and_excluded(judged.found)
    people = tuple(lot.Person(one.id, loads.get(one.id, 0)) for one in judged.people)
    tickets = {one.agency_id: one.weight for one in weighed}
    sessions = tuple(candidate(one, weight=tickets.get(one.recognition.agency_id or draw.id, 1)) for one in planned)
    draw.weights = [one.shown() for one in weighed]
    draw.pool = lot.canonical(lot.Pool(rules=fixed, sessions=sessions, people=people, out=out, excluded=excluded))
    draw.pool_digest, draw.commitment = lot.digest(draw.pool), lot.commitment_of(draw.pool, draw.secret)
    draw.sessions_held, draw.sessions_inspected = fixed.base, fixed.already
    draw.sessions_needed = lot.sessions_needed(fixed)


def judged_on(draw: Draw, *, act: Act) -> date:
    """The day whose implementing rules count: that of the act, or the first of a month to come, when the visits will be paid."""
    return max(shanghai_day(act.at), _month(draw.month).first_day())


async def keep_people(session: AsyncSession, draw: Draw, judged: Judged) -> None:
    """One statement for all lines: a roster of a thousand and sixty sessions make tens of thousands."""
    found = merged(judged.found)
    out = {one.person for one in found if one.session is None}
    lines: list[tuple[str, str | None, str | None, str | None]] = [(one.id, None, None, None) for one in judged.people if one.id not in out]
    lines += [(one.person, one.session, str(one.reason), one.fact) for one in found]
    who, where, why, proof = (list(column) for column in zip(*lines, strict=True)) if lines else ([], [], [], [])
    given: list[tuple[str, TypeEngine[Any], Sequence[object]]] = [
        ("id", Uuid(), [new_id() for _ in lines]),
        ("supervisor_id", Uuid(), [UUID(hex=one) for one in who if one]),
        ("recognition_session_id", Uuid(), [UUID(hex=one) if one else None for one in where]),
        ("reason", Text(), why),
        ("fact", Text(), proof),
    ]
    arrays = func.unnest(*(bindparam(name, values, type_=ARRAY(kind)) for name, kind, values in given))
    rows = arrays.table_valued(*(name for name, _, _ in given)).render_derived()
    same = {"center_id": draw.center_id, "district_id": draw.district_id, "draw_id": draw.id}
    source = select_columns(*rows.c, *(bindparam(f"of_{name}", value, Uuid()) for name, value in same.items()))
    target = [name for name, _, _ in given] + list(same)
    await session.exec(insert(table_of(DrawPerson)).from_select(target, source, include_defaults=False))


async def seed_and_run(session: AsyncSession, draw: Draw, public_value: str, *, act: Act) -> Event:
    """The public value and the committed secret make the seed; sessions and teams follow from it and from nothing else."""
    value = checked("publicValue", public_value, LONGEST_SOURCE)
    if draw.status is not DrawStatus.POOL_FROZEN:
        raise Conflict("STATE", status=draw.status.value)
    pool, seed = lot.read_pool(draw.pool), lot.seed_of(draw.secret, value)
    outcome = lot.run(pool, seed)
    draw.public_value, draw.seed, draw.outcome = value, seed, lot.outcome_json(outcome)
    event = await advance(session, draw, STEPS, step=Step.RUN, act=act, profile_id=draw.profile_id)
    candidates = {one.id: one.candidates for one in pool.sessions}
    picks = [
        DrawPick(
            recognition_session_id=UUID(hex=one),
            position=n,
            large=lot.wants_more(candidates[one], pool.rules.extra_above),
            shortfall=outcome.shortfalls.get(one, 0),
            draw_id=draw.id,
            center_id=draw.center_id,
            district_id=draw.district_id,
        )
        for n, one in enumerate(outcome.sessions, 1)
    ]
    session.add_all(picks)
    await session.flush()
    session.add_all(
        DrawPerson(
            supervisor_id=UUID(hex=who),
            recognition_session_id=one.recognition_session_id,
            draw_pick_id=one.id,
            seat=seat,
            draw_id=draw.id,
            center_id=draw.center_id,
            district_id=draw.district_id,
        )
        for one in picks
        for seat, who in enumerate(outcome.teams[one.recognition_session_id.hex], 1)
    )
    await session.flush()
    return event


async def void(session: AsyncSession, draw: Draw, reason: str, *, act: Act) -> Event:
    """Not deleted, not hidden: the next draw of the month stands for it and names it."""
    draw.void_reason = checked("reason", reason, LONGEST_REASON)
    event = await advance(session, draw, STEPS, step=Step.VOID, act=act, reason=draw.void_reason, profile_id=draw.profile_id)
    await announce_void(session, draw, act=act)
    return event


def published(draw: Draw) -> lot.Published:
    """All that a stranger needs to recompute the draw; Conflict before it has run."""
    if draw.seed is None or draw.public_value is None or draw.outcome is None:
        raise Conflict("STATE", status=draw.status.value)
    return lot.Published(
        pool=draw.pool,
        commitment=draw.commitment,
        secret=draw.secret,
        public_value=draw.public_value,
        seed=draw.seed,
        outcome=lot.read_outcome(draw.outcome),
    )


async def replace(session: AsyncSession, assignment: Assignment, *, act: Act) -> tuple[Assignment, Event]:
    """Offers a place that was left to the next of the committed order who may still go (003 §11: a drop-out must be replaced)."""
    inspection = (await session.exec(select(Inspection).where(col(Inspection.id) == assignment.inspection_id))).one()
    if assignment.status not in LEFT or inspection.status not in BEFORE_THE_VISIT_ENDS:
        raise Conflict("STATE", status=assignment.status.value)
    rules = await rules_of_visit(session, inspection)
    asked = (await session.exec(select(Assignment).where(col(Assignment.inspection_id) == inspection.id))).all()
    if any(one.replaces_id == assignment.id for one in asked):
        raise Conflict("DUPLICATE")
    free = await _free(session, inspection, rules=rules.rules)
    chosen = next((one for one in free if one not in {place.supervisor_id for place in asked}), None)
    if chosen is None:
        rule = rules.rules.rule("selection.method")
        raise Unmet("dispatch.reserve", rule.article, rules.rules.version)
    supervisor = (await session.exec(select(Supervisor).where(col(Supervisor.id) == chosen))).one()
    span = Period(assignment.starts_at, assignment.ends_at)
    return await offer(session, inspection, supervisor, role=assignment.role, span=span, act=act, rules=rules, replaces=assignment.id)


async def _free(session: AsyncSession, inspection: Inspection, *, rules: Profile) -> list[UUID]:
    """The committed order of an inspection's session, without whoever may no longer go. Nobody where it was not drawn."""
    draw = (await session.exec(select(Draw).where(col(Draw.id) == inspection.draw_id))).one_or_none()
    if draw is None or inspection.recognition_session_id is None:
        return []
    outcome, drawn = published(draw).outcome, inspection.recognition_session_id.hex
    order = [UUID(hex=one) for one in (*outcome.teams[drawn], *outcome.reserves[drawn])]
    planned = await frozen(session, lot.read_pool(draw.pool), only=[drawn], rules=rules)
    if drawn not in planned or not order:
        return []
    judged = await judge(
        session, roster_of(draw.center_id) & these(order), list(planned.values()), rules=rules, ran_by=draw.ran_by, beside=inspection.id
    )
    free = judged.free(planned[drawn].recognition)
    return [one for one in order if one.hex in free]


def _month(text: str) -> Month:
    try:
        return Month.parse(text)
    except ValueError:
        raise BadInput("month", "month") from None


async def _last_void(session: AsyncSession, draw: Draw) -> UUID | None:
    """The void draw of the same month that none stands for yet."""
    query = select(Draw.id).where(col(Draw.dispatcher_id) == draw.dispatcher_id, col(Draw.month) == draw.month, col(Draw.status) == DrawStatus.VOIDED)
    replaced = select(Draw.replaces_id).where(col(Draw.replaces_id).is_not(None), col(Draw.dispatcher_id) == draw.dispatcher_id)
    return (await session.exec(query.where(col(Draw.id).not_in(replaced)).order_by(col(Draw.id).desc()).limit(1))).first()
