"""What an appointed supervisor is judged by: the evaluation at the end of a term and the renewal after it (000 §18), the yearly assessment with
the commendation or the case that follows (000 §22; the archive of them, Y084).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlmodel import col, desc, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import cases
from domain.calendar import shanghai_day
from domain.errors import BadInput, Conflict, Unmet
from domain.machine import Act, Tenants, advance, record, tenants
from domain.organizations import InForce, rules_for
from domain.supervisors import APPOINTMENT_STEPS, Step, appoint, card_in_use
from domain.texts import checked
from models.assessments import AssessmentResult, Commendation, TermEvaluation, TermResult, YearlyAssessment
from models.cases import CaseOrigin, Ground, SupervisorCase
from models.events import Event
from models.supervisors import MANDATED, Appointment, CardStatus, Supervisor

LONGEST_STATEMENT = 4000
LONGEST_TITLE = 100
LONGEST_DOCUMENT = 200
DUE = "assessment.due"


class Whose(Tenants):
    """The columns that say about whom something is, and for whom it was said."""

    supervisor_id: UUID
    person_id: UUID
    dispatcher_id: UUID


def whose(row: Appointment | YearlyAssessment) -> Whose:
    return {**tenants(row), "supervisor_id": row.supervisor_id, "person_id": row.person_id, "dispatcher_id": row.dispatcher_id}


async def evaluate(session: AsyncSession, term: Appointment, result: TermResult, *, statement: str, act: Act) -> tuple[TermEvaluation, Event]:
    """履职评价 of a term that is about to end, by who appointed (Y065). Conflict STATE before the term is warned of and after its end."""
    rules = await rules_for(session, term.center_id, on=shanghai_day(act.at))
    event = await advance(session, term, APPOINTMENT_STEPS, step=Step.EVALUATE, act=act, reason=result.value, profile_id=rules.id)
    row = TermEvaluation(
        **whose(term),
        appointment_id=term.id,
        result=result,
        statement=checked("statement", statement, LONGEST_STATEMENT),
        evaluated_by=act.by,
        evaluated_at=act.at,
        profile_id=rules.id,
    )
    session.add(row)
    await session.flush()
    return row, event


async def make(session: AsyncSession, supervisor: Supervisor, *, starts_on: date, ends_on: date | None = None, act: Act) -> tuple[Appointment, Event]:
    """聘任 (000 §5, §18, Y007, Y063): the mandate after the card, for the term of the rules where no other end is given. What follows a term in force is its renewal: Conflict OVERLAP.

    BadInput for a day that is over; Unmet without a card that counts on the first day, where the kind bears one, and where the last term was not
    fulfilled and the card is no newer. Refused besides as `appoint` does.
    """
    rules = await rules_for(session, supervisor.center_id, on=shanghai_day(act.at))
    if starts_on < shanghai_day(act.at):
        raise BadInput("startsOn", "day_over")
    query = select(Appointment).where(col(Appointment.supervisor_id) == supervisor.id).order_by(desc(col(Appointment.starts_on))).limit(1)
    last = (await session.exec(query.with_for_update())).first()
    if last is not None and last.status in MANDATED:
        raise Conflict("OVERLAP")
    card = await card_in_use(session, supervisor.id)
    issuer = rules.rules.rule(f"card.issuer.{supervisor.kind.lower()}")
    counts = card is not None and card.status is CardStatus.ACTIVE and card.valid_from <= starts_on < card.valid_until
    if issuer.value != "NONE" and not counts:
        raise Unmet("appointment.card", issuer.article, rules.rules.version)
    if last is not None and await unfulfilled(session, last) and (card is None or last.ends_on is None or card.valid_from < last.ends_on):
        raise Unmet("appointment.evaluation", "000 §18", rules.rules.version)
    return await appoint(session, supervisor, starts_on=starts_on, ends_on=ends_on, act=act)


async def unfulfilled(session: AsyncSession, term: Appointment) -> bool:
    """Whether it was evaluated so; a term that nobody evaluated was not."""
    query = select(TermEvaluation.result).where(col(TermEvaluation.appointment_id) == term.id)
    return (await session.exec(query)).first() == TermResult.UNFULFILLED


async def renew(session: AsyncSession, term: Appointment, *, act: Act) -> tuple[Appointment, Event]:
    """续聘: the next term begins on the day this one ends, and this one holds until then. Unmet for a term that was not fulfilled.

    Conflict STATE without an evaluation (000 §18); refused as a first appointment is for who is on the blacklist or off the roster.
    """
    rules = await rules_for(session, term.center_id, on=shanghai_day(act.at))
    event = await advance(session, term, APPOINTMENT_STEPS, step=Step.RENEW, act=act, profile_id=rules.id)
    judged = (await session.exec(select(TermEvaluation).where(col(TermEvaluation.appointment_id) == term.id))).one()
    if judged.result is not TermResult.FULFILLED:
        raise Unmet("appointment.evaluation", "000 §18", rules.rules.version)
    if term.ends_on is None:
        raise Conflict("STATE", status=term.status.value)
    supervisor = (await session.exec(select(Supervisor).where(col(Supervisor.id) == term.supervisor_id).with_for_update())).one()
    following, _ = await appoint(session, supervisor, starts_on=term.ends_on, act=act, renews=term.id)
    return following, event


@dataclass(frozen=True)
class Judgement:
    """What an assessment says of a year: the result, and the duties of 000 §8 it was judged by (Y093 to Y095)."""

    year: int
    result: AssessmentResult
    duty: bool
    conduct: bool
    knowledge: bool
    statement: str


@dataclass(frozen=True)
class Assessed:
    assessment: YearlyAssessment
    case: SupervisorCase | None
    event: Event


async def assess(session: AsyncSession, term: Appointment, said: Judgement, *, act: Act) -> Assessed:
    """年度考核, once a supervisor and year; late is not refused (Y083). UNQUALIFIED opens the case at the issuer of the card (Y086)."""
    rules = await rules_for(session, term.center_id, on=shanghai_day(act.at))
    due_on = due(rules, said.year)
    if due_on is None:
        raise Unmet(DUE, "000 §22", rules.rules.version)
    within(term, said.year, today=shanghai_day(act.at))
    if said.result is AssessmentResult.EXCELLENT and not (said.duty and said.conduct and said.knowledge):
        raise BadInput("result", "criteria")
    if await assessed(session, term.supervisor_id, said.year):
        raise Conflict("DUPLICATE")
    statement = checked("statement", said.statement, LONGEST_STATEMENT)
    case = await failed(session, term, said, act=act, rules=rules) if said.result is AssessmentResult.UNQUALIFIED else None
    row = YearlyAssessment(
        **whose(term),
        appointment_id=term.id,
        year=said.year,
        result=said.result,
        meets_duty=said.duty,
        meets_conduct=said.conduct,
        meets_knowledge=said.knowledge,
        statement=statement,
        due_on=due_on,
        assessed_on=shanghai_day(act.at),
        assessed_by=act.by,
        case_id=case.id if case else None,
        profile_id=rules.id,
    )
    session.add(row)
    await session.flush()
    return Assessed(row, case, await record(session, row, step="ASSESS", act=act, reason=row.result.value, profile_id=rules.id))


def due(rules: InForce, year: int) -> date | None:
    """The last day for assessing a year, in the next one. None under rules without assessments (D12)."""
    day = rules.rules.optional_text(DUE)
    return None if day is None else date.fromisoformat(f"{year + 1}-{day}")


def within(term: Appointment, year: int, *, today: date) -> None:
    """Only a year in which the term ran, and that has begun."""
    last = today if term.ends_on is None else min(today, term.ends_on - timedelta(days=1))
    if not term.starts_on.year <= year <= last.year:
        raise BadInput("year", "range", least=term.starts_on.year, most=last.year)


async def assessed(session: AsyncSession, supervisor_id: UUID, year: int) -> bool:
    query = select(YearlyAssessment.id).where(col(YearlyAssessment.supervisor_id) == supervisor_id, col(YearlyAssessment.year) == year)
    return (await session.exec(query)).first() is not None


async def failed(session: AsyncSession, term: Appointment, said: Judgement, *, act: Act, rules: InForce) -> SupervisorCase | None:
    """None without a card to revoke, while such a case is open, or under rules that do not know the ground."""
    card = await card_in_use(session, term.supervisor_id)
    known = Ground.ASSESSMENT_FAILED in rules.rules.words("grounds.supervisor")
    if card is None or not known or await cases.is_open(session, card, Ground.ASSESSMENT_FAILED):
        return None
    facts = f"{said.year} 年度考核不合格"
    case, _ = await cases.written(session, card, Ground.ASSESSMENT_FAILED, facts=facts, origin=CaseOrigin.ASSESSMENT, act=act, rules=rules)
    return case


async def commend(session: AsyncSession, judged: YearlyAssessment, title: str, *, document: str, act: Act) -> tuple[Commendation, Event]:
    """表彰奖励 of who was excellent in a year, once (Y085)."""
    if judged.result is not AssessmentResult.EXCELLENT:
        raise Unmet("commendation.excellent", "000 §22")
    if (await session.exec(select(Commendation.id).where(col(Commendation.yearly_assessment_id) == judged.id))).first() is not None:
        raise Conflict("DUPLICATE")
    row = Commendation(
        **whose(judged),
        yearly_assessment_id=judged.id,
        title=checked("title", title, LONGEST_TITLE),
        document=checked("document", document, LONGEST_DOCUMENT),
        given_on=shanghai_day(act.at),
        given_by=act.by,
    )
    session.add(row)
    await session.flush()
    return row, await record(session, row, step="COMMEND", act=act)
