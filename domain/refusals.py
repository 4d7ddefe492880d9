"""Refusals in a row: declined offers and silence count, and at the number of the profile a case is opened (000 §19, Y068, A08)."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Integer, cast, exists, func, literal_column, tuple_
from sqlalchemy import select as select_from
from sqlmodel import col, desc, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import offers
from domain.calendar import shanghai_day
from domain.cases import is_open, written
from domain.machine import Act
from domain.organizations import rules_for
from domain.profiles import Profile
from domain.supervisors import card_in_use
from models.base import table_of
from models.cases import CaseOrigin, Ground, SupervisorCase
from models.dispatch import Assignment, AssignmentStatus
from models.events import Event
from models.organizations import Profile as ProfileRow
from models.supervisors import Supervisor

ARTICLE = "000 §19"
WORDS: Mapping[str, str] = {
    offers.Step.DECLINE: "不接受",
    offers.Step.MARK_NO_REPLY: "逾期未答复",
    offers.Step.RECUSE: "回避",
    offers.Step.EXCUSE: "请假",
}
LIMIT = """'$[*] ? (@.id == "refusal.max_consecutive").value'::jsonpath"""


async def decline(session: AsyncSession, assignment: Assignment, reason: str, *, act: Act) -> tuple[Event, SupervisorCase | None]:
    """Refuses an offer, and opens the case at the card's issuer where this was one refusal too many."""
    await one_at_a_time(session, assignment.supervisor_id)
    event = await offers.decline(session, assignment, reason, act=act)
    return event, await judged(session, assignment, act=act)


async def lapse(session: AsyncSession, assignment: Assignment, *, act: Act) -> tuple[Event, SupervisorCase | None]:
    """Silence after the reply time is a refusal: NO_REPLY, and counted like one."""
    await one_at_a_time(session, assignment.supervisor_id)
    event = await offers.mark_no_reply(session, assignment, act=act)
    return event, await judged(session, assignment, act=act)


async def settle(session: AsyncSession, assignment: Assignment, *, act: Act) -> None:
    """Before an offer is given to the next: silence past the reply time is put on record as what it is."""
    if assignment.status is AssignmentStatus.OFFERED and assignment.reply_by <= act.at:
        await lapse(session, assignment, act=act)


async def lapse_overdue(session: AsyncSession, center_id: UUID, *, act: Act) -> list[Assignment]:
    """Every unanswered offer of a jurisdiction whose reply time is over; those changed, in their order."""
    query = select(Assignment).where(
        col(Assignment.center_id) == center_id, col(Assignment.status) == AssignmentStatus.OFFERED, col(Assignment.reply_by) <= act.at
    )
    overdue = list((await session.exec(query.order_by(col(Assignment.id)).with_for_update(skip_locked=True))).all())
    for one in overdue:
        await lapse(session, one, act=act)
    return overdue


async def judged(session: AsyncSession, assignment: Assignment, *, act: Act) -> SupervisorCase | None:
    """None below the number, where the profile has none (D10), without a card to revoke, or while such a case is open."""
    rules = await rules_for(session, assignment.center_id, on=shanghai_day(act.at))
    limit = rules.rules.optional_integer("refusal.max_consecutive")
    card = await card_in_use(session, assignment.supervisor_id)
    if limit is None or card is None or await is_open(session, card, Ground.REFUSAL_STREAK):
        return None
    length = await offers.streak(session, assignment.supervisor_id, rules=rules.rules)
    if length < limit:
        return None
    facts = f"连续 {length} 次不接受指派：{await evidence(session, assignment.supervisor_id, length, rules=rules.rules)}（{ARTICLE}）"
    case, _ = await written(session, card, Ground.REFUSAL_STREAK, facts=facts, origin=CaseOrigin.REFUSAL_STREAK, act=act, rules=rules)
    return case


async def evidence(session: AsyncSession, supervisor_id: UUID, length: int, *, rules: Profile) -> str:
    """The refusals that make the streak, oldest first, as the log has them: day and kind, and no reason, which is the person's own (N6)."""
    mine = select(Assignment.id).where(col(Assignment.supervisor_id) == supervisor_id)
    query = select(Event.at, Event.step).where(col(Event.subject_id).in_(mine), col(Event.step).in_(offers.counting(rules)))
    found = (await session.exec(query.order_by(desc(col(Event.at)), desc(col(Event.id))).limit(length))).all()
    return "；".join(f"{shanghai_day(at)} {WORDS[step]}" for at, step in reversed(found))


async def one_at_a_time(session: AsyncSession, supervisor_id: UUID) -> None:
    """Two refusals of one person at once must not both overlook the other."""
    await session.exec(select(Supervisor.id).where(col(Supervisor.id) == supervisor_id).with_for_update())


def in_a_row(supervisor: ColumnElement[UUID]) -> ColumnElement[int]:
    """The streak as an expression: refusals and silences of a supervisor after the last acceptance (A08)."""
    refusal, answer = table_of(Event).alias("refusal"), table_of(Event).alias("answer")
    mine, taken = table_of(Assignment).alias("refused"), table_of(Assignment).alias("taken")
    later = (
        exists(select_from(answer.c.id))
        .where(answer.c.subject_id == taken.c.id, taken.c.supervisor_id == supervisor, answer.c.step == offers.Step.ACCEPT)
        .where(tuple_(answer.c.at, answer.c.id) > tuple_(refusal.c.at, refusal.c.id))
        .correlate_except(answer, taken)
    )
    counted = select_from(func.count()).select_from(refusal).join(mine, mine.c.id == refusal.c.subject_id)
    counted = counted.where(mine.c.supervisor_id == supervisor, refusal.c.step.in_((offers.Step.DECLINE, offers.Step.MARK_NO_REPLY)), ~later)
    return counted.correlate_except(refusal, mine).scalar_subquery()


def most_in_a_row(center: ColumnElement[UUID]) -> ColumnElement[int | None]:
    """The number of the profile in force today, null where it has none (D10)."""
    profile = table_of(ProfileRow).alias("in_force")
    today = cast(func.timezone("Asia/Shanghai", func.now()), Date)
    found = func.jsonb_path_query_first(profile.c.rules, literal_column(LIMIT))
    rule = select_from(cast(found, Integer)).where(profile.c.organization_id == center, profile.c.effective_from <= today)
    return rule.order_by(profile.c.effective_from.desc()).limit(1).correlate_except(profile).scalar_subquery()
