"""Education, evaluations, assessments and stipends by the verbs of the domain, as far as a test needs them."""

from datetime import date, timedelta
from typing import Any

from authz.actor import Actor
from domain import assessments, education, stipends
from domain.assessments import Judgement
from domain.machine import advance
from domain.stipends import Standard
from domain.supervisors import APPOINTMENT_STEPS, Step, appoint
from models.assessments import AssessmentResult, TermResult, YearlyAssessment
from models.dispatch import Assignment
from models.education import EducationEvent, EducationResult
from models.organizations import Organization
from models.stipends import StipendRate
from models.supervisors import Appointment, Supervisor
from tests.making_inspections import Member
from tests.making_returns import again, closed
from tests.making_supervisors import supervisor
from tests.making_voices import ruled
from tests.world import World

GROUNDS = '"NEGLIGENCE", "PRIVATE_GAIN", "EDUCATION_FAILED", "EDUCATION_ABSENT", "ASSESSMENT_FAILED"'
RULES = (
    '"education.kinds" = { value = ["INTERNAL"], article = "000 §17" }',
    '"education.warn_from" = { value = "10-01", article = "default 1.5" }',
    '"assessment.due" = { value = "01-31", article = "000 §22, default 1.5" }',
    '"stipend.enabled" = { value = true, article = "000 §18" }',
    f'"grounds.supervisor" = {{ value = [{GROUNDS}], article = "000 §17, §22; 003 §17" }}',
)
"""What Yunnan asks of the years of service, for a jurisdiction with districts."""


async def all_of_it(world: World) -> None:
    if world.districts:
        await ruled(world, *RULES)


async def held(world: World, *, agency: int = 0, on: date = date(2026, 5, 8)) -> EducationEvent:
    """By the agency's clerk. The rules must know education."""
    async with world.transaction() as session:
        home = await again(session, Organization, world.agencies[agency].id)
        row, _ = await education.hold(session, home, "新修订的考务规程", held_on=on, act=world.act(f"agency_clerk_{agency}"))
    return row


async def attended(world: World, event: EducationEvent, row: Supervisor, result: EducationResult) -> None:
    agency = next(n for n, one in enumerate(world.agencies) if one.id == event.agency_id)
    async with world.transaction() as session:
        await education.attend(session, await again(session, EducationEvent, event.id), row, result=result, act=world.act(f"agency_clerk_{agency}"))


async def term_of(world: World, row: Supervisor) -> Appointment:
    (found,) = await world.rows(Appointment, supervisor_id=row.id)
    term: Appointment = found
    return term


async def ending(world: World, *, ends_on: date = date(2026, 10, 16)) -> tuple[Appointment, Member]:
    """An external supervisor's term since the last year that ends in a month, and of which was warned."""
    row, actor = await supervisor(world, appointed=False)
    async with world.transaction() as session:
        mine = await again(session, Supervisor, row.id)
        term, _ = await appoint(session, mine, starts_on=date(2025, 12, 1), ends_on=ends_on, act=world.act("center_admin"))
        await advance(session, term, APPOINTMENT_STEPS, step=Step.WARN, act=world.act("center_admin"))
    return term, (row, actor)


async def evaluated(world: World, *, result: TermResult = TermResult.FULFILLED) -> tuple[Appointment, Member]:
    term, member = await ending(world)
    async with world.transaction() as session:
        mine = await again(session, Appointment, term.id)
        await assessments.evaluate(session, mine, result, statement="聘期内完成指派任务。", act=world.act("center_admin"))
    return mine, member


async def assessed(world: World, term: Appointment, result: AssessmentResult = AssessmentResult.EXCELLENT, *, year: int = 2026) -> YearlyAssessment:
    said = Judgement(year, result, duty=True, conduct=True, knowledge=True, statement="全年督导认真负责。")
    async with world.transaction() as session:
        done = await assessments.assess(session, await again(session, Appointment, term.id), said, act=world.act("center_admin"))
    return done.assessment


def payer(world: World) -> tuple[str, str]:
    """Who sets the standard and who enters by it, at the dispatcher."""
    return ("district_admin_0", "district_clerk_0") if world.districts else ("center_admin", "center_clerk")


async def rated(world: World, *, since: date | None = None, leader: int = 30_000, member: int = 20_000) -> StipendRate:
    act = world.act(payer(world)[0])
    async with world.transaction() as session:
        home = await again(session, Organization, act.organization_id)
        said = Standard(since or world.now.date(), leader, member, "补助标准通知")
        row, _ = await stipends.set_rate(session, home, said, act=act)
    return row


async def worked(world: World, **options: Any) -> tuple[list[Assignment], list[Member]]:
    """The places of a team whose inspection is closed, the leader's first."""
    visit, team = await closed(world, rectify=False, no=(), **options)
    places: list[Assignment] = await world.rows(Assignment, inspection_id=visit.id)
    return sorted(places, key=lambda one: one.role), team


def actor_of(team: list[Member], place: Assignment) -> Actor:
    return next(actor for row, actor in team if row.id == place.supervisor_id)


LATER = timedelta(days=9)
"""After the visit, its report and its closing."""
