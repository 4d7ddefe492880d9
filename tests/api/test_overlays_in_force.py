"""What implementing rules bring about: every check asks for the chain center, district, agency, as it is on the day (B063, INV15)."""

import json
from datetime import date, timedelta
from typing import Any

import pytest

from domain import sessions
from domain.errors import Unmet
from domain.inspections import notify
from domain.tightening import Said as Line
from models.dispatch import Assignment, Draw
from models.inspections import Inspection
from models.opinions import Rectification
from models.sessions import RecognitionSession
from models.violations import SeriousViolationReport
from tests.making_draws import frozen, roster
from tests.making_inspections import dispatched
from tests.making_returns import AUGUST, again, held, returned, served
from tests.making_rules import TEAM, TOMORROW, entered, overlaid
from tests.making_sessions import recognition
from tests.making_voices import reported
from tests.world import World, shown

pytestmark = pytest.mark.anyio

VISIT = date(2026, 9, 19)
"""The day of the session that a world plans."""
COVERAGES = "query($month: String!) { coverages(month: $month) { name held needed } }"
COVERAGE = "query($district: ID!, $month: String!) { coverage(district: $district, month: $month) { held needed } }"


async def due(world: World, **options: Any) -> date:
    """By when the rectification of a served inspection is due."""
    inspection, _ = await served(world, **options)
    (row,) = await world.rows(Rectification, inspection_id=inspection.id)
    day: date = row.due_on
    return day


@pytest.mark.requirement("B063", "INV15", "INV03", "Y003")
async def test_the_team_is_that_of_the_dispatchers_rules_on_the_day_of_the_visit(world: World) -> None:
    await overlaid(world, TEAM, since=VISIT)
    with pytest.raises(Unmet) as refused:
        await dispatched(world, members=2)
    assert (refused.value.rule, refused.value.article) == ("team.min", "细则 §2")
    assert refused.value.profile == "beijing-municipal@2024-01-01 + 实施细则@2026-09-19"
    await dispatched(world, members=3)
    await dispatched(world, of=await recognition(world, starts_at=world.now + timedelta(days=2)), members=2)
    # the neighbour's implementing rules bind the neighbour, and nobody's below bind the center
    await dispatched(world, of=await recognition(world, agency=2), members=2, by="district_dispatcher_1")
    await dispatched(world, members=2, by="center_dispatcher")


@pytest.mark.requirement("B063", "INV15")
async def test_a_later_version_stands_for_the_one_before_from_its_day_on(world: World) -> None:
    """Also one that says less: the rules above then hold as they are."""
    await overlaid(world, Line("assignment.reply_hours", "24", "细则 §6"), since=TOMORROW)
    await overlaid(world, Line("assignment.reply_hours", "36", "细则 §6"), since=VISIT, title="实施细则（修订）")
    hours = {}
    for days in (2, 3):
        place = await recognition(world, starts_at=world.now + timedelta(days=days))
        inspection, _ = await dispatched(world, of=place, accepted=False)
        places = await world.rows(Assignment, inspection_id=inspection.id)
        (hours[days],) = {one.reply_by - world.now for one in places}
    assert hours == {2: timedelta(hours=24), 3: timedelta(hours=36)}


@pytest.mark.requirement("B063", "Y041")
async def test_a_rectification_is_due_by_the_strictest_of_the_chain(world: World) -> None:
    """Fifteen working days from Saturday 19 September are 9 October without holidays, ten 2 October, eight 30 September."""
    await overlaid(world, Line("rectification.working_days", "10", "区细则 §5"), since=VISIT)
    assert await due(world) == date(2026, 10, 2)
    await overlaid(world, Line("rectification.working_days", "8", "机构细则 §1"), since=VISIT, of=world.agencies[0])
    assert await due(world) == date(2026, 9, 30)
    assert await due(world, of=await recognition(world, agency=1)) == date(2026, 10, 2)


@pytest.mark.requirement("Y041")
async def test_a_rectification_is_due_by_the_working_days_of_the_center(world: World, elsewhere: World) -> None:
    """Sunday the 20th and Saturday 10 October are worked, 1 to 7 October are off: the fifteenth working day is Wednesday 14 October."""
    await entered(world)
    assert await due(world) == date(2026, 10, 14)
    assert await due(elsewhere) == date(2026, 10, 9)


@pytest.mark.requirement("B063", "B028", "INV05", "INV15")
async def test_each_district_is_measured_by_its_own_ratio(world: World) -> None:
    await overlaid(world, Line("sampling.min_ratio", "3/5", "细则 §3"), since=date(2026, 8, 31))
    for n in range(4):
        await held(world, starts_at=AUGUST + timedelta(days=n))
        await held(world, agency=2, starts_at=AUGUST + timedelta(days=n))
    for n in (20, 21):
        await held(world, starts_at=AUGUST - timedelta(days=n))
    august = (await world.done("center_clerk", COVERAGES, month="2026-08"))["coverages"]
    assert [(one["held"], one["needed"]) for one in august] == [(4, 3), (4, 2)]
    for month, needed in (("2026-08", 3), ("2026-07", 1)):
        alone = await world.done("district_clerk_0", COVERAGE, district=shown("dst", world.districts[0].id), month=month)
        assert alone["coverage"]["needed"] == needed
    assert ((await returned(world)).sessions_needed, (await returned(world, district=1)).sessions_needed) == (3, 2)


@pytest.mark.requirement("B063", "B028")
async def test_a_draw_takes_the_ratio_and_the_team_of_its_district(world: World) -> None:
    await overlaid(world, Line("sampling.min_ratio", "1/1", "细则 §3"), TEAM, since=date(2026, 9, 10))
    await roster(world, 8)
    for n in range(3):
        await recognition(world, starts_at=world.now + timedelta(days=3 + n))
        await recognition(world, agency=2, starts_at=world.now + timedelta(days=3 + n))
    draws = [await frozen(world), await frozen(world, by="district_dispatcher_1")]
    assert [one["sessionsNeeded"] for one in draws] == [3, 1]
    pools = [(await world.rows(Draw, dispatcher_id=one.id))[0].pool for one in world.districts]
    assert [json.loads(one)["rules"]["team_size"] for one in pools] == [3, 2]


@pytest.mark.requirement("B063", "D31")
async def test_an_agency_asks_more_of_itself(world: World) -> None:
    """内督: at every session, which the regulation leaves open."""
    await overlaid(world, Line("internal.required_per_session", "true", "机构细则 §4"), of=world.agencies[0])
    rows = [await recognition(world, agency=n) for n in (0, 1)]
    for n, row in enumerate(rows):
        async with world.transaction() as session:
            stored = await again(session, RecognitionSession, row.id)
            act = world.act(f"agency_admin_{n}", at=row.starts_at)
            if n:
                await sessions.start(session, stored, act=act)
                continue
            with pytest.raises(Unmet) as refused:
                await sessions.start(session, stored, act=act)
            assert (refused.value.rule, refused.value.article) == ("internal.required_per_session", "机构细则 §4")


@pytest.mark.requirement("B063", "B054")
async def test_a_district_reports_to_its_center_within_its_own_hours(world: World) -> None:
    await overlaid(world, Line("serious_violation_report.hours", "12", "细则 §8"), since=date(2026, 9, 10))
    for by, hours in (("district_clerk_0", 12), ("center_clerk", 24)):
        (row,) = await world.rows(SeriousViolationReport, id=(await reported(world, by=by)).id)
        assert row.due_at - row.discovered_at == timedelta(hours=hours)


@pytest.mark.requirement("B063", "INV03")
async def test_a_notice_asks_for_the_whole_team_once_more(world: World) -> None:
    """By implementing rules that were published after the dispatch and hold on the day of the visit."""
    inspection, _ = await dispatched(world, members=2)
    await overlaid(world, TEAM, since=VISIT)
    with pytest.raises(Unmet) as refused:
        async with world.transaction() as session:
            await notify(session, await again(session, Inspection, inspection.id), act=world.act("district_dispatcher_0"))
    assert (refused.value.rule, refused.value.article) == ("team.min", "细则 §2")
