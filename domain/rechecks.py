"""复核: after a revocation for fraud and the like, every inspection that the person took part in waits until somebody has looked at it again (N15)."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, select
from sqlmodel import col
from sqlmodel import select as rows_of
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import cases
from domain.answers import Part
from domain.blacklist import ruling_of
from domain.calendar import shanghai_day
from domain.cases import Confirmed
from domain.errors import Conflict, Unmet
from domain.figures import INSPECTED, WAS_THERE
from domain.machine import Act, Machine, advance, record
from domain.organizations import InForce, rules_for
from domain.texts import checked
from models.base import table_of
from models.cases import IN_EFFECT, Sanction, SupervisorCase
from models.checklists import Answer, Signature
from models.dispatch import Assignment, TeamRole
from models.events import Event
from models.inspections import Inspection
from models.rechecks import Recheck, RecheckStatus, Risk

LONGEST_REASON = 2000
RULE = "taint.grounds"


class Step(StrEnum):
    CONFIRM = "CONFIRM"
    REPEAT = "REPEAT"


STEPS: Machine = {
    (RecheckStatus.RECHECK, Step.CONFIRM): RecheckStatus.CONFIRMED,
    (RecheckStatus.RECHECK, Step.REPEAT): RecheckStatus.REPEATED,
}


async def confirm(session: AsyncSession, case: SupervisorCase, *, act: Act) -> Confirmed:
    """Puts a revocation in force; where its ground taints, all that the person inspected waits for a recheck from the same moment on."""
    done = await cases.confirm(session, case, act=act)
    rules = await rules_for(session, case.center_id, on=shanghai_day(act.at))
    if case.ground in rules.rules.words(RULE):
        await queue(session, case, rules=rules, act=act)
    return done


async def order(session: AsyncSession, case: SupervisorCase, *, act: Act) -> Event:
    """Queues what is not queued yet: of a revocation from before, or what was signed since.

    Conflict where no revocation is in force; Unmet for a ground that taints nothing; Conflict DUPLICATE where nothing is left to queue.
    """
    ruling_of(case)
    rules = await rules_for(session, case.center_id, on=shanghai_day(act.at))
    if case.ground not in rules.rules.words(RULE):
        found = rules.rules.find(RULE)
        raise Unmet(RULE, found.article if found else "000 §21(二)", rules.rules.version, ground=case.ground.value)
    event = await queue(session, case, rules=rules, act=act)
    if event is None:
        raise Conflict("DUPLICATE")
    return event


async def queue(session: AsyncSession, case: SupervisorCase, *, rules: InForce, act: Act) -> Event | None:
    """One statement, however many visits; one event of the case, which says how many. None where there is no other one."""
    found = (await (await session.connection()).execute(visits_of(case, rules.rules.words(RULE)))).all()
    if not found:
        return None
    session.add_all([queued(one, case, act=act) for one in found])
    await session.flush()
    return await record(session, case, step="ORDER_RECHECK", act=act, reason=str(len(found)), profile_id=rules.id)


def queued(found: Row[*tuple[Any, ...]], case: SupervisorCase, *, act: Act) -> Recheck:
    return Recheck(
        center_id=found.center_id,
        district_id=found.district_id,
        agency_id=found.agency_id,
        case_id=case.id,
        inspection_id=found.id,
        person_id=case.person_id,
        issuer_id=case.issuer_id,
        leader=found.role is TeamRole.LEADER,
        lines=found.lines,
        lines_entered=found.lines_entered,
        independent=found.independent,
        risk=risk_of(found.lines, found.lines_entered, independent=found.independent),
        queued_at=act.at,
    )


def risk_of(lines: int, entered: int, *, independent: bool) -> Risk:
    """HIGH where nobody else vouches for the form, or every line of it is the person's; LOW where another signed and no line is; else MEDIUM."""
    if not independent or (lines > 0 and entered == lines):
        return Risk.HIGH
    return Risk.MEDIUM if entered else Risk.LOW


def visits_of(case: SupervisorCase, grounds: Sequence[str]) -> Select[*tuple[Any, ...]]:
    """The signed visits that the person came to and that are not queued for this case: how much of the form the person entered, and who else signed."""
    i, a, r = table_of(Inspection), table_of(Assignment), table_of(Recheck)
    came = and_(a.c.inspection_id == i.c.id, a.c.person_id == case.person_id, a.c.status.in_(WAS_THERE))
    there = exists().where(r.c.case_id == case.id, r.c.inspection_id == i.c.id)
    facts = (i.c.id, i.c.center_id, i.c.district_id, i.c.agency_id, a.c.role, *entered(i.c.id, case.person_id), independent(i.c.id, case, grounds))
    query = select(*facts).select_from(i.join(a, came)).where(i.c.status.in_(INSPECTED), ~there)
    return query.order_by(i.c.scheduled_on, i.c.id)


def entered(inspection: ColumnElement[UUID], person_id: UUID) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """How many lines the form has, and how many of them the person entered last."""
    answer = table_of(Answer)
    count = select(func.count()).select_from(answer).where(answer.c.inspection_id == inspection)
    mine = count.where(answer.c.person_id == person_id)
    return count.correlate_except(answer).scalar_subquery().label("lines"), mine.correlate_except(answer).scalar_subquery().label("lines_entered")


def independent(inspection: ColumnElement[UUID], case: SupervisorCase, grounds: Sequence[str]) -> ColumnElement[bool]:
    """Another member signed for what was seen on the day, and stands revoked for nothing of the kind."""
    s, c = table_of(Signature), table_of(SupervisorCase).alias("likewise")
    tainted = exists().where(
        c.c.person_id == s.c.person_id,
        c.c.sanction == Sanction.REVOCATION,
        c.c.status.in_(IN_EFFECT),
        c.c.ground.in_(grounds),
    )
    signed = exists().where(s.c.inspection_id == inspection, s.c.part == Part.SITE, s.c.person_id != case.person_id, ~tainted.correlate(s))
    return signed.correlate_except(s).label("independent")


async def confirmed(session: AsyncSession, recheck: Recheck, *, reason: str, act: Act) -> Event:
    """The result stands (维持原结论), and why."""
    return await settle(session, recheck, Step.CONFIRM, reason=reason, act=act)


async def repeated(session: AsyncSession, recheck: Recheck, visit: Inspection, *, reason: str, act: Act) -> Event:
    """Somebody else inspected the same agency again (重新督导). Unmet where that is no later signed visit there without the person."""
    first = (await session.exec(rows_of(Inspection).where(col(Inspection.id) == recheck.inspection_id))).one()
    mine = rows_of(Assignment.id).where(col(Assignment.inspection_id) == visit.id, col(Assignment.person_id) == recheck.person_id)
    with_the_person = (await session.exec(mine.where(col(Assignment.status).in_(WAS_THERE)))).first() is not None
    later = (
        visit.agency_id == first.agency_id
        and visit.internal is first.internal
        and visit.scheduled_on > first.scheduled_on
        and visit.status in INSPECTED
    )
    if not later or with_the_person:
        raise Unmet("recheck.other_visit", "000 §21(二)")
    recheck.repeated_by_id = visit.id
    return await settle(session, recheck, Step.REPEAT, reason=reason, act=act)


async def settle(session: AsyncSession, recheck: Recheck, step: Step, *, reason: str, act: Act) -> Event:
    """Conflict where it is settled already; nobody settles what they took part in themselves."""
    why = checked("reason", reason, LONGEST_REASON)
    if act.by == recheck.person_id:
        raise Unmet("recheck.oneself", "000 §21(二)")
    if recheck.status is RecheckStatus.RECHECK:
        recheck.decided_by, recheck.decided_at, recheck.reason = act.by, act.at, why
    return await advance(session, recheck, STEPS, step=step, act=act, reason=why)
