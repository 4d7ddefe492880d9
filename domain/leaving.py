"""Who leaves the roster without a revocation, internal supervisors without a card, and what is still to do once somebody is off the roster.

000 §16, §18, §23; 003 §6, §17. Nothing is deleted: the row, its cards and its history stay in the archive (A13).
"""

from dataclasses import dataclass
from datetime import date

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import offers
from domain.calendar import shanghai_day, start_of_day
from domain.cases import open_places
from domain.errors import BadInput, Conflict, Unmet
from domain.machine import Act, advance, record
from domain.organizations import InForce, rules_for
from domain.supervisors import APPOINTMENT_STEPS, CARD_STEPS, Step, card_in_use, off_roster, printed, terms_in_force
from domain.texts import checked
from models.events import Event
from models.sessions import RecognitionSession, RecognitionSessionStatus
from models.supervisors import IN_USE, Card, LeavingGround, RosterStanding, Supervisor, SupervisorKind

LONGEST_REASON = 500
BY_CASE = "supervisor.by_case"
ARTICLES = "000 §21; 003 §17"


@dataclass(frozen=True)
class Leaving:
    """On which day, and why."""

    ground: LeavingGround
    on: date
    reason: str


async def leave(session: AsyncSession, supervisor: Supervisor, leaving: Leaving, *, act: Act) -> Event:
    """Card, term, role, open places and sessions to watch end together. No sanction: nobody is listed (A15).

    Unmet for an agency that would remove whom a card protects: that takes a case.
    """
    rules = await rules_for(session, supervisor.center_id, on=shanghai_day(act.at))
    if supervisor.standing is RosterStanding.REMOVED:
        raise Conflict("STATE", status=supervisor.standing.value)
    if leaving.ground is LeavingGround.REMOVED_BY_AGENCY:
        await without_card(session, supervisor, rules)
    not_later("leftOn", leaving.on, act)
    why = checked("reason", leaving.reason, LONGEST_REASON)
    card = await card_in_use(session, supervisor.id)
    if card is not None:
        printed(card, await advance(session, card, CARD_STEPS, step=Step.CANCEL, act=act, reason=why, profile_id=rules.id))
    for term in await terms_in_force(session, supervisor.id, on=shanghai_day(act.at)):
        await advance(session, term, APPOINTMENT_STEPS, step=Step.TERMINATE, act=act, reason=why, profile_id=rules.id)
    event = await off_roster(session, supervisor, act=act, reason=why, profile_id=rules.id)
    supervisor.left_on, supervisor.left_ground, supervisor.review_on = leaving.on, leaving.ground, None
    await freed(session, supervisor, before=None, reason=why, act=act)
    return event


async def suspend(session: AsyncSession, supervisor: Supervisor, reason: str, *, review_on: date, act: Act) -> Event:
    """暂停: the agency suspends its internal supervisor who bears no card (003 §6, §17). Duties before the day of review are free for others."""
    rules = await rules_for(session, supervisor.center_id, on=shanghai_day(act.at))
    await without_card(session, supervisor, rules)
    if review_on <= shanghai_day(act.at):
        raise BadInput("reviewOn", "past")
    why = checked("reason", reason, LONGEST_REASON)
    event = await moved(session, supervisor, RosterStanding.SUSPENDED, review_on=review_on, act=act, reason=why, rules=rules)
    await freed(session, supervisor, before=review_on, reason=why, act=act)
    return event


async def restore(session: AsyncSession, supervisor: Supervisor, reason: str, *, act: Act) -> Event:
    """恢复: may be assigned again."""
    rules = await rules_for(session, supervisor.center_id, on=shanghai_day(act.at))
    why = checked("reason", reason, LONGEST_REASON)
    return await moved(session, supervisor, RosterStanding.ACTIVE, review_on=None, act=act, reason=why, rules=rules)


async def moved(
    session: AsyncSession, supervisor: Supervisor, to: RosterStanding, *, review_on: date | None, act: Act, reason: str, rules: InForce
) -> Event:
    """Between the two standings of who is on the roster. Conflict where it stands there already, or is off."""
    before = supervisor.standing
    if before in {to, RosterStanding.REMOVED}:
        raise Conflict("STATE", status=before.value)
    supervisor.standing, supervisor.review_on = to, review_on
    which = "SUSPEND" if to is RosterStanding.SUSPENDED else "RESTORE"
    return await record(session, supervisor, step=which, act=act, before=before, after=to, reason=reason, profile_id=rules.id)


async def hand_back(session: AsyncSession, card: Card, on: date, *, act: Act) -> Event:
    """证卡交回 (000 §23, Y087): the day on which the issuer had it back. Once, and only of a card that has ended."""
    if card.status in IN_USE or card.returned_on is not None:
        raise Conflict("STATE", status=card.status.value)
    not_later("returnedOn", on, act)
    card.returned_on = on
    return printed(card, await record(session, card, step="RETURN", act=act, before=card.status, after=card.status))


async def record_deletion(session: AsyncSession, supervisor: Supervisor, on: date, *, act: Act) -> Event:
    """在服务平台删除其信息 (000 §23, Y088): the day on which it was done. Once, and only of who is off the roster."""
    if supervisor.standing is not RosterStanding.REMOVED or supervisor.platform_deleted_on is not None:
        raise Conflict("STATE", status=supervisor.standing.value)
    not_later("deletedOn", on, act)
    supervisor.platform_deleted_on = on
    return await record(session, supervisor, step="DELETE_ENTRY", act=act, before=supervisor.standing, after=supervisor.standing)


async def freed(session: AsyncSession, supervisor: Supervisor, *, before: date | None, reason: str, act: Act) -> None:
    """Takes back places in teams and sessions to watch, up to a day or all of them."""
    for place in await open_places(session, supervisor.id, before=before):
        await offers.withdraw(session, place, reason, act=act)
    query = select(RecognitionSession).where(
        col(RecognitionSession.internal_supervisor_id) == supervisor.id, col(RecognitionSession.status) == RecognitionSessionStatus.PLANNED
    )
    query = query if before is None else query.where(col(RecognitionSession.starts_at) < start_of_day(before))
    for one in (await session.exec(query.order_by(col(RecognitionSession.id)).with_for_update())).all():
        one.internal_supervisor_id = one.internal_checked_in_at = None
        await record(session, one, step="UNASSIGN_INTERNAL", act=act, before=one.status, after=one.status, reason=reason)


async def without_card(session: AsyncSession, supervisor: Supervisor, rules: InForce) -> None:
    if supervisor.kind is not SupervisorKind.INTERNAL or await card_in_use(session, supervisor.id) is not None:
        raise Unmet(BY_CASE, ARTICLES, rules.rules.version)


def not_later(field: str, day: date, act: Act) -> None:
    if day > shanghai_day(act.at):
        raise BadInput(field, "future")
