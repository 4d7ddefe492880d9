"""What a case may lead to beside suspension and revocation: 批评教育, 行政处分, 移送司法机关 (000 §21, 003 §17).

By 000 §21 both are the employer's department's (所在部门): the issuer of the card records what the department decided. By 003 §17 center and district
criticize themselves.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import shanghai_day
from domain.cases import LONGEST_NUMBER, Decision, decided, rung
from domain.errors import BadInput, Conflict, Unmet
from domain.machine import Act, Machine, advance, record
from domain.organizations import InForce, rules_for
from domain.texts import checked, checked_or_none
from models.cases import IN_EFFECT, UNDECIDED, Sanction, SupervisorCase, SupervisorCaseStatus
from models.events import Event

LONGEST_CRITICISM = 2000
LONGEST_AUTHORITY = 120
LONGEST_REASON = 2000
BY_EMPLOYER = "sanctions.by_employer"
REFERABLE = (*UNDECIDED, SupervisorCaseStatus.DECIDED, *IN_EFFECT)


class Step(StrEnum):
    CRITICIZE = "CRITICIZE"
    DISCIPLINE = "DISCIPLINE"


STEPS: Machine = {
    (SupervisorCaseStatus.OPENED, Step.CRITICIZE): SupervisorCaseStatus.IN_FORCE,
    (SupervisorCaseStatus.HEARING, Step.CRITICIZE): SupervisorCaseStatus.IN_FORCE,
    (SupervisorCaseStatus.OPENED, Step.DISCIPLINE): SupervisorCaseStatus.IN_FORCE,
    (SupervisorCaseStatus.HEARING, Step.DISCIPLINE): SupervisorCaseStatus.IN_FORCE,
}


@dataclass(frozen=True)
class Ruling:
    """Who decided it, on which day, in what it is written."""

    authority: str | None
    day: date
    decision: Decision


async def criticize(session: AsyncSession, case: SupervisorCase, ruling: Ruling, *, criticism: str, act: Act) -> Event:
    """批评教育: in force at once, the card stays as it is.

    Where it is the employer's (000 §21) the department must be named, and only the issuer records it: Unmet for a district.
    """
    rules = await rules_for(session, case.center_id, on=shanghai_day(act.at))
    rung(rules, Sanction.CRITICISM)
    authority = checked_or_none("authority", ruling.authority, LONGEST_AUTHORITY)
    if rules.rules.flag(BY_EMPLOYER):
        if act.organization_id != case.issuer_id:
            rule = rules.rules.rule(BY_EMPLOYER)
            raise Unmet(rule.id, rule.article, rules.rules.version)
        if authority is None:
            raise BadInput("authority", "required")
    said = checked("criticism", criticism, LONGEST_CRITICISM)
    return await imposed(session, case, ruling, which=Step.CRITICIZE, authority=authority, criticism=said, act=act, rules=rules)


async def recommend(session: AsyncSession, case: SupervisorCase, department: str, *, reason: str, act: Act) -> Event:
    """建议所在部门给予行政处分: put to the department, which decides. The case stays open; Conflict where it was put to one already."""
    rules = await rules_for(session, case.center_id, on=shanghai_day(act.at))
    rung(rules, Sanction.ADMIN_DISCIPLINE)
    if case.status not in UNDECIDED or case.put_on is not None:
        raise Conflict("STATE", status=case.status.value)
    why = checked("reason", reason, LONGEST_REASON)
    case.put_to, case.put_on = checked("authority", department, LONGEST_AUTHORITY), shanghai_day(act.at)
    status = case.status
    return await record(session, case, step="RECOMMEND", act=act, before=status, after=status, reason=why, profile_id=rules.id)


async def discipline(session: AsyncSession, case: SupervisorCase, ruling: Ruling, *, act: Act) -> Event:
    """行政处分 as the department has decided it; without another one, the department it was put to. Unmet where the ladder lacks it (003 §17)."""
    rules = await rules_for(session, case.center_id, on=shanghai_day(act.at))
    rung(rules, Sanction.ADMIN_DISCIPLINE)
    authority = checked("authority", ruling.authority or case.put_to or "", LONGEST_AUTHORITY)
    return await imposed(session, case, ruling, which=Step.DISCIPLINE, authority=authority, criticism=None, act=act, rules=rules)


async def imposed(
    session: AsyncSession,
    case: SupervisorCase,
    ruling: Ruling,
    *,
    which: Step,
    authority: str | None,
    criticism: str | None,
    act: Act,
    rules: InForce,
) -> Event:
    if ruling.day > shanghai_day(act.at):
        raise BadInput("decidedOn", "future")
    decided(case, Sanction.CRITICISM if which is Step.CRITICIZE else Sanction.ADMIN_DISCIPLINE, ruling.decision, act=act, rules=rules)
    case.authority, case.decided_on, case.criticism, case.in_force_at = authority, ruling.day, criticism, act.at
    return await advance(session, case, STEPS, step=which, act=act, reason=case.decision_number, profile_id=rules.id)


async def refer(session: AsyncSession, case: SupervisorCase, number: str, *, on: date, act: Act) -> Event:
    """移送司法机关 (000 §21, Y099): a mark beside the decision that takes no step of the case, and stands for good. Once; not where nothing came of it."""
    if case.status not in REFERABLE or case.judicial_number is not None:
        raise Conflict("STATE", status=case.status.value, step="REFER")
    if on > shanghai_day(act.at):
        raise BadInput("referredOn", "future")
    case.judicial_number = checked("number", number, LONGEST_NUMBER)
    case.judicial_referred_on, case.judicial_referred_by = on, act.by
    rules = await rules_for(session, case.center_id, on=shanghai_day(act.at))
    state = case.status.value
    return await record(session, case, step="REFER", act=act, before=state, after=state, reason=case.judicial_number, profile_id=rules.id)
