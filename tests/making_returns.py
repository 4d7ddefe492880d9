"""Inspections from the check-in to the closing, and the returns made of them, by the trade's own verbs."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import checklists, opinions, returns, sessions
from domain.answers import Given, Part
from domain.calendar import Month
from models.checklists import AnswerValue, ChecklistItem
from models.inspections import Inspection
from models.opinions import Rectification
from models.organizations import Organization
from models.returns import MonthlyReturn
from models.sessions import RecognitionSession
from seeds.checklists.publish import publish_templates
from tests.making_inspections import Member, notified
from tests.making_sessions import recognition
from tests.world import World

Row = TypeVar("Row", bound=SQLModel)

AUGUST = datetime(2026, 8, 10, 2, 0, tzinfo=UTC)
"""Ten in the morning of a Monday in the month before the worlds' present."""


async def again(session: AsyncSession, model: type[Row], id: UUID) -> Row:
    """The row as it is stored now."""
    return (await session.exec(select(model).where(col(getattr(model, "id")) == id))).one()  # noqa: B009


async def published(world: World) -> None:
    """The forms of the regulation; they are shared by all worlds."""
    async with world.transaction() as session:
        await publish_templates(session, world.center, act=world.act("center_admin"))


async def day_of(world: World, inspection: Inspection) -> datetime:
    """Ten minutes after the visited session has begun."""
    (visited,) = await world.rows(RecognitionSession, id=inspection.recognition_session_id)
    starts: datetime = visited.starts_at
    return starts + timedelta(minutes=10)


def dispatcher(world: World, by: str | None = None) -> str:
    return by or ("district_dispatcher_0" if world.districts else "center_dispatcher")


async def on_site(world: World, *, by: str | None = None, **options: Any) -> tuple[Inspection, list[Member]]:
    """Notified, and the whole team has checked in on the day: IN_PROGRESS."""
    await published(world)
    inspection, team = await notified(world, by=by, **options)
    at = await day_of(world, inspection)
    async with world.transaction() as session:
        row = await again(session, Inspection, inspection.id)
        for _, actor in team:
            await checklists.check_in(session, row, act=world.act(actor, at=at))
    return row, team


def answered(items: Sequence[ChecklistItem], *, no: Sequence[str] = (), part: Part = Part.SITE) -> list[Given]:
    """Every line of a part, YES but for these; 1 of 20 where the line has numbers, all of its points or none where it has points."""
    return [
        Given(
            item.code,
            AnswerValue.NO if item.code in no else AnswerValue.YES,
            remark="不符合要求" if item.code in no else None,
            correction="限期改正" if item.code in no else None,
            counted=1 if item.numbers else None,
            total=20 if item.numbers else None,
            score=None if item.max_score is None else 0 if item.code in no else item.max_score,
        )
        for item in items
        if (item.phase == "AFTER") == (part is Part.AFTER)
    ]


async def signed(world: World, *, no: Sequence[str] = ("F06",), **options: Any) -> tuple[Inspection, list[Member]]:
    """The site part is filled by the leader and signed by all: CHECKLIST_SIGNED."""
    inspection, team = await on_site(world, **options)
    at = await day_of(world, inspection) + timedelta(hours=2)
    async with world.transaction() as session:
        row = await again(session, Inspection, inspection.id)
        items = (await checklists.sheet_of(session, row)).items
        leader = world.act(team[0][1], at=at)
        await checklists.save(session, row, answered(items, no=no), advice="加强现场管理", appraisal="基本符合要求", act=leader)
        for _, actor in team:
            await checklists.sign(session, row, Part.SITE, act=world.act(actor, at=at))
    return row, team


async def served(world: World, *, rectify: bool = True, by: str | None = None, **options: Any) -> tuple[Inspection, list[Member]]:
    """The opinion letter is drafted by the leader and served: OPINION_SERVED."""
    inspection, team = await signed(world, by=by, **options)
    at = await day_of(world, inspection) + timedelta(hours=5)
    async with world.transaction() as session:
        row = await again(session, Inspection, inspection.id)
        letter, _ = await opinions.draft(session, row, "现场环境须整改。", requires_rectification=rectify, act=world.act(team[0][1], at=at))
        await opinions.serve(session, letter, act=world.act(dispatcher(world, by), at=at))
    return row, team


async def rectified(world: World, inspection: Inspection, *, by: str | None = None) -> None:
    """The agency has reported and the dispatcher has accepted."""
    agency = next(n for n, one in enumerate(world.agencies) if one.id == inspection.agency_id)
    at = await day_of(world, inspection) + timedelta(days=1)
    (asked,) = await world.rows(Rectification, inspection_id=inspection.id)
    async with world.transaction() as session:
        row = await again(session, Rectification, asked.id)
        await opinions.submit_rectification(session, row, "已完成整改。", act=world.act(f"agency_admin_{agency}", at=at))
        await opinions.accept_rectification(session, row, act=world.act(dispatcher(world, by), at=at))


async def reported(world: World, inspection: Inspection, team: list[Member]) -> None:
    """The results are seen to be posted and signed by the leader, and the supervision report is in."""
    at = await day_of(world, inspection) + timedelta(days=1)
    leader = world.act(team[0][1], at=at)
    async with world.transaction() as session:
        row = await again(session, Inspection, inspection.id)
        sheet = await checklists.sheet_of(session, row)
        await checklists.save(session, row, answered(sheet.items, part=Part.AFTER), act=leader)
        await checklists.sign(session, row, Part.AFTER, act=leader)
        await opinions.report(session, row, "督导情况报告。", act=leader)


async def closed(world: World, *, rectify: bool = True, by: str | None = None, **options: Any) -> tuple[Inspection, list[Member]]:
    """All that an inspection needs, and the closing, a day after the visit."""
    inspection, team = await served(world, rectify=rectify, by=by, **options)
    await reported(world, inspection, team)
    if rectify:
        await rectified(world, inspection, by=by)
    at = await day_of(world, inspection) + timedelta(days=1)
    async with world.transaction() as session:
        row = await again(session, Inspection, inspection.id)
        await opinions.close(session, row, act=world.act(dispatcher(world, by), at=at))
    return row, team


async def held(world: World, *, agency: int = 0, starts_at: datetime = AUGUST, **options: Any) -> RecognitionSession:
    """A session that has taken place. Under the rules of the college it needs its `internal` supervisor checked in before."""
    row = await recognition(world, agency=agency, starts_at=starts_at, at=starts_at - timedelta(days=3), **options)
    await concluded(world, row)
    return row


async def concluded(world: World, row: RecognitionSession) -> None:
    """Started and held by its agency."""
    agency = next(n for n, one in enumerate(world.agencies) if one.id == row.agency_id)
    async with world.transaction() as session:
        stored = await again(session, RecognitionSession, row.id)
        act = world.act(f"agency_admin_{agency}", at=row.starts_at)
        await sessions.start(session, stored, act=act)
        await sessions.hold(session, stored, act=world.act(f"agency_admin_{agency}", at=row.ends_at))


async def closed_in_august(world: World, *, agency: int = 0, days: int = 0, **options: Any) -> Inspection:
    """A session of August that was held, and the inspection of it that was closed the day after."""
    starts = AUGUST + timedelta(days=days)
    visited = await recognition(world, agency=agency, starts_at=starts, at=starts - timedelta(days=3))
    present, world.now = world.now, starts - timedelta(days=3)
    inspection, _ = await closed(world, of=visited, by=f"district_dispatcher_{agency // 2}", **options)
    world.now = present
    await concluded(world, visited)
    return inspection


async def returned(world: World, *, month: str = "2026-08", district: int = 0, at: datetime | None = None) -> MonthlyReturn:
    """The district's clerk has filed the return on a month."""
    async with world.transaction() as session:
        home = await again(session, Organization, world.districts[district].id)
        act = world.act(f"district_clerk_{district}", at=at)
        row, _ = await returns.submit(session, home, Month.parse(month), note=None, act=act)
    return row
