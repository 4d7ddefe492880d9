"""Applications of the demo in every state, by the domain's own verbs."""

from datetime import date, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import applications, training
from domain.applications import Facts, Work
from domain.calendar import shanghai_day
from domain.machine import Act
from domain.training import NewCard, Paper, Result
from models.applications import Application, ApplicationStatus, AttestedCondition, TrainingTopic, WorkArea
from models.organizations import Organization
from models.supervisors import CompetenceArea, Person, Sex, SkillLevel, SupervisorKind

WORK = (Work(WorkArea.TECHNICAL_MANAGEMENT, "实训中心", date(2015, 9, 1)), Work(WorkArea.MANAGEMENT, "认定办公室", date(2020, 3, 1)))
FACTS = Facts(date(2015, 9, 1), SkillLevel.SENIOR_3, None, WORK, [CompetenceArea.EXAM_WORKFLOW, CompetenceArea.QUESTION_BANK])
VOUCHED = (AttestedCondition.INTEGRITY, AttestedCondition.POLICY_KNOWN, AttestedCondition.HEALTHY)
WAY = ("DRAFT", "APPLIED", "RECOMMENDED", "TRAINED", "EXAM_PASSED", "CARD_ISSUED")
LEFT = (*WAY, "EXAM_FAILED", "REJECTED")


async def every_state(session: AsyncSession, employer: Organization, kind: SupervisorKind, *, home: Act, issuer: Act) -> None:
    """One person each, from the draft to the card; `home` acts for the employer, `issuer` for who decides."""
    for n, state in enumerate(LEFT, start=1):
        person = Person(name=f"申报{'内外'[kind is SupervisorKind.EXTERNAL]}{n}", sex=Sex.FEMALE, birth_date=date(1984, n, 3))
        session.add(person)
        await session.flush()
        await one(session, applications.blank(person, employer, kind, act=home), state, home=home, issuer=issuer)


async def one(session: AsyncSession, blank: Application, state: str, *, home: Act, issuer: Act) -> None:
    """As far as this state; who fails the exam was trained, who is rejected was recommended."""
    row, _ = await applications.draft(session, blank, FACTS, by_number=True, act=home)
    for condition in VOUCHED:
        await applications.attest(session, row, condition, holds=True, on=shanghai_day(home.at), act=home)
    last = {"EXAM_FAILED": "TRAINED", "REJECTED": "RECOMMENDED"}.get(state, state)
    for each in WAY[1 : WAY.index(last) + 1]:
        await step(session, row, each, home=home, issuer=issuer)
    if state == "EXAM_FAILED":
        await examined(session, row, Result(41, passed=False), act=issuer)
    if state == "REJECTED":
        await applications.reject(session, row, "工作经历证明材料不全，请补齐后重新申报。", act=issuer)


async def step(session: AsyncSession, row: Application, to: str, *, home: Act, issuer: Act) -> None:
    today = shanghai_day(issuer.at)
    match ApplicationStatus(to):
        case ApplicationStatus.APPLIED:
            await applications.apply(session, row, act=home)
        case ApplicationStatus.RECOMMENDED:
            await applications.recommend(session, row, "业务熟悉，作风正派，同意推荐。", act=home)
        case ApplicationStatus.TRAINED:
            await training.train(session, row, list(TrainingTopic), held_on=today, act=issuer)
        case ApplicationStatus.EXAM_PASSED:
            await examined(session, row, Result(92, passed=True), act=issuer)
        case ApplicationStatus.CARD_ISSUED:
            card = NewCard(f"申{row.id.hex[-8:]}", today, today + timedelta(days=1095))
            await training.issue(session, row, card, act=issuer)


async def examined(session: AsyncSession, row: Application, result: Result, *, act: Act) -> None:
    await training.examine(session, row, Paper("督考〔演示〕A卷", row.issuer_id), result=result, held_on=shanghai_day(act.at), act=act)
