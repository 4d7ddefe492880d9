"""申诉: the person appeals once against a sanction in force; somebody who neither decided nor confirmed it lets it stand or takes it back.

No text speaks of an appeal: it is the house's default (regulation.md 1.8, A14), its days are the profile's. The sanction holds meanwhile.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import blacklist, proposals
from domain.calendar import shanghai_day
from domain.cases import card_of
from domain.errors import Conflict, Unmet
from domain.holidays import working_days_on
from domain.machine import Act, Machine, advance
from domain.organizations import InForce, rules_for
from domain.supervisors import restore_card
from domain.texts import checked
from models.cases import BlacklistEntry, BlacklistStatus, Sanction, SupervisorCase, SupervisorCaseStatus
from models.database import standing_for
from models.events import Event

ARTICLE = "default 1.8 (A14)"
LONGEST_APPEAL = 4000
LONGEST_REASON = 2000
WORKING_DAYS = 15
"""Where the rules of a jurisdiction name no number: those published before there was such a key."""


class Step(StrEnum):
    APPEAL = "APPEAL"
    UPHOLD = "UPHOLD"
    LIFT = "LIFT"


STEPS: Machine = {
    (SupervisorCaseStatus.IN_FORCE, Step.APPEAL): SupervisorCaseStatus.APPEALED,
    (SupervisorCaseStatus.APPEALED, Step.UPHOLD): SupervisorCaseStatus.UPHELD,
    (SupervisorCaseStatus.APPEALED, Step.LIFT): SupervisorCaseStatus.LIFTED,
}


async def appeal(session: AsyncSession, case: SupervisorCase, said: str, *, by: UUID, at: datetime) -> Event:
    """Before the issuer, within the working days of the profile. Unmet later, and where the employer's department decided: an appeal goes there.

    It stands in the chain of the issuer: whoever was revoked acts for no organization any more.
    """
    act = Act(by, case.issuer_id, at)
    text = checked("appeal", said, LONGEST_APPEAL)
    if case.status is not SupervisorCaseStatus.IN_FORCE or case.in_force_at is None:
        raise Conflict("STATE", status=case.status.value, step=Step.APPEAL.value)
    since = shanghai_day(case.in_force_at)
    rules = await rules_for(session, case.center_id, on=shanghai_day(act.at))
    if case.authority is not None:
        raise Unmet("supervisor_case.appealed_elsewhere", "000 §21", rules.rules.version)
    days = rules.rules.optional_integer("appeal.working_days") or WORKING_DAYS
    until = await working_days_on(session, case.center_id, since, days=days)
    if shanghai_day(act.at) > until:
        raise Unmet("appeal.working_days", ARTICLE, rules.rules.version, until=str(until))
    case.appeal, case.appealed_at = text, act.at
    async with standing_for(session, case.issuer_id):
        return await advance(session, case, STEPS, step=Step.APPEAL, act=act, profile_id=rules.id)


async def uphold(session: AsyncSession, case: SupervisorCase, reason: str, *, act: Act) -> Event:
    """维持原决定. Unmet for who decided or confirmed it."""
    rules = await rules_for(session, case.center_id, on=shanghai_day(act.at))
    return await answered(session, case, Step.UPHOLD, reason=reason, act=act, rules=rules)


async def lift(session: AsyncSession, case: SupervisorCase, reason: str, *, act: Act) -> Event:
    """撤销原决定: a suspension's card serves again. Unmet for who decided or confirmed it.

    A revoked card stays what it is: its number and its end are history. The entry in the blacklist goes under review, and another person lifts it; then
    the issuer may give the person a card anew.
    """
    rules = await rules_for(session, case.center_id, on=shanghai_day(act.at))
    event = await answered(session, case, Step.LIFT, reason=reason, act=act, rules=rules)
    if case.sanction is Sanction.SUSPENSION and case.suspended_in_id is None:
        await restore_card(session, await card_of(session, case), act=act, reason=case.appeal_reason or "", profile_id=rules.id)
    for entry in await entries_of(session, case):
        if entry.status is BlacklistStatus.PROPOSED:
            await proposals.dismiss(session, entry, reason, act=act)
        else:
            await blacklist.review(session, entry, reason, act=act)
    return event


async def answered(session: AsyncSession, case: SupervisorCase, which: Step, *, reason: str, act: Act, rules: InForce) -> Event:
    why = checked("reason", reason, LONGEST_REASON)
    if case.status is SupervisorCaseStatus.APPEALED:
        if act.by in {case.decided_by, case.confirmed_by}:
            raise Unmet("supervisor_case.appeal_by_another", ARTICLE, rules.rules.version)
        case.appeal_reason, case.appeal_decided_by = why, act.by
    return await advance(session, case, STEPS, step=which, act=act, reason=why, profile_id=rules.id)


async def entries_of(session: AsyncSession, case: SupervisorCase) -> Sequence[BlacklistEntry]:
    """What the case put or would put on the list and nobody reviews yet, locked."""
    waiting = (BlacklistStatus.PROPOSED, BlacklistStatus.LISTED)
    query = select(BlacklistEntry).where(col(BlacklistEntry.case_id) == case.id, col(BlacklistEntry.status).in_(waiting))
    return (await session.exec(query.order_by(col(BlacklistEntry.id)).with_for_update())).all()
