"""Places in a team: offered, answered, taken back, given to the next (000 §19, 003 §10-11)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import Period, shanghai_day
from domain.errors import Conflict, Unmet
from domain.machine import Act, Machine, advance, record
from domain.organizations import InForce, rules_for, rules_of_visit
from domain.profiles import Profile
from domain.texts import checked
from models.conflicts import Conflict as OnRecord
from models.conflicts import ConflictStatus
from models.database import beyond
from models.dispatch import Assignment, AssignmentStatus, TeamRole
from models.events import Event
from models.inspections import Inspection
from models.supervisors import Supervisor

REASON = 500


class Step(StrEnum):
    OFFER = "OFFER"
    ACCEPT = "ACCEPT"
    DECLINE = "DECLINE"
    MARK_NO_REPLY = "MARK_NO_REPLY"
    RECUSE = "RECUSE"
    EXCUSE = "EXCUSE"
    WITHDRAW = "WITHDRAW"
    CHECK_IN = "CHECK_IN"
    MARK_NO_SHOW = "MARK_NO_SHOW"
    FINISH = "FINISH"


STEPS: Machine = {
    (AssignmentStatus.OFFERED, Step.ACCEPT): AssignmentStatus.ACCEPTED,
    (AssignmentStatus.OFFERED, Step.DECLINE): AssignmentStatus.DECLINED,
    (AssignmentStatus.OFFERED, Step.MARK_NO_REPLY): AssignmentStatus.NO_REPLY,
    (AssignmentStatus.OFFERED, Step.RECUSE): AssignmentStatus.RECUSED,
    (AssignmentStatus.OFFERED, Step.EXCUSE): AssignmentStatus.EXCUSED,
    (AssignmentStatus.OFFERED, Step.WITHDRAW): AssignmentStatus.WITHDRAWN,
    (AssignmentStatus.ACCEPTED, Step.RECUSE): AssignmentStatus.RECUSED,
    (AssignmentStatus.ACCEPTED, Step.EXCUSE): AssignmentStatus.EXCUSED,
    (AssignmentStatus.ACCEPTED, Step.WITHDRAW): AssignmentStatus.WITHDRAWN,
    (AssignmentStatus.ACCEPTED, Step.CHECK_IN): AssignmentStatus.CHECKED_IN,
    (AssignmentStatus.ACCEPTED, Step.MARK_NO_SHOW): AssignmentStatus.NO_SHOW,
    (AssignmentStatus.CHECKED_IN, Step.FINISH): AssignmentStatus.DONE,
}

LIVE = (AssignmentStatus.OFFERED, AssignmentStatus.ACCEPTED, AssignmentStatus.CHECKED_IN, AssignmentStatus.DONE)
"""Who was offered or took a place and has not left it."""

TAKEN = (AssignmentStatus.ACCEPTED, AssignmentStatus.CHECKED_IN, AssignmentStatus.DONE)
"""Who has said yes."""

LEFT = (
    AssignmentStatus.DECLINED,
    AssignmentStatus.NO_REPLY,
    AssignmentStatus.RECUSED,
    AssignmentStatus.EXCUSED,
    AssignmentStatus.WITHDRAWN,
    AssignmentStatus.NO_SHOW,
)
"""Whose place is free for the next."""

STREAK_READS = (Step.ACCEPT, Step.DECLINE, Step.MARK_NO_REPLY, Step.RECUSE, Step.EXCUSE)


async def offer(
    session: AsyncSession,
    inspection: Inspection,
    supervisor: Supervisor,
    *,
    role: TeamRole,
    span: Period,
    act: Act,
    rules: InForce,
    replaces: UUID | None = None,
) -> tuple[Assignment, Event]:
    """Asks one person. Somebody on duty at that time anywhere is refused by the table itself: OVERLAP, and not where (INV19)."""
    row = Assignment(
        center_id=inspection.center_id,
        district_id=inspection.district_id,
        agency_id=inspection.agency_id,
        inspection_id=inspection.id,
        supervisor_id=supervisor.id,
        person_id=supervisor.person_id,
        dispatcher_id=inspection.dispatcher_id,
        recognition_session_id=inspection.recognition_session_id,
        duty_on=inspection.scheduled_on,
        internal=inspection.internal,
        role=role,
        starts_at=span.start,
        ends_at=span.until,
        reply_by=reply_by(span, rules.rules, act=act),
        replaces_id=replaces,
    )
    session.add(row)
    await session.flush()
    return row, await record(session, row, step=Step.OFFER, act=act, after=row.status, profile_id=rules.id)


def reply_by(span: Period, rules: Profile, *, act: Act) -> datetime:
    """Within the hours of the profile, and before the duty begins; who is asked on the day itself may answer until it ends."""
    if span.until <= act.at:
        raise Conflict("STATE")
    return min(act.at + timedelta(hours=rules.integer("assignment.reply_hours")), span.start if act.at < span.start else span.until)


async def accept(session: AsyncSession, assignment: Assignment, *, act: Act, code: UUID | None = None) -> Event:
    """In time only: after `reply_by` the place belongs to the next in the order.

    Who accepts acknowledges the code of conduct of the rules in force that day and undertakes to stay clean (000 §8, Y024, Y094); which rules
    those were is kept, and the event names the digest of their text. Unmet where somebody has read another `code`, and with a conflict on record.
    """
    if assignment.status is AssignmentStatus.OFFERED and act.at >= assignment.reply_by:
        raise await late(session, assignment)
    rules = await rules_for(session, assignment.center_id, on=shanghai_day(act.at))
    if assignment.status is AssignmentStatus.OFFERED and await in_conflict(session, assignment):
        raise Unmet("conflict.on_record", "000 §8(八); 003 §10", rules.rules.version)
    if code is not None and code != rules.id:
        raise Unmet("assignment.code", "000 §8", rules.rules.version)
    assignment.replied_at, assignment.code_id = act.at, rules.id
    read = f"工作守则 sha256:{rules.code_digest}" if rules.code_digest else None
    return await advance(session, assignment, STEPS, step=Step.ACCEPT, act=act, reason=read, profile_id=rules.id)


async def in_conflict(session: AsyncSession, assignment: Assignment) -> bool:
    """Whether a conflict of the person with the agency counts on the day of duty, whoever put it on record; of nobody's own agency (A28)."""
    counts = (col(OnRecord.status) == ConflictStatus.ACCEPTED, col(OnRecord.starts_on) <= assignment.duty_on)
    goes_on = or_(col(OnRecord.ends_on).is_(None), col(OnRecord.ends_on) > assignment.duty_on)
    whose = (col(OnRecord.person_id) == assignment.person_id, col(OnRecord.agency_id) == assignment.agency_id)
    async with beyond(session):
        found = (await session.exec(select(OnRecord.person_id).where(*whose, *counts, goes_on).limit(1))).first()
    return found is not None and not assignment.internal


async def decline(session: AsyncSession, assignment: Assignment, reason: str, *, act: Act) -> Event:
    """Counts in the streak. What a streak leads to is a case, and belongs to domain/cases.py."""
    return await _answered(session, assignment, reason, step=Step.DECLINE, act=act)


async def recuse(session: AsyncSession, assignment: Assignment, reason: str, *, act: Act) -> Event:
    """实行回避 (000 §8(八), Y026): the person's own word, neutral in the streak."""
    return await _answered(session, assignment, reason, step=Step.RECUSE, act=act)


async def excuse(session: AsyncSession, assignment: Assignment, reason: str, *, act: Act) -> Event:
    """The dispatcher lets somebody off, for illness and the like: neutral in the streak (A08)."""
    return await _answered(session, assignment, reason, step=Step.EXCUSE, act=act)


async def withdraw(session: AsyncSession, assignment: Assignment, reason: str, *, act: Act) -> Event:
    """Takes the offer or the place back, because the inspection or the card is gone: void in the streak (A08)."""
    return await _answered(session, assignment, reason, step=Step.WITHDRAW, act=act)


async def mark_no_reply(session: AsyncSession, assignment: Assignment, *, act: Act) -> Event:
    """Silence after the reply time counts like a refusal (A08)."""
    if assignment.status is AssignmentStatus.OFFERED and act.at < assignment.reply_by:
        raise await late(session, assignment)
    return await advance(session, assignment, STEPS, step=Step.MARK_NO_REPLY, act=act)


async def mark_no_show(session: AsyncSession, assignment: Assignment, *, act: Act) -> Event:
    """Said yes and did not come; not before the duty has begun."""
    if act.at < assignment.starts_at:
        raise Conflict("STATE", starts=assignment.starts_at.isoformat())
    return await advance(session, assignment, STEPS, step=Step.MARK_NO_SHOW, act=act)


async def late(session: AsyncSession, assignment: Assignment) -> Unmet:
    """The refusal that names the reply time."""
    inspection = (await session.exec(select(Inspection).where(col(Inspection.id) == assignment.inspection_id))).one()
    rules = (await rules_of_visit(session, inspection)).rules
    rule = rules.rule("assignment.reply_hours")
    return Unmet(rule.id, rule.article, rules.version, replyBy=assignment.reply_by.isoformat())


async def team_of(session: AsyncSession, inspection_id: UUID, *, statuses: Sequence[AssignmentStatus] = LIVE) -> list[Assignment]:
    """Who holds a place, leader first."""
    query = select(Assignment).where(col(Assignment.inspection_id) == inspection_id, col(Assignment.status).in_(statuses))
    return list((await session.exec(query.order_by(col(Assignment.role), col(Assignment.id)))).all())


async def streak(session: AsyncSession, supervisor_id: UUID, *, rules: Profile | None = None) -> int:
    """Refusals in a row, read from the events (INV06, N6; Y068, A08): declined and no reply count, accepted resets, all else is neutral.

    `rules` may say otherwise by its `refusal.*` flags.
    """
    offers = select(Assignment.id).where(col(Assignment.supervisor_id) == supervisor_id)
    query = select(Event.step).where(col(Event.subject_id).in_(offers), col(Event.step).in_(STREAK_READS))
    return counted((await session.exec(query.order_by(col(Event.at), col(Event.id)))).all(), rules)


def counted(steps: Sequence[str], rules: Profile | None) -> int:
    """The length of the streak at the end of these answers, oldest first. Without rules on refusals the reading of A08 holds."""
    rules = rules if rules and rules.has("refusal.max_consecutive") else None
    refusals, resets = counting(rules), rules is None or rules.flag("refusal.accepted_resets")
    length = 0
    for step in steps:
        length = 0 if step == Step.ACCEPT and resets else length + (step in refusals)
    return length


def counting(rules: Profile | None) -> set[str]:
    """Which answers are refusals: declined always, silence by A08, what else these rules count."""
    flags = {Step.MARK_NO_REPLY: "no_reply", Step.RECUSE: "recused", Step.EXCUSE: "excused"}
    others = {step.value for step, flag in flags.items() if (rules.flag(f"refusal.counts_{flag}") if rules else step is Step.MARK_NO_REPLY)}
    return {Step.DECLINE.value} | others


async def _answered(session: AsyncSession, assignment: Assignment, reason: str, *, step: Step, act: Act) -> Event:
    assignment.reason = checked("reason", reason, REASON)
    assignment.replied_at = act.at
    return await advance(session, assignment, STEPS, step=step, act=act, reason=assignment.reason)
