"""Inspections: dispatched with a team, announced by the notice, cancelled; the whole state table (000 §11, 003 §11-12)."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import dispatch as dispatches
from domain.calendar import Period
from domain.draw import Outcome, read_pool
from domain.errors import Unmet
from domain.facts import roster_of
from domain.machine import Act, Machine, advance, record, tenants
from domain.offers import REASON, TAKEN, offer, team_of, withdraw
from domain.organizations import InForce, rules_for, rules_of_visit, rules_there
from domain.pools import Judged, Planned, frozen, inspected, judge
from domain.profiles import Profile
from domain.texts import checked
from domain.tightening import dispatching
from domain.visits import Visit
from models.dispatch import AssignmentStatus, Draw, DrawPick, TeamRole
from models.events import Event
from models.inspections import Inspection, InspectionForm, InspectionStatus
from models.sessions import RecognitionSession
from models.supervisors import Supervisor


class Step(StrEnum):
    DISPATCH = "DISPATCH"
    NOTIFY = "NOTIFY"
    START = "START"
    SIGN = "SIGN"
    SERVE_OPINION = "SERVE_OPINION"
    CLOSE = "CLOSE"
    CANCEL = "CANCEL"


STEPS: Machine = {
    (InspectionStatus.DISPATCHED, Step.NOTIFY): InspectionStatus.NOTIFIED,
    (InspectionStatus.NOTIFIED, Step.START): InspectionStatus.IN_PROGRESS,
    (InspectionStatus.IN_PROGRESS, Step.SIGN): InspectionStatus.CHECKLIST_SIGNED,
    (InspectionStatus.CHECKLIST_SIGNED, Step.SERVE_OPINION): InspectionStatus.OPINION_SERVED,
    (InspectionStatus.OPINION_SERVED, Step.CLOSE): InspectionStatus.CLOSED,
    (InspectionStatus.DISPATCHED, Step.CANCEL): InspectionStatus.CANCELLED,
    (InspectionStatus.NOTIFIED, Step.CANCEL): InspectionStatus.CANCELLED,
}

RANDOM_FORMS = (InspectionForm.SPOT_CHECK, InspectionForm.ONSITE)


async def dispatch(
    session: AsyncSession, recognition: RecognitionSession, team: Sequence[Supervisor], *, visit: Visit, act: Act, draw_id: UUID | None = None
) -> Inspection:
    """Makes the inspection and asks its team, the first as leader. Fewer than the profile says are refused (INV03, B029, A25)."""
    rules = await rules_for(session, recognition.center_id, on=visit.day, of=dispatching(recognition, act.organization_id))
    row = Inspection(
        **tenants(recognition),
        form=random_form(rules.rules),
        venue=visit.venue,
        dispatcher_id=act.organization_id,
        recognition_session_id=recognition.id,
        draw_id=draw_id,
        profile_id=rules.id,
        scheduled_on=visit.day,
    )
    await sent(session, row, team, span=visit.span, act=act, rules=rules)
    return row


def random_form(rules: Profile) -> InspectionForm:
    """What a visit to one session is called here: 抽查 or 现场督导 (D20)."""
    return next(one for one in RANDOM_FORMS if one in rules.words("inspection.forms"))


async def sent(session: AsyncSession, row: Inspection, team: Sequence[Supervisor], *, span: Period, act: Act, rules: InForce) -> Event:
    """Keeps a new inspection and asks its team, the first as leader."""
    enough(row, len(team), rules.rules)
    session.add(row)
    await session.flush()
    event = await record(session, row, step=Step.DISPATCH, act=act, after=row.status, profile_id=rules.id)
    for n, supervisor in enumerate(team):
        role = TeamRole.MEMBER if n else TeamRole.LEADER
        await offer(session, row, supervisor, role=role, span=span, act=act, rules=rules)
    return event


def enough(inspection: Inspection, have: int, rules: Profile) -> None:
    """The least team (D17), refused with its article where it is not reached. An annual inspection has a team of its own measure (000 §10(三)).
    The measure is of external supervisors (A25): the own inspection of an agency has none.
    """
    if inspection.internal:
        return
    of_center = inspection.dispatcher_id == inspection.center_id and rules.has("team.min_for_center")
    annual = inspection.form is InspectionForm.ANNUAL and rules.has("annual_inspection.team_min")
    rule = rules.rule("annual_inspection.team_min" if annual else "team.min_for_center" if of_center else "team.min")
    needed = rules.integer(rule.id)
    if have < needed:
        raise Unmet(rule.id, rule.article, rules.version, needed=needed, have=have)


async def notify(session: AsyncSession, inspection: Inspection, *, act: Act) -> Event:
    """督导工作通知 (000 §11(一), Y037): from here on the agency knows. Only with a whole team that has said yes."""
    rules = await rules_of_visit(session, inspection)
    if inspection.status is InspectionStatus.DISPATCHED:
        enough(inspection, len(await team_of(session, inspection.id, statuses=TAKEN)), rules.rules)
        inspection.notified_at = act.at
    return await advance(session, inspection, STEPS, step=Step.NOTIFY, act=act, profile_id=rules.id)


async def cancel(session: AsyncSession, inspection: Inspection, reason: str, *, act: Act) -> Event:
    """Calls the visit off before it begins; whoever was asked is free again. The session returns to the pool."""
    inspection.cancel_reason = checked("reason", reason, REASON)
    event = await advance(session, inspection, STEPS, step=Step.CANCEL, act=act, reason=inspection.cancel_reason)
    for assignment in await team_of(session, inspection.id, statuses=(AssignmentStatus.OFFERED, AssignmentStatus.ACCEPTED)):
        await withdraw(session, assignment, inspection.cancel_reason, act=act)
    return event


async def dispatch_drawn(session: AsyncSession, draw: Draw, *, act: Act) -> tuple[list[Inspection], Event]:
    """Makes the inspections of a draw and asks the teams (drawConfirm).

    Between the lot and this day people fall out: each seat goes to the next of the committed order who may still go. A session that was
    cancelled, has begun or was inspected since gets none; one with too few people left refuses the whole (INV03).
    """
    event = await advance(session, draw, dispatches.STEPS, step=dispatches.Step.CONFIRM, act=act, profile_id=draw.profile_id)
    rules = (await rules_there(session, draw.profile_id, draw, on=dispatches.judged_on(draw, act=act))).rules
    outcome, pool = dispatches.published(draw).outcome, read_pool(draw.pool)
    planned = {key: one for key, one in (await frozen(session, pool, only=outcome.sessions, rules=rules)).items() if act.at < one.visit.span.start}
    done = await inspected(session, [one.recognition.id for one in planned.values()])
    open_ = [planned[key] for key in outcome.sessions if key in planned and planned[key].recognition.id not in done]
    if not open_:
        return [], event
    judged = await judge(session, roster_of(draw.center_id), open_, rules=rules, ran_by=draw.ran_by)
    teams = seated(outcome, open_, judged)
    people = await _supervisors(session, teams)
    picks = {one.recognition_session_id: one for one in (await session.exec(select(DrawPick).where(col(DrawPick.draw_id) == draw.id))).all()}
    made = []
    for one in open_:
        team = [people[who] for who in teams[one.recognition.id.hex]]
        inspection = await dispatch(session, one.recognition, team, visit=one.visit, act=act, draw_id=draw.id)
        picks[one.recognition.id].inspection_id = inspection.id
        made.append(inspection)
    await session.flush()
    return made, event


def seated(outcome: Outcome, planned: Sequence[Planned], judged: Judged) -> dict[str, list[str]]:
    """Who is asked for each session, in the order drawn: the committed order without who may no longer go or was just seated elsewhere."""
    teams: dict[str, list[str]] = {}
    booked: list[tuple[str, Period]] = []
    for one in planned:
        key, span = one.recognition.id.hex, one.visit.span
        seats = len(outcome.teams[key]) + outcome.shortfalls.get(key, 0)
        away = {who for who, period in booked if period.overlaps(span)}
        free = judged.free(one.recognition) - away
        teams[key] = [who for who in (*outcome.teams[key], *outcome.reserves[key]) if who in free][:seats]
        booked += [(who, span) for who in teams[key]]
    return teams


async def _supervisors(session: AsyncSession, teams: Mapping[str, Sequence[str]]) -> dict[str, Supervisor]:
    wanted = {UUID(hex=who) for team in teams.values() for who in team}
    return {one.id.hex: one for one in (await session.exec(select(Supervisor).where(col(Supervisor.id).in_(wanted)))).all()}
