"""From the training by topics over the written exam to the card, or where a kind bears none, to the roster (000 §13-§15; 003 §6, §9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.applications import READY, Step, employment, step, whose
from domain.calendar import shanghai_day
from domain.errors import BadInput, Conflict, Unmet
from domain.machine import Act, record
from domain.organizations import InForce, rules_for
from domain.qualifications import eligibility
from domain.supervisors import enlist, issue_card, on_roster, unlisted
from domain.texts import checked
from models.applications import Application, ApplicationStatus, Training, TrainingTopic, WrittenExam
from models.events import Event
from models.organizations import Organization
from models.supervisors import Card, CompetenceArea, Person, RosterStanding, Supervisor

LONGEST_PAPER = 60
FULL_MARKS = 100
NO_CARD = "NONE"


@dataclass(frozen=True)
class Paper:
    """Which paper, and who set it: the center for external supervisors, the agency for internal ones (000 §15)."""

    name: str
    owner_id: UUID


@dataclass(frozen=True)
class Result:
    score: int
    passed: bool


@dataclass(frozen=True)
class NewCard:
    number: str
    valid_from: date
    valid_until: date


@dataclass(frozen=True)
class Granted:
    """What an application led to; no card where the kind bears none."""

    supervisor: Supervisor
    card: Card | None
    event: Event


async def train(session: AsyncSession, application: Application, topics: Sequence[TrainingTopic], *, held_on: date, act: Act) -> Event:
    """Records topics somebody was trained in by who will issue the card (Y049 to Y053). TRAINED once all that the profile asks are covered."""
    rules = await rules_for(session, application.center_id, on=shanghai_day(act.at))
    in_state(application, ApplicationStatus.APPLIED, ApplicationStatus.RECOMMENDED)
    recommended(application, rules)
    not_ahead("heldOn", held_on, act)
    if not topics:
        raise BadInput("topics", "required")
    covered = await topics_of(session, application)
    for topic in sorted(set(topics)):
        if topic in covered:
            raise Conflict("DUPLICATE", topic=topic.value)
        session.add(Training(topic=topic, organization_id=act.organization_id, held_on=held_on, **whose(application)))
    await session.flush()
    said = ", ".join(sorted(set(topics)))
    if set(rules.rules.words("training.topics")) <= covered | set(topics):
        return await step(session, application, Step.TRAIN, act=act, rules=rules, reason=said)
    status = application.status.value
    return await record(session, application, step=Step.TRAIN, act=act, before=status, after=status, reason=said, profile_id=rules.id)


async def examine(
    session: AsyncSession, application: Application, paper: Paper, *, result: Result, held_on: date, act: Act
) -> tuple[WrittenExam, Event]:
    """Records the written exam (Y054). Unmet for a paper that another has set (Y055, Y056)."""
    rules = await rules_for(session, application.center_id, on=shanghai_day(act.at))
    not_ahead("heldOn", held_on, act)
    if not 0 <= result.score <= FULL_MARKS:
        raise BadInput("score", "range", least=0, most=FULL_MARKS)
    owner = rules.rules.find(f"training.paper_owner.{application.kind.lower()}")
    # under these rules who issues is who sets the paper; where there is no rule, anyone known may have set it
    if owner is not None and paper.owner_id != application.issuer_id:
        raise Unmet(owner.id, owner.article, rules.rules.version, needed=str(owner.value))
    event = await step(session, application, Step.PASS if result.passed else Step.FAIL, act=act, rules=rules, reason=f"{result.score}")
    row = WrittenExam(
        held_on=held_on,
        paper=checked("paper", paper.name, LONGEST_PAPER),
        paper_owner_id=paper.owner_id,
        score=result.score,
        passed=result.passed,
        organization_id=act.organization_id,
        **whose(application),
    )
    session.add(row)
    await session.flush()
    return row, event


async def issue(session: AsyncSession, application: Application, card: NewCard, *, act: Act) -> Granted:
    """颁发证卡 (Y049, Y050, B021): on the roster, and a card, in one. Unmet where a step or condition is missing on that day, or the kind bears no card."""
    rules = await rules_for(session, application.center_id, on=shanghai_day(act.at))
    await passed(session, application, rules, act=act)
    await employment(session, application)
    supervisor = await enlisted(session, application, act=act)
    dates = {"valid_from": card.valid_from, "valid_until": card.valid_until}
    issued, _ = await issue_card(session, supervisor, number=card.number, **dates, act=act)
    application.supervisor_id, application.card_id = supervisor.id, issued.id
    return Granted(supervisor, issued, await step(session, application, Step.ISSUE_CARD, act=act, rules=rules))


async def designate(session: AsyncSession, application: Application, *, act: Act) -> Granted:
    """Makes somebody a supervisor of a kind that bears no card: 质量内控人员 of Beijing (003 §6, D07). Unmet where the rules have a card for it."""
    rules = await rules_for(session, application.center_id, on=shanghai_day(act.at))
    issuer = rules.rules.rule(f"card.issuer.{application.kind.lower()}")
    if issuer.value != NO_CARD:
        raise Unmet("application.designation", issuer.article, rules.rules.version)
    await passed(session, application, rules, act=act)
    await employment(session, application)
    supervisor = await enlisted(session, application, act=act)
    application.supervisor_id = supervisor.id
    return Granted(supervisor, None, await step(session, application, Step.DESIGNATE, act=act, rules=rules))


async def issue_at_once(session: AsyncSession, supervisor: Supervisor, card: NewCard, *, act: Act) -> tuple[Card, Event]:
    """A card for somebody on the roster, without an application: only where the rules ask for no training and no exam first (D08)."""
    rules = await rules_for(session, supervisor.center_id, on=shanghai_day(act.at))
    for key in ("training.topics", "training.written_exam"):
        rule = rules.rules.find(key)
        if rule is not None and rule.value:
            raise Unmet("application.required", rule.article, rules.rules.version)
    return await issue_card(session, supervisor, number=card.number, valid_from=card.valid_from, valid_until=card.valid_until, act=act)


async def passed(session: AsyncSession, application: Application, rules: InForce, *, act: Act) -> None:
    """Every step that the profile asks is behind, nobody has listed the person meanwhile, and the conditions hold today."""
    in_state(application, *READY)
    recommended(application, rules)
    topics, covered = rules.rules.find("training.topics"), await topics_of(session, application)
    missing = [one for one in rules.rules.words("training.topics") if one not in covered]
    if topics is not None and missing:
        raise Unmet(topics.id, topics.article, rules.rules.version, needed=", ".join(missing))
    if rules.rules.flag("training.written_exam") and application.status is not ApplicationStatus.EXAM_PASSED:
        exam = rules.rules.rule("training.written_exam")
        raise Unmet(exam.id, exam.article, rules.rules.version)
    await unlisted(session, application.person_id)
    found = await eligibility(session, application, on=shanghai_day(act.at))
    found.require()
    application.conditions = found.kept


def recommended(application: Application, rules: InForce) -> None:
    """Unmet where the rules want the employer's recommendation and there is none (000 §13, Y047)."""
    rule = rules.rules.find("application.recommendation")
    if rule is not None and rule.value is True and application.recommended_at is None:
        raise Unmet(rule.id, rule.article, rules.rules.version)


async def topics_of(session: AsyncSession, application: Application) -> set[str]:
    return set((await session.exec(select(Training.topic).where(col(Training.application_id) == application.id))).all())


async def enlisted(session: AsyncSession, application: Application, *, act: Act) -> Supervisor:
    """On the issuer's roster with what the application says of level and competence; who is there already stays there."""
    person = (await session.exec(select(Person).where(col(Person.id) == application.person_id))).one()
    issuer = (await session.exec(select(Organization).where(col(Organization.id) == application.issuer_id))).one()
    there = await on_roster(session, person, issuer, kind=application.kind)
    if there.version == 0 or there.standing is not RosterStanding.ACTIVE:
        there, _ = await enlist(session, issuer, person, kind=application.kind, level=application.level, act=act)
    there.level = application.level or there.level
    there.knows_exam_workflow |= CompetenceArea.EXAM_WORKFLOW in application.competences
    there.knows_question_bank |= CompetenceArea.QUESTION_BANK in application.competences
    there.knows_certificates |= CompetenceArea.CERTIFICATES in application.competences
    session.add(there)
    return there


def in_state(application: Application, *wanted: ApplicationStatus) -> None:
    if application.status not in wanted:
        raise Conflict("STATE", status=application.status.value)


def not_ahead(field: str, day: date, act: Act) -> None:
    """No training and no exam lies in the future."""
    if day > shanghai_day(act.at):
        raise BadInput(field, "future")
