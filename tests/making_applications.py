"""Applications as the trade makes them: drafted with facts that suffice under both regimes, attested, and brought as far as a test wants."""

import secrets
from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from authz.actor import Actor
from domain import applications, training
from domain.applications import Facts, Work
from domain.supervisors import employ
from domain.training import Paper, Result
from models.applications import Application, ApplicationStatus, AttestedCondition, TrainingTopic, WorkArea
from models.organizations import Organization
from models.supervisors import CompetenceArea, Person, Sex, SkillLevel, SupervisorKind
from tests.making_returns import again
from tests.world import World

SINCE = date(2019, 3, 1)
WORK = (Work(WorkArea.TECHNICAL_MANAGEMENT, "第一车间", date(2018, 1, 1)), Work(WorkArea.MANAGEMENT, "认定办公室", date(2020, 1, 1)))
FACTS = Facts(SINCE, SkillLevel.SENIOR_3, None, WORK, [CompetenceArea.QUESTION_BANK])
VOUCHED = (AttestedCondition.INTEGRITY, AttestedCondition.POLICY_KNOWN, AttestedCondition.HEALTHY)
ON_THE_WAY = (
    ApplicationStatus.DRAFT,
    ApplicationStatus.APPLIED,
    ApplicationStatus.RECOMMENDED,
    ApplicationStatus.TRAINED,
    ApplicationStatus.EXAM_PASSED,
)


async def somebody(
    world: World, *, birth: date | None = date(1980, 5, 1), sex: Sex | None = Sex.FEMALE, employer: Organization | None = None
) -> Person:
    async with world.transaction() as session:
        person = Person(name=f"申{secrets.token_hex(3)}", birth_date=birth, sex=sex)
        session.add(person)
        await session.flush()
        if employer is not None:
            await employ(session, person, employer, starts_on=SINCE)
    return person


def decides(kind: str) -> str:
    """Who issues."""
    return "center_admin" if kind == "EXTERNAL" else "agency_admin_0"


async def drafted(
    world: World, kind: str = "INTERNAL", *, person: Person | None = None, facts: Facts = FACTS, vouched: Sequence[AttestedCondition] = VOUCHED
) -> Application:
    """By the first agency, in the person's name."""
    who, act = person or await somebody(world), world.act("agency_admin_0")
    async with world.transaction() as session:
        employer = await again(session, Organization, world.agencies[0].id)
        row = applications.blank(who, employer, SupervisorKind(kind), act=act)
        draft, _ = await applications.draft(session, row, facts, by_number=True, act=act)
        for one in vouched:
            await applications.attest(session, draft, one, holds=True, on=world.now.date() - timedelta(days=1), act=act)
    return draft


async def brought(world: World, to: str, kind: str = "INTERNAL", *, person: Person | None = None, facts: Facts = FACTS) -> Application:
    """Step by step to this state, recommended and examined in Beijing too."""
    row = await drafted(world, kind, person=person, facts=facts)
    for status in ON_THE_WAY[1 : ON_THE_WAY.index(ApplicationStatus(to)) + 1]:
        await moved(world, row.id, status)
    async with world.transaction() as session:
        return await again(session, Application, row.id)


async def own(world: World, to: str, kind: str = "INTERNAL") -> tuple[Application, Actor]:
    """The same, of somebody of the first agency who signs in."""
    who = Person(name=f"申{secrets.token_hex(3)}", birth_date=date(1980, 5, 1), sex=Sex.FEMALE)
    actor = await world.hire("agency_clerk", world.agencies[0], name="applicant", person=who)
    return await brought(world, to, kind, person=who), actor


async def moved(world: World, id: UUID, to: ApplicationStatus) -> None:
    today = world.now.date()
    async with world.transaction() as session:
        row = await again(session, Application, id)
        act = world.act(decides(row.kind))
        match to:
            case ApplicationStatus.APPLIED:
                await applications.apply(session, row, act=world.act("agency_admin_0"))
            case ApplicationStatus.RECOMMENDED:
                await applications.recommend(session, row, "同意推荐", act=world.act("agency_admin_0"))
            case ApplicationStatus.TRAINED:
                await training.train(session, row, list(TrainingTopic), held_on=today, act=act)
            case ApplicationStatus.EXAM_PASSED:
                await training.examine(session, row, Paper("A卷", row.issuer_id), result=Result(88, passed=True), held_on=today, act=act)
